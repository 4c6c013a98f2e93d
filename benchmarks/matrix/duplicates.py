"""Fault 7: the same request many times, at once and after a restart: one run, one upstream request."""

import asyncio

from . import compare
from .lab import Lab, Row, in_parallel, new_id, question
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Upstream

COPIES = 10


def problems_of(readers: list[Reader], text: str, asked: int) -> list[str]:
    problems = [problem for reader in readers for problem in reader.problems]
    told = {reader.first("metadata").content["message_id"] for reader in readers if reader.first("metadata")}
    if len(told) != 1:
        problems.append(f"{len(told)} answers were written")
    for number, reader in enumerate(readers):
        problems += compare.terminal(reader.terminal, "done")
        if reader.text != text:
            problems.append(f"copy {number} was told {len(reader.text)} of {len(text)} characters")
    if asked != 1:
        problems.append(f"the model was asked {asked} times")
    return problems


async def at_once(lab: Lab, number: int, rill: Rill, upstream: Upstream) -> tuple[list[str], str, dict]:
    """Ten copies of one request within a few milliseconds, or a few hundred."""
    tag, run_id = f"twice-{number}", new_id()
    rng = lab.rng(tag)
    plan = upstream.plan(tag, 40, pace=rng.choice((0, 0.005)))
    body = {"message": question(tag), "run_id": run_id}

    async def copy() -> Reader:
        await asyncio.sleep(rng.random() * rng.choice((0, 0.01, 0.2)))
        return await follow_to_end(Reader(), rill.port, run_id, body)

    readers = await asyncio.gather(*(copy() for _ in range(COPIES)))
    problems = problems_of(readers, plan.text, upstream.asked(tag))
    metadata = readers[0].first("metadata")
    if metadata:
        messages = (await rill.get(f"/sessions/{metadata.content['session_id']}/messages"))["messages"]
        if len(messages) != 2:
            problems.append(f"{len(messages)} messages are stored")
    other = await rill.call("POST", "/chat/stream", body | {"message": "Something else?"})
    if (other.status, other.code) != (409, "RUN_CONFLICT"):
        problems.append(f"another question with the same id: {other.status} {other.code}")
    return [f"{tag}: {problem}" for problem in problems], tag, body


async def after_restart(tag: str, body: dict, rill: Rill, upstream: Upstream) -> list[str]:
    copies = (follow_to_end(Reader(), rill.port, body["run_id"], body) for _ in range(COPIES))
    readers = await asyncio.gather(*copies)
    problems = problems_of(readers, upstream.plans[tag].text, upstream.asked(tag))
    other = await rill.call("POST", "/chat/stream", body | {"message": "Something else?"})
    if (other.status, other.code) != (409, "RUN_CONFLICT"):
        problems.append(f"another question with the same id: {other.status} {other.code}")
    return [f"{tag}: {problem}" for problem in problems]


async def two_questions_at_once(number: int, rill: Rill, upstream: Upstream) -> list[str]:
    """Two different questions in one session at once: one is answered, the other one is told by which run."""
    first = f"busy-{number}"
    upstream.plan(first, 5)
    start = await follow_to_end(Reader(), rill.port, "", {"message": question(first)})
    session_id = start.first("metadata").content["session_id"]
    bodies = [
        {"message": question(f"{first}-{name}"), "session_id": session_id, "run_id": new_id()}
        for name in "ab"
    ]
    for name in "ab":
        upstream.plan(f"{first}-{name}", 20, pace=0.01)
    readers = [Reader(), Reader()]
    await asyncio.gather(*(r.follow(rill.port, b["run_id"], b) for r, b in zip(readers, bodies, strict=True)))
    refused = [r.refusal[:2] for r in readers if r.refusal]
    ended = [r.terminal.type for r in readers if r.terminal]
    return [] if (refused, ended) == ([(409, "RUN_ACTIVE")], ["done"]) else [f"{refused}, {ended}"]


async def run(lab: Lab) -> list[Row]:
    async with lab.upstream() as upstream, lab.rill("duplicates", upstream) as rill:
        together, later = Row(f"same run_id {COPIES} times at once"), Row(f"… {COPIES} times after a restart")
        busy = Row("two questions in one session at once")
        tries = lab.tries(50, 10)
        done = await in_parallel((at_once(lab, number, rill, upstream) for number in range(tries)), 5)
        for problems, _, _ in done:
            together.count(problems)
        questions = (two_questions_at_once(number, rill, upstream) for number in range(tries))
        for problems in await in_parallel(questions, 5):
            busy.count(problems)
        await rill.stop()
        await rill.start()
        for problems in await in_parallel((after_restart(t, b, rill, upstream) for _, t, b in done), 5):
            later.count(problems)
        together.note = later.note = "one upstream request, one answer, RUN_CONFLICT for another question"
        busy.note = "one is answered, the other one RUN_ACTIVE"
        return [together, later, busy]
