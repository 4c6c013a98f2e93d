"""Fault 8: SIGTERM during 50 streams, and a replacement on the same data."""

import asyncio
import time
from dataclasses import dataclass, field

from . import compare
from .lab import Lab, Row, in_parallel, new_id, question, until
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Plan, Upstream
from .wire import Broken, Cut, call

STREAMS = 50
GRACE = 1.5
EXIT_WITHIN = GRACE + 2.0
"""The server's own limit beyond its grace time is shorter; the rest is for a busy machine."""


@dataclass
class ShutRun:
    tag: str
    plan: Plan
    kind: str
    """`short` ends within the grace time, `long` does not, `away` is long and has lost its connection."""
    run_id: str = field(default_factory=new_id)
    reader: Reader = field(default_factory=Reader)

    async def ask(self, rill: Rill) -> None:
        body = {"message": question(self.tag), "run_id": self.run_id}
        try:
            await self.reader.follow(
                rill.port, self.run_id, body, budget=8500 if self.kind == "away" else None
            )
            if not self.reader.terminal:
                self.reader.problems.append("the stream ended without a terminal event")
        except Cut:
            pass
        except Broken as error:
            self.reader.problems.append(f"the connection broke: {error}")


def make_runs(number: int, upstream: Upstream) -> list[ShutRun]:
    runs = []
    for index in range(STREAMS):
        kind = ("short", "long", "short", "long", "away")[index % 5]
        tag = f"shut-{number}-{index}"
        count = 40 if kind == "short" else 2000
        runs.append(ShutRun(tag, upstream.plan(tag, count, pace=0.02), kind))
    return runs


async def newcomers(rill: Rill) -> list[str]:
    """New questions while the server ends: 503 with Retry-After; refused only once the process has gone."""
    problems = []
    for moment in (0.05, 0.3, GRACE - 0.5):
        await asyncio.sleep(moment)
        try:
            answer = await call(rill.port, "POST", "/chat/stream", {"message": question("late")}, timeout=5)
        except (Broken, TimeoutError) as error:
            if rill.is_running:
                problems.append(f"a new run: {error!r} while the process is there")
            continue
        if (answer.status, answer.code) != (503, "OVERLOADED") or "retry-after" not in answer.headers:
            problems.append(f"a new run: {answer.status} {answer.code} {answer.headers.get('retry-after')}")
    return problems


async def problems_of(run: ShutRun, rill: Rill, upstream: Upstream) -> list[str]:
    """Against the replacement."""
    problems = list(run.reader.problems)
    if run.kind == "short":
        problems += compare.whole(run.reader, run.plan.pieces)
        status = "done"
    else:
        if run.kind == "away":
            await follow_to_end(run.reader, rill.port, run.run_id)
        problems += run.reader.problems + compare.terminal(
            run.reader.terminal, "cancelled", reason="shutdown"
        )
        status = "interrupted"
    metadata = run.reader.first("metadata")
    if metadata:
        stored = await rill.answer_of(metadata.content["session_id"], run.run_id)
        problems += compare.stored(stored, status, run.reader.text)
        if stored and status == "interrupted" and stored.get("finish_reason") != "shutdown":
            problems.append(f"finish_reason {stored.get('finish_reason')}")
    if not run.plan.text.startswith(run.reader.text):
        problems.append("its text is no prefix of what the model sent")
    again = await follow_to_end(Reader(), rill.port, run.run_id)
    if again.text != run.reader.text or not again.terminal:
        problems.append("read again from the beginning, its text differs")
    if upstream.asked(run.tag) != 1:
        problems.append(f"the model was asked {upstream.asked(run.tag)} times")
    return [f"{run.tag} ({run.kind}): {problem}" for problem in problems]


async def continued(run: ShutRun, rill: Rill, upstream: Upstream) -> list[str]:
    upstream.plans[run.tag].pace = 0
    reader, new_run = Reader(), new_id()
    path = f"/chat/runs/{run.run_id}/continue"
    await follow_to_end(reader, rill.port, new_run, {"run_id": new_run}, path=path)
    problems = reader.problems + compare.terminal(reader.terminal, "done")
    if reader.text != run.plan.text:
        problems.append(f"{len(reader.text)} characters instead of {len(run.plan.text)}")
    return [f"{run.tag}: {problem}" for problem in problems]


async def run(lab: Lab) -> list[Row]:
    leaving, streams = (
        Row(f"SIGTERM during {STREAMS} streams: the server"),
        Row("… what becomes of each stream"),
    )
    goes_on, longest = Row("… continued at the replacement"), 0.0
    async with (
        lab.upstream() as upstream,
        lab.rill("shutdown", upstream, RILL_SHUTDOWN_GRACE=GRACE, RILL_DISCONNECT_GRACE=60) as rill,
    ):
        for number in range(lab.tries(10, 2)):
            runs = make_runs(number, upstream)
            asking = [asyncio.create_task(run.ask(rill)) for run in runs]
            await until(lambda runs=runs: all(run.reader.first("token") for run in runs), 20)
            began = time.monotonic()
            rill.terminate()
            problems = await newcomers(rill)
            try:
                code = await rill.wait(EXIT_WITHIN + 5)
                longest = max(longest, time.monotonic() - began)
                if code != 0:
                    problems.append(f"it ended with {code}")
                if time.monotonic() - began > EXIT_WITHIN:
                    problems.append(f"it ended after {time.monotonic() - began:.1f} s")
            except TimeoutError:
                problems.append("it did not end and was killed")
                await rill.kill()
            leaving.count(problems)
            await asyncio.gather(*asking)
            await rill.start()
            jobs = (problems_of(run, rill, upstream) for run in runs)
            for found in await in_parallel(jobs, 10):
                streams.count(found)
            cut_off = [run for run in runs if run.kind != "short"][:4]
            for found in await in_parallel((continued(run, rill, upstream) for run in cut_off), 2):
                goes_on.count(found)
    leaving.note = (
        f"503 with Retry-After for new runs; ended at most {longest:.1f} s later ({GRACE:g} s of grace)"
    )
    streams.note = (
        "short ones finish, long ones `cancelled shutdown`, stored as interrupted; resumed at the replacement"
    )
    goes_on.note = "whole answer, same message"
    return [leaving, streams, goes_on]
