"""Delivery alone: what it costs to bring a token that exists to a socket.

Several readers follow each run. A run is made once, however many follow it, so a further reader costs its
delivery and nothing else: processor time with all readers, minus that with one for each run, divided by
what the further readers got.
"""

import json
import math
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import levels, processes
from .levels import DRAIN_MS, FIRST_TOKEN_MS, Level, Plan, client_command, failures_of, set_script
from .processes import Server

MESSAGE = "Hello!"
"""Answered without a search: that is over before the window anyway."""
BETWEEN = 0.5
"""Seconds between the two windows."""


@dataclass(frozen=True)
class Readers:
    runs: int
    each: int
    rate: float

    @classmethod
    def parse(cls, text: str) -> "Readers":
        """`20x10@50`: twenty runs of 50 tokens/s with ten further readers each."""
        counts, _, rate = text.partition("@")
        runs, _, each = counts.partition("x")
        return cls(int(runs), int(each or 1), float(rate or 50))

    @property
    def clients(self) -> int:
        return self.runs * self.each

    @property
    def level(self) -> Level:
        return Level(self.clients, self.rate)

    def __str__(self) -> str:
        return f"{self.runs:,} × {self.each:,}, {self.rate:g}/s"


def measure(readers: Readers, plan: Plan, rill: Path, handler: Path) -> list[dict]:
    """The floor, the handler and Rill. The first two make a stream for each connection, due as Rill's are."""
    rows = []
    with processes.upstream() as floor:
        rows.append(row(readers, levels.measure("floor", floor, floor, readers.level, plan, readers.runs)))
    with processes.handler(handler) as bare:
        rows.append(row(readers, levels.measure("handler", bare, bare, readers.level, plan, readers.runs)))
    with processes.upstream() as upstream, processes.rill(rill, upstream.port) as server:
        rows.append(shared(readers, plan, upstream, server))
    return rows


def row(readers: Readers, figures: dict) -> dict:
    keys = ("system", "tokens_per_s", "lateness_ms", "cpu_us_per_token", "tokens_per_frame", "failures")
    return {"readers": str(readers)} | {key: figures[key] for key in keys}


def shared(readers: Readers, plan: Plan, upstream: Server, server: Server) -> dict:
    """One reader for each run in the first window, all of them in the second."""
    makers = Level(readers.runs, readers.rate)
    first_ends = window_end(makers, plan)
    both_end = first_ends + BETWEEN + window_end(readers.level, plan)
    tokens = math.ceil((both_end + 1) * readers.rate)
    set_script(upstream, tokens, round(1e6 / readers.rate))
    drain = round((both_end - first_ends) * 1000) + DRAIN_MS
    began = time.monotonic()
    body = json.dumps({"message": MESSAGE, "run_id": "%RUN%"})
    command = client_command(server, makers, plan, tokens, [server], "--body", body, drain_ms=drain)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as maker:
        time.sleep(max(0.0, began + first_ends + BETWEEN - time.monotonic()))
        options = ("--method", "GET", "--path", "/chat/runs/%RUN%/stream", "--runs", readers.runs)
        command = client_command(
            server, readers.level, plan, tokens, [server], *options, drain_ms=DRAIN_MS + 1000
        )
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        alone, together = json.loads(maker.communicate()[0]), json.loads(done.stdout)
    return figures(readers, alone, together)


def window_end(level: Level, plan: Plan) -> float:
    """Seconds from the client's start to the end of its window."""
    return (plan.ramp_ms(level) + FIRST_TOKEN_MS + 500) / 1000 + plan.seconds


def figures(readers: Readers, alone: dict, together: dict) -> dict:
    one, all_of_them = (
        report["processes"]["Rill"]["cpu_ms"] / report["window_s"] for report in (alone, together)
    )
    delivered = together["window_tokens"] / together["window_s"]
    return {
        "readers": str(readers),
        "system": "Rill",
        "tokens_per_s": delivered,
        "lateness_ms": together["lateness_ms"],
        "cpu_us_per_token": (all_of_them - one) * 1000 / delivered if delivered else None,
        "tokens_per_frame": together["window_tokens"] / together["window_frames"] if delivered else None,
        "failures": failures_of(alone) | failures_of(together),
        "cpu_percent_alone": one / 10,
        "cpu_percent_together": all_of_them / 10,
    }
