"""Fault 10: hundreds of streams for half an hour; stops, cuts, resumes, deletions, clients that leave."""

import asyncio
import contextlib
import random
import statistics
import time
from dataclasses import dataclass, field

from . import compare
from .lab import Lab, Row, in_parallel, new_id, question, until
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Plan, Upstream
from .wire import Broken, Cut

WARM_UP = 300
"""Seconds after which memory must not grow any more."""
GROWTH = 0.05
GRACE = 5
TURNS = 5
"""Questions in one session."""
WAYS = (("read", 30), ("cut", 40), ("stop", 20), ("leave", 7), ("delete", 3))


@dataclass
class Soak:
    rill: Rill
    upstream: Upstream
    row: Row
    ends_at: float
    runs: dict[str, int] = field(default_factory=dict)
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds since the start, resident bytes, descriptors."""


async def follow(soak: Soak, reader: Reader, body: dict, rng: random.Random, cuts: int) -> None:
    """Reads to the end, over so many cuts."""
    while not reader.terminal and not reader.problems:
        budget = rng.randint(1, 15_000) if reader.cuts < cuts else None
        try:
            first = body if not reader.last_id else None
            await reader.follow(
                soak.rill.port, body["run_id"], first, budget=budget, reset=rng.random() < 0.3, timeout=300
            )
            if reader.refusal:
                reader.problems.append(f"refused with {reader.refusal[:2]}")
        except Cut:
            await asyncio.sleep(rng.random() * GRACE * 0.4)
        except Broken as error:
            reader.problems.append(f"the connection broke: {error}")


async def interfere(
    soak: Soak, way: str, body: dict, reader: Reader, rng: random.Random, length: float
) -> list[str]:
    await asyncio.sleep(rng.random() * length)
    if way == "stop":
        answer = await soak.rill.call("POST", f"/chat/runs/{body['run_id']}/stop", timeout=60)
        return [] if answer.status == 200 else [f"stop: {answer.status}"]
    if way == "delete" and (metadata := reader.first("metadata")):
        answer = await soak.rill.call("DELETE", f"/sessions/{metadata.content['session_id']}", timeout=60)
        return [] if answer.status == 204 else [f"delete: {answer.status}"]
    return []


async def leave(soak: Soak, reader: Reader, body: dict, rng: random.Random) -> list[str]:
    """The client goes and does not come back: the run is cancelled after the grace time."""
    try:
        await reader.follow(soak.rill.port, body["run_id"], body, budget=rng.randint(1, 12_000), timeout=300)
    except Cut:
        pass

    async def has_ended() -> bool:
        answer = await soak.rill.call("GET", f"/chat/runs/{body['run_id']}", timeout=60)
        return answer.status == 404 or answer.json["status"] != "running"

    return [] if await until(has_ended, GRACE + 200, 1) else ["it went on without readers"]


async def one_run(soak: Soak, tag: str, session: str | None, rng: random.Random) -> str | None:
    """One question in one of the ways. Returns the session to go on with."""
    way = rng.choices([name for name, _ in WAYS], [weight for _, weight in WAYS])[0]
    plan = soak.upstream.plan(tag, rng.randint(20, 300), pace=rng.uniform(0.05, 0.35), first=rng.random())
    body = {"message": question(tag), "run_id": new_id()} | ({"session_id": session} if session else {})
    reader = Reader()
    if way == "leave":
        problems = await leave(soak, reader, body, rng)
    else:
        length = plan.first + plan.pace * len(plan.pieces)
        reading = follow(soak, reader, body, rng, rng.randint(1, 5) if way == "cut" else 0)
        acting = interfere(soak, way, body, reader, rng, length) if way in ("stop", "delete") else none()
        _, problems = await asyncio.gather(reading, acting)
        problems += problems_of(way, reader, plan)
    if soak.upstream.asked(tag) > 1:
        problems.append(f"the model was asked {soak.upstream.asked(tag)} times")
    soak.row.count(f"{tag} ({way}): {problem}" for problem in problems + reader.problems)
    soak.runs[way] = soak.runs.get(way, 0) + 1
    soak.upstream.forget(tag)
    metadata = reader.first("metadata")
    return metadata.content["session_id"] if metadata and way in ("read", "cut", "stop") else None


async def read_first(rill: Rill, upstream: Upstream, number: int) -> None:
    upstream.plan(tag := f"soak-first-{number}", 20)
    body = {"message": question(tag), "run_id": new_id()}
    reader = await follow_to_end(Reader(), rill.port, body["run_id"], body)
    await rill.answer_of(reader.first("metadata").content["session_id"], body["run_id"])


async def none() -> list[str]:
    return []


def problems_of(way: str, reader: Reader, plan: Plan) -> list[str]:
    ended = reader.terminal
    if way in ("stop", "delete") and ended and ended.type == "cancelled":
        return [] if plan.text.startswith(reader.text) else ["its text is no prefix of what the model sent"]
    if way == "cut" and not compare.terminal(ended, "cancelled", reason="disconnected"):
        # Right when the machine was so busy that the client came back too late, and only then.
        if reader.longest_away < GRACE * 0.9:
            return [f"cancelled, though it was away for at most {reader.longest_away:.2f} s"]
        return [] if plan.text.startswith(reader.text) else ["its text is no prefix of what the model sent"]
    return compare.whole(reader, plan.pieces)


async def worker(soak: Soak, lab: Lab, number: int) -> None:
    rng = lab.rng("soak", number)
    await asyncio.sleep(rng.random() * 20)
    count, session = 0, None
    while time.monotonic() < soak.ends_at:
        if count % TURNS == 0:
            session = None
        try:
            session = await one_run(soak, f"soak-{number}-{count}", session, rng)
        except (Broken, TimeoutError, LookupError) as error:
            soak.row.count([f"soak-{number}-{count}: {error!r}"])
            session = None
            await asyncio.sleep(1)
        count += 1


async def sample(soak: Soak, lab: Lab) -> None:
    began = time.monotonic()
    while True:
        memory, descriptors = soak.rill.memory(), soak.rill.descriptors()
        soak.samples.append((time.monotonic() - began, memory, descriptors))
        lab.progress(
            f"{soak.samples[-1][0]:.0f} s: {memory >> 20} MB, {descriptors} descriptors, {soak.runs}"
        )
        await asyncio.sleep(5)


def growth(samples: list[tuple[float, int, int]], warm: float) -> tuple[float, float, float]:
    """Mean memory in the minute after the warm-up, mean memory in the last minute, and the growth."""
    last = samples[-1][0]
    window = min(60.0, (last - warm) / 3)
    early = statistics.mean(memory for at, memory, _ in samples if warm <= at <= warm + window)
    late = statistics.mean(memory for at, memory, _ in samples if at >= last - window)
    return early, late, late / early - 1


async def run(lab: Lab, minutes: float, streams: int) -> list[Row]:
    row = Row(f"soak: {streams} streams for {minutes:g} minutes")
    warm = min(WARM_UP, minutes * 60 / 3)
    async with lab.upstream() as upstream, lab.rill("soak", upstream, RILL_DISCONNECT_GRACE=GRACE) as rill:
        soak = Soak(rill, upstream, row, time.monotonic() + minutes * 60)
        # So that the pool of database connections, which is kept, is open before the descriptors are counted.
        await in_parallel((read_first(rill, upstream, number) for number in range(50)), 50)
        await asyncio.sleep(2)
        before = rill.descriptors()
        sampling = asyncio.create_task(sample(soak, lab))
        workers = [asyncio.create_task(worker(soak, lab, number)) for number in range(streams)]
        await asyncio.sleep(minutes * 60)
        sampling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sampling
        await asyncio.gather(*workers)

        async def is_quiet() -> bool:
            active = await rill.metric("rill_runs_active")
            return (
                active == 0
                and await rill.metric("rill_stream_readers") == 0
                and rill.descriptors() <= before + 2
            )

        row.count(
            []
            if await until(is_quiet, 100, 1)
            else [f"not back: {rill.descriptors()} descriptors, {before} before"]
        )
        early, late, grown = growth(soak.samples, warm)
        if warm >= WARM_UP:  # Before that, finished runs are still on their way out of memory.
            row.count([f"memory grew by {grown:.1%} after {warm:.0f} s"] if grown > GROWTH else [])
        row.count([f"{upstream.open} connections to the model are open"] if upstream.open else [])
    ways = ", ".join(f"{count} {way}" for way, count in sorted(soak.runs.items()))
    row.note = (
        f"{early / 2**20:.0f} MB after {warm:.0f} s, {late / 2**20:.0f} MB at the end ({grown:+.1%}); {ways}"
    )
    return [row]
