"""Measures SQLite's FTS5 alone and sqlite-vec on the chunks of a knowledge base that SearchBenchmark made."""

import array
import json
import resource
import sqlite3
import sys
import time
from pathlib import Path

import sqlite_vec

DEPTH = 100


def times(name: str, queries: list, search) -> dict[str, float]:
    """The median and the 99th percentile of one search after the other, in milliseconds, after a warm-up."""
    for query in queries[: len(queries) // 5]:
        search(query)
    taken = []
    cpu = time.process_time()
    for query in queries:
        start = time.perf_counter()
        search(query)
        taken.append((time.perf_counter() - start) * 1000)
    cpu = time.process_time() - cpu
    taken.sort()
    return {
        f"{name}_p50_ms": taken[len(taken) // 2],
        f"{name}_p99_ms": taken[min(len(taken) - 1, len(taken) * 99 // 100)],
        f"{name}_cpu_ms": cpu * 1000 / len(queries),
    }


def words(folder: Path, queries: list) -> dict[str, float]:
    """One table with the text, as a person who only wants full-text search would make it."""
    file = folder / "fts5.sqlite"
    file.unlink(missing_ok=True)
    database = sqlite3.connect(file)
    database.execute("ATTACH ? AS rill", [str(folder / "rill.sqlite")])
    database.execute("CREATE VIRTUAL TABLE words USING fts5 (title, headings, text, tokenize = 'porter unicode61')")
    database.execute("INSERT INTO words (rowid, title, headings, text) SELECT sequence, title, headings, text FROM rill.chunks")
    database.commit()
    sql = "SELECT rowid, title, headings, text, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"

    def search(query: dict) -> None:
        match = " OR ".join(f'"{word}"' for word in query["text"].split())
        database.execute(sql, [match, DEPTH]).fetchall()

    return times("fts5", queries, search)


def vectors(folder: Path, queries: list) -> dict[str, float]:
    """A vec0 table of 32-bit floats, and the texts of what it finds."""
    file = folder / "vec.sqlite"
    file.unlink(missing_ok=True)
    database = sqlite3.connect(file)
    database.enable_load_extension(True)
    sqlite_vec.load(database)
    database.execute("ATTACH ? AS rill", [str(folder / "rill.sqlite")])
    dimension = len(queries[0]["vector"])
    database.execute(f"CREATE VIRTUAL TABLE vectors USING vec0 (vector float[{dimension}] distance_metric=cosine)")
    database.execute(
        "INSERT INTO vectors (rowid, vector) SELECT chunk, value FROM rill.chunk_vectors JOIN rill.chunk_vector_values ON vector = sequence"
    )
    database.commit()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sql = """
        SELECT chunks.*, found.distance FROM (SELECT rowid, distance FROM vectors WHERE vector MATCH ? AND k = ?) AS found
        JOIN rill.chunks ON chunks.sequence = found.rowid ORDER BY found.distance
    """
    for query in queries:
        query["bytes"] = array.array("f", query["vector"]).tobytes()
    figures = times("sqlite_vec", queries, lambda query: database.execute(sql, [query["bytes"], DEPTH]).fetchall())
    figures["sqlite_vec_search_MB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    figures["sqlite_vec_file_MB"] = file.stat().st_size / 2**20
    return figures


def main() -> None:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    queries = json.loads((folder / "queries.json").read_text())
    print(json.dumps({"words": words, "vectors": vectors}[what](folder, queries)))


if __name__ == "__main__":
    main()
