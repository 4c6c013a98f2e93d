"""The server under test: one process that the test starts, kills, and starts again."""

import json
import os
import subprocess
import threading
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("RILL_BINARY", ROOT / ".build/debug/rill"))
PUBLIC = Path(os.environ.get("RILL_PUBLIC_DIR", ROOT / "Public"))

READY = "Rill is ready at "


def clean_environment() -> dict[str, str]:
    """The test's environment without what would change Rill's behaviour: settings, keys, proxies."""
    kept = {}
    for name, value in os.environ.items():
        is_setting = name.startswith(("RILL_", "OPENAI_")) or name in ("LOG_LEVEL", "DATABASE_URL")
        if not is_setting and not name.lower().endswith("_proxy"):
            kept[name] = value
    return kept


class RillServer:
    """`rill serve` on a free port of the loopback, which it keeps when it is started again."""

    def __init__(self, data: Path, log: Path, settings: dict[str, str] | None = None):
        self.data = data
        self.log = log
        self.settings = settings or {}
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self._output: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout: float = 30) -> None:
        """Starts the process and waits until it says that it is ready."""
        settings = {
            "RILL_PORT": str(self.port),
            "RILL_DATA_DIR": str(self.data),
            "RILL_PUBLIC_DIR": str(PUBLIC),
            "LOG_LEVEL": "debug",
            # Should it crash: the crashed thread is what a log needs to hold.
            "SWIFT_BACKTRACE": "threads=crashed,registers=none,images=none,color=no",
            **self.settings,
        }
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [str(BINARY)],
                env=clean_environment() | settings,
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        ready = threading.Event()
        self._output = threading.Thread(target=self._read_output, args=(self._process, ready), daemon=True)
        self._output.start()
        if not ready.wait(timeout) or self._process.poll() is not None:
            self.kill()
            raise AssertionError(f"Rill did not start:\n{self.log_tail()}")

    def run(self, *arguments: str, succeeds: bool = True, **environment: str) -> str:
        """Another command of the same program. Returns what it says."""
        done = subprocess.run(
            [str(BINARY), *arguments],
            env=clean_environment() | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, f"rill {arguments[0]} ended with {done.returncode}:\n{said}"
        return said

    def kill(self) -> None:
        """Ends the process without giving it a chance to say anything (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._finish()

    def stop(self, timeout: float = 20) -> int:
        """Asks the process to end (SIGTERM); returns its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self.wait_stopped(timeout)

    def terminate(self) -> None:
        """Asks the process to end and does not wait."""
        assert self._process is not None
        self._process.terminate()

    def wait_stopped(self, timeout: float = 20) -> int:
        assert self._process is not None
        code = self._process.wait(timeout=timeout)
        self._finish()
        return code

    def restart(self) -> None:
        """Kills the process and starts it again, on the same port and the same data."""
        self.kill()
        self.start()

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Calls the API as another client would; returns the JSON, or `None` for an empty answer."""
        headers = {"content-type": "application/json"} if body is not None else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            content = response.read()
        return json.loads(content) if content else None

    def messages(self, session_id: str) -> list[dict[str, Any]]:
        """The conversation as the server keeps it."""
        return self.call("GET", f"/sessions/{session_id}/messages")["messages"]

    def sessions(self) -> list[dict[str, Any]]:
        return self.call("GET", "/sessions")["sessions"]

    def event_times(self, run_id: str) -> dict[str, float]:
        """When each kind of event of a finished run was first written, in milliseconds since 1970."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        times: dict[str, float] = {}
        with opener.open(f"{self.url}/chat/runs/{run_id}/stream", timeout=10) as response:
            for line in response.read().decode().splitlines():
                if line.startswith("data:"):
                    event = json.loads(line[5:])
                    at = datetime.fromisoformat(event["timestamp"]).timestamp() * 1000
                    times.setdefault(event["type"], at)
        return times

    def log_tail(self, lines: int = 60) -> str:
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _read_output(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(READY):
                self.port = int(line.strip().rsplit(":", 1)[1])
                ready.set()
        ready.set()  # It has ended; `start` looks at the process.

    def _finish(self) -> None:
        if self._output is not None:
            self._output.join(timeout=10)
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
