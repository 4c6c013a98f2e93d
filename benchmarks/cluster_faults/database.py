"""PostgreSQL as a process that is restarted, killed and asked. It waits for the disk, as a real one does."""

import asyncio
import os
import signal
import uuid
from pathlib import Path

from matrix.server import REPOSITORY

SCRIPT = REPOSITORY / "scripts/postgres"


class DatabaseFailed(Exception):
    """The sentence that the script or the server has said."""


class Postgres:
    """The server. `port` stays the same when it is started again."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = 0
        self.template = ""
        """The database that new ones are copied from, once there is one."""

    async def start(self) -> None:
        await self._call("start")

    async def restart(self, mode: str) -> None:
        """`fast` sends every client away, `immediate` is a crash. Returns when it takes connections again."""
        await self._call("restart", "--mode", mode)

    async def stop(self) -> None:
        await self._call("remove")

    def kill(self) -> None:
        """SIGKILL to the main process, as a machine without memory would do."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        data = next(path for path in (self.folder / "data", self._home / "data") if path.exists())
        return int((data / "postmaster.pid").read_text().split()[0])

    @property
    def _home(self) -> Path:
        """Where the data is when the server's user cannot get into the folder."""
        moved = self.folder / "home"
        return Path(moved.read_text().strip()) if moved.exists() else self.folder

    async def create(self) -> str:
        """A new database, a copy of the template where there is one. Returns its name."""
        name = f"rill_{uuid.uuid4().hex[:12]}"
        await self.query(f"CREATE DATABASE {name}" + (f" TEMPLATE {self.template}" if self.template else ""))
        return name

    async def drop(self, name: str) -> None:
        await self.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, name: str, port: int | None = None) -> str:
        return f"postgres://rill@127.0.0.1:{port or self.port}/{name}"

    async def query(self, statement: str, name: str = "postgres") -> list[list[str]]:
        """The rows as texts."""
        psql = next((REPOSITORY / ".tools/pgserver").glob("*/pginstall/bin/psql"))
        command = [psql, self.url(name), "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        output = await _run(*command)
        return [line.split("\t") for line in output.splitlines()]

    async def _call(self, command: str, *options: str) -> None:
        output = await _run(SCRIPT, command, "--data", self.folder, "--durable", *options)
        if command != "remove":
            self.port = int(output.strip().rsplit(":", 1)[1].split("/")[0])


async def _run(*command) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise DatabaseFailed(f"{Path(command[0]).name}: {errors.decode(errors='replace').strip()[-400:]}")
    return output.decode()
