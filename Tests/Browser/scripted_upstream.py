"""An OpenAI-compatible model server over real HTTP that does what the test says.

Requests wait for the test's commands (`upstream.next_exchange().send("Hello")`), or are answered by a script
(`upstream.play(paced(text, interval=0.02))`). Every request is kept, and the moment when its client has left.
"""

import asyncio
import json
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from background_loop import BackgroundLoop

MODEL = "scripted-1"
STREAM_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


class Exchange:
    """One request to the model and what is answered to it. Its commands are called from the test's thread."""

    def __init__(
        self,
        background: BackgroundLoop,
        request: dict[str, Any],
        headers: dict[str, str],
        writer: asyncio.StreamWriter,
    ):
        self._background = background
        self._writer = writer
        self._has_begun = False
        self.request = request
        self.headers = headers
        self.sent = ""
        """Everything that was sent as text of the answer."""
        self._closed = threading.Event()
        self._closed_at = 0.0

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation as the model was given it."""
        return self.request["messages"]

    def begin(self) -> None:
        """Sends the head of a stream and no text."""
        self._background.run(self.begin_soon())

    def send(self, *pieces: str) -> None:
        """Sends each piece as one chunk of the answer."""
        self._background.run(self._send_all(pieces))

    def finish(self, reason: str = "stop") -> None:
        """Ends the answer as a model does: reason, usage, `[DONE]`."""
        self._background.run(self.finish_soon(reason))

    def respond(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Answers without a stream."""
        self._background.run(self.respond_soon(status, body, headers or {}))

    def send_raw(self, data: bytes) -> None:
        """Sends bytes as they are, after the head of a stream."""
        self._background.run(self._send_raw(data))

    def cut(self) -> None:
        """Resets the connection."""
        self._background.run(self._abort())

    def wait_closed(self, timeout: float = 5) -> float:
        """Waits until Rill has closed the connection; returns when that was, in ms since 1970."""
        if not self._closed.wait(timeout):
            raise AssertionError(f"the connection to the model was still open after {timeout} s")
        return self._closed_at

    @property
    def is_open(self) -> bool:
        return not self._closed.is_set()

    async def begin_soon(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            await self._write(STREAM_HEAD.encode())

    async def send_soon(self, text: str) -> None:
        await self.begin_soon()
        self.sent += text
        await self._write_chunk(
            {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
        )

    async def finish_soon(self, reason: str = "stop") -> None:
        await self.begin_soon()
        await self._write_chunk({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        await self._write_chunk(
            {"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": len(self.sent.split())}}
        )
        await self._write(b"data: [DONE]\n\n")
        self._writer.close()

    async def respond_soon(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Scripted", "content-type: application/json", "connection: close"]
        lines += [f"content-length: {len(content)}"] + [f"{name}: {value}" for name, value in headers.items()]
        await self._write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        self._writer.close()

    def closed_by_client(self) -> None:
        self._closed_at = time.time() * 1000
        self._closed.set()

    async def _send_all(self, pieces: tuple[str, ...]) -> None:
        for piece in pieces:
            await self.send_soon(piece)

    async def _send_raw(self, data: bytes) -> None:
        await self.begin_soon()
        await self._write(data)

    async def _abort(self) -> None:
        self._writer.transport.abort()

    async def _write_chunk(self, chunk: dict[str, Any]) -> None:
        chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": MODEL, **chunk}
        await self._write(f"data: {json.dumps(chunk)}\n\n".encode())

    async def _write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)
            await self._writer.drain()


Script = Callable[[Exchange], Awaitable[None]]


def paced(text: str, interval: float = 0.02) -> Script:
    """A model that sends `text` word by word, one word per `interval` seconds."""

    async def play(exchange: Exchange) -> None:
        for piece in pieces_of(text):
            await exchange.send_soon(piece)
            await asyncio.sleep(interval)
        await exchange.finish_soon()

    return play


def failing(status: int, message: str = "Scripted failure.", headers: dict[str, str] | None = None) -> Script:
    """A model that answers with an error."""

    async def play(exchange: Exchange) -> None:
        await exchange.respond_soon(
            status, {"error": {"message": message, "type": "scripted"}}, headers or {}
        )

    return play


def pieces_of(text: str) -> list[str]:
    """The text cut before each space, so that the pieces are words that joined give the text."""
    words = text.split(" ")
    return words[:1] + [" " + word for word in words[1:]]


def embeddings_of(texts: str | list[str]) -> dict[str, Any]:
    """A vector for each text: how often each of sixteen groups of letters is in it. Like words, like vectors."""
    data = []
    for index, text in enumerate([texts] if isinstance(texts, str) else texts):
        counts = [1.0] * 16
        for word in text.lower().split():
            counts[sum(word.encode()) % 16] += 1
        length = sum(count * count for count in counts) ** 0.5
        data.append({"object": "embedding", "index": index, "embedding": [count / length for count in counts]})
    return {"object": "list", "model": "scripted-embedding", "data": data, "usage": {"prompt_tokens": 1}}


class ScriptedUpstream:
    """The server. `exchanges` are all requests for an answer so far, oldest first."""

    def __init__(self) -> None:
        self._background = BackgroundLoop("scripted-upstream")
        self._script: Script | None = None
        self._waiting: queue.Queue[Exchange] = queue.Queue()
        self.exchanges: list[Exchange] = []
        self.embedding_time = 0.0
        """Seconds that each request for embeddings takes."""
        self.port = self._background.run(self._listen())

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def play(self, script: Script | None) -> None:
        """Answers every request from now on by this script; `None` leaves them to the test."""
        self._script = script

    def next_exchange(self, timeout: float = 10) -> Exchange:
        """Waits for the next request that the test has not taken yet."""
        try:
            return self._waiting.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"Rill has not asked the model within {timeout} s") from None

    def stop_listening(self) -> None:
        """Refuses connections from now on."""
        self._background.run(self._stop_listening())

    def close(self) -> None:
        self._background.close()

    async def _stop_listening(self) -> None:
        self._listener.close()

    async def _listen(self) -> int:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._listener.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, OSError):
            writer.close()
            return
        method, path, _ = head[0].split(" ", 2)
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = json.loads(body) if body else {}
        exchange = Exchange(self._background, request, headers, writer)
        if (method, path) == ("GET", "/v1/models"):
            await exchange.respond_soon(200, {"object": "list", "data": [{"id": MODEL}]}, {})
        elif (method, path) == ("POST", "/v1/embeddings"):
            await asyncio.sleep(self.embedding_time)
            await exchange.respond_soon(200, embeddings_of(request["input"]), {})
        elif (method, path) == ("POST", "/v1/chat/completions"):
            await self._answer(exchange, reader)
        else:
            await exchange.respond_soon(404, {"error": {"message": "Unknown path."}}, {})

    async def _answer(self, exchange: Exchange, reader: asyncio.StreamReader) -> None:
        self.exchanges.append(exchange)
        self._waiting.put(exchange)
        script = asyncio.create_task(self._play(exchange)) if self._script else None
        try:
            await reader.read()  # Nothing more comes: this returns when the client has closed.
        except OSError:
            pass
        except asyncio.CancelledError:
            return  # The test is over. (asyncio in 3.11 prints an error about a cancelled handler.)
        exchange.closed_by_client()
        if script:
            script.cancel()

    async def _play(self, exchange: Exchange) -> None:
        assert self._script
        try:
            await self._script(exchange)
        except OSError:
            pass  # The client has gone; that is recorded where its closing is seen.
