"""Fault 13: a store that takes its time, because the disk is slow or another program is at it."""

import asyncio
import contextlib
import dataclasses
import sqlite3
import time

from . import compare
from .disks import ask, kept, session_of, store_some
from .lab import Lab, Row
from .preload import Preload
from .server import NotReady
from .upstream import Exchange

DELAY = 1.0
"""Seconds that each sync takes."""
LATE = 0.25
"""Seconds that a token may come later than the model sent it; stalls of the machine come on top."""


async def locked(lab: Lab, row: Row) -> None:
    """Another program holds the write lock for three seconds, as a backup may."""
    async with lab.upstream() as upstream, lab.rill("locked", upstream) as rill:
        answers = await store_some(rill, upstream, "locked")
        running = asyncio.create_task(ask(rill, upstream, "locked-long", count=100, pace=0.02))
        await asyncio.sleep(0.3)
        with contextlib.closing(sqlite3.connect(rill.data / "rill.sqlite", isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(ask(rill, upstream, "locked-new"))
            await asyncio.sleep(3)
            database.execute("ROLLBACK")
        plan, reader = await running
        row.count(compare.whole(reader, plan.pieces))
        plan, reader = await waiting
        row.count(
            [] if reader.text == plan.text else [f"asked meanwhile: {reader.refusal} {reader.terminal}"]
        )
        row.count(await kept(rill, answers))


async def slow_disk(lab: Lab, row: Row) -> float:
    """Answers go on at the model's pace while every sync takes a second. Returns the worst delay."""
    disk = Preload("slowsync", lab.folder / "delay")
    sent: dict[str, list[float]] = {}

    async def act(exchange: Exchange) -> None:
        times = sent.setdefault(exchange.tag, [])
        for piece in exchange.plan.pieces:
            times.append(time.monotonic())
            await exchange.send(piece)
            await asyncio.sleep(0.02)
        await exchange.finish()

    async with lab.upstream() as upstream, lab.rill("slowsync", upstream, **disk.environment) as rill:
        tags = [f"slowsync-{number}" for number in range(10)]
        for tag in tags:
            upstream.plan(tag, 200, act=act)
        running = [asyncio.create_task(ask(rill, upstream, tag, act=act, count=200)) for tag in tags]
        await asyncio.sleep(1)
        disk.set(DELAY)
        began = time.monotonic()
        plan, newcomer = await ask(rill, upstream, "slowsync-new")
        first = newcomer.first("metadata")
        row.count(compare.whole(newcomer, plan.pieces))
        row.count([] if time.monotonic() - began > DELAY / 2 else ["no sync took longer: nothing was tried"])
        worst = 0.0
        for tag, task in zip(tags, running, strict=True):
            plan, reader = await task
            row.count(compare.whole(reader, plan.pieces))
            tokens = [event for event in reader.events if event.type == "token"]
            if len(tokens) == len(sent[tag]):
                lates = [token.at - at for token, at in zip(tokens, sent[tag], strict=True)]
                worst = max(worst, *lates)
                limit = LATE + lab.stalls.within(10)
                row.count([f"{tag}: a token came {max(lates):.2f} s late"] if max(lates) > limit else [])
        disk.set(0)
        assert first
        answer = await rill.answer_of(session_of(newcomer), first.content["run_id"])
        row.count(compare.stored(answer, "done", newcomer.text))
    return worst


async def second_server(lab: Lab, row: Row) -> None:
    """Another server on the same data must not end the first one's runs."""
    async with lab.upstream() as upstream, lab.rill("second", upstream) as rill:
        running = asyncio.create_task(ask(rill, upstream, "second-long", count=150, pace=0.02))
        await asyncio.sleep(0.5)
        other = lab.rill("second", upstream)
        try:
            await other.start(25)
            row.count(["it started"])
        except NotReady as error:
            text = str(error)
            row.count([] if "Another Rill" in text else [f"it ended with: {text[:200]}"])
        except TimeoutError:
            row.count([])  # It waits for its turn, as a replacement does.
        finally:
            await other.kill()
        plan, reader = await running
        row.count(compare.whole(reader, plan.pieces))
        row.count([f"{problem}" for problem in await kept(rill, {})])


async def run(lab: Lab) -> list[Row]:
    rows = [
        Row("database locked for 3 s"),
        Row(f"every sync takes {DELAY:g} s"),
        Row("a second server on the same data"),
    ]
    tries, worst = lab.tries(5, 1), 0.0
    for number in range(tries):
        part = dataclasses.replace(lab, folder=lab.folder / f"waits-{number}")
        part.folder.mkdir()
        await locked(part, rows[0])
        worst = max(worst, await slow_disk(part, rows[1]))
        await second_server(part, rows[2])
    rows[0].note = "running answers whole, new ones wait; none lost"
    rows[
        1
    ].note = f"no reader waits for the disk: a token came at most {worst * 1000:.0f} ms after it was sent"
    rows[2].note = "refused or waiting; the first one's answers whole"
    return rows
