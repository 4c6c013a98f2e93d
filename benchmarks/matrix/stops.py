"""Fault 6: Stop before the start, twice, after the end, from another connection, at random moments."""

import asyncio
import time
from dataclasses import dataclass, field

from . import compare
from .lab import Lab, Row, in_parallel, new_id, question, until
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Plan, Upstream

CLOSED_WITHIN = 1.0
"""Seconds from the receipt until the model's side must have seen its connection closed."""


@dataclass
class StopRun:
    tag: str
    plan: Plan
    run_id: str = field(default_factory=new_id)
    reader: Reader = field(default_factory=Reader)
    receipts: list[dict] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def body(self) -> dict:
        return {"message": question(self.tag), "run_id": self.run_id}

    async def stop(self, rill: Rill) -> list[str]:
        began = time.monotonic()
        answer = await rill.call("POST", f"/chat/runs/{self.run_id}/stop")
        self.times.append(time.monotonic() - began)
        if answer.status != 200:
            return [f"stop answers {answer.status} {answer.code}"]
        self.receipts.append(answer.json)
        return []


def problems_of_receipts(run: StopRun, status: str) -> list[str]:
    problems = []
    for receipt in run.receipts:
        told = (receipt["run_id"], receipt["status"])
        if told != (run.run_id, status):
            problems.append(f"receipt: {told}")
        last = run.reader.last_id
        if last and receipt["last_event_id"] not in (last, 0):
            problems.append(f"receipt: last event {receipt['last_event_id']}, the reader has {last}")
        if receipt["stopped_in_ms"] < 0:
            problems.append(f"receipt: {receipt['stopped_in_ms']} ms")
    return problems


async def problems_of_stopped(run: StopRun, rill: Rill, upstream: Upstream) -> list[str]:
    """Stored is what the reader got, and nothing of the run is left."""
    problems = list(run.reader.problems)
    metadata = run.reader.first("metadata")
    ended = run.reader.terminal
    if not metadata or not ended:
        return problems + ["the reader was not told the end"]
    if ended.type == "done":  # It was faster than Stop.
        status = "done"
    else:
        status = "cancelled"
        problems += compare.terminal(ended, "cancelled", reason="user")
    problems += problems_of_receipts(run, status)
    problems += compare.stored(
        await rill.answer_of(metadata.content["session_id"], run.run_id), status, run.reader.text
    )
    if not run.plan.text.startswith(run.reader.text):
        problems.append("its text is no prefix of what the model sent")
    exchanges = upstream.exchanges.get(run.tag, [])
    if not await until(lambda: all(exchange.closed_at for exchange in exchanges), CLOSED_WITHIN):
        problems.append(f"the connection to the model was open {CLOSED_WITHIN:g} s after the receipt")
    if len(exchanges) > 1:
        problems.append(f"the model was asked {len(exchanges)} times")
    return problems


async def before_start(run: StopRun, rill: Rill, upstream: Upstream) -> list[str]:
    problems = await run.stop(rill)
    await follow_to_end(run.reader, rill.port, run.run_id, run.body)
    problems += compare.terminal(run.reader.terminal, "cancelled", reason="user")
    if upstream.asked(run.tag):
        problems.append("the model was asked")
    if run.reader.text:
        problems.append("it had text")
    return problems + await problems_of_stopped(run, rill, upstream)


async def at_moment(run: StopRun, rill: Rill, upstream: Upstream, moment: float, times: int) -> list[str]:
    reading = asyncio.create_task(follow_to_end(run.reader, rill.port, run.run_id, run.body))
    await asyncio.sleep(moment)
    told = await asyncio.gather(*(run.stop(rill) for _ in range(times)))
    async with asyncio.timeout(20):
        await reading
    return sum(told, []) + await problems_of_stopped(run, rill, upstream)


async def twice(run: StopRun, rill: Rill, upstream: Upstream) -> list[str]:
    """Two at once, and a third one after the end."""
    problems = await at_moment(run, rill, upstream, 0.15, 2)
    return problems + await run.stop(rill) + problems_of_receipts(run, run.reader.terminal.type)


async def after_end(run: StopRun, rill: Rill, upstream: Upstream) -> list[str]:
    run.plan.pace = 0
    await follow_to_end(run.reader, rill.port, run.run_id, run.body)
    problems = await run.stop(rill)
    if run.reader.terminal and run.reader.terminal.type != "done":
        problems.append(f"it ended with {run.reader.terminal.type}")
    if run.reader.text != run.plan.text:
        problems.append("the answer is not whole")
    return problems + await problems_of_stopped(run, rill, upstream)


async def while_silent(run: StopRun, rill: Rill, upstream: Upstream) -> list[str]:
    """The model has said nothing yet, and would not for a minute."""
    run.plan.first = 60
    return await at_moment(run, rill, upstream, 0.3, 1)


async def run(lab: Lab) -> list[Row]:
    async with lab.upstream() as upstream, lab.rill("stops", upstream) as rill:

        async def row_of(name: str, kind, tries: int, *arguments) -> Row:
            row, runs = Row(name), []

            async def one(number: int) -> None:
                tag = f"stop-{len(name)}-{kind.__name__}-{number}"
                rng = lab.rng(tag)
                made = StopRun(tag, upstream.plan(tag, 100, pace=0.01, first=0.02))
                runs.append(made)
                chosen = [argument(rng) if callable(argument) else argument for argument in arguments]
                problems = await kind(made, rill, upstream, *chosen)
                row.count(f"{tag}: {problem}" for problem in problems)

            await in_parallel((one(number) for number in range(tries)), 10)
            times = sorted(time for made in runs for time in made.times)
            if times:
                row.note = (
                    f"receipt after {times[len(times) // 2] * 1000:.1f} ms, at most {times[-1] * 1000:.0f} ms"
                )
            return row

        return [
            await row_of(
                "Stop at random moments", at_moment, lab.tries(200, 30), lambda rng: rng.random() * 1.2, 1
            ),
            await row_of("Stop before the start", before_start, lab.tries(20, 5)),
            await row_of("Stop twice at once, and again", twice, lab.tries(20, 5)),
            await row_of("Stop after the end", after_end, lab.tries(20, 5)),
            await row_of("Stop while the model is silent", while_silent, lab.tries(20, 5)),
        ]
