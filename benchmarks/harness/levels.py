"""One level: so many clients at such a pace, against one system, and the figures that come out."""

import json
import math
import subprocess
from dataclasses import dataclass

from .build import TOOLS
from .processes import Server

QUESTION = "How does Rill resume a stream after the connection breaks?"
FIRST_TOKEN_MS = 20
DRAIN_MS = 8000
HELD_P99_MS = 100  # FR-002: a token reaches the client within 100 ms


@dataclass(frozen=True)
class Level:
    clients: int
    rate: float  # tokens per second of each stream

    @classmethod
    def parse(cls, text: str) -> "Level":
        """`1000` or `5000@2`: clients, and tokens per second when it is not 50."""
        clients, _, rate = text.partition("@")
        return cls(int(clients), float(rate or 50))

    def __str__(self) -> str:
        return f"{self.clients:,} × {self.rate:g}/s"


@dataclass(frozen=True)
class Plan:
    """How long a level takes: connections are ramped up, so that no accept queue overflows, then counted."""

    seconds: float
    ramp_rate: float

    def ramp_ms(self, level: Level) -> int:
        return max(500, round(level.clients / self.ramp_rate * 1000))

    def tokens(self, level: Level) -> int:
        """Enough that the first stream still runs when the window ends."""
        lasting_ms = self.ramp_ms(level) + 500 + self.seconds * 1000
        return math.ceil(lasting_ms / 1000 * level.rate) + max(2, round(level.rate / 5))


def target_options(system: str) -> list[str]:
    """What differs between asking a chat server (or the bare handler) and asking the upstream itself."""
    if system != "floor":
        return ["--path", "/chat/stream", "--body", json.dumps({"message": QUESTION})]
    body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    return [
        "--path",
        "/v1/chat/completions",
        "--body",
        json.dumps(body),
        "--token-mark",
        '"content":"t',
        "--done-mark",
        "[DONE]",
    ]


def client_command(
    target: Server,
    level: Level,
    plan: Plan,
    tokens: int,
    watched: list[Server],
    *options: object,
    drain_ms: int,
) -> list[str]:
    """The load client's command line; `options` say what is asked for."""
    command = [TOOLS / "client", "--port", target.port, *options, "--clients", level.clients]
    command += ["--tokens", tokens, "--pace-us", round(1e6 / level.rate), "--first-us", FIRST_TOKEN_MS * 1000]
    command += ["--ramp-ms", plan.ramp_ms(level), "--window-ms", round(plan.seconds * 1000)]
    command += ["--drain-ms", drain_ms]
    for server in watched:
        command += ["--watch", f"{server.name}:{','.join(map(str, server.pids))}"]
    return list(map(str, command))


def load(system: str, target: Server, watched: list[Server], level: Level, plan: Plan, tokens: int) -> dict:
    """Runs the client once and returns what it printed."""
    ramp = plan.ramp_ms(level)
    # All streams are equally long, so the last to begin ends that much after the first.
    drain = DRAIN_MS + ramp
    options = target_options(system)
    command = client_command(target, level, plan, tokens, watched, *options, drain_ms=drain)
    command += ["--watch", "client:0", "--watch", "machine:-1"]
    limit = (ramp + drain) / 1000 + plan.seconds + 60
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=True)
    return json.loads(done.stdout)


def set_script(
    upstream: Server, tokens: int, pace_us: int, first_ms: float = FIRST_TOKEN_MS, phases: int = 0
) -> None:
    upstream.get(
        f"/script?tokens={tokens}&pace_us={pace_us}&first_us={round(first_ms * 1000)}&phases={phases}"
    )


def measure(system: str, upstream: Server, target: Server, level: Level, plan: Plan, phases: int = 0) -> dict:
    """Warms the target up, runs the level, and derives the figures of the table."""
    warm_up = Level(8, 200)
    set_script(upstream, 20, round(1e6 / warm_up.rate))
    load(system, target, [], warm_up, Plan(0.1, 100), 20)
    tokens = plan.tokens(level)
    set_script(upstream, tokens, round(1e6 / level.rate), phases=phases)
    watched = [upstream] if target is upstream else [upstream, target]
    raw = load(system, target, watched, level, plan, tokens)
    return figures(system, target.name, level, raw, upstream.get("/stats"))


FAILURES = (
    "errors",
    "cut",
    "refused",
    "unfinished",
    "incomplete",
    "left_open",
    "id_violations",
    "order_violations",
)


def failures_of(raw: dict) -> dict[str, int]:
    return {name: raw[name] for name in FAILURES if raw[name]}


def figures(system: str, server: str, level: Level, raw: dict, stats: dict) -> dict:
    window, received = raw["window_s"], raw["window_tokens"]
    process, machine = raw["processes"][server], raw["processes"]["machine"]
    ours = sum(p["cpu_ms"] for name, p in raw["processes"].items() if name != "machine")
    failures = failures_of(raw)
    return {
        "system": system,
        "level": str(level),
        "clients": level.clients,
        "offered_per_s": level.clients * level.rate,
        "tokens_per_s": received / window,
        "added_ms": raw["added_ms"],
        "lateness_ms": raw["lateness_ms"],
        "upstream_late_ms": raw["upstream_late_ms"],
        "first_token_ms": raw["first_token_ms"],
        "kb_per_stream": max(0, process["rss_peak"] - process["rss_before"]) / 1024 / level.clients,
        "rss_before_mb": process["rss_before"] / 1e6,
        "cpu_us_per_token": process["cpu_ms"] * 1000 / received if received else None,
        "cpu_percent": {n: p["cpu_ms"] / 10 / window for n, p in raw["processes"].items() if n != "machine"},
        "other_load_percent": max(0.0, (machine["cpu_ms"] - ours) / 10 / window),
        "tokens_per_frame": received / raw["window_frames"] if raw["window_frames"] else None,
        "failures": failures,
        "upstream_open_after": stats["open"],
        "held": not failures and raw["done"] == level.clients and raw["lateness_ms"]["p99"] < HELD_P99_MS,
    }
