"""What the scripted model says: the same for the same seed and question, and easy to break."""

import json
import random

WORDS = [
    "river",
    "stone",
    "Gate",
    "valve",
    "flood",
    "mill",
    "weir",
    "channel",
    "naïve",
    "Übergröße",
    "Straße",
    "façade",
    "coöperate",
    "ключ",
    "вода",
    "水車",
    "河川",
    "ميزان",
    "שלום",
    "ไทย",
    "한국어",
    "½",
    "€",
    "“quoted”",
    "‘single’",
    "—",
    "…",
    "a",
    "b",
]
AWKWARD = (
    "\n",
    "\n\n",
    "\t",
    '"',
    "\\",
    "\\n",
    "\u2028",
    "\u001f",
    "\ufeff",
    "<b>",
    "&amp;",
    "[1]",
    "```\n",
    "🙂",
    "👩‍👩‍👧‍👦",
    "🇨🇭",
    "e\u0301",
    "𝔘",
    "\nid: 7\n",
    "\ndata: {}\n\n",
    ": heartbeat\n",
    "[DONE]",
)


def pieces(seed: int, tag: str, count: int) -> list[str]:
    """An answer as the tokens that the model sends; none is empty."""
    rng = random.Random(f"{seed}:{tag}")
    made = [f"{tag}:"]
    while len(made) < count:
        kind = rng.random()
        if kind < 0.2:
            made.append(rng.choice(AWKWARD))
        elif kind < 0.25:
            made.append("".join(rng.choice(AWKWARD + tuple(WORDS)) for _ in range(rng.randint(5, 60))))
        else:
            made.append(" " + rng.choice(WORDS))
    return made


def chunk(content: str | None, ascii_only: bool, finish: str | None = None) -> bytes:
    """One frame of a streamed chat completion."""
    delta = {} if content is None else {"content": content}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(body, ensure_ascii=ascii_only).encode() + b"\n\n"
