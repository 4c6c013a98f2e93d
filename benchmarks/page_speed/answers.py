"""Answers as models write them: Markdown of every kind, made up from a seed."""

import random
import re

WORDS = (
    "river stream water level gauge measure season spring autumn bridge valley bank flood current delta source mouth "
    "record station reading sample average summary report figure report change cause effect reason result model rule "
    "first second third later before after during between above below under over around through against about within "
    "shows keeps holds begins ends follows carries moves reaches grows falls rises turns meets leaves brings takes"
).split()
CODE = {
    "python": ["def level(reading: float) -> str:", '    """Says how high."""', "    return high if reading > 2 else low"],
    "swift": ["struct Gauge: Sendable {", "  let level: Double", "  var isHigh: Bool { level > 2.5 }", "}"],
    "sql": ["SELECT station, avg(level) AS mean", "FROM readings WHERE day > '2026-01-01'", "GROUP BY station;"],
    "bash": ["for file in readings/*.csv; do", '  sort -u "$file" >> all.csv', "done"],
}


class Writer:
    """Writes blocks one after the other; the same seed writes the same."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def answer(self, blocks: int) -> str:
        return "\n\n".join(self._block() for _ in range(blocks)) + "\n"

    def tokens(self, count: int) -> list[str]:
        """An answer of exactly so many tokens."""
        tokens: list[str] = []
        while len(tokens) < count:
            tokens += tokens_of(self._block() + "\n\n")
        return tokens[:count]

    def _block(self) -> str:
        kinds = (self._paragraph, self._list, self._numbered, self._code, self._heading, self._table, self._quote)
        return self.random.choices(kinds, weights=(50, 14, 8, 10, 12, 3, 3))[0]()

    def _sentence(self) -> str:
        words = self.random.choices(WORDS, k=self.random.randint(8, 22))
        mark = self.random.randrange(len(words))
        words[mark] = self.random.choice(("**{}**", "*{}*", "`{}`", "{}", "{}", "[{}](https://example.org/)")).format(
            words[mark]
        )
        citation = self.random.choice(("", "", f" [{self.random.randint(1, 4)}]", " [1, 2]"))
        return " ".join(words).capitalize() + citation + "."

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self.random.randint(2, 6)))

    def _list(self) -> str:
        return "\n".join(f"- {self._sentence()}" for _ in range(self.random.randint(3, 8)))

    def _numbered(self) -> str:
        return "\n".join(f"{number}. {self._sentence()}" for number in range(1, self.random.randint(4, 8)))

    def _code(self) -> str:
        language = self.random.choice(list(CODE))
        lines = CODE[language] * self.random.randint(1, 6)
        return "\n".join([f"```{language}", *lines, "```"])

    def _heading(self) -> str:
        return f"{'#' * self.random.randint(2, 3)} {' '.join(self.random.choices(WORDS, k=4)).capitalize()}"

    def _table(self) -> str:
        rows = [f"| {' | '.join(self.random.choices(WORDS, k=3))} |" for _ in range(self.random.randint(3, 6))]
        return "\n".join([rows[0], "|---|---|---:|", *rows[1:]])

    def _quote(self) -> str:
        return f"> {self._sentence()}"


def tokens_of(text: str) -> list[str]:
    """Pieces of the size of a model's tokens: short words whole, long ones in two, marks alone."""
    return re.findall(r"\s*[A-Za-z0-9]{1,7}|\s*[^\sA-Za-z0-9]{1,3}|\s+", text)
