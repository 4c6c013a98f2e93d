"""How long an answer takes to begin, and what beginning it costs: one question after the other."""

import contextlib
import json
import math
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .knowledge import documents
from .levels import set_script
from .processes import NotReady, Server, running, until_indexed, upstream

FIRST_MS = 1
"""The upstream's scripted delay before the first token, which is not the server's."""
WARM_UP = 25
TICKS = os.sysconf("SC_CLK_TCK")
BOUNDARY = "rill-first-token-7c2e"
STAGES = ("retrieval", "reranking")


@contextlib.contextmanager
def rill(binary: Path, upstream_port: int, data: Path, own_documents: bool, patience: float) -> Iterator[Server]:
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(data),
        "RILL_PORT": "0",
        "RILL_DATA_DIR": str(data),
        "RILL_SAMPLE_DOCS": str(own_documents).lower(),
        "RILL_MODEL_PROVIDER": "openai",
        "RILL_MODEL": "scripted",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream_port}/v1",
        "OPENAI_API_KEY": "none",
        "LOG_LEVEL": "error",
    }
    ready = r"Rill is ready at http://[^\s:]+:(\d+)"
    with running("Rill", [binary, "serve"], ready, env, patience=120) as server:
        until_indexed(server, patience)
        yield server


def send(port: int, method: str, path: str, kind: str, body: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    return connection


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def upload(server: Server, files: list[tuple[str, bytes]]) -> None:
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + text + b"\r\n"
        for name, text in files
    )
    body += f"--{BOUNDARY}--\r\n".encode()
    with send(server.port, "POST", "/documents", f"multipart/form-data; boundary={BOUNDARY}", body) as connection:
        answer = read_all(connection)
    if not re.match(rb"HTTP/1.1 20\d", answer):
        raise NotReady(f"The upload failed: {answer[:300]!r}")


def make(binary: Path, folder: Path, sections: list[tuple[str, str]], count: int) -> None:
    """A data folder with `count` sections, each passage with its vector. It takes minutes, so a folder is kept."""
    if (folder / "made").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = list(documents(sections, count))
    with upstream() as up, rill(binary, up.port, folder, False, 60) as server:
        for start in range(0, len(files), 20):
            upload(server, files[start : start + 20])
        deadline = time.monotonic() + 3600
        while time.monotonic() < deadline:
            listed = server.get("/documents?limit=500")
            if all(document["status"] in ("ready", "failed") for document in listed["documents"]):
                break
            time.sleep(1)
        until_indexed(server, 3600)
    (folder / "made").touch()


def processor_ms(server: Server) -> tuple[float, float]:
    """User's and system's milliseconds since the process began."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) * 1000 / TICKS, int(fields[12]) * 1000 / TICKS


def ask(server: Server, question: str) -> dict:
    """One question over a connection of its own, read to its end: the milliseconds that Rill added, and its stages."""
    sent = time.monotonic_ns()
    body = json.dumps({"message": question}).encode()
    with send(server.port, "POST", "/chat/stream", "application/json", body) as connection:
        text, first = b"", None
        while part := connection.recv(1 << 16):
            text += part
            if first is None and b'"type":"token"' in text:
                first = time.monotonic_ns()
    # The upstream writes into each token when it was due, and how many microseconds late it was itself.
    token = re.search(rb"t(\d+)\+(\d+);", text)
    if first is None or not token or b'"type":"done"' not in text:
        raise NotReady(f"The answer did not end well: {text[-500:]!r}")
    stages = {}
    for stage in STAGES:
        if found := re.search(rb'"stage":"%s","status":"complete"[^}]*"duration_ms":([\d.]+)' % stage.encode(), text):
            stages[stage] = float(found[1])
    return {
        "added_ms": (first - sent) / 1e6 - FIRST_MS - int(token[2]) / 1e3,
        "until_model_ms": (int(token[1]) - sent) / 1e6 - FIRST_MS,
        "stages": stages,
    }


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def measure(binary: Path, made: Path | None, questions: list[str], count: int) -> dict:
    """Asks `count` different questions of a copy of the data folder, or of Rill's own documentation."""
    with tempfile.TemporaryDirectory(prefix="rill-bench-") as temporary:
        data = Path(temporary) / "data"
        if made:
            shutil.copytree(made, data)
        with upstream() as up, rill(binary, up.port, data, made is None, 600) as server:
            set_script(up, 3, 1000, FIRST_MS)
            passages = server.get("/health")["embedding"]["total"]
            for question in questions[-WARM_UP:]:
                ask(server, question)
            asked = questions[: min(count, len(questions) - WARM_UP)]
            before = processor_ms(server)
            answers = [ask(server, question) for question in asked]
            after = processor_ms(server)
    return {
        "passages": passages,
        "questions": len(asked),
        "user_ms": (after[0] - before[0]) / len(asked),
        "system_ms": (after[1] - before[1]) / len(asked),
        "added_ms": {f"p{p}": percentile([a["added_ms"] for a in answers], p) for p in (50, 95, 99)},
        "until_model_ms": percentile([a["until_model_ms"] for a in answers], 50),
        "stages_ms": {
            stage: percentile([a["stages"][stage] for a in answers if stage in a["stages"]] or [math.nan], 50)
            for stage in STAGES
        },
    }
