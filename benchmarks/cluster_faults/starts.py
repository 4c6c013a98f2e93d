"""Many nodes start at once on an empty database: one makes the tables, the documentation is indexed once."""

import time

from matrix.lab import Lab, Row, in_parallel

from .asking import make, problems_of, spread
from .cluster import Cluster
from .database import Postgres

NODES = 10


async def run(lab: Lab, postgres: Postgres) -> list[Row]:
    row, times = Row(f"{NODES} nodes start at once on an empty database"), []
    for number in range(lab.tries(3, 1)):
        name, began = f"starts-{number}", time.monotonic()
        kept, postgres.template = postgres.template, ""
        async with lab.upstream() as upstream:
            async with Cluster(lab, postgres, upstream, name, count=NODES) as cluster:
                postgres.template = kept
                times.append(time.monotonic() - began)
                await cluster.until_indexed()
                twice = "SELECT source FROM documents GROUP BY source HAVING count(*) > 1"
                problems = [f"{line[0]} is there twice" for line in await cluster.query(twice)]
                counts = {(await node.get("/documents"))["total"] for node in cluster.nodes}
                problems += [f"the nodes count {counts} documents"] if len(counts) > 1 else []
                runs = [make(lab, upstream, f"cstart-{number}-{n}", pace=0) for n in range(NODES)]
                await in_parallel((r.follow(n.port) for r, n in zip(runs, cluster.nodes, strict=True)), NODES)
                for asked in runs:
                    problems += await problems_of(asked, cluster, upstream, "done")
                row.count(problems + await cluster.problems_at_the_end())
    row.note = f"all ready after {spread(times)}; the documentation is there once, every node answers"
    return [row]


async def prepare(lab: Lab, postgres: Postgres) -> None:
    """Makes the template of all databases: tables, and Rill's documentation."""
    async with lab.upstream() as upstream:
        cluster = Cluster(lab, postgres, upstream, "template", count=1)
        async with cluster:
            await cluster.until_indexed()
            await cluster.nodes[0].stop()
            await postgres.query(f"ALTER DATABASE {cluster.database} RENAME TO rill_template")
    postgres.template = "rill_template"
