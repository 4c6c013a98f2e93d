"""Fault 11: more runs than places: they wait in order and know their position; limits refuse the rest."""

import asyncio
import time
from dataclasses import dataclass, field

from . import compare
from .lab import Lab, Row, new_id, question, until
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Exchange, Plan, Upstream
from .wire import Broken, call

SLOTS = 3
RUNS = 15


@dataclass
class QueuedRun:
    tag: str
    plan: Plan
    run_id: str = field(default_factory=new_id)
    reader: Reader = field(default_factory=Reader)

    @property
    def body(self) -> dict:
        return {"message": question(self.tag), "run_id": self.run_id}

    @property
    def positions(self) -> list[int]:
        return [event.content["position"] for event in self.reader.events if event.type == "queued"]

    async def ask(self, rill: Rill) -> None:
        try:
            await self.reader.follow(rill.port, self.run_id, self.body)
        except Broken:
            pass  # The server was killed; it is resumed.

    def problems(self) -> list[str]:
        """A whole run, with `queued` events between metadata and routing, and nowhere else."""
        problems = list(self.reader.problems) + compare.terminal(self.reader.terminal, "done")
        types = [event.type for event in self.reader.events]
        waiting = types.count("queued")
        if types[1 : 1 + waiting] != ["queued"] * waiting:
            problems.append(f"queued between {types[:4]}")
        if self.reader.text != self.plan.text:
            problems.append(f"{len(self.reader.text)} of {len(self.plan.text)} characters")
        positions = self.positions
        if positions != sorted(positions, reverse=True) or (positions and positions[-1] < 1):
            problems.append(f"positions {positions}")
        return [f"{self.tag}: {problem}" for problem in problems]


async def start(
    upstream: Upstream, rill: Rill, name: str, count: int, gate: asyncio.Event, pace: float = 0.01
):
    """Asks one after the other, each when the one before has its place. The model waits for the gate."""

    async def act(exchange: Exchange) -> None:
        await gate.wait()
        await exchange.send_all()

    runs, asking = [], []
    for number in range(count):
        tag = f"{name}-{number}"
        run = QueuedRun(tag, upstream.plan(tag, 20, pace=pace, act=act))
        runs.append(run)
        asking.append(asyncio.create_task(run.ask(rill)))
        wanted = "queued" if number >= SLOTS else "routing_start"
        await until(lambda run=run, wanted=wanted: run.reader.first(wanted) or run.reader.terminal, 10)
    return runs, asking


async def in_order(rill: Rill, upstream: Upstream, number: int, row: Row) -> None:
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, upstream.open)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    gate = asyncio.Event()
    runs, asking = await start(upstream, rill, f"queue-{number}", RUNS, gate)
    gate.set()
    await asyncio.gather(*asking)
    watching.cancel()
    for run in runs:
        row.count(run.problems())
    begun = [run.reader.first("routing_start") for run in runs]
    starts = [event.timestamp for event in begun if event]
    row.count([] if starts == sorted(starts) else ["they did not begin in the order in which they came"])
    row.count([f"{most} ran at once, {SLOTS} may"] if most > SLOTS else [])
    firsts = [run.positions[0] for run in runs[SLOTS:] if run.positions]
    row.count([] if len(firsts) == RUNS - SLOTS else [f"{len(firsts)} of {RUNS - SLOTS} were told to wait"])


async def stopped(rill: Rill, upstream: Upstream, number: int, row: Row) -> None:
    """Stop while waiting ends the run at once, without asking the model; those behind it move up."""
    gate = asyncio.Event()
    runs, asking = await start(upstream, rill, f"queue-stop-{number}", SLOTS + 3, gate)
    waiting = runs[SLOTS]
    began = time.monotonic()
    answer = await rill.call("POST", f"/chat/runs/{waiting.run_id}/stop")
    took = time.monotonic() - began
    gate.set()
    await asyncio.gather(*asking)
    problems = waiting.reader.problems + compare.terminal(waiting.reader.terminal, "cancelled", reason="user")
    if answer.status != 200 or took > 1:
        problems.append(f"stop answered {answer.status} after {took:.2f} s")
    if upstream.asked(waiting.tag):
        problems.append("the model was asked")
    row.count(f"{waiting.tag}: {problem}" for problem in problems)
    for run in runs[SLOTS + 1 :]:
        row.count(run.problems())


async def killed(rill: Rill, upstream: Upstream, number: int, row: Row) -> None:
    """SIGKILL while they wait: all are interrupted, all can be continued."""
    gate = asyncio.Event()
    runs, asking = await start(upstream, rill, f"queue-kill-{number}", RUNS, gate)
    await rill.kill()
    await asyncio.gather(*asking)
    await rill.start()
    gate.set()

    async def go_on(run: QueuedRun) -> list[str]:
        await follow_to_end(run.reader, rill.port, run.run_id)
        problems = run.reader.problems + compare.terminal(run.reader.terminal, "error", code="INTERRUPTED")
        reader, new_run = Reader(), new_id()
        path = f"/chat/runs/{run.run_id}/continue"
        await follow_to_end(reader, rill.port, new_run, {"run_id": new_run}, path=path)
        problems += reader.problems + compare.terminal(reader.terminal, "done")
        if reader.text != run.plan.text:
            problems.append(f"continued: {len(reader.text)} of {len(run.plan.text)} characters")
        return [f"{run.tag}: {problem}" for problem in problems]

    for problems in await asyncio.gather(*(go_on(run) for run in runs)):
        row.count(problems)


async def limits(lab: Lab, upstream: Upstream) -> list[Row]:
    """The limits for all clients and for one."""
    rows = []
    for setting, wanted in (
        ("RILL_MAX_RUNS", (503, "OVERLOADED")),
        ("RILL_MAX_RUNS_PER_CLIENT", (429, "TOO_MANY_RUNS")),
    ):
        row = Row(f"more runs than {setting}")
        async with lab.rill(setting.lower(), upstream, **{setting: SLOTS}) as rill:
            gate = asyncio.Event()
            runs, asking = await start(upstream, rill, setting, SLOTS, gate)
            for _ in range(lab.tries(20, 5)):
                answer = await call(rill.port, "POST", "/chat/stream", {"message": question("beyond")})
                told = (answer.status, answer.code)
                row.count([f"{told}"] if told != wanted or "retry-after" not in answer.headers else [])
            await rill.call("POST", f"/chat/runs/{runs[0].run_id}/stop")
            upstream.plan("with-room", 5)
            body = {"message": question("with-room"), "run_id": new_id()}
            later = await follow_to_end(Reader(), rill.port, body["run_id"], body)
            row.count([f"with room again: {problem}" for problem in compare.terminal(later.terminal, "done")])
            gate.set()
            await asyncio.gather(*asking)
        row.note = f"{wanted[0]} {wanted[1]} with Retry-After; admitted again when there is room"
        rows.append(row)
    return rows


async def connections(lab: Lab, upstream: Upstream) -> Row:
    """More connections than the server takes: those beyond are told so, the others do not notice."""
    row, limit = Row("more connections than RILL_MAX_CONNECTIONS"), 20
    async with lab.rill("connections", upstream, RILL_MAX_CONNECTIONS=limit) as rill:
        gate = asyncio.Event()
        runs, asking = await start(upstream, rill, "connections", SLOTS, gate)
        idle = [await asyncio.open_connection("127.0.0.1", rill.port) for _ in range(limit - SLOTS)]
        for _ in range(lab.tries(20, 5)):
            answer = await call(rill.port, "GET", "/sessions", timeout=5)
            told = (answer.status, answer.code)
            fine = told == (503, "OVERLOADED") and "retry-after" in answer.headers
            row.count([] if fine else [f"{told}"])
        for _, writer in idle:
            writer.close()
        gate.set()
        await asyncio.gather(*asking)
        for run in runs:
            row.count(run.problems())

        async def is_admitted() -> bool:
            return (await call(rill.port, "GET", "/sessions")).status == 200

        row.count([] if await until(is_admitted, 3) else ["not admitted when the others had gone"])
    row.note = "503 OVERLOADED with Retry-After; the others whole"
    return row


async def run(lab: Lab) -> list[Row]:
    order, stop, kill = (
        Row("queue: in order"),
        Row("queue: Stop while waiting"),
        Row("queue: kill -9 while waiting"),
    )
    async with lab.upstream() as upstream:
        async with lab.rill("queues", upstream, RILL_RUN_SLOTS=SLOTS, RILL_DISCONNECT_GRACE=60) as rill:
            for number in range(lab.tries(10, 2)):
                await in_order(rill, upstream, number, order)
                await stopped(rill, upstream, number, stop)
                await killed(rill, upstream, number, kill)
        refused = [*await limits(lab, upstream), await connections(lab, upstream)]
    order.note = f"{SLOTS} at once, the others told their position and begun in order"
    stop.note = "cancelled at once, the model never asked, the next ones move up"
    kill.note = "INTERRUPTED, and continued from the beginning"
    return [order, stop, kill, *refused]
