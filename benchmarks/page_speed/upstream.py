"""An OpenAI-compatible model that sends tokens at an even pace, however fast that is."""

import asyncio
import json
import threading
import time

TICK = 0.004
"""Seconds between two writes; each brings the tokens that have become due, as frames of their own."""
MODEL = "scripted"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def frame(delta: dict, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


class Upstream:
    """The server, in a thread of its own. `play` says what every question is answered with from then on."""

    def __init__(self) -> None:
        self.sent = 0
        """Tokens of the last answer that have left."""
        self.latest = 0.0
        """Seconds by which the latest of its tokens was late."""
        self._frames: list[bytes] = []
        self._rate: float | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        self.port = server.sockets[0].getsockname()[1]

    def play(self, tokens: list[str], rate: float | None = None) -> None:
        """These tokens, so many per second; without a rate all at once."""
        self._frames = [frame({"content": token}) for token in tokens]
        self._rate = rate
        self.sent, self.latest = 0, 0.0

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
            await reader.readexactly(int(length))
            if head.startswith("get"):
                body = json.dumps({"object": "list", "data": [{"id": MODEL}]}).encode()
                length = len(body)
                writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n".encode() + body)
            else:
                await self._answer(writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        frames, rate = self._frames, self._rate
        writer.write(HEAD)
        began, sent = time.monotonic(), 0
        while sent < len(frames):
            due = len(frames) if rate is None else min(len(frames), int((time.monotonic() - began) * rate))
            writer.write(b"".join(frames[sent:due]))
            if rate is not None and due > sent:
                self.latest = max(self.latest, time.monotonic() - began - (sent + 1) / rate)
            self.sent = sent = due
            await writer.drain()
            if rate is not None:
                await asyncio.sleep(TICK)
        usage = {"prompt_tokens": 20, "completion_tokens": len(frames)}
        writer.write(frame({}, "stop") + f"data: {json.dumps({'choices': [], 'usage': usage})}\n\ndata: [DONE]\n\n".encode())
        await writer.drain()
