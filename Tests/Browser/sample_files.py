"""Documents for the tests, made by the tests: what is in them is known to the word."""

from pathlib import Path

RIVER = """# The Ardel

The Ardel rises at the Copper Spring, 812 metres above the sea, and runs north for forty miles.

## Brooks

Three brooks join it. The Lumen is the longest of them, and the only one with trout.

## Mills

- The Upper Mill ground oats until 1911.
- The Lower Mill is a museum of clocks now.

| Mill | Wheels |
|---|---|
| Upper Mill | 2 |
| Lower Mill | 5 |
"""

BEES = """# Bees

The heather bees of the Ardel valley swarm in the third week of June, later than those of the plain.
"""


def write_folder(folder: Path) -> Path:
    """A folder as people have them: with a folder in it, and with what systems leave there."""
    (folder / "valley/nature").mkdir(parents=True)
    (folder / "valley/river.md").write_text(RIVER)
    (folder / "valley/nature/bees.md").write_text(BEES)
    (folder / "valley/tolls.csv").write_text("bridge,pence\nStone Bridge,3\nRope Bridge,1\n")
    (folder / "valley/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return folder / "valley"


def pdf(pages: list[list[str]]) -> bytes:
    """A PDF with these lines on these pages (PDF 1.4, one of the fonts that every reader has)."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = " ".join(f"({line}) Tj 0 -22 Td" for line in lines)
        text = f"BT /F1 14 Tf 72 720 Td {shown} ET"
        content = len(objects) + 1
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
        kids.append(f"{content + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(pages)} >>"
    body = b"%PDF-1.4\n"
    offsets = []
    for number, each in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


LIGHTHOUSE = pdf(
    [
        ["The lighthouse of Morran", "It stands on the western cape and was lit first in 1846."],
        [
            "The keepers",
            "The last keeper, Ida Quell, left the tower in 1974.",
            "Since then a lamp of sixty watts turns by itself.",
        ],
        ["The foghorn", "It sounds once in forty seconds when the fog is thick."],
    ]
)
"""Three pages; the keeper is on the second."""
