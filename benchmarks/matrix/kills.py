"""Fault 2: SIGKILL at random moments under load, and what the next start makes of it."""

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass, field

from . import compare
from .continuing import problems_of_continuing
from .lab import Lab, Row, in_parallel, new_id, question
from .reader import Reader, follow_to_end
from .server import Rill
from .stalls import DISK_STEP, Stalls
from .upstream import Upstream
from .wire import Broken, call

LOAD = 20
FLUSH = 0.2
"""The flush interval, RILL_FLUSH_INTERVAL."""
SLACK = 0.3
"""What a flush and the way to the reader may take, in seconds; stalls of the machine come on top."""
TOLD_WITHIN = 1.0
"""Seconds from readiness until every reader of an interrupted run must know."""
ENDED = ("done", "cancelled", "error", "interrupted")


@dataclass
class KilledRun:
    tag: str
    text: str
    session_id: str | None
    run_id: str = field(default_factory=new_id)
    reader: Reader = field(default_factory=Reader)
    saved: str = ""
    """What it had been told more than one flush interval before the kill."""
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    """How many characters it had been told, and when, in seconds before the kill."""
    status: str = ""
    body: dict = field(default_factory=dict)
    path: str = "/chat/stream"
    continues: "KilledRun | None" = None
    asked_before: int = 0

    def __post_init__(self) -> None:
        if self.continues:
            self.path, self.body = f"/chat/runs/{self.continues.run_id}/continue", {"run_id": self.run_id}
            return
        self.body = {"message": question(self.tag), "run_id": self.run_id}
        if self.session_id:
            self.body["session_id"] = self.session_id

    def note_kill(self, moment: float, stall: float) -> None:
        self.saved = self.reader.text_before(moment - FLUSH - SLACK - stall)
        length = 0
        for event in self.reader.events:
            if event.type == "token":
                length += len(event.content)
                self.arrivals.append((length, moment - event.at))

    def lag(self, stored: int) -> float:
        """The age, at the kill, of the oldest text that was told and is not stored."""
        return next((age for length, age in self.arrivals if length > stored), 0.0)

    async def ask(self, rill: Rill, after: float) -> None:
        await asyncio.sleep(after)
        with contextlib.suppress(Broken):
            await self.reader.follow(rill.port, self.run_id, self.body, path=self.path)
        if metadata := self.reader.first("metadata"):
            self.session_id = metadata.content["session_id"]


@dataclass
class Tally:
    """What is printed as the rows of this fault."""

    stalls: Stalls
    answers: Row = field(default_factory=lambda: Row("kill -9 under load: what is stored of each run"))
    told: Row = field(default_factory=lambda: Row("… readers told after the restart"))
    repeats: Row = field(default_factory=lambda: Row("… the same request again"))
    continued: Row = field(default_factory=lambda: Row("… continued from the checkpoint"))
    again: Row = field(default_factory=lambda: Row("… killed again while it is continued"))
    intact: Row = field(default_factory=lambda: Row("… all sessions in the end, integrity_check"))
    slowest: float = 0.0
    lags: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    kills_while_starting: int = 0


async def load(
    lab: Lab, rill: Rill, upstream: Upstream, number: int, sessions: list[str], cut_off: list[KilledRun]
) -> list[KilledRun]:
    """Starts runs, kills the server at a random moment, and notes what each reader had been told.

    `cut_off` are runs that an earlier kill has interrupted; they are continued under the same load.
    """
    rng = lab.rng("kill", number)
    runs = []
    old = rng.sample(sessions, min(len(sessions), LOAD // 4))
    for index in range(LOAD):
        tag = f"kill-{number}-{index}"
        plan = upstream.plan(
            tag, rng.randint(20, 120), pace=rng.choice((0, 0.005, 0.02)), first=rng.random() * 0.2
        )
        runs.append(KilledRun(tag, plan.text, old[index] if index < len(old) else None))
    for run in cut_off:
        upstream.plans[run.tag].pace = 0.02
        asked = upstream.asked(run.tag)
        runs.append(KilledRun(run.tag, run.text, run.session_id, continues=run, asked_before=asked))
    asking = [asyncio.create_task(run.ask(rill, rng.random() * 0.4)) for run in runs]
    await asyncio.sleep(0.05 + rng.random() * 1.6)
    killed_at = await rill.kill()
    await asyncio.gather(*asking)
    await asyncio.sleep(DISK_STEP)  # A sync that was slow at the kill is known when it has ended.
    stall = lab.stalls.within(2)
    for run in runs:
        run.note_kill(killed_at, stall)
    return runs


async def restart(lab: Lab, rill: Rill, number: int, tally: Tally) -> None:
    """Starts the server again; every tenth time it is killed while it starts."""
    rng = lab.rng("restart", number)
    if rng.random() < 0.1:
        starting = await rill.launch()
        await asyncio.sleep(rng.random() * 0.12)
        await rill.kill()
        await asyncio.gather(starting, return_exceptions=True)
        tally.kills_while_starting += 1
    await rill.start()


async def check(run: KilledRun, rill: Rill, upstream: Upstream, tally: Tally) -> None:
    had_ended = run.reader.terminal is not None
    answer = await call(rill.port, "GET", f"/chat/runs/{run.run_id}")
    if answer.status == 404:
        known = [f"{run.tag}: unknown after the restart, but its reader had event {run.reader.last_id}"]
        tally.answers.count(known if run.reader.events else [])
        run.status = "unknown"
    else:
        run.status = answer.json["status"]
        tally.told.count(await problems_of_resuming(run, rill, tally, had_ended))
        tally.answers.count(await problems_of_answer(run, rill, upstream, tally, had_ended))
    tally.statuses[run.status] = tally.statuses.get(run.status, 0) + 1


async def problems_of_resuming(run: KilledRun, rill: Rill, tally: Tally, had_ended: bool) -> list[str]:
    if had_ended:
        return []
    position = run.reader.last_id
    await follow_to_end(run.reader, rill.port, run.run_id, timeout=10)
    problems = list(run.reader.problems)
    if run.status == "interrupted":
        problems += compare.terminal(run.reader.terminal, "error", code="INTERRUPTED")
        if run.reader.terminal:
            delay = run.reader.terminal.at - rill.ready_at
            tally.slowest = max(tally.slowest, delay)
            if delay > TOLD_WITHIN + tally.stalls.within(5):
                problems.append(f"told {delay:.2f} s after the server was ready")
    elif run.reader.terminal and run.reader.terminal.type != run.status:
        problems.append(f"it ended with {run.reader.terminal.type}, the run is {run.status}")
    return [f"{run.tag} (resumed after {position}): {problem}" for problem in problems]


async def problems_of_answer(
    run: KilledRun, rill: Rill, upstream: Upstream, tally: Tally, had_ended: bool
) -> list[str]:
    problems = []
    if run.session_id is None:  # It had been told nothing; its stream says now where it is.
        if metadata := run.reader.first("metadata"):
            run.session_id = metadata.content["session_id"]
        else:
            return [f"{run.tag}: its stream does not name its session"]
    if run.status not in ENDED:
        problems.append(f"still {run.status}")
    stored = await rill.answer_of(run.session_id, run.run_id)
    text = stored["content"] if stored else ""
    if run.status == "interrupted" and run.arrivals:
        tally.lags.append(run.lag(len(text)))
    sent = max((exchange.text for exchange in upstream.exchanges.get(run.tag, [])), key=len, default="")
    if stored is None:
        problems.append("its answer's place is not stored")
    elif not sent.startswith(text):
        problems.append("what is stored is no prefix of what the model sent")
    elif not text.startswith(run.saved):
        problems.append(
            f"{len(text)} characters stored, the next ones told {run.lag(len(text)):.2f} s before the kill"
        )
    elif run.reader.text != text:
        problems.append(f"its reader has {len(run.reader.text)} characters, {len(text)} are stored")
    if had_ended or run.status == "done":
        problems += compare.stored(stored, "done", run.text)
    if upstream.asked(run.tag) > run.asked_before + 1:
        problems.append(f"the model was asked {upstream.asked(run.tag)} times")
    return [f"{run.tag}: {problem}" for problem in problems]


async def repeat(run: KilledRun, rill: Rill, upstream: Upstream, tally: Tally) -> None:
    """The page or a proxy sends the same request again: it attaches, and nothing is billed."""
    before = upstream.asked(run.tag)
    again = await follow_to_end(Reader(), rill.port, run.run_id, run.body, path=run.path)
    problems = list(again.problems)
    if again.text != run.reader.text:
        problems.append(f"it was told {len(again.text)} characters, not {len(run.reader.text)}")
    if upstream.asked(run.tag) != before:
        problems.append("the model was asked again")
    tally.repeats.count(f"{run.tag}: {problem}" for problem in problems)


async def recovery(
    lab: Lab, rill: Rill, upstream: Upstream, runs: list[KilledRun], number: int, tally: Tally
) -> list[KilledRun]:
    """Checks everything after a restart. Returns interrupted runs that are left to continue under load."""
    await in_parallel((check(run, rill, upstream, tally) for run in runs), LOAD)
    rng = lab.rng("sample", number)
    known = [run for run in runs if run.status != "unknown" and run.reader.terminal]
    await in_parallel(
        (repeat(run, rill, upstream, tally) for run in rng.sample(known, min(3, len(known)))), 3
    )
    twice = [run for run in runs if run.continues]
    for run in twice:
        # A continuation that was never begun has left the run before it as it was.
        left = run if run.status != "unknown" else run.continues
        if run.status != "done":
            tally.again.count(await problems_of_continuing(left, rill, upstream))
    cut_off = [run for run in known if run.status == "interrupted" and not run.continues]
    chosen = rng.sample(cut_off, min(4, len(cut_off)))
    for problems in await in_parallel((problems_of_continuing(r, rill, upstream) for r in chosen[:2]), 2):
        tally.continued.count(problems)
    for tag in {run.tag for run in runs} - {run.tag for run in chosen[2:]}:
        upstream.forget(tag)
    return chosen[2:]


async def final_look(rill: Rill, expected: set[str], tally: Tally) -> None:
    """Every session can be read, every message is there and ended; SQLite finds nothing wrong."""
    cursor, found = "", set()
    while True:
        page = await rill.get(f"/sessions?limit=100{cursor}")
        for session in page["sessions"]:
            messages = (await rill.get(f"/sessions/{session['id']}/messages"))["messages"]
            states = [m["status"] for m in messages if m["role"] == "assistant"]
            problems = [] if messages and all(s in ENDED for s in states) else [f"{session['id']}: {states}"]
            tally.intact.count(problems)
            found.add(session["id"])
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    tally.intact.count([f"{len(expected - found)} sessions are lost"] if expected - found else [])
    active = await rill.metric("rill_runs_active")
    tally.intact.count([f"{active} runs are active"] if active else [])
    await rill.stop()
    for file in rill.data.glob("*.sqlite*"):
        if file.name.endswith(("-wal", "-shm")):
            continue
        with contextlib.closing(sqlite3.connect(file)) as database:
            result = database.execute("PRAGMA integrity_check").fetchone()[0]
        tally.intact.count([] if result == "ok" else [f"{file.name}: {result}"])


async def run(lab: Lab) -> list[Row]:
    tally, sessions, cut_off = Tally(stalls=lab.stalls), [], []
    async with lab.upstream() as upstream:
        async with lab.rill("kills", upstream, RILL_FLUSH_INTERVAL=FLUSH, RILL_DISCONNECT_GRACE=60) as rill:
            while tally.kills + tally.kills_while_starting < lab.tries(200, 12):
                runs = await load(lab, rill, upstream, tally.kills, sessions, cut_off)
                await restart(lab, rill, tally.kills, tally)
                cut_off = await recovery(lab, rill, upstream, runs, tally.kills, tally)
                sessions += {run.session_id for run in runs if run.status in ENDED and run.session_id}
                sessions = list(dict.fromkeys(sessions))
                tally.kills += 1
                lab.progress(f"{tally.kills} kills, {tally.statuses}")
            await final_look(rill, set(sessions), tally)
    lags = sorted(tally.lags) or [0.0]
    counts = ", ".join(f"{count} {status}" for status, count in sorted(tally.statuses.items()))
    kills = tally.kills + tally.kills_while_starting
    tally.answers.note = (
        f"{kills} kills, {tally.kills_while_starting} of them during a start; {counts}; stored "
        f"{lags[len(lags) // 2] * 1000:.0f} ms behind the reader, at most {lags[-1] * 1000:.0f} ms"
    )
    tally.told.note = f"INTERRUPTED at most {tally.slowest * 1000:.0f} ms after readiness"
    tally.repeats.note = "attached; the model was not asked again"
    tally.continued.note = "whole answer, same message, no second search"
    tally.again.note = "continued once more, whole answer"
    return [tally.answers, tally.told, tally.repeats, tally.continued, tally.again, tally.intact]
