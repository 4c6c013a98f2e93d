"""The processes of one measurement: each is started here, watched by its id, and ended by its id."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .build import BENCHMARKS, REPOSITORY, TOOLS

PEER_WORKERS = os.cpu_count() or 1


class NotReady(Exception):
    """A server did not start; the message says which and what it printed."""


@dataclass
class Server:
    name: str
    port: int
    process: subprocess.Popen

    @property
    def pids(self) -> list[int]:
        """The process and its children: uvicorn's workers do the work."""
        own = self.process.pid
        try:
            return [own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())]
        except OSError:
            return [own]

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return json.load(response)


def cpu_s(pids: list[int]) -> float:
    """Processor time so far, as the kernel's scheduler counts it: to the nanosecond."""
    total = 0
    for pid in pids:
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(file.read_text().split()[0])
    return total / 1e9


@contextlib.contextmanager
def running(
    name: str, command: list, ready: str, env: dict | None = None, patience: float = 60
) -> Iterator[Server]:
    """Starts a server and yields it when a line of its output matches `ready`, whose group is the port."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, env=env, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + patience
            while not (
                match := re.search(ready, os.pread(output.fileno(), 1 << 20, 0).decode(errors="replace"))
            ):
                if process.poll() is not None or time.monotonic() > deadline:
                    text = os.pread(output.fileno(), 4096, 0).decode(errors="replace")
                    raise NotReady(f"{name} did not start:\n{text}")
                time.sleep(0.02)
            yield Server(name, int(match[1]), process)
            if (code := process.poll()) is not None:
                end = os.pread(output.fileno(), 4096, max(0, os.fstat(output.fileno()).st_size - 4096))
                raise NotReady(
                    f"{name} died during the measurement ({code}):\n{end.decode(errors='replace')}"
                )
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def upstream(settings: dict[str, str] | None = None) -> Iterator[Server]:
    env = os.environ | (settings or {})
    with running("upstream", [TOOLS / "upstream", "0"], r"http://127\.0\.0\.1:(\d+)/v1", env) as server:
        yield server


@contextlib.contextmanager
def handler(binary: Path, settings: dict[str, str] | None = None) -> Iterator[Server]:
    """The bare Hummingbird handler, which makes its tokens itself."""
    env = os.environ | (settings or {})
    with running("handler", [binary, "0"], r"http://127\.0\.0\.1:(\d+)/", env) as server:
        yield server


def rill_environment(data: str, upstream_port: int, port: int = 0) -> dict[str, str]:
    """Rill as a user starts it, with nothing of the caller's environment."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": data,
        "RILL_PORT": str(port),
        "RILL_DATA_DIR": data,
        "RILL_MODEL_PROVIDER": "openai",
        "RILL_MODEL": "scripted",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream_port}/v1",
        "OPENAI_API_KEY": "none",
        "LOG_LEVEL": "error",
    }


RILL_READY = r"Rill is ready at http://[^\s:]+:(\d+)"


@contextlib.contextmanager
def rill(binary: Path, upstream_port: int, settings: dict[str, str] | None = None) -> Iterator[Server]:
    """Rill with a data folder of its own, its documentation indexed."""
    with tempfile.TemporaryDirectory(prefix="rill-bench-") as data:
        env = rill_environment(data, upstream_port) | (settings or {})
        with running("Rill", [binary, "serve"], RILL_READY, env, patience=120) as server:
            until_indexed(server)
            yield server


def until_indexed(server: Server, patience: float = 300) -> None:
    """Waits until the vectors of Rill's documentation are made: that would count as the cost of streams otherwise."""
    deadline = time.monotonic() + patience
    while True:
        embedding = server.get("/health")["embedding"]
        if embedding["state"] != "working" and embedding["embedded"] == embedding["total"]:
            return
        if time.monotonic() > deadline:
            raise NotReady(f"Rill's documentation was not indexed within {patience:g} s.")
        time.sleep(0.2)


def peer_environment(upstream_port: int) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "PEER_UPSTREAM": f"http://127.0.0.1:{upstream_port}/v1",
        "PEER_DOCUMENTS": str(REPOSITORY / "docs"),
        "PYTHONUNBUFFERED": "1",
    }


def peer_command(python: Path, port: int, *options: str) -> list:
    command = [python, "-m", "uvicorn", "app:app", "--app-dir", BENCHMARKS / "peer", "--port", str(port)]
    return [*command, "--no-access-log", "--log-level", "info", "--loop", "uvloop", *options]


@contextlib.contextmanager
def peer(python: Path, upstream_port: int, settings: dict[str, str] | None = None) -> Iterator[Server]:
    """The peer with one worker per processor, so that it can use the whole machine, as Rill can."""
    env = peer_environment(upstream_port) | (settings or {})
    command = peer_command(python, 0, "--workers", str(PEER_WORKERS))
    started = r"running on http://127\.0\.0\.1:(\d+)" + r"[\s\S]*Application startup complete" * PEER_WORKERS
    with running("the peer", command, started, env, patience=120) as server:
        yield server
