"""Proves that the comparisons notice what they are there for: each fault in a good stream has to be found."""

import json
from collections.abc import Callable

from . import compare, text
from .reader import Reader

Frames = list[dict]


def good(pieces: list[str]) -> Frames:
    """A whole run as its frames."""
    names = compare.BEFORE_TOKENS + ["token"] * len(pieces) + compare.AFTER_TOKENS
    contents = [{}] * len(compare.BEFORE_TOKENS) + pieces + [{}] * len(compare.AFTER_TOKENS)
    return [
        {"id": number, "type": name, "content": content}
        for number, (name, content) in enumerate(zip(names, contents, strict=True), 1)
    ]


def read(frames: Frames) -> Reader:
    reader = Reader()
    for frame in frames:
        data = {"type": frame["type"], "content": frame["content"], "timestamp": "2026-01-02T03:04:05.678Z"}
        raw = frame.get("raw") or f"id: {frame['id']}\ndata: {json.dumps(data)}".encode()
        reader.receive(raw, 0.0)
    return reader


def joined(frames: Frames, first: int, last: int, skip: int = 0) -> Frames:
    """Tokens `first` to `last` in one frame, of which `skip` are left out of the text."""
    tokens = [frame for frame in frames if first <= frame["id"] <= last]
    content = "".join(frame["content"] for frame in tokens[skip:])
    one = {"id": last, "type": "token", "content": content}
    return [f for f in frames if f["id"] < first] + [one] + [f for f in frames if f["id"] > last]


def changed(frames: Frames, number: int, **values) -> Frames:
    return [frame | values if frame["id"] == number else frame for frame in frames]


def without(frames: Frames, *numbers: int) -> Frames:
    return [frame for frame in frames if frame["id"] not in numbers]


def twice(frames: Frames, number: int) -> Frames:
    return [copy for frame in frames for copy in [frame] * (2 if frame["id"] == number else 1)]


def renumbered(frames: Frames) -> Frames:
    return [frame | {"id": number} for number, frame in enumerate(frames, 1)]


TOKEN = len(compare.BEFORE_TOKENS) + 5
BROKEN: dict[str, Callable[[Frames], Frames]] = {
    "a token is missing": lambda f: without(f, TOKEN),
    "a token is missing and the ids are dense": lambda f: renumbered(without(f, TOKEN)),
    "a token comes twice": lambda f: twice(f, TOKEN),
    "a token comes twice and the ids are dense": lambda f: renumbered(twice(f, TOKEN)),
    "a token has another text": lambda f: changed(f, TOKEN, content="?"),
    "two tokens have changed places": lambda f: renumbered(
        f[: TOKEN - 1] + [f[TOKEN], f[TOKEN - 1]] + f[TOKEN + 1 :]
    ),
    "joined tokens lack one": lambda f: joined(f, TOKEN, TOKEN + 4, skip=1),
    "joined tokens have the id of the first": lambda f: changed(
        joined(f, TOKEN, TOKEN + 4), TOKEN + 4, id=TOKEN
    ),
    "a stage is missing": lambda f: without(f, 4),
    "the end is missing": lambda f: f[:-1],
    "there are two ends": lambda f: f + [f[-1] | {"id": len(f) + 1}],
    "something follows the end": lambda f: f + [f[TOKEN] | {"id": len(f) + 1}],
    "it ends with an error": lambda f: changed(f, len(f), type="error", content={"code": "INTERNAL"}),
    "a frame is not well-formed": lambda f: changed(f, TOKEN, raw=b'data: {"type":"token"}'),
}
FINE: dict[str, Callable[[Frames], Frames]] = {
    "a whole run": lambda f: f,
    "joined tokens": lambda f: joined(joined(f, TOKEN, TOKEN + 4), TOKEN + 6, TOKEN + 9),
}


def run(seed: int) -> list[str]:
    """Returns what was not noticed, or noticed without a reason."""
    # Numbered, so that no two neighbours are the same.
    pieces = [f"{number}{piece}" for number, piece in enumerate(text.pieces(seed, "check", 30))]
    frames = good(pieces)
    wrong = [
        f"not noticed: {name}"
        for name, make in BROKEN.items()
        if not compare.whole(read(make(frames)), pieces)
    ]
    for name, make in FINE.items():
        wrong += [f"{name}: {problem}" for problem in compare.whole(read(make(frames)), pieces)]
    stored = {"status": "done", "content": "".join(pieces)}
    for name, status, content in (
        ("cut short", "done", stored["content"][:-1]),
        ("other status", "error", stored["content"]),
    ):
        if not compare.stored({"status": status, "content": content}, "done", "".join(pieces)):
            wrong.append(f"not noticed: stored text {name}")
    return wrong + compare.stored(stored, "done", "".join(pieces))
