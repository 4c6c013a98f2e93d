"""Fault 5: the wall clock jumps in a run; order, ids, timeouts, heartbeats, grace times do not notice."""

import asyncio
import datetime
import time

from . import compare
from .lab import Lab, Row, new_id, question
from .preload import Preload
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Upstream
from .wire import Cut

HOUR, DAY = 3600, 86400
JUMPS = {"back by an hour": -HOUR, "forward by a day": DAY}
HEARTBEAT, IDLE, GRACE = 0.3, 4.0, 1.5
TOLERANCE = 1.0
"""How much later than due a timer may come on a busy machine, in seconds."""


def shift_of(reader: Reader) -> float:
    """The difference of the server's time and ours at the terminal event, in seconds."""
    told = datetime.datetime.fromisoformat(reader.terminal.timestamp).timestamp()
    return told - (time.time() - (time.monotonic() - reader.terminal.at))


async def answered(tag: str, rill: Rill, upstream: Upstream, jump: float) -> list[str]:
    """A run that the clock jumps in goes on, with heartbeats while the model is silent."""
    plan = upstream.plan(tag, 60, pace=0.02, first=2.0)
    run_id = new_id()
    reader = await follow_to_end(Reader(), rill.port, run_id, {"message": question(tag), "run_id": run_id})
    problems = compare.whole(reader, plan.pieces)
    if len(reader.heartbeats) < 2:
        problems.append(f"{len(reader.heartbeats)} heartbeats in two seconds of silence")
    if reader.terminal and abs(shift_of(reader) - jump) > 60:
        problems.append(
            f"the clock was not moved by {jump} s but by {shift_of(reader):.0f} s: nothing was tried"
        )
    done = reader.terminal.content if reader.terminal else {}
    if done.get("timings") and not 500 < done["timings"]["total_ms"] < 30_000:
        problems.append(f"timings {done['timings']}")
    again = await follow_to_end(Reader(), rill.port, run_id)
    return problems + ([] if again.text == plan.text else ["replayed, its text differs"])


async def timed_out(tag: str, rill: Rill, upstream: Upstream) -> list[str]:
    """The idle limit is neither shorter nor longer."""

    async def hang(exchange) -> None:
        await exchange.send(exchange.plan.pieces[0])
        exchange.broke()
        await asyncio.sleep(3600)

    upstream.plan(tag, 2, act=hang)
    run_id = new_id()
    reader = await follow_to_end(
        Reader(), rill.port, run_id, {"message": question(tag), "run_id": run_id}, timeout=20
    )
    problems = reader.problems + compare.terminal(reader.terminal, "error", code="TIMEOUT")
    if reader.terminal:
        waited = reader.terminal.at - upstream.exchanges[tag][0].broke_at
        if not IDLE - 0.2 <= waited <= IDLE + TOLERANCE:
            problems.append(f"timed out after {waited:.2f} s instead of {IDLE} s")
    return problems


async def abandoned(tag: str, rill: Rill, upstream: Upstream) -> list[str]:
    """A run without readers has its grace time, no less and no more."""
    upstream.plan(tag, 2000, pace=0.02)
    run_id, reader = new_id(), Reader()
    try:
        await reader.follow(rill.port, run_id, {"message": question(tag), "run_id": run_id}, budget=7500)
    except Cut:
        pass
    left = time.monotonic()
    while (await rill.get(f"/chat/runs/{run_id}"))["status"] == "running":
        if time.monotonic() - left > GRACE + 10:
            return ["it never ended"]
        await asyncio.sleep(0.05)
    waited = time.monotonic() - left
    return (
        [] if GRACE - 0.2 <= waited <= GRACE + TOLERANCE else [f"cancelled after {waited:.2f} s of {GRACE} s"]
    )


async def ordered(tag: str, rill: Rill, upstream: Upstream, jump) -> list[str]:
    """Three questions in one session, the clock jumps between them."""
    session_id, expected = None, []
    for turn in range(3):
        name = f"{tag}-{turn}"
        plan = upstream.plan(name, 5)
        body = {"message": question(name), "run_id": new_id()} | (
            {"session_id": session_id} if session_id else {}
        )
        reader = await follow_to_end(Reader(), rill.port, body["run_id"], body)
        if not reader.terminal:
            return reader.problems
        session_id = reader.first("metadata").content["session_id"]
        expected += [question(name), plan.text]
        jump(turn)
    messages = (await rill.get(f"/sessions/{session_id}/messages"))["messages"]
    problems = [] if [m["content"] for m in messages] == expected else ["the messages are in another order"]
    parents = [None] + [message["id"] for message in messages[:-1]]
    if [message["parent_id"] for message in messages] != parents:
        problems.append("the messages do not follow each other")
    asked = upstream.exchanges[f"{tag}-2"][0].request["messages"][1:]
    if [message["content"] for message in asked] != expected[:5]:
        problems.append("the model was given another order")
    return problems


async def jumping(lab: Lab, name: str, seconds: float) -> list[Row]:
    clock = Preload("clockshift", lab.folder / f"shift-{seconds}")
    settings = {"RILL_HEARTBEAT": HEARTBEAT, "RILL_IDLE_TIMEOUT": IDLE, "RILL_DISCONNECT_GRACE": GRACE}
    row, sessions = Row(f"clock jumps {name} during runs"), Row(f"clock jumps {name} between questions")
    row.note = "order, ids, heartbeats, idle limit, grace time as without"
    sessions.note = "order of messages, in the session and for the model"

    async def jump_soon() -> list[str]:
        await asyncio.sleep(0.7)
        clock.set(seconds)
        return []

    async with lab.upstream() as upstream:
        async with lab.rill(f"clock{seconds}", upstream, **settings, **clock.environment) as rill:
            tries = range(lab.tries(20, 4))
            jobs = [answered(f"clock-answer-{n}", rill, upstream, seconds) for n in tries]
            jobs += [timed_out(f"clock-silent-{n}", rill, upstream) for n in tries]
            jobs += [abandoned(f"clock-alone-{n}", rill, upstream) for n in tries]
            for problems in (await asyncio.gather(*jobs, jump_soon()))[:-1]:
                row.count(problems)
            for number in tries:
                clock.set(0)
                tag = f"clock-order-{number}"
                problems = await ordered(tag, rill, upstream, lambda turn: clock.set(seconds * (turn + 1)))
                sessions.count(problems)
    return [row, sessions]


async def run(lab: Lab) -> list[Row]:
    rows = []
    for name, seconds in JUMPS.items():
        rows += await jumping(lab, name, seconds)
    return rows
