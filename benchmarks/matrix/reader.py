"""A client of the event stream that checks every frame it gets."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .wire import Broken, Connection, Cut

FRAME = re.compile(rb"id: ([1-9][0-9]*)\ndata: (\{[^\n\r]*\})")
TERMINAL = ("done", "cancelled", "error")


@dataclass
class Event:
    id: int
    type: str
    content: object
    timestamp: str
    at: float
    """When it had been read, on this machine's monotonic clock."""

    @property
    def key(self) -> tuple:
        return (self.id, self.type, json.dumps(self.content, sort_keys=True), self.timestamp)


@dataclass
class Reader:
    """Everything that one client has been told of one run, over any number of connections."""

    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    text: str = ""
    cuts: int = 0
    connections: int = 0
    left_at: float = 0.0
    """When its last connection ended."""
    longest_away: float = 0.0
    """The longest time between the end of a connection and the head of the next response, in seconds."""
    heartbeats: list[float] = field(default_factory=list)
    refusal: tuple[int, str | None, dict] | None = None
    """The status, code and headers of a response that was no stream."""
    portion: Callable[[], int] | None = None
    """How many bytes it reads at a time; `None` reads what there is."""
    pause: Callable[[], float] | None = None
    """Seconds that it waits between two reads."""

    @property
    def last_id(self) -> int:
        return self.events[-1].id if self.events else 0

    @property
    def terminal(self) -> Event | None:
        return self.events[-1] if self.events and self.events[-1].type in TERMINAL else None

    def first(self, kind: str) -> Event | None:
        return next((event for event in self.events if event.type == kind), None)

    def text_before(self, moment: float) -> str:
        """What it had been sent before a moment."""
        told = ""
        for event in self.events:
            if event.at > moment:
                break
            if event.type == "token":
                told += event.content
            elif event.type == "snapshot":
                told = event.content["text"]
        return told

    async def follow(
        self,
        port: int,
        run_id: str,
        body: dict | None = None,
        path: str = "/chat/stream",
        budget: int | None = None,
        reset: bool = False,
        timeout: float = 60,
    ) -> None:
        """Reads one connection to its end: POSTs `body`, or resumes after the last complete frame.

        Raises `Cut` where the budget ended, `Broken` when the other side closed early.
        """
        connection = Connection(budget, self.portion)
        self.connections += 1
        try:
            async with asyncio.timeout(timeout):
                if body is not None:
                    await connection.send(port, "POST", path, None, body)
                else:
                    headers = {"last-event-id": str(self.last_id)} if self.last_id else None
                    await connection.send(port, "GET", f"/chat/runs/{run_id}/stream", headers)
                await self._read(connection)
        except Cut:
            self.cuts += 1
            raise
        except TimeoutError:
            self.problems.append(f"no end within {timeout:g} s, last id {self.last_id}")
        finally:
            self.left_at = time.monotonic()
            connection.close(reset)

    async def _read(self, connection: Connection) -> None:
        await connection.head()
        if connection.status != 200:
            content = b"".join([part async for part in connection.body()])
            try:
                code = json.loads(content).get("code")
            except ValueError:
                code = None
            self.refusal = (connection.status, code, connection.headers)
            return
        self.refusal = None
        if self.left_at:
            self.longest_away = max(self.longest_away, time.monotonic() - self.left_at)
        pending = b""
        async for part in connection.body():
            if self.pause:
                await asyncio.sleep(self.pause())
            *frames, pending = (pending + part).split(b"\n\n")
            now = time.monotonic()
            for frame in frames:
                self.receive(frame, now)
        if pending:
            self.problems.append(f"the stream ended inside a frame: {pending[:80]!r}")

    def receive(self, frame: bytes, now: float) -> None:
        """Takes one frame, without the blank line at its end."""
        if frame.startswith(b":") or frame.startswith(b"retry: "):
            if frame == b": heartbeat":
                self.heartbeats.append(now)
            return
        match = FRAME.fullmatch(frame)
        if not match:
            self.problems.append(f"not a frame: {frame[:120]!r}")
            return
        data = json.loads(match[2])
        event = Event(int(match[1]), data["type"], data["content"], data["timestamp"], now)
        if self.terminal:
            self.problems.append(f"event {event.id} {event.type} after the end")
        if event.id <= self.last_id:
            self.problems.append(f"event {event.id} {event.type} after event {self.last_id}")
        if event.type == "token":
            self.text += event.content
        elif event.type == "snapshot":
            self.text = event.content["text"]
        self.events.append(event)


async def follow_to_end(
    reader: Reader, port: int, run_id: str, body: dict | None = None, **options
) -> Reader:
    """Reads a run to its terminal event on one connection, which must not break."""
    try:
        await reader.follow(port, run_id, body, **options)
        if reader.refusal:
            reader.problems.append(f"refused with {reader.refusal[:2]}")
        elif not reader.terminal and not reader.problems:
            reader.problems.append("the stream ended without a terminal event")
    except Broken as error:
        reader.problems.append(f"the connection broke: {error}")
    return reader
