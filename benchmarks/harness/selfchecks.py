"""What `benchmarks/check` checks without a server: the histogram, and the reading of counters."""

import json
import random
import subprocess
from collections.abc import Iterator

from . import counters, delivery, report
from .levels import FAILURES
from .build import TOOLS, build_tools

PRECISION = 0.001
"""Three significant digits."""


def histogram(samples: list[int]) -> dict:
    text = "\n".join(map(str, samples))
    done = subprocess.run([TOOLS / "histogram-check"], input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["samples"]


def exact(samples: list[int]) -> dict[str, float]:
    """By sorting, with the rank that the histogram takes."""
    ordered = sorted(samples)
    ranks = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
    points = {name: ordered[max(1, int(q * len(ordered) + 0.5)) - 1] / 1e6 for name, q in ranks.items()}
    return points | {
        "max": ordered[-1] / 1e6,
        "count": len(ordered),
        "mean": sum(ordered) / len(ordered) / 1e6,
    }


def differences(found: dict, expected: dict) -> list[str]:
    # Four decimals of a millisecond are printed, so the smallest values are known to half of the last one.
    return [
        f"{name} is {found[name]} instead of {value}"
        for name, value in expected.items()
        if abs(found[name] - value) > PRECISION * value + 0.00006
    ]


def check_histograms() -> Iterator[tuple[str, bool]]:
    build_tools(("histogram-check",))
    randomness = random.Random(1)
    kinds = {
        "a microsecond to a minute": [int(10 ** randomness.uniform(3, 10.8)) for _ in range(20_000)],
        "around a power of two": [(1 << 20) + n for n in range(-700, 700)],
        "one value": [123_456_789],
        "two far apart": [1_000_000] * 999 + [10_000_000_000] * 2,
    }
    for name, samples in kinds.items():
        yield f"a histogram, {name}", not differences(histogram(samples), exact(samples))
    # The comparison has to be able to fail: a stall that was left out.
    stalled = [1_000_000] * 980 + [2_000_000_000] * 20
    yield "a histogram that lacks a stall", bool(differences(histogram(stalled[:980]), exact(stalled)))


PERF = """\
45210,,raw_syscalls:sys_enter,4001234567,100.00,,
120,,syscalls:sys_enter_futex,4001234567,100.00,,
<not supported>,,syscalls:sys_enter_epoll_wait,0,100.00,,
<not counted>,,syscalls:sys_enter_writev,0,0.00,,
"""
STRACE = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.20    0.001200          10       120        17 futex
 38.80    0.000761           3       200           sendto
------ ----------- ----------- --------- --------- ----------------
100.00    0.001961           6       320        17 total
"""
STATUS = "Name:\trill\nvoluntary_ctxt_switches:\t4711\nnonvoluntary_ctxt_switches:\t12\n"


def check_counters() -> Iterator[tuple[str, bool]]:
    yield (
        "counts of perf",
        counters.parse_perf(PERF)
        == {
            "all": 45210,
            "futex": 120,
        },
    )
    yield "perf without permission", counters.parse_perf("Error:\nNo permission to enable events.\n") == {}
    yield "counts of strace", counters.parse_strace(STRACE) == {"futex": 120, "sendto": 200, "all": 320}
    yield (
        "strace without permission",
        counters.parse_strace("strace: attach: ptrace(PTRACE_SEIZE, 1)\n") == {},
    )
    yield "context switches", counters.switches(STATUS) == (4711, 12)


def check_reports() -> Iterator[tuple[str, bool]]:
    base = {"readers": "1 × 10, 50/s", "tokens_per_s": 500.0, "tokens_per_frame": 1.0, "failures": {}}
    base["lateness_ms"] = {"p50": 1.0, "p99": 2.0}
    costs = {"floor": 10.0, "handler": 50.0, "Rill": 20.0}
    table = report.delivery(
        [base | {"system": name, "cpu_us_per_token": cost} for name, cost in costs.items()]
    )
    yield "ratios of delivery", table[2][5:7] == ["2.00×", "0.40×"]
    broken = report.delivery([base | {"system": "Rill", "cpu_us_per_token": None, "failures": {"cut": 3}}])
    yield "delivery that failed", broken[0][4:7] == ["–", "–", "–"] and broken[0][-1] == "no: 3 cut"


def check_delivery() -> Iterator[tuple[str, bool]]:
    """300 ms more of the processor for 3,000 tokens are 100 µs for each; what one client saw is not lost."""
    whole = dict.fromkeys(FAILURES, 0) | {"window_s": 1.0, "window_tokens": 50, "window_frames": 50}
    whole["lateness_ms"] = {"p50": 1.0, "p99": 2.0}
    alone = whole | {"processes": {"Rill": {"cpu_ms": 100.0}}}
    together = whole | {"processes": {"Rill": {"cpu_ms": 400.0}}, "window_tokens": 3000, "incomplete": 2}
    found = delivery.figures(delivery.Readers.parse("10x6@50"), alone, together)
    cost = found["cpu_us_per_token"]
    yield "the cost of a further reader", abs(cost - 100) < 1e-9 and found["failures"] == {"incomplete": 2}
    cut = delivery.figures(delivery.Readers.parse("10x6@50"), alone | {"cut": 1}, together)
    yield "a reader that was cut", cut["failures"] == {"cut": 1, "incomplete": 2}


def run() -> Iterator[tuple[str, bool]]:
    yield from check_histograms()
    yield from check_counters()
    yield from check_reports()
    yield from check_delivery()
