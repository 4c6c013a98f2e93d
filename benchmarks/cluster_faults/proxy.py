"""The network between one node and PostgreSQL, which can be held up or cut."""

import asyncio
import socket


class Proxy:
    """Listens on the loopback and forwards to PostgreSQL."""

    def __init__(self, target: int):
        self.target = target
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_cut = False

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        assert self._server
        self._server.close()
        self._abort_all()

    def stall(self) -> None:
        """Nothing gets through, in either direction, and nobody is told: a switch without power."""
        self._flowing.clear()

    def cut(self) -> None:
        """What is open is reset, and so is every new connection: a firewall that has a new rule."""
        self._is_cut = True
        self._abort_all()

    def restore(self) -> None:
        self._is_cut = False
        self._flowing.set()

    def _abort_all(self) -> None:
        for pair in self._connections:
            for writer in pair:
                writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, server_writer)
        for side in pair:
            side.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(pair)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._forward(reader, server_writer))
                both.create_task(self._forward(server_reader, writer))
        except* OSError:
            pass  # One side was reset: both are, below.
        finally:
            self._connections.discard(pair)
            for side in pair:
                side.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()
        # PostgreSQL and libpq close both directions at once.
        await self._flowing.wait()
        raise ConnectionResetError
