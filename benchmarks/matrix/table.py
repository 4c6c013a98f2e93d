"""Writes the table."""

import datetime
import json
import os
from pathlib import Path

from .lab import Row

HEADINGS = ("fault", "tries", "as promised", "note")


def cells(row: Row) -> tuple[str, str, str, str]:
    if row.skipped:
        return (row.fault, "–", "skipped", row.skipped)
    outcome = f"{row.kept} of {row.tries}" + ("" if row.is_as_promised else " ✗")
    return (row.fault, str(row.tries), outcome, row.note)


def plain(rows: list[Row]) -> str:
    table = [HEADINGS] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(3)]
    lines = []
    for line in table:
        start = "  ".join(cell.ljust(width) for cell, width in zip(line[:3], widths, strict=True))
        lines.append(f"{start}  {line[3]}".rstrip())
    return "\n".join(lines)


def problems(rows: list[Row]) -> str:
    return "\n".join(f"{row.fault}: {problem}" for row in rows for problem in row.problems)


def write(rows: list[Row], folder: Path, facts: dict) -> None:
    """`faults.md` for people, `faults.json` with every figure."""
    folder.mkdir(parents=True, exist_ok=True)
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    facts = {"date": date, "processors": os.cpu_count(), **facts}
    result = {**facts, "rows": [{**vars(row), "as_promised": row.is_as_promised} for row in rows]}
    (folder / "faults.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    lines = ["# Faults", "", f"{date} · {os.cpu_count()} processors · seed {facts['seed']}", ""]
    lines += ["| " + " | ".join(HEADINGS) + " |", "|---|---:|---:|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row)) + " |" for row in rows]
    if found := problems(rows):
        lines += ["", "What was not as promised (the first of each):", "", "```", found, "```"]
    (folder / "faults.md").write_text("\n".join(lines) + "\n")
