"""A real nginx before the nodes, with the settings that the project ships for it."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

from matrix import wire
from matrix.lab import until
from matrix.server import REPOSITORY

SHIPPED = REPOSITORY / "deploy/nginx.conf"
FRAME = """daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
{user}
events {{ worker_connections 20000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{shipped}
}}
"""


class Nginx:
    def __init__(self, folder: Path, nodes: list[int], port: int):
        self.port = port
        self._folder = folder
        self._nodes = nodes
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Nginx":
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            subprocess.run([REPOSITORY / "scripts/setup", "cluster"], check=True)
            program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "nginx.conf"
        # The workers of root's nginx would be somebody else, who cannot write into this folder.
        user = "user root;" if os.getuid() == 0 else ""
        file.write_text(FRAME.format(folder=self._folder, user=user, shipped=self._settings()))
        # Said on the command line too: it logs there before it has read the file.
        log = self._folder / "nginx.log"
        self._process = await asyncio.create_subprocess_exec(
            program, "-e", log, "-p", self._folder, "-c", file, stdin=asyncio.subprocess.DEVNULL
        )
        if not await until(self._answers, 20):
            raise RuntimeError(f"nginx does not answer: {log.read_text()[-400:]}")
        return self

    def _settings(self) -> str:
        """The shipped file with these nodes and this port in place of the containers'."""
        text = re.sub(r"^    (resolver|server rill).*\n", "", SHIPPED.read_text(), flags=re.M)
        servers = "".join(
            f"    server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;\n" for port in self._nodes
        )
        text = text.replace("zone rill 64k;\n", f"zone rill 64k;\n{servers}")
        return text.replace("listen 80;", f"listen 127.0.0.1:{self.port} backlog=4096;")

    async def _answers(self) -> bool:
        try:
            return (await wire.call(self.port, "GET", "/health", timeout=2)).status == 200
        except (wire.Broken, TimeoutError):
            return False

    async def __aexit__(self, *_) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
