"""Builds what the benchmark needs: Rill, two C programs, and the virtual environment of the peer."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BENCHMARKS = REPOSITORY / "benchmarks"
TOOLS = REPOSITORY / ".tools" / "bench"
VENV = REPOSITORY / ".tools" / "bench-venv"


class BuildFailed(Exception):
    """A sentence for the person at the terminal."""


def build_swift(product: str) -> Path:
    """A product for release, built as `scripts/build` does it."""
    print(f"Building {product} for release …", flush=True)
    if subprocess.run([REPOSITORY / "scripts/build", "release", "--product", product]).returncode:
        raise BuildFailed(f"{product} did not build; the compiler's message is above.")
    return REPOSITORY / ".build/release" / product


def build_rill() -> Path:
    return build_swift("rill")


def build_tools(programs: tuple[str, ...] = ("upstream", "client")) -> None:
    """Compiles the tools when a source is newer than the program; one named `….so` as a library to preload."""
    compiler = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")
    if not compiler:
        raise BuildFailed(
            "The benchmark's tools are written in C: install a C compiler (`apt-get install gcc`)."
        )
    TOOLS.mkdir(parents=True, exist_ok=True)
    sources = sorted((BENCHMARKS / "tools").iterdir())
    newest = max(source.stat().st_mtime for source in sources)
    for name in programs:
        program = TOOLS / name
        if program.exists() and program.stat().st_mtime >= newest:
            continue
        command = [
            compiler,
            "-O2",
            "-Wall",
            "-Wextra",
            "-std=gnu17",
            *(["-shared", "-fPIC"] if name.endswith(".so") else []),
            "-o",
            program,
            BENCHMARKS / "tools" / f"{name.removesuffix('.so')}.c",
        ]
        if subprocess.run(command).returncode:
            raise BuildFailed(
                f"{name.removesuffix('.so')}.c did not compile; the compiler's message is above."
            )


def build_peer() -> Path:
    """The peer's Python, with the pinned packages of `peer/requirements.txt` installed."""
    requirements = BENCHMARKS / "peer" / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    mark, python = VENV / "installed", VENV / "bin" / "python"
    if mark.exists() and mark.read_text() == wanted:
        return python
    print("Installing the peer (FastAPI, LangGraph, langchain-openai) into .tools/bench-venv …", flush=True)
    steps = [
        [sys.executable, "-m", "venv", "--clear", VENV],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements],
    ]
    for step in steps:
        if subprocess.run(step).returncode:
            raise BuildFailed("The peer could not be installed. Run with --no-peer to measure Rill alone.")
    mark.write_text(wanted)
    return python
