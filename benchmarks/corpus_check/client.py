"""A client of the documents API."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BOUNDARY = "rill-corpus-boundary-5f1c"
FINISHED = {"ready", "failed", "cancelled"}


class Rill:
    """A server on a data folder, started, killed and started again."""

    def __init__(self, binary: Path, data: Path, settings: dict | None = None):
        self.binary, self.data, self.settings = binary, data, settings or {}
        self.process: subprocess.Popen | None = None
        self.port = 0

    def start(self, patience: float = 120) -> None:
        environment = os.environ | {
            "RILL_PORT": "0",
            "RILL_DATA_DIR": str(self.data),
            "RILL_SAMPLE_DOCS": "false",
            "RILL_MODEL_PROVIDER": "extractive",
            "LOG_LEVEL": "warning",
        }
        self.process = subprocess.Popen(
            [self.binary, "serve"],
            cwd=REPOSITORY,
            env=environment | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + patience
        assert self.process.stdout
        for line in self.process.stdout:
            if match := re.search(r"ready at http://127\.0\.0\.1:(\d+)", line):
                self.port = int(match[1])
                return
            if time.monotonic() > deadline:
                break
        raise SystemExit("Rill did not start.")

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1_000

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=body, method=method, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            text = error.read()
        return json.loads(text) if text else {}

    def get(self, path: str) -> dict:
        return self.send("GET", path)

    def upload(self, files: list[tuple[str, bytes]]) -> dict:
        """One request with all the files."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for name, content in files
        ]
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        return self.send(
            "POST", "/documents", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        )

    def documents(self) -> list[dict]:
        documents, cursor = [], ""
        while True:
            page = self.get(f"/documents?limit=500{cursor}")
            documents += page["documents"]
            if not page.get("next_cursor"):
                return documents
            cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])

    def wait(self, patience: float = 1_800) -> list[dict]:
        """Until nothing is being read or embedded."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            documents = self.documents()
            if all(document["status"] in FINISHED for document in documents):
                return documents
            time.sleep(0.25)
        raise SystemExit("Documents are still being read.")
