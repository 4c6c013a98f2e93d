"""Fault 9: thousands of readers that never read. They must cost no memory beyond their sockets."""

import asyncio
import contextlib
import errno
import resource
import socket
import time

from . import compare
from .lab import Lab, Row, in_parallel, new_id, question, until
from .reader import Reader, follow_to_end
from .server import Rill
from .upstream import Upstream

RECEIVE_BUFFER = 4096
ANSWERS = 5
BURST, PIECE = (
    3000,
    " a piece of an answer that is larger than any buffer between the server and its reader," * 2,
)
"""Each answer is half a megabyte before the first of them connects."""
FLAT = 0.05
"""How much resident memory may grow while nobody reads, once all are connected."""
LARGEST = 128
"""Kilobytes of resident memory that a reader may cost: its connection and a chunk that it does not take."""


def connect(port: int, run_id: str) -> socket.socket:
    """Asks for a run's stream from its beginning and never reads."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    reader.connect(("127.0.0.1", port))
    reader.sendall(f"GET /chat/runs/{run_id}/stream HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    return reader


def room() -> int:
    """How many readers there can be: the server keeps a descriptor to the model for each."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 200


async def beside(rill: Rill, upstream: Upstream, tag: str) -> tuple[list[str], float]:
    """A normal stream. Returns its problems and how long its last token took beyond the model's own time."""
    plan = upstream.plan(tag, 50, pace=0.02)
    run_id, began = new_id(), time.monotonic()
    reader = await follow_to_end(Reader(), rill.port, run_id, {"message": question(tag), "run_id": run_id})
    late = time.monotonic() - began - 50 * 0.02
    return [f"beside them: {problem}" for problem in compare.whole(reader, plan.pieces)], late


async def grow(rill: Rill, upstream: Upstream, seconds: float) -> list[tuple[str, asyncio.Task]]:
    """Answers that are large already, and go on growing for as long as the test lasts."""
    runs = []

    async def act(exchange) -> None:
        for index, piece in enumerate(exchange.plan.pieces):
            await exchange.send(piece)
            if index >= BURST:
                await asyncio.sleep(0.2)
        await exchange.finish()

    for number in range(ANSWERS):
        plan = upstream.plan(tag := f"deaf-{number}", 1, act=act)
        plan.pieces = [PIECE] * BURST + [" and more of it"] * int(seconds * 5)
        run_id = new_id()
        body = {"message": question(tag), "run_id": run_id}
        reading = asyncio.create_task(follow_to_end(reader := Reader(), rill.port, run_id, body, timeout=900))
        await until(lambda reader=reader: len(reader.text) >= BURST * len(PIECE), 60)
        runs.append((run_id, reading))
    return runs


async def settled(rill: Rill, timeout: float) -> int:
    """Waits until every socket buffer is full: memory that stays for five seconds. Returns it."""
    memory, deadline = rill.memory(), time.monotonic() + timeout
    while time.monotonic() < deadline:
        await asyncio.sleep(5)
        before, memory = memory, rill.memory()
        if memory < before * 1.01:
            break
    return memory


async def connect_all(rill: Rill, runs: list, count: int, sockets: contextlib.ExitStack, row: Row) -> int:
    """Connects up to 2,000 a second. Returns how many there are."""
    for number in range(count):
        try:
            sockets.enter_context(connect(rill.port, runs[number % ANSWERS][0]))
        except OSError as error:
            row.count([f"reader {number}: {errno.errorcode.get(error.errno or 0, error)}"])
            return number
        if number % 20 == 0:
            await asyncio.sleep(0.01)
    return count


async def never_read(lab: Lab, rill: Rill, upstream: Upstream, row: Row) -> None:
    count = min(lab.tries(10_000, 1_000), room())
    seconds = 60 if not lab.quick else 10
    runs = await grow(rill, upstream, 3 * seconds + count / 100)
    await asyncio.sleep(2)
    _, usual = await beside(rill, upstream, "deaf-alone")
    idle, lates = rill.memory(), []
    with contextlib.ExitStack() as sockets:
        connected = await connect_all(rill, runs, count, sockets, row)
        full = await settled(rill, 60)
        readers = await rill.metric("rill_stream_readers")
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            problems, late = await beside(rill, upstream, f"deaf-beside-{len(lates)}")
            row.count(problems)
            lates.append(late)
        later = rill.memory()
    each, growth = (full - idle) / max(1, connected) / 1024, later / full - 1
    row.count([f"{readers:.0f} of {connected} readers were attached"] if readers < connected else [])
    row.count([f"{each:.0f} KB for each reader"] if each > LARGEST else [])
    row.count([f"memory grew by {growth:.1%} in {seconds} s"] if growth > FLAT else [])
    has_left = await until(lambda: rill.descriptors() < 200, 30, 0.5)
    row.count([] if has_left else [f"{rill.descriptors()} descriptors are open after they have gone"])
    for _, reading in runs:
        reading.cancel()
    row.note = (
        f"{connected} readers for {seconds} s: {each:.1f} KB each, memory {growth:+.1%} in that time; "
        f"a stream beside them {max(lates) * 1000:.0f} ms late ({usual * 1000:.0f} ms alone)"
    )


async def read_slowly(rill: Rill, upstream: Upstream, tag: str, row: Row, rng) -> None:
    """A reader that takes a few hundred bytes at a time, through a small window, is told every character."""
    plan = upstream.plan(tag, 3000, pace=0)
    body = {"message": question(tag), "run_id": new_id()}
    reader = Reader(pause=lambda: rng.random() * 0.01, portion=lambda: rng.randint(1, 3000))
    await follow_to_end(reader, rill.port, body["run_id"], body, timeout=300)
    row.count(f"{tag}: {problem}" for problem in compare.whole(reader, plan.pieces))


async def run(lab: Lab) -> list[Row]:
    deaf, slow = Row("readers that never read"), Row("readers that read slowly")
    async with lab.upstream() as upstream:
        async with lab.rill("slow", upstream) as rill:
            tries = lab.tries(50, 10)
            jobs = (read_slowly(rill, upstream, f"slow-{n}", slow, lab.rng("slow", n)) for n in range(tries))
            await in_parallel(jobs, 10)
        settings = {"RILL_HEARTBEAT": 1, "RILL_DISCONNECT_GRACE": 600}
        async with lab.rill("deaf", upstream, **settings) as rill:
            await never_read(lab, rill, upstream, deaf)
    slow.note = "tokens come joined; no character is missing or twice"
    return [deaf, slow]
