"""Readers of a run at other nodes than its own: whole, resumed anywhere, and counted as its readers."""

import asyncio
import time

from matrix import compare
from matrix.lab import Lab, Row, in_parallel
from matrix.reader import Reader, follow_to_end
from matrix.wire import Broken, Cut

from .asking import ENDED, make, problems_of, spread
from .cluster import Cluster
from .database import Postgres

GRACE = 1.5
CANCELLED_WITHIN = GRACE + 4.0
"""The other node says that its last reader has gone; lost, that is noticed a few seconds later."""


async def joined(cluster: Cluster, tag: str, lates: list[float]) -> list[str]:
    """A reader at the run's node, one at each other from a random moment on, one that changes nodes."""
    rng = cluster.lab.rng(tag)
    run = make(cluster.lab, cluster.upstream, tag, pace=0.02, low=60)
    here = rng.choice(cluster.nodes)
    own = asyncio.create_task(run.follow(here.port))
    while not run.reader.events and not own.done():
        await asyncio.sleep(0.005)

    async def later(port: int, after: float) -> Reader:
        await asyncio.sleep(after)
        return await follow_to_end(Reader(), port, run.run_id)

    async def wandering() -> Reader:
        reader = Reader()
        while not reader.terminal and not reader.problems:
            port = rng.choice(cluster.nodes).port
            try:
                await reader.follow(
                    port, run.run_id, budget=rng.randint(200, 6000) if reader.cuts < 15 else None
                )
                if reader.refusal:
                    reader.problems.append(f"refused with {reader.refusal[:2]}")
            except Cut:
                await asyncio.sleep(rng.random() * 0.1)
            except Broken as error:
                reader.problems.append(f"the connection broke: {error}")
        return reader

    others = [later(node.port, rng.random() * 1.5) for node in cluster.others(here)]
    readers = await asyncio.gather(*others, wandering())
    await own
    problems = await problems_of(run, cluster, cluster.upstream, "done")
    for name, reader in zip(("second", "third", "wandering"), readers, strict=True):
        found = compare.whole(reader, run.plan.pieces) + compare.same_events(reader, run.reader)
        problems += [f"{name} reader: {problem}" for problem in found]
    lates += lateness(run.reader, readers)
    return problems


def lateness(own: Reader, others: list[Reader]) -> list[float]:
    """How much later each token came to another node's reader than to the reader at the run's own node."""
    told = {event.id: event.at for event in own.events}
    return [
        event.at - told[event.id]
        for reader in others
        for event in reader.events
        if event.type == "token" and event.id in told and event.at - told[event.id] > -0.5
    ]


async def counted(cluster: Cluster, tag: str, waits: list[float]) -> list[str]:
    """A reader at another node keeps a run alive; when it has gone too, the run ends after the grace time."""
    rng = cluster.lab.rng(tag)
    here, there = rng.sample(cluster.nodes, 2)
    run = make(cluster.lab, cluster.upstream, tag, pace=0.02, low=1500, high=2000)
    try:
        await run.reader.follow(here.port, run.run_id, run.body, budget=6000)
    except Cut:
        pass
    run.session_id = run.reader.first("metadata").content["session_id"]
    second = Reader(events=list(run.reader.events), text=run.reader.text)
    following = asyncio.create_task(second.follow(there.port, run.run_id, timeout=GRACE * 2 + 5))
    await asyncio.sleep(GRACE * 2 + 1)
    if (await here.get(f"/chat/runs/{run.run_id}"))["status"] != "running":
        return ["it was ended though it had a reader at another node"]
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    left = time.monotonic()
    while (await here.get(f"/chat/runs/{run.run_id}"))["status"] not in ENDED:
        if time.monotonic() - left > GRACE + 30:
            return ["it goes on without readers"]
        await asyncio.sleep(0.05)
    waits.append(time.monotonic() - left)
    problems = (
        []
        if waits[-1] < CANCELLED_WITHIN
        else [f"cancelled {waits[-1]:.1f} s after its last reader had gone"]
    )
    if waits[-1] < GRACE - 0.3:
        problems.append(f"cancelled after {waits[-1]:.1f} s already")
    await run.follow(there.port)
    problems += compare.terminal(run.reader.terminal, "cancelled", reason="disconnected")
    return problems + await problems_of(run, cluster, cluster.upstream, "cancelled")


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    rows = [Row("readers at all nodes, and one that wanders"), Row("a reader at another node counts as one")]
    lates, waits = [], []
    async with lab.upstream() as upstream:
        async with Cluster(lab, postgres, upstream, "readers") as cluster:
            jobs = (joined(cluster, f"cread-{number}", lates) for number in range(lab.tries(60, 10)))
            for problems in await in_parallel(jobs, 5):
                rows[0].count(problems)
            rows[0].count(await cluster.problems_at_the_end())
        settings = {"RILL_DISCONNECT_GRACE": GRACE}
        async with Cluster(lab, postgres, upstream, "counted", **settings) as cluster:
            jobs = (counted(cluster, f"ccount-{number}", waits) for number in range(lab.tries(20, 4)))
            for problems in await in_parallel(jobs, 5):
                rows[1].count(problems)
            rows[1].count(await cluster.problems_at_the_end())
    rows[0].note = f"the same events everywhere; a token {spread(lates)} after the run's own reader had it"
    rows[1].note = f"cancelled {spread(waits)} after the last one has gone (grace time {GRACE:g} s)"
    return rows
