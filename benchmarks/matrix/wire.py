"""HTTP over a raw socket, so that a response can be cut at any byte, its head's and its chunks' included."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass


class Cut(Exception):
    """The connection was cut where the test wanted it."""


class Broken(Exception):
    """The other side refused, reset or closed the connection before the response was complete."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str | None:
        """The code of a problem."""
        try:
            return self.json.get("code")
        except (ValueError, AttributeError):
            return None


class Connection:
    """One request and its response. `budget`: after how many bytes, head included, it is cut."""

    def __init__(self, budget: int | None = None, portion: Callable[[], int] | None = None):
        self.budget = budget
        self.portion = portion
        self.status = 0
        self.headers: dict[str, str] = {}
        self._rest = b""

    async def send(self, port: int, method: str, path: str, headers: dict | None = None, body=None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"content-length: {len(data)}"]
        if data:
            lines.append("content-type: application/json")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        try:
            # A client that reads little at a time also has a small window, so that the server feels it.
            limit = 1 << 16 if self.portion is None else 2048
            self._reader, self._writer = await asyncio.open_connection(
                sock=await self._connect(port), limit=limit
            )
            self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
            await self._writer.drain()
        except OSError as error:
            raise Broken(str(error)) from None

    async def _connect(self, port: int) -> socket.socket:
        made = socket.socket()
        made.setblocking(False)
        if self.portion is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", port))
        except BaseException:
            made.close()
            raise
        return made

    async def head(self) -> None:
        while b"\r\n\r\n" not in self._rest:
            self._rest += await self._read()
        head, self._rest = self._rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()

    async def body(self) -> AsyncIterator[bytes]:
        """The body in the parts in which it arrives, out of its chunks. Ends at its proper end only."""
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(await self._line(), 16):
                async for part in self._exactly(size):
                    yield part
                await self._line()
        else:
            async for part in self._exactly(int(self.headers.get("content-length", "0"))):
                yield part

    def close(self, reset: bool = False) -> None:
        writer = getattr(self, "_writer", None)
        if writer is None:
            return
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    async def _line(self) -> bytes:
        while b"\r\n" not in self._rest:
            self._rest += await self._read()
        line, self._rest = self._rest.split(b"\r\n", 1)
        return line

    async def _exactly(self, size: int) -> AsyncIterator[bytes]:
        while size:
            if not self._rest:
                self._rest = await self._read()
            part, self._rest = self._rest[:size], self._rest[size:]
            size -= len(part)
            yield part

    async def _read(self) -> bytes:
        wanted = 65536 if self.budget is None else min(65536, self.budget)
        if wanted <= 0:
            raise Cut
        if self.portion is not None:
            wanted = min(wanted, self.portion())
        try:
            data = await self._reader.read(wanted)
        except OSError as error:
            raise Broken(str(error)) from None
        if not data:
            raise Broken("closed")
        if self.budget is not None:
            self.budget -= len(data)
        return data


async def call(
    port: int, method: str, path: str, body=None, headers: dict | None = None, timeout: float = 30
) -> Answer:
    """One whole exchange. Raises `Broken`, or `TimeoutError`."""
    connection = Connection()
    try:
        async with asyncio.timeout(timeout):
            await connection.send(port, method, path, {"connection": "close", **(headers or {})}, body)
            await connection.head()
            parts = [part async for part in connection.body()]
            return Answer(connection.status, connection.headers, b"".join(parts))
    finally:
        connection.close()
