"""Three nodes with data folders of their own, each with a network that can be cut, behind nginx."""

import asyncio
import contextlib
import socket
import time

from matrix import wire
from matrix.lab import Lab, until
from matrix.server import NotReady, Rill
from matrix.upstream import Upstream

from .database import Postgres
from .nginx import Nginx
from .proxy import Proxy

COUNT = 3
LEASE = 10.0
"""RILL_NODE_LEASE, the seconds until a silent node is taken for dead (the default)."""
NOTICED_WITHIN = LEASE * 1.25
"""The others look once in a quarter of it."""
GRACE = 60
"""RILL_DISCONNECT_GRACE: readers who lose their node come back in time."""


class Node(Rill):
    """One Rill. `proxy` is its way to PostgreSQL."""

    name: str
    proxy: Proxy

    @property
    def id(self) -> str:
        """As the database knows it. It is kept in the data folder."""
        return (self.data / "node-id").read_text().strip().lower()

    async def restart(self) -> None:
        """SIGKILL, and a new process on the same port and data."""
        await self.kill()
        await self.start()


class Cluster:
    def __init__(
        self, lab: Lab, postgres: Postgres, upstream: Upstream, name: str, count: int = COUNT, **settings
    ):
        self.lab = lab
        self.postgres = postgres
        self.upstream = upstream
        self.name = name
        self.nodes: list[Node] = []
        self.database = ""
        self.port = 0
        """Of nginx."""
        self.is_rolling = False
        self._count = count
        self._per_node = settings.pop("per_node", lambda number: {})
        self._settings = {"RILL_DISCONNECT_GRACE": GRACE, "RILL_NODE_LEASE": LEASE} | settings
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> "Cluster":
        try:
            await self._make()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _make(self) -> None:
        self.database = await self.postgres.create()
        self._stack.push_async_callback(self.postgres.drop, self.database)
        for number in range(self._count):
            self.nodes.append(await self._node(number))
        # Together, as after a power cut: each may have to make the tables.
        async with asyncio.TaskGroup() as starting:
            for node in self.nodes:
                starting.create_task(node.start())
        self.port = free_port()
        # Never started: it only asks what nginx answers.
        self.front = Rill(self.lab.binary, self.lab.folder, 0, self.lab.folder / f"{self.name}-front.log")
        self.front.port, self.front.name = self.port, "nginx"
        folder = self.lab.folder / f"{self.name}-nginx"
        await self._stack.enter_async_context(Nginx(folder, [node.port for node in self.nodes], self.port))

    async def _node(self, number: int) -> Node:
        proxy = await self._stack.enter_async_context(Proxy(self.postgres.port))
        name = f"{self.name}-{'abcdefghij'[number]}"
        settings = {"DATABASE_URL": self.postgres.url(self.database, proxy.port)}
        settings |= self._settings | self._per_node(number)
        data, log = self.lab.folder / name, self.lab.folder / f"{name}.log"
        node = Node(self.lab.binary, data, self.upstream.port, log, settings)
        node.name, node.proxy = name, proxy
        self._stack.push_async_callback(node.kill)
        return node

    async def __aexit__(self, *_) -> None:
        await self._stack.aclose()

    def others(self, *nodes: Node) -> list[Node]:
        return [node for node in self.nodes if node not in nodes]

    @property
    def living(self) -> list[Node]:
        return [node for node in self.nodes if node.is_running]

    @property
    def doors(self) -> list[Rill]:
        """Where the same must be told: every node; only nginx while nodes come and go."""
        return [self.front] if self.is_rolling else self.living

    async def node_of(self, run_id: str) -> Node | None:
        """The node that runs a run, by the database; `None` when it has ended or is not known."""
        rows = await self.query(f"SELECT node FROM runs WHERE id = '{run_id}' AND status = 'running'")
        if not rows:
            return None
        return next(node for node in self.nodes if node.id == rows[0][0])

    async def query(self, statement: str) -> list[list[str]]:
        return await self.postgres.query(statement, self.database)

    async def until_indexed(self, patience: float = 300) -> None:
        """Waits until Rill's own documentation can be found by its meaning."""

        async def is_indexed() -> bool:
            embedding = (await self.nodes[0].get("/health"))["embedding"]
            return embedding["state"] != "working" and embedding["embedded"] == embedding["total"] > 0

        if not await until(is_indexed, patience, 0.2):
            raise NotReady(f"The documents were not indexed within {patience:g} s.")

    async def problems_at_the_end(self) -> list[str]:
        """What is true of a cluster in which nothing goes on any more."""
        problems = []
        running = (await self.query("SELECT count(*) FROM runs WHERE status = 'running'"))[0][0]
        if running != "0":
            problems.append(f"{running} runs are left running in the database")
        messages = (await self.query("SELECT count(*) FROM messages WHERE status = 'running'"))[0][0]
        if messages != "0":
            problems.append(f"{messages} answers are left running in the database")
        for node in self.living:
            if active := await node.metric("rill_runs_active"):
                problems.append(f"{node.name} says that {active:g} runs are active")
        if self.upstream.open:
            problems.append(f"{self.upstream.open} connections to the model are open")
        return problems


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


async def answers(node: Node) -> bool:
    try:
        return (await wire.call(node.port, "GET", "/ready", timeout=5)).status == 200
    except (wire.Broken, TimeoutError):
        return False


async def until_ready(node: Node, patience: float = 30) -> float:
    """Waits until a node says that it is ready. Returns the seconds that took; infinity when it did not."""
    began = time.monotonic()
    return time.monotonic() - began if await until(lambda: answers(node), patience, 0.1) else float("inf")
