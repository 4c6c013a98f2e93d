"""Two nodes on one PostgreSQL, readers at both, and what PostgreSQL does meanwhile."""

import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .build import REPOSITORY
from .levels import DRAIN_MS, FIRST_TOKEN_MS, Level, Plan, client_command, set_script
from .processes import Server, running, upstream

MESSAGE = "Hello!"
"""Answered without a search, so that only the stream is measured."""
RAMP_RATE = 60
LATER = 1.5
"""Seconds after which the second reader of each run comes, at the other node."""
SCRIPT = REPOSITORY / "scripts/postgres"


@dataclass
class Postgres:
    """A server that waits for the disk, as a real one does."""

    folder: Path
    url: str

    def query(self, statement: str) -> list[str]:
        psql = next((REPOSITORY / ".tools/pgserver").glob("*/pginstall/bin/psql"))
        command = [psql, self.url, "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.split("\n")[0].split("\t")

    @property
    def pids(self) -> list[int]:
        """The server's processes; the first one is the main one."""
        moved = self.folder / "home"
        home = Path(moved.read_text().strip()) if moved.exists() else self.folder
        main = int((home / "data/postmaster.pid").read_text().split()[0])
        return [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]

    def sample(self) -> dict[str, float]:
        """Counters, and when they were read."""
        # A session tells its counts a second after it has become idle at the latest; a busy one does at once.
        columns = (
            "(SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database), "
            "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), "
            "(SELECT wal_records FROM pg_stat_wal), (SELECT wal_sync FROM pg_stat_wal)"
        )
        values = map(float, self.query(f"SELECT {columns}"))
        names = ("transactions", "wal_bytes", "wal_records", "wal_syncs")
        return {"at": time.monotonic(), "cpu_s": self._cpu(), **dict(zip(names, values, strict=True))}

    def _cpu(self) -> float:
        """Processor time of all its processes, also of those that have ended."""
        ticks = 0
        for number, pid in enumerate(self.pids):
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += sum(map(int, fields[11:15] if number == 0 else fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="rill-bench-") as place:
        # It does not run as root, and has to get to its data.
        Path(place).chmod(0o711)
        folder = Path(place) / "postgres"
        command = [SCRIPT, "start", "--data", folder, "--durable"]
        url = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        try:
            yield Postgres(folder, url)
        finally:
            subprocess.run([SCRIPT, "remove", "--data", folder], check=False)


@contextlib.contextmanager
def node(binary: Path, name: str, upstream_port: int, url: str, settings: dict[str, str]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="rill-bench-") as data:
        env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": data,
            "RILL_PORT": "0",
            "RILL_DATA_DIR": data,
            "DATABASE_URL": url,
            "RILL_SAMPLE_DOCS": "false",
            "RILL_MODEL_PROVIDER": "openai",
            "RILL_MODEL": "scripted",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream_port}/v1",
            "OPENAI_API_KEY": "none",
            "LOG_LEVEL": "error",
        } | settings
        ready = r"Rill is ready at http://[^\s:]+:(\d+)"
        with running(name, [binary, "serve"], ready, env, patience=120) as server:
            yield server


def client(target: Server, watched: list[Server], level: Level, plan: Plan, tokens: int, *options: str):
    """Starts the load client; its report is on its standard output."""
    # All streams are equally long, so the last to begin ends that much after the first.
    drain = DRAIN_MS + plan.ramp_ms(level)
    command = client_command(target, level, plan, tokens, watched, *options, drain_ms=drain)
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def measure(binary: Path, level: Level, seconds: float, flush: float, is_followed: bool) -> dict:
    """Every run has a reader at its own node and, when it is followed, one at the other."""
    plan = Plan(seconds, RAMP_RATE)
    # Enough that the first run still goes on when the second reader's window ends.
    tokens = plan.tokens(level) + round((LATER + 1) * level.rate)
    settings = {"RILL_FLUSH_INTERVAL": f"{flush:g}"}
    with postgres() as database, upstream() as model:
        with (
            node(binary, "own", model.port, database.url, settings) as own,
            node(binary, "other", model.port, database.url, settings) as other,
        ):
            set_script(model, tokens, round(1e6 / level.rate))
            body = json.dumps({"message": MESSAGE, "run_id": "%RUN%"})
            began = time.monotonic()
            first = client(own, [own, other, model], level, plan, tokens, "--body", body)
            time.sleep(LATER)
            options = ("--method", "GET", "--path", "/chat/runs/%RUN%/stream")
            second = client(other, [], level, plan, tokens, *options) if is_followed else None
            # Within both windows.
            opens = began + LATER + plan.ramp_ms(level) / 1000 + FIRST_TOKEN_MS / 1000 + 0.5
            time.sleep(max(0.0, opens - time.monotonic()))
            before = database.sample()
            time.sleep(max(0.0, seconds - LATER))
            after = database.sample()
            reports = [json.loads(process.communicate()[0]) for process in (first, second) if process]
    return figures(level, flush, reports, before, after)


def figures(level: Level, flush: float, reports: list[dict], before: dict, after: dict) -> dict:
    passed = after["at"] - before["at"]
    own = reports[0]
    failures = {}
    for name, report in zip(("own", "other"), reports, strict=False):
        counters = (
            "errors",
            "cut",
            "refused",
            "unfinished",
            "incomplete",
            "id_violations",
            "order_violations",
        )
        failures |= {f"{name} {counter}": report[counter] for counter in counters if report[counter]}
    window = own["window_s"]
    return {
        "level": str(level),
        "streams": level.clients,
        "flush_s": flush,
        "own_ms": own["added_ms"],
        "other_ms": reports[1]["added_ms"] if len(reports) > 1 else None,
        "tokens_per_s": own["window_tokens"] / window,
        "failures": failures,
        "cpu_percent": {n: p["cpu_ms"] / 10 / window for n, p in own["processes"].items()},
        "postgres": {
            "cpu_percent": (after["cpu_s"] - before["cpu_s"]) / passed * 100,
            **{
                f"{name}_per_s": (after[name] - before[name]) / passed
                for name in ("transactions", "wal_bytes", "wal_records", "wal_syncs")
            },
        },
    }
