"""Libraries that change, in the server's process, what the system answers; a mapped file says by how much."""

import mmap
import struct
from pathlib import Path

from harness import build


class Preload:
    def __init__(self, name: str, file: Path):
        build.build_tools((f"{name}.so",))
        self._name, self._file = name, file
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 8)

    def set(self, seconds: float) -> None:
        """Seconds of shift or delay, from now on."""
        self._map[:] = struct.pack("=q", int(seconds * 1e9))

    @property
    def environment(self) -> dict[str, str]:
        """What the server is started with."""
        library = build.TOOLS / f"{self._name}.so"
        return {"LD_PRELOAD": str(library), f"{self._name.upper()}_FILE": str(self._file)}
