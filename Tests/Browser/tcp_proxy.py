"""A TCP proxy between the browser and the server, with the faults that networks have.

Playwright's `set_offline` does not cut a stream that is already open; this does.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

from background_loop import BackgroundLoop


class Connection:
    """One connection of the browser and its counterpart to the server."""

    def __init__(self, browser: asyncio.StreamWriter, server: asyncio.StreamWriter):
        self.browser = browser
        self.server = server
        self.to_browser = asyncio.Event()
        self.to_server = asyncio.Event()
        self.flow()

    def flow(self) -> None:
        self.to_browser.set()
        self.to_server.set()

    def stall(self) -> None:
        self.to_browser.clear()
        self.to_server.clear()

    def abort(self) -> None:
        """Resets both sides, as a network that goes away does."""
        for writer in (self.browser, self.server):
            writer.transport.abort()


def stall_towards_browser(connection: Connection) -> None:
    connection.to_browser.clear()


class TcpProxy:
    """Listens on a port of its own and forwards to `target_port`, both on loopback."""

    def __init__(self, target_port: int):
        self._target_port = target_port
        self._background = BackgroundLoop("tcp-proxy")
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._new: Callable[[Connection], None] = Connection.flow
        self._sent = bytearray()
        self._has_sent = threading.Condition()
        self.port = 0
        self._background.run(self._listen())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_sent(self, text: bytes, times: int = 1, timeout: float = 10) -> None:
        """Waits until the server has sent something so many times, through any connection."""
        with self._has_sent:
            if not self._has_sent.wait_for(lambda: self._sent.count(text) >= times, timeout):
                raise AssertionError(f"the server has not sent {text!r} {times} times within {timeout} s")

    def cut(self) -> None:
        """Resets every open connection; new ones are accepted."""
        self._background.run(self._cut())

    def refuse(self) -> None:
        """Resets every open connection and refuses new ones, until `accept`."""
        self._background.run(self._refuse())

    def accept(self) -> None:
        """Takes connections again after `refuse`, on the same port."""
        self._background.run(self._listen())

    def stall(self, also_new: bool = True) -> None:
        """Forwards nothing any more and keeps everything open, until `resume`.

        Without `also_new` only the connections of now are stuck, as when a router has forgotten them.
        """
        self._background.run(
            self._set_all(Connection.stall, new=Connection.stall if also_new else Connection.flow)
        )

    def leave_behind(self) -> None:
        """After `stall`: connections of now stay stuck, new ones work."""
        self._new = Connection.flow

    def stall_towards_browser(self) -> None:
        """The server hears the browser, but not the other way round, until `resume`."""
        self._background.run(self._set_all(stall_towards_browser, new=stall_towards_browser))

    def resume(self) -> None:
        """Forwards again, beginning with what was held back."""
        self._background.run(self._set_all(Connection.flow, new=Connection.flow))

    def close(self) -> None:
        self._background.run(self._refuse())
        self._background.close()

    async def _listen(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(self._take, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for connection in list(self._connections):
            connection.abort()

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._cut()

    async def _set_all(self, change: Callable[[Connection], None], new: Callable[[Connection], None]) -> None:
        self._new = new
        for connection in self._connections:
            change(connection)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(writer, server_writer)
        for side in (writer, server_writer):
            option: Any = side.get_extra_info("socket")
            option.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._new(connection)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._forward(reader, server_writer, connection.to_server),
                self._forward(server_reader, writer, connection.to_browser, note=True),
            )
        except (OSError, asyncio.CancelledError):
            pass  # A side that was reset, or the end of the test: both sides are reset below.
        finally:
            self._connections.discard(connection)
            connection.abort()

    def _note(self, chunk: bytes) -> None:
        with self._has_sent:
            self._sent += chunk
            self._has_sent.notify_all()

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        flowing: asyncio.Event,
        note: bool = False,
    ) -> None:
        while chunk := await reader.read(65536):
            await flowing.wait()
            writer.write(chunk)
            await writer.drain()
            if note:
                self._note(chunk)
        await flowing.wait()
        if writer.can_write_eof():
            writer.write_eof()
