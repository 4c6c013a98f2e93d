"""A question and its reader, who comes back after a break as the page does."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from matrix import compare
from matrix.lab import Lab, new_id, question, until
from matrix.reader import Reader
from matrix.server import Rill
from matrix.upstream import Plan, Upstream
from matrix.wire import Broken, Cut, call

from .cluster import Cluster

PAUSES = (0.1, 0.3, 0.6, 1.0)
"""Seconds before each try to come back; then the last one again and again."""
RETRYABLE = (502, 503, 504)
"""What a node that cannot answer says, or nginx for one that is not there."""
ENDED = ("done", "cancelled", "error", "interrupted")


@dataclass
class Asked:
    """One run and what its reader was told."""

    tag: str
    plan: Plan
    session_id: str | None = None
    run_id: str = field(default_factory=new_id)
    reader: Reader = field(default_factory=Reader)
    path: str = "/chat/stream"
    body: dict = field(default_factory=dict)
    refusals: list[tuple] = field(default_factory=list)
    breaks: int = 0
    only_reads: bool = False
    """Never sends the question, only follows its run."""
    saved: str = ""
    """What it had been told so long before a fault that it must be stored."""
    calls: int = 1
    """How often the model may have been asked in the end."""

    def __post_init__(self) -> None:
        if not self.body:
            self.body = {"message": question(self.tag), "run_id": self.run_id}
            if self.session_id:
                self.body["session_id"] = self.session_id

    async def follow(self, port: int | Callable[[], int], patience: float = 60) -> None:
        """Reads to the terminal event over any number of connections."""
        began, tries = time.monotonic(), 0
        while time.monotonic() - began < patience:
            before = self.reader.last_id
            try:
                await self._follow_once(port() if callable(port) else port, patience)
            except Broken:
                self.breaks += 1
            except Cut:
                pass
            if self.reader.terminal or self.reader.problems:
                break
            if self.reader.refusal and not self._may_come_back():
                self.reader.problems.append(f"refused with {self.reader.refusal[:2]}")
                break
            tries = 0 if self.reader.last_id > before else tries + 1
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
        if not self.reader.terminal and not self.reader.problems:
            self.reader.problems.append(
                f"no end within {patience:g} s, last id {self.reader.last_id}, {self.refusals[-1:]}"
            )
        if metadata := self.reader.first("metadata"):
            self.session_id = metadata.content["session_id"]

    async def _follow_once(self, port: int, patience: float) -> None:
        # Without a word from the server nobody knows whether the question has arrived: it is sent again.
        body = None if self.reader.events or self.only_reads else self.body
        await self.reader.follow(port, self.run_id, body, path=self.path, timeout=patience)

    def _may_come_back(self) -> bool:
        status, code, _ = self.reader.refusal
        self.refusals.append((status, code))
        return status in RETRYABLE

    @property
    def is_streaming(self) -> bool:
        return self.reader.first("token") is not None

    def continued(self) -> "Asked":
        """The run that takes the interrupted one up."""
        run_id = new_id()
        return Asked(
            self.tag,
            self.plan,
            self.session_id,
            run_id,
            path=f"/chat/runs/{self.run_id}/continue",
            body={"run_id": run_id},
        )


def make(lab: Lab, upstream: Upstream, tag: str, pace: float = 0.02, low: int = 20, high: int = 120) -> Asked:
    plan = upstream.plan(tag, lab.rng(tag).randint(low, high), pace=pace, first=0.05)
    return Asked(tag, plan)


async def start_all(
    runs: list[Asked], port: int | Callable[[], int], patience: float = 60
) -> list[asyncio.Task]:
    """Asks all, and returns when each has had its first token."""
    tasks = [asyncio.create_task(run.follow(port, patience)) for run in runs]

    def have_begun() -> bool:
        return all(run.is_streaming or task.done() for run, task in zip(runs, tasks, strict=True))

    await until(have_begun, 30)
    return tasks


async def problems_of(run: Asked, cluster: Cluster, upstream: Upstream, *allowed: str) -> list[str]:
    """What is wrong with a run that has ended; `allowed` are the statuses that it may have."""
    problems = list(run.reader.problems)
    terminal = run.reader.terminal
    if terminal is None or run.session_id is None:
        return [f"{run.tag}: {problem}" for problem in problems or ["its reader was not told the end"]]
    node = cluster.doors[0]
    status = (await node.get(f"/chat/runs/{run.run_id}"))["status"]
    if status not in allowed:
        problems.append(f"it is {status}: {terminal.type} {terminal.content}"[:200])
    stored = await node.answer_of(run.session_id, run.run_id)
    text = stored["content"] if stored else ""
    if status == "done":
        if run.path == "/chat/stream":
            problems += compare.whole(run.reader, run.plan.pieces)
        elif run.reader.text != run.plan.text:
            problems.append(f"continued, it has {len(run.reader.text)} of {len(run.plan.text)} characters")
        problems += compare.stored(stored, "done", run.plan.text)
    else:
        problems += problems_of_part(run, status, stored)
    if text != run.reader.text:
        problems.append(f"its reader has {len(run.reader.text)} characters, {len(text)} are stored")
    if upstream.asked(run.tag) > run.calls:
        problems.append(f"the model was asked {upstream.asked(run.tag)} times")
    for node in cluster.doors:
        problems += [f"at {node.name}: {problem}" for problem in await problems_at(node, run, terminal)]
    return [f"{run.tag}: {problem}" for problem in problems]


def problems_of_part(run: Asked, status: str, stored: dict | None) -> list[str]:
    """Of an answer that is not whole."""
    if stored is None:
        return ["the answer's place is not stored"]
    problems = [] if stored["status"] == status else [f"stored as {stored['status']}, the run is {status}"]
    if not run.plan.text.startswith(stored["content"]):
        problems.append("what is stored is no prefix of what the model sent")
    if not stored["content"].startswith(run.saved):
        problems.append(f"{len(stored['content'])} characters are stored, {len(run.saved)} must be")
    return problems


async def problems_at(node: Rill, run: Asked, terminal) -> list[str]:
    """Every node tells the same from the beginning; a reader that is sent away comes back."""
    copy = Asked(run.tag, run.plan, run.session_id, run.run_id, only_reads=True)
    again = copy.reader
    await copy.follow(node.port, patience=15)
    problems = list(again.problems)
    if again.text != run.reader.text:
        problems.append(f"it tells {len(again.text)} characters, not {len(run.reader.text)}")
    if again.terminal and (again.terminal.type, again.terminal.content) != (terminal.type, terminal.content):
        problems.append(f"it ends with {again.terminal.type} {again.terminal.content}"[:160])
    return problems


async def problems_of_continuing(run: Asked, cluster: Cluster, upstream: Upstream, port: int) -> list[str]:
    """Continue gives the whole answer in the same place, at whichever node it is asked for."""
    run.plan.pace = 0
    next_run = run.continued()
    next_run.calls = upstream.asked(run.tag) + 1
    await next_run.follow(port)
    problems = await problems_of(next_run, cluster, upstream, "done")
    old, new = (r.reader.first("metadata") for r in (run, next_run))
    if old and new and old.content["message_id"] != new.content["message_id"]:
        problems.append(f"{run.tag}: continued, it wrote another message")
    refused = await call(port, "POST", next_run.path, {"run_id": new_id()})
    if (refused.status, refused.code) != (409, "NOT_INTERRUPTED"):
        problems.append(f"{run.tag}: continued a second time it answers {refused.status} {refused.code}")
    return problems


def lag(run: Asked, stored: int, moment: float) -> float:
    """The age, at a moment, of the oldest text that had been told by then and is not stored, in seconds."""
    length = 0
    for event in run.reader.events:
        if event.at > moment:
            break
        if event.type == "token":
            length += len(event.content)
            if length > stored:
                return moment - event.at
    return 0.0


def spread(values: list[float], unit: float = 1000) -> str:
    """The median and the worst, in milliseconds."""
    if not values:
        return "–"
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2] * unit:.0f} ms, at most {ordered[-1] * unit:.0f} ms"
