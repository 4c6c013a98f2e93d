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


def merged(rows: list[Row], file: Path, facts: dict) -> list[dict]:
    """The new rows in place of the old ones of the same faults; each says when and how it was made."""
    made = [{**vars(row), "cells": cells(row), "as_promised": row.is_as_promised, **facts} for row in rows]
    if not file.exists():
        return made
    old = json.loads(file.read_text())["rows"]
    names = list(dict.fromkeys([row["name"] for row in old] + [row.name for row in rows]))
    new_names = {row.name for row in rows}
    return [row for name in names for row in (made if name in new_names else old) if row["name"] == name]


def write(rows: list[Row], folder: Path, facts: dict, name: str = "faults", title: str = "Faults") -> None:
    """`faults.md` for people, `faults.json` with every figure."""
    folder.mkdir(parents=True, exist_ok=True)
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    result = merged(rows, folder / f"{name}.json", {"date": date, **facts})
    text = json.dumps({"processors": os.cpu_count(), "rows": result}, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n")
    dates = sorted({row["date"] for row in result})
    seeds = ", ".join(map(str, sorted({row["seed"] for row in result})))
    lines = [f"# {title}", "", f"{dates[0]} to {dates[-1]} · {os.cpu_count()} processors · seeds {seeds}", ""]
    lines += ["| " + " | ".join(HEADINGS) + " |", "|---|---:|---:|---|"]
    for row in result:
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row["cells"]) + " |")
    found = [f"{row['fault']}: {problem}" for row in result for problem in row["problems"]]
    if found:
        lines += ["", "What was not as promised (the first of each):", "", "```", *found, "```"]
    (folder / f"{name}.md").write_text("\n".join(lines) + "\n")
