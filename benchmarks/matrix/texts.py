"""Characters that stores and encodings stumble over: every reader and the store have the same of them."""

import asyncio

from . import compare
from .lab import Lab, Row, new_id
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import STREAM_HEAD, Exchange, Upstream

FRAMES = {
    "U+0000": [r'"one\u0000two"', r'"\u0000"', r'"three"'],
    "a lone surrogate": [r'"one\ud800two"', r'"\udc00"', r'"three"'],
    "a surrogate pair cut in two": [r'"one\ud83d"', r'"\ude42two"'],
    "invalid UTF-8": ['"one', '"'],
    "a byte order mark": ['"\ufeffone"', '"\ufeff"', '"two"'],
}
INVALID = b"\xff\xc3"


def frames(name: str) -> bytes:
    if name == "invalid UTF-8":
        start, end = (part.encode() for part in FRAMES[name])
        contents = [start + INVALID + end, b'"two"']
    else:
        contents = [content.encode() for content in FRAMES[name]]
    return b"".join(b'data: {"choices":[{"index":0,"delta":{"content":' + c + b"}}]}\n\n" for c in contents)


async def in_answer(name: str, number: int, rill: Rill, upstream: Upstream) -> tuple[str, Reader, list[str]]:
    """The answer holds it. The reader, a second one and the store agree."""
    tag = f"text-{number}"

    async def act(exchange: Exchange) -> None:
        exchange.has_head = True
        await exchange.write(STREAM_HEAD + frames(name))
        await asyncio.sleep(0.05)
        await exchange.finish()

    upstream.plan(tag, 1, act=act)
    run_id = new_id()
    reader = await follow_to_end(Reader(), rill.port, run_id, {"message": f"What? #{tag}", "run_id": run_id})
    problems = list(reader.problems)
    if not reader.terminal or not reader.first("metadata"):
        return run_id, reader, problems
    session = reader.first("metadata").content["session_id"]
    stored = await rill.answer_of(session, run_id)
    problems += compare.stored(stored, reader.terminal.type, reader.text)
    again = await follow_to_end(Reader(), rill.port, run_id)
    problems += [] if again.text == reader.text else ["another reader was told another text"]
    return run_id, reader, [f"{name} in an answer: {problem}" for problem in problems]


async def in_question(name: str, content: str, number: int, rill: Rill, upstream: Upstream) -> list[str]:
    """The question holds it: refused with a reason, or stored as the model was asked, and repeatable."""
    tag = f"asked-{number}"
    plan = upstream.plan(tag, 5)
    body = {"message": f"one{content}two #{tag}", "run_id": new_id()}
    reader = Reader()
    await reader.follow(rill.port, body["run_id"], body)
    if reader.refusal:
        fine = reader.refusal[0] in (400, 422) and reader.refusal[1]
        return [] if fine else [f"{name} in a question: {reader.refusal[:2]}"]
    problems = reader.problems + compare.terminal(reader.terminal, "done")
    session = reader.first("metadata").content["session_id"]
    messages = (await rill.get(f"/sessions/{session}/messages"))["messages"]
    asked = upstream.exchanges[tag][0].request["messages"][-1]["content"]
    if messages[0]["content"] != asked:
        problems.append(f"stored {messages[0]['content']!r}, the model was asked {asked!r}")
    again = await follow_to_end(Reader(), rill.port, body["run_id"], body)
    if again.text != plan.text or upstream.asked(tag) != 1:
        problems.append("the same request again does not attach")
    return [f"{name} in a question: {problem}" for problem in problems]


async def run(lab: Lab) -> list[Row]:
    answers, questions = Row("awkward characters in answers"), Row("awkward characters in questions")
    later, seen = Row("… read again after a restart"), []
    characters = {
        "U+0000": "\0",
        "a lone surrogate": "\ud800",
        "a byte order mark": "\ufeff",
        "U+2028": "\u2028",
    }
    async with lab.upstream() as upstream, lab.rill("texts", upstream, RILL_IDLE_TIMEOUT=3) as rill:
        for number, name in enumerate(FRAMES):
            run_id, reader, problems = await in_answer(name, number, rill, upstream)
            answers.count(problems)
            seen.append((name, run_id, reader))
        for number, (name, content) in enumerate(characters.items()):
            questions.count(await in_question(name, content, number, rill, upstream))
        await rill.stop()
        await rill.start()
        for name, run_id, reader in seen:
            again = await follow_to_end(Reader(), rill.port, run_id)
            later.count(
                [] if again.text == reader.text else [f"{name}: {again.text!r} instead of {reader.text!r}"]
            )
    answers.note = f"{', '.join(FRAMES)}: reader and store have the same text"
    questions.note = "refused with a reason, or the same in the store and for the model"
    return [answers, questions, later]
