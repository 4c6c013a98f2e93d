"""The clocks of the nodes are an hour apart: leases, order, ids, times do not notice."""

import asyncio
import datetime

from matrix import compare
from matrix.lab import Lab, Row, in_parallel, question
from matrix.preload import Preload

from .asking import Asked, make, problems_of, problems_of_continuing, spread, start_all
from .cluster import LEASE, NOTICED_WITHIN, Cluster
from .database import Postgres

SHIFTS = (-3600.0, 0.0, 3600.0)
RUNS = 12


async def in_turn(cluster: Cluster, tag: str) -> list[str]:
    """A conversation whose questions go from node to node: in order, for people and for the model."""
    rng = cluster.lab.rng(tag)
    session, expected, times, runs = None, [], [], []
    for turn in range(4):
        name = f"{tag}-{turn}"
        plan = cluster.upstream.plan(name, 8)
        run = Asked(name, plan, session)
        await run.follow(rng.choice(cluster.nodes).port)
        session = run.session_id
        runs.append(run)
        expected += [question(name), plan.text]
        times += [datetime.datetime.fromisoformat(event.timestamp) for event in run.reader.events]
    problems = [
        problem for run in runs for problem in await problems_of(run, cluster, cluster.upstream, "done")
    ]
    for node in cluster.nodes:
        messages = (await node.get(f"/sessions/{session}/messages"))["messages"]
        if [message["content"] for message in messages] != expected:
            problems.append(f"{tag}: at {node.name} the messages are in another order")
    asked = cluster.upstream.exchanges[f"{tag}-3"][0].request["messages"][1:]
    if [message["content"] for message in asked] != expected[:7]:
        problems.append(f"{tag}: the model was given another order")
    now = datetime.datetime.now(datetime.UTC)
    worst = max(abs((now - moment).total_seconds()) for moment in times)
    if worst > 60:
        problems.append(f"{tag}: an event is dated {worst:.0f} s off")
    return problems


async def newest_first(cluster: Cluster) -> list[str]:
    """The list of conversations is in the order in which they were last used."""
    used = []
    for number, node in enumerate([*cluster.nodes, *reversed(cluster.nodes)]):
        run = make(cluster.lab, cluster.upstream, f"cclock-list-{number}", pace=0, high=21)
        await run.follow(node.port)
        used.insert(0, run.session_id)
        await asyncio.sleep(0.05)
    listed = (await cluster.nodes[0].get(f"/sessions?limit={len(used)}"))["sessions"]
    return [] if [session["id"] for session in listed] == used else ["the list is in another order"]


async def steady(cluster: Cluster, number: int) -> list[str]:
    """Nobody is taken for dead: streams go on for longer than a lease."""
    runs = [make(cluster.lab, cluster.upstream, f"cclock-long-{number}-{i}", pace=0.05) for i in range(6)]
    for run in runs:
        run.plan.pieces = run.plan.pieces[:1] * int((LEASE * 1.6) / run.plan.pace)
    await asyncio.gather(*(run.follow(cluster.nodes[index % 3].port) for index, run in enumerate(runs)))
    return [problem for run in runs for problem in await problems_of(run, cluster, cluster.upstream, "done")]


async def killed(cluster: Cluster, number: int, told: list[float]) -> list[str]:
    """One that does die is noticed in time, whichever way the clocks are off."""
    runs = [
        make(cluster.lab, cluster.upstream, f"cclock-kill-{number}-{i}", low=400, high=500)
        for i in range(RUNS)
    ]
    victim = cluster.nodes[number % 3]
    tasks = await start_all(runs, victim.port)
    killed_at = await victim.kill()
    for task in tasks:  # Its readers go to the others, as nginx would send them.
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    others = cluster.others(victim)
    for run in runs:
        metadata = run.reader.first("metadata")
        run.session_id = metadata.content["session_id"] if metadata else None
    await asyncio.gather(*(run.follow(others[i % 2].port) for i, run in enumerate(runs)))
    problems = []
    for run in runs:
        problems += await problems_of(run, cluster, cluster.upstream, "interrupted")
        problems += compare.terminal(run.reader.terminal, "error", code="INTERRUPTED")
        if run.reader.terminal:
            told.append(run.reader.terminal.at - killed_at)
    if told and max(told) > NOTICED_WITHIN + 1.5 + cluster.lab.stalls.within(10):
        problems.append(f"told {max(told):.1f} s after the kill")
    problems += await problems_of_continuing(runs[0], cluster, cluster.upstream, others[0].port)
    await victim.start()
    return problems


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    clocks = [Preload("clockshift", lab.folder / f"cluster-shift-{number}") for number in range(3)]
    for clock, shift in zip(clocks, SHIFTS, strict=True):
        clock.set(shift)
    rows = [
        Row("clocks an hour apart: conversations that go from node to node"),
        Row(f"… streams that last longer than a lease ({LEASE:g} s)"),
        Row("… a node that is killed"),
    ]
    told: list[float] = []
    settings = {"per_node": lambda number: clocks[number].environment}
    async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, "clocks", **settings) as cluster:
        rows[0].count(await newest_first(cluster))
        jobs = (in_turn(cluster, f"cclock-turn-{number}") for number in range(lab.tries(20, 4)))
        for problems in await in_parallel(jobs, 4):
            rows[0].count(problems)
        # The clocks also jump while streams go on, the other way.
        for number in range(lab.tries(4, 1)):
            jumping = asyncio.create_task(jump(clocks, number))
            rows[1].count(await steady(cluster, number))
            await jumping
        for number in range(lab.tries(6, 3)):
            rows[2].count(await killed(cluster, number, told))
        rows[2].count(await cluster.problems_at_the_end())
    rows[0].note = "in order for people and the model, dated by one clock"
    rows[1].note = "nobody is taken for dead, though the clocks jump meanwhile"
    rows[2].note = f"INTERRUPTED after {spread(told)}"
    return rows


async def jump(clocks: list[Preload], number: int) -> None:
    await asyncio.sleep(LEASE / 2)
    for clock, shift in zip(clocks, SHIFTS, strict=True):
        clock.set(-shift if number % 2 == 0 else shift)
