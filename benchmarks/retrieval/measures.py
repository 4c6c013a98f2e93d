"""Test collections, and what is measured on them."""

import json
import math
from collections.abc import Iterable
from pathlib import Path


class Collection:
    def __init__(self, folder: Path):
        self.documents = [
            {"id": str(row.get("id", row.get("_id"))), "title": row.get("title") or "", "text": row.get("text") or ""}
            for row in self._rows(folder / "corpus.jsonl")
        ]
        self.queries = [
            {"id": str(row.get("id", row.get("_id"))), "text": row["text"]}
            for row in self._rows(folder / "queries.jsonl")
        ]
        judgements = folder / "qrels.tsv"
        if not judgements.exists():
            judgements = folder / "qrels" / "test.tsv"
        self.grades: dict[str, dict[str, int]] = {}
        for line in judgements.read_text().splitlines():
            fields = line.split("\t")
            if len(fields) >= 3 and fields[-1].strip().lstrip("-").isdigit():
                # TREC's own files have a column of zeros between query and document.
                self.grades.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])

    @property
    def judged_queries(self) -> list[dict]:
        """Those with a relevant document."""
        return [query for query in self.queries if any(g > 0 for g in self.grades.get(query["id"], {}).values())]

    @staticmethod
    def _rows(path: Path) -> list[dict]:
        return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def ndcg(found: list[str], grades: dict[str, int], depth: int) -> float:
    """Normalised discounted cumulative gain: the grade is the gain, the discount is log2 of the rank plus one."""

    def gain(values: Iterable[int]) -> float:
        return sum(max(value, 0) / math.log2(rank + 2) for rank, value in enumerate(values))

    ideal = gain(sorted(grades.values(), reverse=True)[:depth])
    return gain(grades.get(document, 0) for document in found[:depth]) / ideal if ideal else 0.0


def recall(found: list[str], grades: dict[str, int], depth: int) -> float:
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant.intersection(found[:depth])) / len(relevant) if relevant else 0.0


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
