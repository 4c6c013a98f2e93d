"""The same request at all nodes at once, and different ones that want the same conversation."""

import asyncio

from matrix import compare
from matrix.lab import Lab, Row, in_parallel, new_id, question
from matrix.reader import Reader

from .asking import Asked, make, problems_of, start_all
from .cluster import Cluster
from .database import Postgres

COPIES = 3
"""At each node."""


async def same_request(cluster: Cluster, tag: str) -> list[str]:
    rng = cluster.lab.rng(tag)
    run = make(cluster.lab, cluster.upstream, tag, pace=rng.choice((0, 0.005)), high=60)
    first = asyncio.create_task(run.follow(cluster.nodes[0].port))

    async def copy(port: int) -> Asked:
        await asyncio.sleep(rng.random() * rng.choice((0, 0.01, 0.2)))
        again = Asked(tag, run.plan, run_id=run.run_id)
        await again.follow(port)
        return again

    copies = [copy(node.port) for node in cluster.nodes for _ in range(COPIES)]
    others = await asyncio.gather(*copies)
    await first
    problems = await problems_of(run, cluster, cluster.upstream, "done")
    for other in others:
        problems += [f"a copy: {problem}" for problem in compare.whole(other.reader, run.plan.pieces)]
        problems += [f"a copy: {problem}" for problem in compare.same_events(other.reader, run.reader)]
    if cluster.upstream.asked(tag) != 1:
        problems.append(f"the model was asked {cluster.upstream.asked(tag)} times")
    for node in cluster.nodes:
        answer = await node.call("POST", "/chat/stream", run.body | {"message": "Something else?"})
        if (answer.status, answer.code) != (409, "RUN_CONFLICT"):
            problems.append(f"another question with the same id: {answer.status} {answer.code}")
    messages = (await node.get(f"/sessions/{run.session_id}/messages"))["messages"]
    if len(messages) != 2:
        problems.append(f"{len(messages)} messages are stored")
    return [f"{tag}: {problem}" for problem in problems]


async def two_questions(cluster: Cluster, tag: str) -> list[str]:
    """In one session, at two nodes: one is answered, the other one is told by which run."""
    rng = cluster.lab.rng(tag)
    first = make(cluster.lab, cluster.upstream, tag, pace=0, high=21)
    nodes = rng.sample(cluster.nodes, 3)
    await first.follow(nodes[2].port)
    if not first.session_id:
        return first.reader.problems
    bodies, readers = [], [Reader(), Reader()]
    for name in "ab":
        cluster.upstream.plan(f"{tag}-{name}", 40, pace=0.02)
        bodies.append(
            {"message": question(f"{tag}-{name}"), "session_id": first.session_id, "run_id": new_id()}
        )
    await asyncio.gather(
        *(r.follow(n.port, b["run_id"], b) for r, n, b in zip(readers, nodes[:2], bodies, strict=True))
    )
    refused = [reader.refusal[:2] for reader in readers if reader.refusal]
    ended = [reader.terminal.type for reader in readers if reader.terminal]
    problems = [] if (refused, ended) == ([(409, "RUN_ACTIVE")], ["done"]) else [f"{refused}, {ended}"]
    messages = (await nodes[2].get(f"/sessions/{first.session_id}/messages"))["messages"]
    if len(messages) != 4:
        problems.append(f"{len(messages)} messages are stored")
    return [f"{tag}: {problem}" for problem in problems]


async def two_continues(cluster: Cluster, tag: str) -> list[str]:
    """Continue pressed in two tabs, which reach two nodes: one run takes the answer up."""
    here, *others = cluster.lab.rng(tag).sample(cluster.nodes, 3)
    run = make(cluster.lab, cluster.upstream, tag, pace=0.02, low=300, high=400)
    tasks = await start_all([run], here.port)
    await asyncio.sleep(0.4)
    await here.restart()
    await asyncio.gather(*tasks)
    run.plan.pace = 0.005
    path, readers, ids = f"/chat/runs/{run.run_id}/continue", [Reader(), Reader()], [new_id(), new_id()]
    await asyncio.gather(
        *(r.follow(n.port, i, {"run_id": i}, path=path) for r, n, i in zip(readers, others, ids, strict=True))
    )
    refused = [reader.refusal[:2] for reader in readers if reader.refusal]
    ended = [reader.terminal.type for reader in readers if reader.terminal]
    known = ([(409, "RUN_ACTIVE")], [(409, "NOT_INTERRUPTED")])
    problems = [] if refused in known and ended == ["done"] else [f"{refused}, {ended}"]
    problems += [] if cluster.upstream.asked(tag) == 2 else [f"asked {cluster.upstream.asked(tag)} times"]
    return [f"{tag}: {problem}" for problem in problems]


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    rows = [
        Row(f"one request {COPIES * 3 + 1} times at three nodes"),
        Row("two questions in one session at two nodes"),
        Row("Continue at two nodes at once"),
    ]
    async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, "duplicates") as cluster:
        for row, kind, full, quick, width in (
            (rows[0], same_request, 40, 8, 4),
            (rows[1], two_questions, 60, 10, 5),
            (rows[2], two_continues, 8, 2, 1),
        ):
            names = (f"c{kind.__name__.replace('_', '-')}-{n}" for n in range(lab.tries(full, quick)))
            for problems in await in_parallel((kind(cluster, name) for name in names), width):
                row.count(problems)
        rows[-1].count(await cluster.problems_at_the_end())
    rows[0].note = "one upstream request, the same events for all, RUN_CONFLICT for another question"
    rows[1].note = "one is answered, the other one RUN_ACTIVE"
    rows[2].note = "one takes it up, the other one is refused"
    return rows
