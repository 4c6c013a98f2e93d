"""Fault 3: what the model's server can do wrong: each has its code, within 2 s of being detectable."""

import asyncio
import email.utils
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from . import compare, text
from .lab import Lab, Row, in_parallel, new_id, question
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Exchange, Upstream

IDLE = 1.0
"""RILL_IDLE_TIMEOUT of the server under test."""
WITHIN = 2.0
PARTIAL = 12
"""Pieces that are sent before a fault in the middle."""

Act = Callable[[Exchange], Awaitable[None]]


@dataclass
class Fault:
    name: str
    code: str
    act: Act | None
    partial: int = 0
    retry_after: tuple[int, int] | None = None
    """The range, in milliseconds, of `retry_after_ms`; `None` when there must not be any."""
    delay: float = 0.0
    """Seconds from the fault until it can be noticed."""
    retryable: bool = True


def status(number: int, headers: dict[str, str] | None = None) -> Act:
    async def act(exchange: Exchange) -> None:
        body = json.dumps({"error": {"message": "Scripted failure.", "type": "scripted"}}).encode()
        await exchange.respond(number, body, headers)
        exchange.broke()

    return act


def retry_at(seconds: int) -> Act:
    """429 with the other form of Retry-After, a date."""

    async def act(exchange: Exchange) -> None:
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        await status(429, {"retry-after": date})(exchange)

    return act


async def silence(exchange: Exchange) -> None:
    exchange.broke()
    await asyncio.sleep(3600)


async def silent_head(exchange: Exchange) -> None:
    await exchange.head()
    await silence(exchange)


def after_some(data: Callable[[Exchange], bytes], end: str) -> Act:
    """Some pieces, then these bytes, then `reset`, `close` or `hang`."""

    async def act(exchange: Exchange) -> None:
        for piece in exchange.plan.pieces[:PARTIAL]:
            await exchange.send(piece)
            await asyncio.sleep(0.002)
        if broken := data(exchange):
            exchange.writer.write(broken)
            try:
                await exchange.writer.drain()
            except OSError:
                pass  # It has seen enough: the connection is closed.
        await asyncio.sleep(0.05)  # So that a reset does not overtake what was sent.
        exchange.broke()
        if end == "reset":
            exchange.writer.transport.abort()
        elif end == "close":
            exchange.writer.close()
        else:
            await asyncio.sleep(3600)

    return act


def nothing(_: Exchange) -> bytes:
    return b""


def half_a_character(_: Exchange) -> bytes:
    frame = text.chunk(" 水車", ascii_only=False)
    return frame[: frame.index("車".encode()) + 1]


def not_json(_: Exchange) -> bytes:
    return b'data: {"choices": [{"delta": {"content": "a\n\n'


def huge_frame(_: Exchange) -> bytes:
    return text.chunk("x" * 10_000_000, ascii_only=True)


def endless_line(_: Exchange) -> bytes:
    return b"data: " + b"x" * 10_000_000


UNAVAILABLE = "MODEL_UNAVAILABLE"
FAULTS = [
    Fault(
        "429, Retry-After in seconds",
        "MODEL_RATE_LIMITED",
        status(429, {"retry-after": "7"}),
        retry_after=(7000, 7000),
    ),
    Fault("429, Retry-After as a date", "MODEL_RATE_LIMITED", retry_at(7), retry_after=(4000, 7000)),
    Fault("429 without Retry-After", "MODEL_RATE_LIMITED", status(429)),
    Fault("500", UNAVAILABLE, status(500)),
    Fault("503, Retry-After", UNAVAILABLE, status(503, {"retry-after": "3"}), retry_after=(3000, 3000)),
    Fault("401", "MODEL_REJECTED", status(401), retryable=False),
    Fault("hang before the first byte", "TIMEOUT", silence, delay=IDLE),
    Fault("hang after the head", "TIMEOUT", silent_head, delay=IDLE),
    Fault("hang in the middle", "TIMEOUT", after_some(nothing, "hang"), PARTIAL, delay=IDLE),
    Fault("reset in the middle", UNAVAILABLE, after_some(nothing, "reset"), PARTIAL),
    Fault("closed in the middle", UNAVAILABLE, after_some(nothing, "close"), PARTIAL),
    Fault("cut in a UTF-8 character", UNAVAILABLE, after_some(half_a_character, "close"), PARTIAL),
    Fault("reset in a UTF-8 character", UNAVAILABLE, after_some(half_a_character, "reset"), PARTIAL),
    Fault("malformed frame", UNAVAILABLE, after_some(not_json, "hang"), PARTIAL),
    Fault("10 MB frame", UNAVAILABLE, after_some(huge_frame, "hang"), PARTIAL),
    Fault("10 MB line without an end", UNAVAILABLE, after_some(endless_line, "hang"), PARTIAL),
]
REFUSED = Fault("refused", UNAVAILABLE, None)


async def problems_of(
    fault: Fault, tag: str, rill: Rill, upstream: Upstream, delays: list[float]
) -> list[str]:
    plan = upstream.plan(tag, 40, act=fault.act)
    run_id, asked_at = new_id(), time.monotonic()
    reader = await follow_to_end(
        Reader(), rill.port, run_id, {"message": question(tag), "run_id": run_id}, timeout=20
    )
    problems = reader.problems + compare.terminal(reader.terminal, "error", code=fault.code)
    if not reader.terminal or not isinstance(reader.terminal.content, dict):
        return problems
    content = reader.terminal.content
    exchanges = upstream.exchanges.get(tag, [])
    since = (exchanges[0].broke_at or exchanges[0].began_at) if exchanges else asked_at
    delays.append(reader.terminal.at - since - fault.delay)
    if delays[-1] > WITHIN:
        problems.append(f"told {delays[-1]:.2f} s after it could be noticed")
    wanted = "".join(plan.pieces[: fault.partial])
    if reader.text != wanted:
        problems.append(f"{len(reader.text)} of {len(wanted)} characters before the fault reached the reader")
    if content.get("retryable") != fault.retryable:
        problems.append(f"retryable: {content.get('retryable')}")
    told = content.get("retry_after_ms")
    low, high = fault.retry_after or (None, None)
    if (told is None) != (low is None) or (told is not None and not low <= told <= high):
        problems.append(f"retry_after_ms: {told}")
    session_id = reader.first("metadata").content["session_id"]
    problems += compare.stored(await rill.answer_of(session_id, run_id), "error", reader.text)
    if len(exchanges) > (0 if fault is REFUSED else 1):
        problems.append(f"the model was asked {len(exchanges)} times")
    return problems + await problems_afterwards(session_id, tag, fault, rill, upstream)


async def problems_afterwards(
    session_id: str, tag: str, fault: Fault, rill: Rill, upstream: Upstream
) -> list[str]:
    """The session can be used, by the same question again as by another one."""
    if fault is REFUSED:
        await upstream.listen()
    plan = upstream.plan(f"{tag}-next", 10)
    run_id = new_id()
    body = {"message": question(f"{tag}-next"), "session_id": session_id, "run_id": run_id}
    reader = await follow_to_end(Reader(), rill.port, run_id, body)
    problems = reader.problems + compare.terminal(reader.terminal, "done")
    if reader.text != plan.text:
        problems.append("the next answer is not whole")
    return [f"afterwards: {problem}" for problem in problems]


async def try_fault(fault: Fault, tries: int, rill: Rill, upstream: Upstream) -> Row:
    row, delays = Row(f"upstream: {fault.name}"), []

    async def one(number: int) -> None:
        if fault is REFUSED:
            upstream.stop_listening()
        tag = f"model-{fault.name.lower().translate(str.maketrans(' ', '-', ',.'))}-{number}"
        row.count(await problems_of(fault, tag, rill, upstream, delays))

    await in_parallel((one(number) for number in range(tries)), 1 if fault is REFUSED else 5)
    row.note = fault.code
    if delays:
        row.note += f", at most {max(0, max(delays)) * 1000:.0f} ms after it could be noticed"
    return row


async def run(lab: Lab) -> list[Row]:
    rows = []
    async with lab.upstream() as upstream, lab.rill("models", upstream, RILL_IDLE_TIMEOUT=IDLE) as rill:
        for fault in [*FAULTS, REFUSED]:
            rows.append(await try_fault(fault, lab.tries(20, 3), rill, upstream))
        health = await rill.call("GET", "/health")
        rows[-1].count([] if health.status == 200 else [f"/health: {health.status}"])
    return rows
