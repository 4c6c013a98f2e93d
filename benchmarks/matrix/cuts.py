"""Fault 1: connections cut at random bytes; resumed in the run, after it, a restart, compaction."""

import asyncio
import random
from dataclasses import dataclass, field

from . import compare
from .lab import Lab, Row, in_parallel, new_id, question, until
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Upstream
from .wire import Broken, Cut

WIDTH = 50
MOST_CUTS = 20
LONG_EVERY = 25
"""One in so many answers has thousands of tokens, so that a replay takes several pages."""
FRAME_BYTES = 115
HEAD_BYTES = 6500
"""About the bytes of a frame with a token, and of everything before the first one."""
SHORTEST = 6000
"""No stream is shorter than this, so that the first cut always comes."""


@dataclass
class CutRun:
    tag: str
    pieces: list[str]
    cuts: int
    rng: random.Random
    resumes: str
    """`live`, or when it comes back after its first cut: `late`, `restart`, `compacted`."""
    run_id: str = field(default_factory=new_id)
    session_id: str = field(default_factory=new_id)
    reader: Reader = field(default_factory=Reader)
    uncut: Reader | None = None
    position: int = 0
    """The last event before it came back late."""

    @property
    def body(self) -> dict:
        return {"message": question(self.tag), "run_id": self.run_id}

    def budget(self) -> int | None:
        """How many bytes the next connection may carry."""
        left = self.cuts - self.reader.cuts
        if left <= 0:
            return None
        total = HEAD_BYTES + FRAME_BYTES * len(self.pieces)
        done = self.reader.last_id * FRAME_BYTES
        most = max(200, 2 * (total - done) // (left + 1))
        return self.rng.randint(1, most if self.reader.cuts else min(most, SHORTEST))


async def once(run: CutRun, rill: Rill, post: bool) -> None:
    """One connection."""
    reset = run.rng.random() < 0.3
    try:
        await run.reader.follow(
            rill.port, run.run_id, run.body if post else None, budget=run.budget(), reset=reset
        )
        if not run.reader.terminal and not run.reader.problems and not run.reader.refusal:
            run.reader.problems.append("a stream ended without a terminal event")
    except Cut:
        pass
    except Broken as error:
        run.reader.problems.append(f"the server broke the connection: {error}")


async def read(run: CutRun, rill: Rill) -> None:
    """Reads with cuts until the terminal event. A client that was told nothing sends its request again."""
    while not run.reader.terminal and not run.reader.problems:
        knows = run.reader.last_id > 0 or (run.reader.connections > 0 and run.rng.random() < 0.5)
        await once(run, rill, post=not knows)
        if run.reader.refusal:
            if run.reader.refusal[0] == 404 and run.reader.last_id == 0:
                continue  # The first request was cut before the server had read it.
            run.reader.problems.append(f"refused with {run.reader.refusal[:2]}")
        if run.rng.random() < 0.3:
            await asyncio.sleep(run.rng.random() * 0.1)


async def begin(run: CutRun, rill: Rill) -> None:
    """Reads until the first cut that comes after a frame, then waits for the run's end."""
    while run.reader.last_id == 0 and not run.reader.problems:
        await once(run, rill, post=True)
    run.position = run.reader.last_id

    async def has_ended() -> bool:
        return (await rill.get(f"/chat/runs/{run.run_id}"))["status"] != "running"

    if not await until(has_ended, 60, 0.1):
        run.reader.problems.append("the run did not end")


async def finish(run: CutRun, rill: Rill) -> None:
    """Comes back after the end, and may be cut again."""
    await read(run, rill)


async def whole_run(run: CutRun, rill: Rill, with_uncut_reader: bool) -> None:
    reading = read(run, rill) if run.resumes == "live" else begin(run, rill)
    if with_uncut_reader:
        run.uncut = Reader()
        uncut = follow_to_end(run.uncut, rill.port, run.run_id, run.body)
        await asyncio.gather(reading, uncut)
    else:
        await reading
    if run.resumes == "late":
        await finish(run, rill)


async def problems_of(run: CutRun, rill: Rill, upstream: Upstream) -> list[str]:
    if run.resumes == "compacted":
        problems = compare.compacted(run.reader, run.position, run.pieces)
    else:
        uncut = run.uncut or await follow_to_end(Reader(), rill.port, run.run_id)
        problems = compare.whole(run.reader, run.pieces) + compare.same_events(run.reader, uncut)
    if upstream.asked(run.tag) != 1:
        problems.append(f"the model was asked {upstream.asked(run.tag)} times")
    if run.reader.first("metadata"):
        stored = await rill.answer_of(run.reader.first("metadata").content["session_id"], run.run_id)
        problems += compare.stored(stored, "done", "".join(run.pieces))
    return [f"{run.tag}: {problem}" for problem in problems]


def make_runs(lab: Lab, upstream: Upstream, kind: str, count: int) -> list[CutRun]:
    runs = []
    for number in range(count):
        tag = f"cut-{kind}-{number}"
        rng = lab.rng(tag)
        pace = 0 if number % LONG_EVERY == 0 else rng.choice((0, 0.002, 0.01, 0.02))
        count = rng.randint(2000, 6000) if number % LONG_EVERY == 0 else rng.randint(20, 120)
        plan = upstream.plan(tag, count, pace=pace, first=rng.random() * 0.1)
        runs.append(CutRun(tag, plan.pieces, rng.randint(1, MOST_CUTS), rng, kind))
    return runs


async def judge(row: Row, runs: list[CutRun], rill: Rill, upstream: Upstream) -> Row:
    async def one(run: CutRun) -> None:
        row.count(await problems_of(run, rill, upstream))

    await in_parallel((one(run) for run in runs), WIDTH)
    cuts = [run.reader.cuts for run in runs]
    row.note = f"{sum(cuts)} cuts, {min(cuts)} to {max(cuts)} each; one upstream request each"
    return row


async def run(lab: Lab) -> list[Row]:
    rows = []
    async with lab.upstream() as upstream:
        live, late, restart = (
            make_runs(lab, upstream, kind, lab.tries(full, quick))
            for kind, full, quick in (("live", 700, 40), ("late", 100, 10), ("restart", 100, 10))
        )
        async with lab.rill("cuts", upstream, RILL_DISCONNECT_GRACE=60) as rill:
            mixed = live + late + restart
            lab.rng("order").shuffle(mixed)
            jobs = (whole_run(run, rill, number % 4 == 0) for number, run in enumerate(mixed))
            await in_parallel(jobs, WIDTH)
            rows.append(await judge(Row("cut at random bytes, resumed at once"), live, rill, upstream))
            rows.append(await judge(Row("… resumed after the end of the run"), late, rill, upstream))
            code = await rill.stop()
            await rill.start()
            await in_parallel((finish(run, rill) for run in restart), WIDTH)
            row = await judge(Row("… resumed after a clean restart"), restart, rill, upstream)
            if code != 0:
                row.count([f"the server ended with {code}"])
            rows.append(row)
        rows.append(await after_compaction(lab, upstream))
    return rows


async def after_compaction(lab: Lab, upstream: Upstream) -> Row:
    runs = make_runs(lab, upstream, "compacted", lab.tries(100, 10))
    settings = {"RILL_DISCONNECT_GRACE": 60, "RILL_RUN_RETENTION": 1}
    async with lab.rill("compacted", upstream, **settings) as rill:
        await in_parallel((whole_run(run, rill, False) for run in runs), WIDTH)

        async def are_compacted() -> bool:
            seen = [await follow_to_end(Reader(), rill.port, run.run_id) for run in runs]
            return all(reader.first("snapshot") for reader in seen)

        row = Row("… resumed after the log was compacted")
        if not await until(are_compacted, 30, 0.5):
            row.row.count(["not every run was compacted within 30 s"])
        await in_parallel((finish(run, rill) for run in runs), WIDTH)
        return await judge(row, runs, rill, upstream)
