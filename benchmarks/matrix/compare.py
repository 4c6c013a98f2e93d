"""Compares what a reader was told with what an uncut reader was told and with what the model sent."""

from .reader import TERMINAL, Event, Reader

BEFORE_TOKENS = [
    "metadata",
    "routing_start",
    "routing_complete",
    "retrieval_start",
    "retrieval_complete",
    "reranking_start",
    "reranking_complete",
    "sources",
    "generation_start",
]
AFTER_TOKENS = ["generation_complete", "done"]


def whole(reader: Reader, pieces: list[str]) -> list[str]:
    """Problems of a reader that was told a whole, successful run, against what the model sent.

    Ids are dense. They may jump only at a token frame, which then holds the text of all that it jumped over.
    """
    problems = list(reader.problems)
    first = len(BEFORE_TOKENS) + 1
    last = first + len(pieces) - 1
    names = BEFORE_TOKENS + ["token"] * len(pieces) + AFTER_TOKENS
    position = 0
    for event in reader.events:
        if event.id > len(names) or names[event.id - 1] != event.type:
            detail = f" {event.content}" if event.type in TERMINAL else ""
            problems.append(f"event {event.id} is {event.type}{detail}"[:200])
        elif event.type == "token":
            wanted = "".join(pieces[max(position, first - 1) - first + 1 : event.id - first + 1])
            if event.content != wanted or position < first - 1:
                problems.append(f"token {event.id} (after {position}) is {event.content!r}, not {wanted!r}")
        elif event.id != position + 1:
            problems.append(f"event {event.id} {event.type} after {position}")
        position = event.id
    if position != last + len(AFTER_TOKENS):
        problems.append(f"it ended at event {position} of {last + len(AFTER_TOKENS)}")
    if reader.text != "".join(pieces):
        problems.append(f"the text differs from what the model sent ({len(reader.text)} characters)")
    return problems


def same_events(reader: Reader, uncut: Reader) -> list[str]:
    """Problems of a reader against an uncut one: everything but tokens is the same to the last byte."""
    ours = [event.key for event in reader.events if event.type != "token"]
    theirs = [event.key for event in uncut.events if event.type != "token"]
    problems = [f"uncut reader: {problem}" for problem in uncut.problems]
    if ours != theirs:
        differing = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), None)
        problems.append(f"differs from the uncut reader: {str(differing or (len(ours), len(theirs)))[:160]}")
    if reader.text != uncut.text:
        problems.append("its text differs from the uncut reader's")
    return problems


def compacted(reader: Reader, position: int, pieces: list[str]) -> list[str]:
    """Problems of a reader that came back, after event `position`, to a run of which a snapshot is left."""
    problems = list(reader.problems)
    told = [event for event in reader.events if event.id > position]
    types = [event.type for event in told]
    allowed = (["snapshot", "done"], ["metadata", "snapshot", "done"], ["done"])
    had_everything = any(event.type in TERMINAL and event.id <= position for event in reader.events)
    if types != [] if had_everything else types not in allowed:
        problems.append(f"resumed after {position} it was told {types}")
    if reader.text != "".join(pieces):
        problems.append(f"its text is not what the model sent ({len(reader.text)} characters)")
    if not reader.first("metadata"):
        problems.append("it was never told the metadata")
    return problems


def stored(message: dict | None, status: str, text: str) -> list[str]:
    """Problems of a stored answer."""
    if message is None:
        return ["the answer is not stored"]
    problems = []
    if message["status"] != status:
        problems.append(f"stored as {message['status']}, not {status}")
    if message["content"] != text:
        at = next(
            (i for i, pair in enumerate(zip(message["content"], text, strict=False)) if pair[0] != pair[1]),
            None,
        )
        at = min(len(message["content"]), len(text)) if at is None else at
        lengths = f"{len(message['content'])} of {len(text)} characters"
        problems.append(f"stored text has {lengths} and differs at {at}: {text[at : at + 12]!r}")
    return problems


def terminal(event: Event | None, kind: str, code: str | None = None, reason: str | None = None) -> list[str]:
    """Problems of a terminal event."""
    if event is None:
        return [f"no terminal event, {kind} was due"]
    content = event.content if isinstance(event.content, dict) else {}
    told = (event.type, content.get("code"), content.get("reason"))
    return [] if told == (kind, code, reason) else [f"it ended with {told}, not {(kind, code, reason)}"]
