"""What a process does for each token: allocations, system calls, waits for locks, switches between threads.

Each counter is read at both ends of a stretch in which all streams run. One that this machine does not
offer is `None`.
"""

import mmap
import re
import shutil
import struct
import subprocess
import time
from pathlib import Path

from . import build

CALLS = (
    "futex",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_ctl",
    "timerfd_settime",
    "read",
    "write",
    "writev",
    "sendto",
    "sendmsg",
    "recvfrom",
    "pwrite64",
    "madvise",
    "sched_yield",
)
"""The system calls that are told apart; the rest is in the sum."""


class Allocations:
    """Counts the allocations of every process that is started with its environment."""

    def __init__(self, file: Path):
        self.environment: dict[str, str] = {}
        self._map: mmap.mmap | None = None
        try:
            build.build_tools(("alloccount.so",))
        except build.BuildFailed:
            return
        file.write_bytes(bytes(16))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 16)
        self.environment = {"LD_PRELOAD": str(build.TOOLS / "alloccount.so"), "ALLOCCOUNT_FILE": str(file)}

    def read(self) -> int | None:
        """How many calls have allocated so far; `None` when none was seen: another allocator is in use."""
        return struct.unpack("=q", self._map[:8])[0] or None if self._map else None


def switches(status: str) -> tuple[int, int]:
    """Voluntary and involuntary context switches in the text of `/proc/PID/task/TID/status`."""
    found = dict(re.findall(r"^(\w*voluntary_ctxt_switches):\s+(\d+)$", status, re.MULTILINE))
    return int(found["voluntary_ctxt_switches"]), int(found["nonvoluntary_ctxt_switches"])


def all_switches(pids: list[int]) -> tuple[int, int]:
    """Those of all threads that there are; servers do not end threads while they stream."""
    voluntary = involuntary = 0
    for pid in pids:
        for status in Path(f"/proc/{pid}/task").glob("*/status"):
            try:
                one = switches(status.read_text())
            except (OSError, KeyError):
                continue
            voluntary, involuntary = voluntary + one[0], involuntary + one[1]
    return voluntary, involuntary


def parse_perf(text: str) -> dict[str, int]:
    """Counts by event from `perf stat -x,`; what could not be counted is left out."""
    counts = {}
    for line in text.splitlines():
        fields = line.split(",")
        if len(fields) > 2 and fields[0].isdigit():
            counts[fields[2].removeprefix("syscalls:sys_enter_")] = int(fields[0])
    if "raw_syscalls:sys_enter" in counts:
        counts["all"] = counts.pop("raw_syscalls:sys_enter")
    return counts


def parse_strace(text: str) -> dict[str, int]:
    """Counts by call from the table of `strace -c`."""
    counts = {}
    for line in text.splitlines():
        fields = line.split()
        # % time, seconds, µs per call, calls, [errors,] name
        if len(fields) >= 5 and re.fullmatch(r"[\d.]+", fields[0]) and fields[3].isdigit():
            counts["all" if fields[-1] == "total" else fields[-1]] = int(fields[3])
    return counts


def system_calls(pids: list[int], seconds: float) -> tuple[dict[str, float], str]:
    """How often the processes enter the kernel in a second, and which tool counted."""
    names = ",".join(map(str, pids))
    if shutil.which("perf"):
        events = ",".join(["raw_syscalls:sys_enter", *(f"syscalls:sys_enter_{call}" for call in CALLS)])
        command = ["perf", "stat", "-x,", "-e", events, "-p", names, "--", "sleep", str(seconds)]
        counts = parse_perf(subprocess.run(command, capture_output=True, text=True).stderr)
        if "all" in counts:
            # It counts while `sleep` runs. Itself it takes longer, for it has to find all threads first.
            return {name: count / seconds for name, count in counts.items()}, "perf"
    if shutil.which("strace"):
        counts = parse_strace(traced(pids, seconds))
        if "all" in counts:
            return {name: count / seconds for name, count in counts.items()}, "strace"
    return {}, "nothing"


def traced(pids: list[int], seconds: float) -> str:
    command = ["strace", "-c", "-f", *(option for pid in pids for option in ("-p", str(pid)))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tracer:
        time.sleep(seconds)
        tracer.send_signal(2)  # it prints its table and lets go of the processes
        return tracer.communicate(timeout=30)[1]
