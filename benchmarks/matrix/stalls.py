"""How long the machine has kept this program waiting: other programs' load is not the server's fault."""

import asyncio
import time
from collections import deque

STEP = 0.01


class Stalls:
    """Notes, every few milliseconds, how much later than due it got the processor."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=6000)
        self.worst = 0.0

    async def watch(self) -> None:
        while True:
            due = time.monotonic() + STEP
            await asyncio.sleep(STEP)
            now = time.monotonic()
            self._late.append((now, now - due))
            self.worst = max(self.worst, now - due)

    def within(self, seconds: float) -> float:
        """The longest wait that ended in the last so many seconds."""
        since = time.monotonic() - seconds
        return max((late for at, late in self._late if at >= since), default=0.0)
