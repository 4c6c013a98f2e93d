"""All nodes are replaced, one after the other, while people go on asking."""

import asyncio
import time
from dataclasses import dataclass, field

from matrix import compare
from matrix.lab import Lab, Row
from matrix.wire import call

from .asking import Asked, make, problems_of, spread
from .cluster import Cluster
from .database import Postgres

WORKERS = 16
SHUTDOWN_GRACE = 1.5


@dataclass
class Tally:
    answers: Row
    nodes: Row
    rolls: list[float] = field(default_factory=list)
    continued: int = 0
    refusals: int = 0
    is_over: bool = False


async def worker(cluster: Cluster, tally: Tally, number: int, turn: int) -> None:
    """Asks one question after the other in one session; each third answer outlasts the grace time."""
    session, count = None, 0
    while not tally.is_over:
        tag = f"croll-{turn}-{number}-{count}"
        low, high = (150, 250) if count % 3 == 2 else (10, 40)
        run = make(cluster.lab, cluster.upstream, tag, low=low, high=high)
        run = Asked(tag, run.plan, session)
        problems = await to_the_end(cluster, run, tally)
        tally.answers.count(problems)
        session = run.session_id
        count += 1


async def to_the_end(cluster: Cluster, run: Asked, tally: Tally) -> list[str]:
    """Asks, and presses Continue for as long as a node goes away during the answer."""
    for tries in range(6):
        run.calls = tries + 1
        await run.follow(cluster.port)
        tally.refusals += len(run.refusals)
        terminal = run.reader.terminal
        if terminal is None or terminal.type == "done":
            return await problems_of(run, cluster, cluster.upstream, "done")
        problems = await problems_of(run, cluster, cluster.upstream, "interrupted")
        problems += compare.terminal(terminal, "cancelled", reason="shutdown")
        if problems:
            return problems
        tally.continued += 1
        run = run.continued()
    return [f"{run.tag}: interrupted six times"]


async def roll(cluster: Cluster, tally: Tally) -> None:
    began = time.monotonic()
    for node in cluster.nodes:
        node.terminate()
        code = await node.wait(SHUTDOWN_GRACE + 8)
        tally.nodes.count([f"{node.name} ended with {code}"] if code else [])
        await node.start()
        # A load balancer that is told to roll waits until the new one is ready.
        ready = await call(node.port, "GET", "/ready")
        tally.nodes.count([] if ready.status == 200 else [f"{node.name}: /ready answers {ready.status}"])
    tally.rolls.append(time.monotonic() - began)


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    tally = Tally(Row(f"all nodes replaced while {WORKERS} people ask"), Row("… the nodes themselves"))
    settings = {"RILL_SHUTDOWN_GRACE": SHUTDOWN_GRACE}
    async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, "rolls", **settings) as cluster:
        for turn in range(lab.tries(6, 2)):
            tally.is_over, cluster.is_rolling = False, True
            workers = [asyncio.create_task(worker(cluster, tally, n, turn)) for n in range(WORKERS)]
            await asyncio.sleep(1)
            await roll(cluster, tally)
            await asyncio.sleep(0.5)
            tally.is_over = True
            await asyncio.gather(*workers)
            cluster.is_rolling = False
            tally.nodes.count(await cluster.problems_at_the_end())
            lab.progress(f"{turn + 1} rolls, {tally.answers.tries} answers")
    tally.answers.note = (
        f"every answer whole in the end; {tally.continued} of them continued after `cancelled shutdown`, "
        f"{tally.refusals} requests told to come back"
    )
    tally.nodes.note = f"exit code 0, ready again; a roll took {spread(tally.rolls)}"
    return [tally.answers, tally.nodes]
