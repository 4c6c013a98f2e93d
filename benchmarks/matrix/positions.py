"""Fault 12: readers that come back with positions that are not the run's."""

import asyncio

from . import compare
from .lab import Lab, Row, new_id, question
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Upstream
from .wire import Answer, Broken, Cut, call

GARBAGE = ("-1", "abc", "1.5", "1e3", "0x10", "99999999999999999999", "7 7", "NaN", "１")


async def attach(rill: Rill, run_id: str, position: str, as_query: bool = False) -> Answer:
    path = f"/chat/runs/{run_id}/stream"
    if as_query:
        return await call(rill.port, "GET", f"{path}?after={position}", timeout=10)
    return await call(rill.port, "GET", path, headers={"last-event-id": position}, timeout=10)


def refusal(answer: Answer, wanted: tuple[int, str], what: str) -> list[str]:
    told = (answer.status, answer.code if answer.status != 200 else None)
    return [] if told == wanted else [f"{what}: {told}, not {wanted}"]


async def finished_run(rill: Rill, upstream: Upstream, tag: str) -> tuple[str, Reader]:
    upstream.plan(tag, 30)
    body = {"message": question(tag), "run_id": new_id()}
    return body["run_id"], await follow_to_end(Reader(), rill.port, body["run_id"], body)


async def of_finished(rill: Rill, run_id: str, reader: Reader, row: Row, where: str) -> None:
    """Beyond the end is refused; the end itself has nothing more; everything else is what follows."""
    last = reader.last_id
    for beyond in (last + 1, last + 1000, 2**62):
        row.count(
            refusal(await attach(rill, run_id, str(beyond)), (422, "INVALID_REQUEST"), f"{where}, {beyond}")
        )
    at_end = await attach(rill, run_id, str(last))
    row.count(
        [] if at_end.status == 200 and b"data:" not in at_end.body else [f"{where}, at the end: {at_end}"]
    )
    for position in range(last):
        again = Reader(events=reader.events[:position])
        again.text = "".join(e.content for e in again.events if e.type == "token")
        await follow_to_end(again, rill.port, run_id)
        row.count(compare.same_events(again, reader) + again.problems)


async def of_unknown(rill: Rill, run_id: str, row: Row) -> None:
    for text in GARBAGE:
        if text.isascii():
            row.count(refusal(await attach(rill, run_id, text), (422, "INVALID_REQUEST"), f"{text!r}"))
        if " " not in text and text.isascii():
            answer = await attach(rill, run_id, text, as_query=True)
            row.count(refusal(answer, (422, "INVALID_REQUEST"), f"?after={text}"))
    row.count(refusal(await attach(rill, new_id(), "3"), (404, "NOT_FOUND"), "unknown run"))
    row.count(refusal(await attach(rill, "no-uuid", "3"), (404, "NOT_FOUND"), "no run id"))


async def of_running(rill: Rill, upstream: Upstream, row: Row) -> str:
    """Returns the run's id; it is still running."""
    upstream.plan("position-running", 5000, pace=0.02)
    run_id, reader = new_id(), Reader()
    body = {"message": question("position-running"), "run_id": run_id}
    try:
        await reader.follow(rill.port, run_id, body, budget=8000)
    except Cut:
        pass
    row.count(refusal(await attach(rill, run_id, "100000"), (422, "INVALID_REQUEST"), "beyond a running run"))
    return run_id


async def of_interrupted(rill: Rill, upstream: Upstream, run_id: str, row: Row) -> None:
    """A reader may have more than was stored: whatever it has, it gets what is stored and the end."""
    status = await rill.get(f"/chat/runs/{run_id}")
    last = status["last_event_id"]
    for position in (0, 1, 8, last - 1, last, last + 1, last + 500):
        reader = Reader()
        if position:
            reader.events = [type("Seen", (), {"id": position, "type": "token", "content": ""})()]
        await follow_to_end(reader, rill.port, run_id, timeout=10)
        problems = list(reader.problems) + compare.terminal(reader.terminal, "error", code="INTERRUPTED")
        if position >= last and "snapshot" not in [event.type for event in reader.events]:
            problems.append("no snapshot")
        row.count(f"interrupted, {position} of {last}: {problem}" for problem in problems)


async def run(lab: Lab) -> list[Row]:
    row, interrupted = Row("positions that are not the run's"), Row("positions in an interrupted run")
    async with lab.upstream() as upstream, lab.rill("positions", upstream) as rill:
        run_id, reader = await finished_run(rill, upstream, "position-done")
        await of_finished(rill, run_id, reader, row, "in memory")
        await of_unknown(rill, run_id, row)
        running = await of_running(rill, upstream, row)
        await asyncio.sleep(0.5)
        await rill.kill()
        await rill.start()
        await of_finished(rill, run_id, reader, row, "from the store")
        try:
            await of_interrupted(rill, upstream, running, interrupted)
        except Broken as error:
            interrupted.count([f"the connection broke: {error}"])
    row.note = "beyond the end and no number: 422; unknown run: 404; every other one: what follows it"
    interrupted.note = "beyond what was stored: snapshot and INTERRUPTED"
    return [row, interrupted]
