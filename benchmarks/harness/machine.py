"""What the figures were taken on."""

import datetime
import os
import platform
from pathlib import Path


def describe() -> dict:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "processors": os.cpu_count(),
        "kernel": f"Linux {platform.release().split('-')[0]}",
        "memory_gb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
    }


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def line(described: dict) -> str:
    """As the head of a table."""
    machine = f"{described['processors']} × {described['cpu']}"
    return f"{machine}, {described['memory_gb']:.0f} GB, {described['kernel']}"
