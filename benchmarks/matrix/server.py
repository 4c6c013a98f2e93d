"""Rill as a process that is started, killed, stopped and started again on the same data and the same port."""

import asyncio
import os
import re
import signal
import time
from pathlib import Path

from . import wire

REPOSITORY = Path(__file__).resolve().parents[2]


class NotReady(Exception):
    """Rill did not start; the message says what it printed."""


class Rill:
    def __init__(self, binary: Path, data: Path, upstream_port: int, log: Path, settings: dict | None = None):
        self.data = data
        self.port = 0
        self.starts = 0
        self.ready_at = 0.0
        self._binary = binary
        self._log = log
        self._upstream_port = upstream_port
        self.settings = {key: str(value) for key, value in (settings or {}).items()}
        self._process: asyncio.subprocess.Process | None = None
        self._output: asyncio.Task | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def launch(self) -> asyncio.Future:
        """Starts the process. Returns, once it is there, a future that is done when it is ready."""
        await self._spawn()
        return asyncio.ensure_future(self._until_ready())

    async def start(self, patience: float = 60) -> None:
        async with asyncio.timeout(patience):
            await self._spawn()
            await self._until_ready()

    async def _spawn(self) -> None:
        self._output = None
        self.data.mkdir(parents=True, exist_ok=True)
        with self._log.open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                self._binary,
                "serve",
                env=self._environment(),
                cwd=REPOSITORY,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self.starts += 1

    async def _until_ready(self) -> None:
        assert self._process and self._process.stdout
        async for line in self._process.stdout:
            if match := re.search(rb"Rill is ready at http://[^\s:]+:(\d+)", line):
                self.port = int(match[1])
                self.ready_at = time.monotonic()
                self._output = asyncio.create_task(self._process.stdout.read())
                return
        code = await self._process.wait()
        raise NotReady(f"Rill ended with {code} before it was ready: {self.log_tail(1)}")

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.data),
            "RILL_PORT": str(self.port),
            "RILL_DATA_DIR": str(self.data),
            "RILL_MODEL_PROVIDER": "openai",
            "RILL_MODEL": "scripted",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self._upstream_port}/v1",
            "OPENAI_API_KEY": "none",
            "LOG_LEVEL": "warning",
            "SWIFT_BACKTRACE": "threads=crashed,registers=none,images=none,color=no",
            **self.settings,
        }

    async def kill(self) -> float:
        """SIGKILL. Returns the moment before it was sent."""
        moment = time.monotonic()
        await self._end(signal.SIGKILL, 10)
        return moment

    async def stop(self, timeout: float = 30) -> int:
        """SIGTERM. Returns the exit code; -9 when it had to be killed."""
        try:
            return await self._end(signal.SIGTERM, timeout)
        except TimeoutError:
            await self._end(signal.SIGKILL, 10)
            return -9

    def terminate(self) -> None:
        if self.is_running:
            self._process.terminate()

    async def wait(self, timeout: float) -> int:
        assert self._process
        async with asyncio.timeout(timeout):
            return await self._process.wait()

    async def _end(self, number: int, timeout: float) -> int:
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(number)
        code = await self.wait(timeout)
        if self._output:
            await self._output
        return code

    async def call(self, method: str, path: str, body=None, **options) -> wire.Answer:
        return await wire.call(self.port, method, path, body, **options)

    async def get(self, path: str):
        answer = await self.call("GET", path)
        if answer.status != 200:
            raise LookupError(f"GET {path}: {answer.status} {answer.code}")
        return answer.json

    async def answer_of(self, session_id: str, run_id: str) -> dict | None:
        """The stored message that a run has written."""
        messages = (await self.get(f"/sessions/{session_id}/messages"))["messages"]
        return next((message for message in messages if message.get("run_id") == run_id), None)

    async def metric(self, name: str) -> float:
        body = (await self.call("GET", "/metrics")).body.decode()
        match = re.search(rf"^{name}(?:\{{.*\}})? ([\d.e+-]+)$", body, re.M)
        return float(match[1]) if match else float("nan")

    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def log_tail(self, lines: int = 20) -> str:
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    async def __aenter__(self) -> "Rill":
        await self.start()
        return self

    async def __aexit__(self, *_) -> None:
        await self._end(signal.SIGKILL, 10)
