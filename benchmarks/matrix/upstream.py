"""The scripted model: an OpenAI-compatible server that knows what it sent and how often it was asked."""

import asyncio
import json
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from . import text

STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@dataclass
class Plan:
    """What is answered to the question with one tag."""

    pieces: list[str]
    pace: float = 0.0
    """Seconds between two pieces."""
    first: float = 0.0
    """Seconds before the first piece."""
    act: Callable[["Exchange"], Awaitable[None]] | None = None
    """Does something else than send the pieces."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass
class Exchange:
    """One request for an answer."""

    tag: str
    plan: Plan
    rng: random.Random
    writer: asyncio.StreamWriter
    request: dict = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    began_at: float = field(default_factory=time.monotonic)
    broke_at: float = 0.0
    """When the scripted fault had been sent completely."""
    closed_at: float = 0.0
    """When the asking side had closed; 0 while it has not."""
    has_head: bool = False

    @property
    def text(self) -> str:
        return "".join(self.sent)

    async def write(self, data: bytes) -> None:
        """Writes, sometimes in two parts that are cut anywhere."""
        if self.rng.random() < 0.1 and len(data) > 1:
            at = self.rng.randrange(1, len(data))
            self.writer.write(data[:at])
            await self.writer.drain()
            await asyncio.sleep(0)
            data = data[at:]
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> None:
        if not self.has_head:
            self.has_head = True
            await self.write(STREAM_HEAD)

    async def send(self, piece: str) -> None:
        await self.head()
        self.sent.append(piece)
        await self.write(text.chunk(piece, ascii_only=self.rng.random() < 0.5))

    async def send_all(self) -> None:
        """The answer at its pace. It is an open loop: a late piece does not move the next ones."""
        due = time.monotonic() + self.plan.first
        for piece in self.plan.pieces:
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            due += self.plan.pace
            await self.send(piece)
        await self.finish()

    async def finish(self) -> None:
        await self.head()
        usage = json.dumps(
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": len(self.sent)}}
        )
        await self.write(text.chunk(None, True, "stop") + f"data: {usage}\n\ndata: [DONE]\n\n".encode())
        self.writer.close()

    async def respond(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Answers without a stream."""
        lines = [f"HTTP/1.1 {status} Scripted", "content-type: application/json", "connection: close"]
        lines += [f"content-length: {len(body)}"] + [f"{k}: {v}" for k, v in (headers or {}).items()]
        await self.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self.writer.close()

    def broke(self) -> None:
        self.broke_at = time.monotonic()


class Upstream:
    """Listens on the loopback. `exchanges[tag]` are the requests for an answer to one question."""

    def __init__(self, seed: int):
        self.seed = seed
        self.plans: dict[str, Plan] = {}
        self.exchanges: dict[str, list[Exchange]] = {}
        self.port = 0
        self.open = 0
        """Connections that wait for an answer or get one."""
        self._server: asyncio.Server | None = None

    def plan(self, tag: str, count: int, pace: float = 0.0, first: float = 0.0, act=None) -> Plan:
        plan = Plan(text.pieces(self.seed, tag, count), pace, first, act)
        self.plans[tag] = plan
        return plan

    def asked(self, tag: str) -> int:
        """How often the model was asked, which is what would have been billed."""
        return len(self.exchanges.get(tag, []))

    def forget(self, tag: str) -> None:
        self.plans.pop(tag, None)
        self.exchanges.pop(tag, None)

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop_listening(self) -> None:
        """From now on connections are refused."""
        if self._server:
            self._server.close()
            self._server = None

    async def __aenter__(self) -> "Upstream":
        await self.listen()
        return self

    async def __aexit__(self, *_) -> None:
        self.stop_listening()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if head[0].startswith("GET"):
                models = json.dumps({"object": "list", "data": [{"id": "scripted"}]}).encode()
                exchange = Exchange("", Plan([]), random.Random(0), writer)
                await exchange.respond(200, models)
            else:
                await self._answer(json.loads(body), reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, request: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        question = request["messages"][-1]["content"]
        tag = match[1] if (match := re.search(r"#([\w-]+)", question)) else "?"
        plan = self.plans.get(tag) or self.plan(tag, 20)
        known = self.exchanges.setdefault(tag, [])
        exchange = Exchange(tag, plan, random.Random(f"{self.seed}:{tag}:{len(known)}"), writer, request)
        known.append(exchange)
        self.open += 1
        play = asyncio.create_task(self._play(exchange))
        try:
            await reader.read()  # Nothing more comes: this returns when the asking side has closed.
        except OSError:
            pass
        finally:
            self.open -= 1
            exchange.closed_at = time.monotonic()
            play.cancel()
            await asyncio.gather(play, return_exceptions=True)

    async def _play(self, exchange: Exchange) -> None:
        try:
            await (exchange.plan.act(exchange) if exchange.plan.act else exchange.send_all())
        except OSError:
            pass  # The asking side has gone, which is noted where its closing is seen.
