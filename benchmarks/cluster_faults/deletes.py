"""A conversation is deleted at one node while another one writes its answer."""

import asyncio
import time

from matrix.lab import Lab, Row, in_parallel, until
from matrix.wire import call

from .asking import make, spread
from .cluster import Cluster
from .database import Postgres

CLOSED_WITHIN = 1.0


async def one(cluster: Cluster, tag: str, times: list[float]) -> list[str]:
    rng = cluster.lab.rng(tag)
    here, there, third = rng.sample(cluster.nodes, 3)
    run = make(cluster.lab, cluster.upstream, tag, pace=0.02, low=300, high=400)
    reading = asyncio.create_task(run.follow(rng.choice((here, here, third)).port))
    if not await until(lambda: run.is_streaming, 10):
        return [f"{tag}: it did not begin"]
    await asyncio.sleep(rng.random())
    session_id = run.reader.first("metadata").content["session_id"]
    began = time.monotonic()
    answer = await call(there.port, "DELETE", f"/sessions/{session_id}")
    times.append(time.monotonic() - began)
    problems = [] if answer.status == 204 else [f"deletion answers {answer.status} {answer.code}"]
    exchange = cluster.upstream.exchanges[tag][0]
    if not await until(lambda: exchange.closed_at, CLOSED_WITHIN):
        problems.append(f"the connection to the model was open {CLOSED_WITHIN:g} s later")
    try:
        async with asyncio.timeout(10):
            await reading
    except TimeoutError:
        problems.append("its reader's stream did not end")
    terminal = run.reader.terminal
    if terminal and (terminal.type, terminal.content.get("reason")) != ("cancelled", "user"):
        problems.append(f"its reader was told {terminal.type} {terminal.content}"[:160])
    problems += [problem for problem in run.reader.problems if not problem.startswith("refused with (404")]
    for node in cluster.nodes:
        for path in (
            f"/sessions/{session_id}",
            f"/chat/runs/{run.run_id}",
            f"/chat/runs/{run.run_id}/stream",
        ):
            status = (await node.call("GET", path)).status
            if status != 404:
                problems.append(f"{path.split('/')[1]} answers {status} at {node.name}")
    if not run.plan.text.startswith(run.reader.text):
        problems.append("its text is no prefix of what the model sent")
    return [f"{tag}: {problem}" for problem in problems]


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    row, times = Row("a conversation deleted at another node than its run's"), []
    async with lab.upstream() as upstream, Cluster(lab, postgres, upstream, "deletes") as cluster:
        jobs = (one(cluster, f"cdelete-{number}", times) for number in range(lab.tries(40, 8)))
        for problems in await in_parallel(jobs, 5):
            row.count(problems)
        problems = await cluster.problems_at_the_end()
        for table in ("sessions", "messages", "runs", "run_events", "checkpoints"):
            left = (await cluster.query(f"SELECT count(*) FROM {table}"))[0][0]
            problems += [f"{left} rows of {table} are left"] if left != "0" else []
        row.count(problems)
    row.note = f"deleted after {spread(times)}, the model's connection closed, 404 everywhere, no row left"
    return [row]
