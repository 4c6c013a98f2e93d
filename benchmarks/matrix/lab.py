"""What every fault needs: the binary, a seed, a folder, and a row of the table to write into."""

import asyncio
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .server import Rill
from .stalls import Stalls
from .upstream import Upstream

SHOWN_PROBLEMS = 5


@dataclass
class Row:
    """One line of the table: a fault, how often it was tried, how often the outcome was as promised."""

    fault: str
    tries: int = 0
    kept: int = 0
    note: str = ""
    problems: list[str] = field(default_factory=list)
    skipped: str = ""
    seconds: float = 0.0
    name: str = ""
    """The name by which `--only` knows the fault."""

    def count(self, problems: Iterable[str]) -> bool:
        """One try; it is as promised when there is no problem."""
        problems = [problem for problem in problems if problem]
        self.tries += 1
        if not problems:
            self.kept += 1
            return True
        room = SHOWN_PROBLEMS - len(self.problems)
        self.problems += problems[: max(room, 0)]
        return False

    @property
    def is_as_promised(self) -> bool:
        return bool(self.skipped) or (self.tries > 0 and self.kept == self.tries)


@dataclass
class Lab:
    binary: Path
    seed: int
    quick: bool
    folder: Path
    """For data, logs and mounts; removed at the end."""
    stalls: Stalls
    scale: float = 1.0

    def tries(self, full: int, quick: int) -> int:
        return max(1, round((quick if self.quick else full) * self.scale))

    def rng(self, *names: object) -> random.Random:
        return random.Random(":".join(map(str, (self.seed, *names))))

    def upstream(self) -> Upstream:
        return Upstream(self.seed)

    def rill(self, name: str, upstream: Upstream, **settings: object) -> Rill:
        """A server with a data folder of its own."""
        return self.rill_on(self.folder / name, name, upstream, **settings)

    def rill_on(self, data: Path, name: str, upstream: Upstream, **settings: object) -> Rill:
        log = self.folder / f"{name}.log"
        return Rill(self.binary, data, upstream.port, log, settings)

    def progress(self, text: str) -> None:
        if sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r" + text[:width].ljust(width))
            sys.stderr.flush()


def new_id() -> str:
    return str(uuid.uuid4())


def question(tag: str) -> str:
    """A question that searches the documents and whose answer the scripted model finds by its tag."""
    return f"How does a stream resume after a broken connection? #{tag}"


async def in_parallel(jobs: Iterable[Awaitable], width: int) -> list:
    """Awaits all, `width` at a time; results in their order."""
    gate = asyncio.Semaphore(width)

    async def one(job: Awaitable):
        async with gate:
            return await job

    return await asyncio.gather(*(one(job) for job in jobs))


async def until(condition, timeout: float, step: float = 0.02) -> bool:
    """Waits until a condition (a function, or an awaitable one) holds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(step)


def make_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="rill-faults-"))
