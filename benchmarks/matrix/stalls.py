"""How long the machine has kept this program waiting: other programs' load is not the server's fault."""

import asyncio
import os
import time
from collections import deque
from pathlib import Path

STEP = 0.01
DISK_STEP = 0.2


class Stalls:
    """Notes how late this program gets the processor, and how long a sync of the disk takes."""

    def __init__(self, folder: Path) -> None:
        self._probe = folder / "probe"
        self._late: deque[tuple[float, float]] = deque(maxlen=6000)
        self.worst = 0.0
        self.worst_sync = 0.0

    async def watch(self) -> None:
        await asyncio.gather(self._watch_processor(), self._watch_disk())

    async def _watch_processor(self) -> None:
        while True:
            due = time.monotonic() + STEP
            await asyncio.sleep(STEP)
            late = time.monotonic() - due
            self._late.append((time.monotonic(), late))
            self.worst = max(self.worst, late)

    async def _watch_disk(self) -> None:
        while True:
            took = await asyncio.to_thread(self._sync)
            self._late.append((time.monotonic(), took))
            self.worst_sync = max(self.worst_sync, took)
            await asyncio.sleep(DISK_STEP)

    def _sync(self) -> float:
        began = time.monotonic()
        with self._probe.open("wb", buffering=0) as file:
            file.write(b"x")
            os.fdatasync(file.fileno())
        return time.monotonic() - began

    def within(self, seconds: float) -> float:
        """The longest wait that ended in the last so many seconds."""
        since = time.monotonic() - seconds
        return max((late for at, late in self._late if at >= since), default=0.0)
