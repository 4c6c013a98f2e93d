"""The table."""

import os
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from .opening import middle, most


def table(results: dict, options: Namespace) -> str:
    rows = []
    if "stream" in results:
        rows += stream_rows(results["stream"], results["tasks"])
    for name, title in (("address", "by its address, empty cache"), ("click", "by a click in the list")):
        if name in results:
            rows += conversation_rows(f"{options.messages:,} messages opened {title}", results[name])
    if "paint" in results:
        rows += paint_rows(results["paint"], results["floor"])
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines = [HEAD, ["-" * width for width in widths], *rows]
    text = "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )
    parts = f"\n\n{parts_table(results['stream']['parts'])}" if "stream" in results else ""
    return f"# The page\n\n{machine(results)}\n\n{text}{parts}\n"


HEAD = ["figure", "goal", "measured", "idle floor"]


def machine(results: dict) -> str:
    processor = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "processor",
    )
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return (
        f"{now} · {os.cpu_count()} × {processor} · headless Chromium {results['chromium'].split('.')[0]} without a "
        f"graphics card, Rill and the scripted model on the same machine · load {load:.1f} at the end\n\n"
        "    .tools/venv/bin/python benchmarks/page --rill BIN"
    )


def stream_rows(result: dict, traced: list[float]) -> list[list[str]]:
    frames, floor, parts = result["frames"], result["floor"], result["parts"]
    first, last = parts[0], parts[-1]
    tasks = result["long_tasks"]
    name = f"{result['tokens']:,} tokens at {result['rate']:,.0f}/s"

    def pair(key: str, form: str) -> tuple[str, str]:
        return form.format(frames[key]), form.format(floor[key])

    return [
        [f"{name}: interval between frames, p95", "< 16.7 ms", *pair("p95", "{:.1f} ms")],
        ["… p50", "", *pair("p50", "{:.1f} ms")],
        ["… p99", "", *pair("p99", "{:.1f} ms")],
        ["… longest", "", *pair("longest", "{:.1f} ms")],
        ["… frames per second", "60", *pair("per_second", "{:.1f}")],
        ["… frames that came a frame late or more", "", *pair("late", "{:.2%}")],
        ["… time the page's thread took for a frame, p50", "", *pair("work_p50", "{:.1f} ms")],
        ["… p95", "< 16.7 ms", *pair("work_p95", "{:.1f} ms")],
        ["… tasks over 50 ms by the clock", "none", over(tasks), ""],
        ["… by their processor time (a part of the answer, traced)", "none", over(traced), ""],
        [
            "… processor time per token, last tenth ÷ first tenth",
            "≈ 1",
            f"{last['TaskDuration'] / first['TaskDuration']:.2f}",
            "",
        ],
        ["… the model's own lateness at most", "", f"{result['upstream_late_ms']:.0f} ms", ""],
    ]


def over(tasks: list[float], limit: float = 50) -> str:
    return f"{sum(task > limit for task in tasks)} (longest {max(tasks, default=0):.0f} ms)"


def parts_table(parts: list[dict]) -> str:
    lines = [
        "| tenth of the answer | page's thread µs/token | of it scripts | layout | styles | all of Chromium | heap MB |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    names = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "processes", "heap_mb")
    for number, part in enumerate(parts, 1):
        lines.append(f"| {number} | " + " | ".join(f"{part[name]:.0f}" for name in names) + " |")
    return "\n".join(lines)


def spread(results: list[dict], name: str) -> str:
    return f"{middle(results, name):.0f} / {most(results, name):.0f} ms"


def conversation_rows(name: str, results: list[dict]) -> list[list[str]]:
    return [
        [f"{name}: the last one visible, median / most", "< 300 ms", spread(results, "conversation"), ""],
        ["… all of them in the page", "", spread(results, "everything"), ""],
        ["… of it waiting for the messages", "", spread(results, "server"), f"{results[0]['bytes'] / 1e6:.1f} MB"],
        ["… longest task", "", spread(results, "long_task"), ""],
    ]


def paint_rows(results: list[dict], floor: list[dict]) -> list[list[str]]:
    name = "first contentful paint, empty cache, median / most"
    return [
        [name, "< 300 ms", spread(results, "paint"), spread(floor, "paint")],
        ["… until one can write", "< 300 ms", spread(results, "composer"), ""],
    ]
