"""A knowledge base of so many passages, and different questions about it."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from .build import REPOSITORY

CRANFIELD = REPOSITORY.parent / "shared/data/cranfield"
SECTIONS = 20
"""How many sections a document has. Each becomes a passage, a long one two."""
SEED = 8


def collection(folder: Path | None) -> tuple[list[tuple[str, str]], list[str], str]:
    """Sections (heading, text), questions about them, and where they are from: a test collection like those of
    `benchmarks/retrieval`, else Rill's own documentation."""
    folder = folder or CRANFIELD
    if not (folder / "corpus.jsonl").exists():
        return own_sections(), own_questions(), "Rill's documentation, its sentences mixed"
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines() if line.strip()]
    sections = [(" ".join(row.get("title", "").split()), row["text"]) for row in rows if row.get("text", "").strip()]
    queries = (folder / "queries.jsonl").read_text().splitlines()
    questions = [json.loads(line)["text"] for line in queries if line.strip()]
    return sections, list(dict.fromkeys(questions)), f"the {folder.name} collection, its sentences mixed"


def own_sections() -> list[tuple[str, str]]:
    """The sections of Rill's documentation that say something."""
    sections = []
    for file in sorted((REPOSITORY / "docs").glob("*.md")):
        for part in re.split(r"(?m)^#+ ", file.read_text())[1:]:
            heading, _, text = part.partition("\n")
            if len(text.split()) > 20:
                sections.append((heading.strip(), " ".join(text.split())))
    return sections


def own_questions() -> list[str]:
    """One for each heading of the documentation."""
    return list(dict.fromkeys(f"What does Rill say about: {heading}?" for heading, _ in own_sections()))


def documents(sections: list[tuple[str, str]], count: int) -> Iterator[tuple[str, bytes]]:
    """Markdown files with `count` sections in all.

    The first ones are the sections as they are. Each further one has the sentences of two of them, under the heading of
    one: real sentences, no two passages alike, and the same ones every time.
    """
    chance = random.Random(SEED)
    sentences = [re.split(r"(?<=\s\.)\s+|(?<=[a-z]\.)\s+", text) for _, text in sections]

    def section(number: int) -> tuple[str, str]:
        if number < len(sections):
            return sections[number]
        first, second = chance.randrange(len(sections)), chance.randrange(len(sections))
        both = sentences[first] + sentences[second]
        kept = sorted(chance.sample(range(len(both)), max(1, len(both) // 2)))
        return sections[first][0], " ".join(both[index] for index in kept)

    for number in range(0, count, SECTIONS):
        parts = [section(index) for index in range(number, min(number + SECTIONS, count))]
        text = f"# Collection {number // SECTIONS + 1}\n\n"
        # A heading may be as long as a sentence; the first words name the section well enough.
        text += "\n\n".join(f"## {' '.join(heading.split()[:12])}\n\n{body}" for heading, body in parts)
        yield f"collection-{number // SECTIONS + 1:04}.md", text.encode()
