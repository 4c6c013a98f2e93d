"""Fault 4: a full disk, and a disk that turns read-only."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import compare
from .lab import Lab, Row, new_id, question, until
from .reader import Reader
from .server import NotReady, Rill
from .upstream import Upstream

SIZE = 24 << 20


class CannotMount(Exception):
    """Why the fault cannot be tried here, as a sentence."""


def command(*words: object) -> None:
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if result.returncode:
        raise CannotMount(f"{words[0]}: {result.stderr.strip() or result.returncode}")


@contextlib.contextmanager
def mounted(folder: Path, image: Path | None = None) -> Iterator[Path]:
    """A small disk: tmpfs, or a file with ext4 in it that turns read-only at its first error."""
    if os.geteuid() != 0:
        raise CannotMount("mounting needs root")
    folder.mkdir(parents=True)
    if image:
        with image.open("wb") as file:
            file.truncate(2 * SIZE)
        command("mkfs.ext4", "-q", "-F", image)
        command("mount", "-o", "loop,errors=remount-ro", image, folder)
    else:
        command("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


def fill(folder: Path) -> Path:
    """Takes every byte that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 16))
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(512))
    return filler


async def ask(rill: Rill, upstream: Upstream, tag: str, count=30, pace=0.0, session=None, act=None):
    """Asks and reads. Returns the plan and the reader; a refusal is in the reader."""
    plan = upstream.plan(tag, count, pace=pace, act=act)
    body = {"message": question(tag), "run_id": new_id()} | ({"session_id": session} if session else {})
    reader = Reader()
    try:
        await reader.follow(rill.port, body["run_id"], body, timeout=20)
    except OSError as error:
        reader.problems.append(str(error))
    return plan, reader


def session_of(reader: Reader) -> str | None:
    metadata = reader.first("metadata")
    return metadata.content["session_id"] if metadata else None


def is_clear_error(reader: Reader) -> bool:
    """A problem before the stream, or an error event in it; with a code and without the insides."""
    if reader.refusal:
        return reader.refusal[0] in (500, 503, 507) and bool(reader.refusal[1])
    content = reader.terminal.content if reader.terminal and reader.terminal.type == "error" else {}
    return bool(content.get("code")) and not any(
        x in content["message"] for x in ("SQLITE", "sqlite", "/tmp")
    )


async def kept(rill: Rill, answers: dict[str, tuple[str, str]]) -> list[str]:
    """What had been stored before can be read: {session: (question, answer)}."""
    problems = []
    for session, (asked, answer) in answers.items():
        messages = (await rill.get(f"/sessions/{session}/messages"))["messages"]
        if [m["content"] for m in messages[:2]] != [asked, answer]:
            problems.append(f"session {session} has changed")
    return problems


async def store_some(rill: Rill, upstream: Upstream, name: str) -> dict[str, tuple[str, str]]:
    answers = {}
    for number in range(5):
        tag = f"{name}-before-{number}"
        plan, reader = await ask(rill, upstream, tag)
        answers[session_of(reader)] = (question(tag), plan.text)
    return answers


async def while_full(
    rill: Rill, upstream: Upstream, name: str, disk: Path, row: Row
) -> tuple[int, Path, list]:
    """A run is going on when the disk fills up, and more questions come."""
    long_run = asyncio.create_task(ask(rill, upstream, f"{name}-long", count=1500, pace=0.002))
    await asyncio.sleep(0.5)
    filler = fill(disk)
    _, reader = await long_run
    running = list(reader.problems)
    if not reader.terminal:
        running.append(f"the running answer had no end: {reader.refusal}")
    elif reader.terminal.type != "done" and not is_clear_error(reader):
        running.append(f"the running answer ended with {reader.terminal.content}")
    row.count(f"a run when the disk fills up: {problem}" for problem in running)
    errors = 0
    for number in range(20):
        _, told = await ask(rill, upstream, f"{name}-full-{number}", count=2000)
        if told.terminal and told.terminal.type == "done":
            continue  # The write-ahead log had room left.
        errors += 1
        row.count(
            [] if is_clear_error(told) else [f"while full: {told.refusal} {told.terminal} {told.problems}"]
        )
    return errors, filler, [reader]


async def full(lab: Lab, number: int, row: Row) -> None:
    name = f"full-{number}"
    with mounted(lab.folder / name) as disk:
        async with lab.upstream() as upstream, lab.rill_on(disk / "data", name, upstream) as rill:
            answers = await store_some(rill, upstream, name)
            errors, filler, readers = await while_full(rill, upstream, name, disk, row)
            if not errors:
                row.count(["the disk did not get full"])
            health = await rill.call("GET", "/health")
            row.count([] if health.status == 200 else [f"/health while full: {health.status}"])
            row.count(f"while full: {problem}" for problem in await kept(rill, answers))
            filler.unlink()
            row.count(await problems_with_space(rill, upstream, name, answers, readers))
            await rill.kill()
            await rill.start()
            row.count(f"after a restart: {problem}" for problem in await kept(rill, answers))


async def problems_with_space(
    rill: Rill, upstream: Upstream, name: str, answers: dict, readers: list[Reader]
) -> list[str]:
    plan, reader = await ask(rill, upstream, f"{name}-after")
    problems = reader.problems + compare.terminal(reader.terminal, "done") + await kept(rill, answers)
    if reader.terminal:
        stored = await rill.answer_of(session_of(reader), reader.first("metadata").content["run_id"])
        problems += compare.stored(stored, "done", plan.text)
    for before in readers:
        run_id, session = before.first("metadata").content["run_id"], session_of(before)

        async def has_settled(run_id=run_id, session=session) -> bool:
            message = await rill.answer_of(session, run_id)
            return message is None or message["status"] != "running"

        if not await until(has_settled, 5, 0.1):
            problems.append("the run of the full disk stays `running`")
        _, again = await ask(rill, upstream, f"{name}-again-{run_id[:8]}", session=session_of(before))
        problems += [f"its session: {problem}" for problem in compare.terminal(again.terminal, "done")]
        if again.refusal:
            problems.append(f"its session: {again.refusal[:2]}")
    active = await rill.metric("rill_runs_active")
    if active:
        problems.append(f"{active} runs are active")
    return [f"with space again: {problem}" for problem in problems]


async def read_only(lab: Lab, number: int, row: Row) -> None:
    """The file system meets an error and turns read-only, as ext4 does, while the server runs."""
    name = f"readonly-{number}"
    with mounted(lab.folder / name, lab.folder / f"{name}.img") as disk:
        async with lab.upstream() as upstream, lab.rill_on(disk / "data", name, upstream) as rill:
            answers = await store_some(rill, upstream, name)
            device = os.path.basename(os.path.realpath(f"/sys/dev/block/{device_numbers(disk)}"))
            Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("the fault matrix\n")
            with contextlib.suppress(OSError):
                (disk / "probe").write_bytes(b"x")
                raise CannotMount("the disk did not turn read-only")
            for turn in range(3):
                _, told = await ask(rill, upstream, f"{name}-{turn}")
                row.count(
                    []
                    if is_clear_error(told)
                    else [f"a question: {told.refusal} {told.terminal} {told.problems}"]
                )
            row.count(f"reading: {problem}" for problem in await kept(rill, answers))
            listed = await rill.call("GET", "/sessions")
            row.count([] if listed.status == 200 else [f"/sessions: {listed.status}"])
            await rill.kill()
            row.count(await problems_of_start(rill))


async def problems_of_start(rill: Rill) -> list[str]:
    """On a read-only disk it starts and reads, or says in a sentence why it does not start."""
    try:
        await rill.start(20)
    except NotReady as error:
        text = str(error).split("ready: ")[-1]
        return [] if "RILL_DATA_DIR" in text and "\n" not in text else [f"at the start: {text[:200]}"]
    except TimeoutError:
        return ["at the start: nothing within 20 s"]
    return []


def device_numbers(folder: Path) -> str:
    number = folder.stat().st_dev
    return f"{os.major(number)}:{os.minor(number)}"


async def run(lab: Lab) -> list[Row]:
    rows = [Row("full disk"), Row("disk turns read-only")]
    tries = lab.tries(5, 1)
    for row, fault in zip(rows, (full, read_only), strict=True):
        for number in range(tries):
            try:
                await fault(lab, number, row)
            except (CannotMount, PermissionError, FileNotFoundError) as error:
                row.skipped = f"{error}"
                break
    rows[0].note = "clear errors, server alive; with space again it answers, and nothing stored is lost"
    rows[1].note = "clear errors, what is stored can be read"
    return rows
