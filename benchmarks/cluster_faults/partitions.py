"""One node is cut off from PostgreSQL, for a moment or for longer than its lease; the others are not."""

import asyncio
import time

from matrix import compare
from matrix.lab import Lab, Row, in_parallel

from .asking import make, problems_of, problems_of_continuing, spread, start_all
from .cluster import LEASE, NOTICED_WITHIN, Cluster, until_ready
from .database import Postgres

RUNS = 18
SHORT = min(3.0, LEASE * 0.6)
LONG = LEASE + 8
KEPT = 2.0
"""Seconds after which a text that was told must be stored; see `kills`."""


async def short(cluster: Cluster, way: str, number: int, row: Row) -> None:
    """For less than the lease: a pause in what is stored, and nothing for readers at the node itself."""
    lab, upstream = cluster.lab, cluster.upstream
    runs = [make(lab, upstream, f"cpause-{way}-{number}-{i}", low=150, high=250) for i in range(RUNS)]
    tasks = await start_all(runs, cluster.port)
    node = lab.rng("pause", way, number).choice(cluster.nodes)
    getattr(node.proxy, way)()
    await asyncio.sleep(SHORT)
    node.proxy.restore()
    await asyncio.gather(*tasks)
    for run in runs:
        row.count(await problems_of(run, cluster, upstream, "done"))
    row.count(await cluster.problems_at_the_end())


async def long(cluster: Cluster, way: str, number: int, rows: dict[str, Row], times: dict[str, list]) -> None:
    lab, upstream = cluster.lab, cluster.upstream
    runs = [make(lab, upstream, f"ccut-{way}-{number}-{i}", low=500, high=900) for i in range(RUNS)]
    tasks = await start_all(runs, cluster.port)
    node = lab.rng("cut", way, number).choice(cluster.nodes)
    found = await cluster.query(f"SELECT id FROM runs WHERE status = 'running' AND node = '{node.id}'")
    mine = {row[0] for row in found}
    cut_at = time.monotonic()
    getattr(node.proxy, way)()
    for run in runs:
        run.saved = run.reader.text_before(cut_at - KEPT - lab.stalls.within(2))
    await asyncio.sleep(LONG)
    node.proxy.restore()
    times["back"].append(await until_ready(node, 40))
    await asyncio.gather(*tasks)
    for run in runs:
        if run.run_id in mine:
            rows["cut off"].count(await problems_of_cut_off(run, cluster, cut_at, times["told"]))
        else:
            rows["others"].count(await problems_of(run, cluster, upstream, "done"))
    chosen = [run for run in runs if run.run_id in mine][:3]
    # At the node that was away: it is a member again.
    jobs = (problems_of_continuing(run, cluster, upstream, node.port) for run in chosen)
    for problems in await in_parallel(jobs, 3):
        rows["back"].count(problems)
    rows["back"].count(await cluster.problems_at_the_end())


async def problems_of_cut_off(run, cluster: Cluster, cut_at: float, told: list[float]) -> list[str]:
    problems = await problems_of(run, cluster, cluster.upstream, "interrupted")
    terminal = run.reader.terminal
    problems += compare.terminal(terminal, "error", code="INTERRUPTED")
    if terminal:
        told.append(terminal.at - cut_at)
        limit = NOTICED_WITHIN + 3 + cluster.lab.stalls.within(10)
        if told[-1] > limit:
            problems.append(f"{run.tag}: told {told[-1]:.1f} s after the cut")
    exchanges = cluster.upstream.exchanges.get(run.tag, [])
    if exchanges and not exchanges[0].closed_at:
        problems.append(f"{run.tag}: its connection to the model is open")
    return problems


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    result = []
    for way, words in (("stall", "held up"), ("cut", "cut, and refused")):
        pause = Row(f"a node's way to PostgreSQL {words} for {SHORT:g} s")
        rows = {
            "cut off": Row(f"… for {LONG:g} s, longer than its lease: its runs"),
            "others": Row("… runs of the other nodes"),
            "back": Row("… afterwards: continued at that node, nothing left running"),
        }
        times: dict[str, list] = {"told": [], "back": []}
        async with (
            lab.upstream() as upstream,
            Cluster(lab, postgres, upstream, f"partition-{way}") as cluster,
        ):
            for number in range(lab.tries(6, 2)):
                await short(cluster, way, number, pause)
                lab.progress(f"{words} for a moment: {number + 1}")
            for number in range(lab.tries(5, 1)):
                await long(cluster, way, number, rows, times)
                lab.progress(f"{words} for long: {number + 1}")
        pause.note = "every stream whole"
        rows["cut off"].note = f"stored prefix and INTERRUPTED at another node after {spread(times['told'])}"
        rows["others"].note = "whole"
        rows["back"].note = f"ready {spread(times['back'])} after the way was free"
        result += [pause, *rows.values()]
    return result
