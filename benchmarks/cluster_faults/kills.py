"""A node is killed while it runs answers: the others end its runs and take its readers."""

import asyncio

from matrix import compare
from matrix.lab import Lab, Row, in_parallel

from .asking import Asked, lag, make, problems_of, problems_of_continuing, spread, start_all
from .cluster import LEASE, NOTICED_WITHIN, Cluster
from .database import Postgres

RUNS = 24
KEPT = 2.0
"""Seconds after which a text that was told must be stored, however busy the machine is: when nothing could be
stored for so long, Rill holds newer text back from readers."""
TOLD_WITHIN = NOTICED_WITHIN + 1.5


async def kill_one(cluster: Cluster, runs: list[Asked], tasks: list[asyncio.Task], number: int) -> tuple:
    """Kills a node at a random moment. Returns it, its runs, and when that was."""
    rng = cluster.lab.rng("kill", number)
    await asyncio.sleep(rng.random() * 0.8)
    victim = rng.choice(cluster.nodes)
    rows = await cluster.query(f"SELECT id FROM runs WHERE status = 'running' AND node = '{victim.id}'")
    killed_at = await victim.kill()
    stall = cluster.lab.stalls.within(2)
    for run in runs:
        run.saved = run.reader.text_before(killed_at - KEPT - stall)
    mine = {row[0] for row in rows}
    return victim, [run for run in runs if run.run_id in mine], killed_at


async def one(
    cluster: Cluster, number: int, rows: dict[str, Row], told: list[float], lags: list[float]
) -> None:
    lab, upstream = cluster.lab, cluster.upstream
    runs = [make(lab, upstream, f"ckill-{number}-{index}", low=60, high=160) for index in range(RUNS)]
    tasks = await start_all(runs, cluster.port)
    victim, cut_off, killed_at = await kill_one(cluster, runs, tasks, number)
    if number % 3 == 2:  # It comes back at once, and ends its own runs before the others would.
        await asyncio.sleep(lab.rng("back", number).random())
        await victim.start()
    await asyncio.gather(*tasks)
    for run in runs:
        allowed = ("interrupted", "done") if run in cut_off else ("done",)
        problems = await problems_of(run, cluster, upstream, *allowed)
        rows["others" if run not in cut_off else "cut off"].count(problems)
    interrupted = [run for run in cut_off if run.reader.terminal and run.reader.terminal.type == "error"]
    for run in interrupted:
        lags.append(lag(run, len(run.reader.text), killed_at))
        delay = run.reader.terminal.at - killed_at
        told.append(delay)
        problems = compare.terminal(run.reader.terminal, "error", code="INTERRUPTED")
        if delay > TOLD_WITHIN + lab.stalls.within(10):
            problems.append(f"told {delay:.2f} s after the kill")
        rows["told"].count(f"{run.tag}: {problem}" for problem in problems)
    chosen = interrupted[:3]
    jobs = (problems_of_continuing(run, cluster, upstream, cluster.port) for run in chosen)
    for problems in await in_parallel(jobs, 3):
        rows["continued"].count(problems)
    if not victim.is_running:
        await victim.start()
    rows["end"].count(await cluster.problems_at_the_end())


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    rows = {
        "cut off": Row(f"kill -9 of a node under {RUNS} streams: its own runs"),
        "others": Row("… runs of the other nodes"),
        "told": Row("… INTERRUPTED reaches its readers at another node"),
        "continued": Row("… continued at another node"),
        "end": Row("… nothing is left running"),
    }
    told, lags = [], []
    async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, "kills") as cluster:
        for number in range(lab.tries(12, 3)):
            await one(cluster, number, rows, told, lags)
            lab.progress(f"{number + 1} kills, {len(told)} runs cut off")
    rows["cut off"].note = f"stored prefix, the same at every node; {spread(lags)} behind the reader"
    rows["others"].note = "whole, also for readers that came through the killed node"
    rows["told"].note = f"after {spread(told)} (lease {LEASE:g} s)"
    rows["continued"].note = "whole answer, same message; a second time NOT_INTERRUPTED"
    return list(rows.values())
