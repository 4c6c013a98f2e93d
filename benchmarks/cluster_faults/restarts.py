"""PostgreSQL is restarted, or killed, while answers are written: nothing is lost, nothing comes twice."""

import asyncio
import time

from matrix.lab import Lab, Row

from .asking import Asked, make, problems_of, spread, start_all
from .cluster import Cluster, until_ready
from .database import Postgres

RUNS = 30
WAYS = ("fast", "immediate", "killed")


async def break_it(postgres: Postgres, way: str) -> None:
    if way == "killed":
        postgres.kill()
        await postgres.restart("immediate")
    else:
        await postgres.restart(way)


async def latecomer(cluster: Cluster, tag: str) -> list[str]:
    """A question that is asked while PostgreSQL is away waits, or is told to come back, and is answered."""
    run = make(cluster.lab, cluster.upstream, tag, pace=0.005, high=40)
    await run.follow(cluster.port)
    terminal = run.reader.terminal
    if terminal and terminal.type == "error" and terminal.content.get("retryable"):
        return []  # It was told that it failed, and that it can be asked again.
    return await problems_of(run, cluster, cluster.upstream, "done")


async def one(
    cluster: Cluster, way: str, number: int, rows: dict[str, Row], times: dict[str, list[float]]
) -> None:
    lab, upstream = cluster.lab, cluster.upstream
    runs = [
        make(lab, upstream, f"crestart-{way}-{number}-{index}", low=150, high=250) for index in range(RUNS)
    ]
    tasks = await start_all(runs, cluster.port)
    await asyncio.sleep(lab.rng(way, number).random())
    began = time.monotonic()
    breaking = asyncio.create_task(break_it(cluster.postgres, way))
    late = [asyncio.create_task(latecomer(cluster, f"clate-{way}-{number}-{index}")) for index in range(3)]
    await breaking
    times["away"].append(time.monotonic() - began)
    for node in cluster.nodes:
        times["ready"].append(await until_ready(node))
    await asyncio.gather(*tasks)
    for run in runs:
        rows["streams"].count(await problems_of(run, cluster, upstream, "done"))
    for task in late:
        rows["late"].count(await task)
    rows["end"].count(await cluster.problems_at_the_end() + problems_of_pauses(runs))


def problems_of_pauses(runs: list[Asked]) -> list[str]:
    """Readers need not notice: what is written goes to them before it goes to PostgreSQL."""
    return [f"{run.tag}: its connection broke {run.breaks} times" for run in runs if run.breaks]


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    result = []
    for way in WAYS:
        name = "PostgreSQL is killed" if way == "killed" else f"PostgreSQL restarts ({way})"
        rows = {
            "streams": Row(f"{name} during {RUNS} streams"),
            "late": Row("… questions that are asked meanwhile"),
            "end": Row("… no connection breaks, nothing is left running"),
        }
        times: dict[str, list[float]] = {"away": [], "ready": []}
        async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, f"restart-{way}") as cluster:
            for number in range(lab.tries(8, 2)):
                await one(cluster, way, number, rows, times)
                lab.progress(f"{name}: {number + 1}")
        rows["streams"].note = f"exact text; PostgreSQL away for {spread(times['away'])}"
        rows["late"].note = "answered, or told to ask again"
        rows["end"].note = f"every node ready {spread(times['ready'])} after PostgreSQL"
        result += rows.values()
    return result
