"""Stop reaches a run at whichever node it is sent to: before it has begun, while it goes on, twice."""

import asyncio
import time
from dataclasses import dataclass

from matrix import compare
from matrix.lab import Lab, Row, in_parallel, until

from .asking import Asked, make, problems_of, spread
from .cluster import Cluster, Node
from .database import Postgres

CLOSED_WITHIN = 1.0
"""Seconds from the receipt until the model's side must have seen its connection closed."""


@dataclass
class Try:
    cluster: Cluster
    run: Asked
    here: Node
    """Runs it."""
    there: Node
    """Is told to stop it."""
    receipts: list[dict]
    times: list[float]

    async def stop(self, node: Node | None = None) -> list[str]:
        began = time.monotonic()
        answer = await (node or self.there).call("POST", f"/chat/runs/{self.run.run_id}/stop")
        self.times.append(time.monotonic() - began)
        if answer.status != 200:
            return [f"stop answers {answer.status} {answer.code}"]
        self.receipts.append(answer.json)
        return []


async def problems_afterwards(tried: Try) -> list[str]:
    run, cluster = tried.run, tried.cluster
    problems = await problems_of(run, cluster, cluster.upstream, "cancelled", "done")
    terminal = run.reader.terminal
    if terminal is None:
        return problems
    if terminal.type != "done":
        problems += compare.terminal(terminal, "cancelled", reason="user")
    for receipt in tried.receipts:
        if (receipt["run_id"], receipt["status"]) != (run.run_id, terminal.type):
            problems.append(f"receipt: {receipt['run_id']} {receipt['status']}, the run is {terminal.type}")
        if receipt["last_event_id"] not in (run.reader.last_id, 0):
            problems.append(f"receipt: event {receipt['last_event_id']}, its reader has {run.reader.last_id}")
    exchanges = cluster.upstream.exchanges.get(run.tag, [])
    if not await until(lambda: all(exchange.closed_at for exchange in exchanges), CLOSED_WITHIN):
        problems.append(f"the connection to the model was open {CLOSED_WITHIN:g} s after the receipt")
    return problems


async def at_random(tried: Try, rng) -> list[str]:
    reading = asyncio.create_task(tried.run.follow(tried.here.port))
    await asyncio.sleep(rng.random() * 1.2)
    problems = await tried.stop()
    await reading
    return problems + await problems_afterwards(tried)


async def before_start(tried: Try, rng) -> list[str]:
    problems = await tried.stop()
    await asyncio.sleep(rng.random() * 0.2)
    await tried.run.follow(tried.here.port)
    if tried.cluster.upstream.asked(tried.run.tag):
        problems.append("the model was asked")
    if tried.run.reader.text:
        problems.append("it had text")
    return problems + await problems_afterwards(tried)


async def together(tried: Try, rng) -> list[str]:
    """Stop and the question within a few milliseconds, at two nodes: whatever comes first, the run ends."""
    reading = asyncio.create_task(tried.run.follow(tried.here.port))
    await asyncio.sleep(rng.random() * 0.06)
    problems = await tried.stop()
    await reading
    if tried.run.reader.terminal and tried.run.reader.terminal.type == "done":
        problems.append("it was not stopped")
    return problems + await problems_afterwards(tried)


async def everywhere(tried: Try, rng) -> list[str]:
    """At all nodes at once, and again."""
    reading = asyncio.create_task(tried.run.follow(tried.here.port))
    await asyncio.sleep(0.1 + rng.random() * 0.6)
    told = await asyncio.gather(*(tried.stop(node) for node in tried.cluster.nodes))
    await reading
    return sum(told, []) + await tried.stop() + await problems_afterwards(tried)


async def silent(tried: Try, rng) -> list[str]:
    """The model has said nothing yet, and would not for a minute."""
    tried.run.plan.first = 60
    reading = asyncio.create_task(tried.run.follow(tried.here.port))
    await asyncio.sleep(0.3 + rng.random() * 0.2)
    problems = await tried.stop()
    await reading
    return problems + await problems_afterwards(tried)


KINDS = {
    "Stop at another node, at random moments": (at_random, 100, 15),
    "Stop at another node before the start": (before_start, 20, 4),
    "Stop and the question at two nodes at once": (together, 40, 8),
    "Stop at all nodes at once, and again": (everywhere, 20, 4),
    "Stop at another node while the model is silent": (silent, 20, 4),
}


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    rows = []
    async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, "stops") as cluster:

        async def one(kind, number: int, row: Row, times: list[float]) -> None:
            tag = f"cstop-{kind.__name__.replace('_', '-')}-{number}"
            rng = lab.rng(tag)
            here, there = rng.sample(cluster.nodes, 2)
            tried = Try(cluster, make(lab, upstream, tag, pace=0.01, low=90), here, there, [], times)
            row.count(f"{tag}: {problem}" for problem in await kind(tried, rng))

        for name, (kind, full, quick) in KINDS.items():
            row, times = Row(name), []
            await in_parallel((one(kind, n, row, times) for n in range(lab.tries(full, quick))), 6)
            row.note = f"receipt after {spread(times)}"
            rows.append(row)
            lab.progress(name)
        rows[-1].count(await cluster.problems_at_the_end())
    return rows
