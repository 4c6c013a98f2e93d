"""Files that are broken or mean harm. Each must be refused with its own reason, quickly."""

import io
import zipfile
from pathlib import Path

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def encrypted_zip() -> bytes:
    """A ZIP whose entry says that it is encrypted: bit 0 of the flags in both headers."""
    content = bytearray(zipped({"secret.txt": b"twelve bytes and some more"}, zipfile.ZIP_STORED))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password which nobody has."""
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/Length 40/P -44/O<" + b"11" * 32 + b">/U<" + b"22" * 32 + b">>>endobj\n"
    )
    offsets = [body.index(f"{number} 0 obj".encode()) for number in range(1, 5)]
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<" + b"00" * 16 + b"><" + b"00" * 16 + b">]>>\n"
    return body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def docx(document: str) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            "word/document.xml": document.encode(),
        }
    )


def files() -> dict[str, bytes]:
    """By name. What the server says of each is printed, and none may become a document with content."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(2_000)
    return {
        "empty.txt": b"",
        "blank.md": b"  \n\n\t\n",
        "latin.txt": "Gr\u00fc\u00dfe aus K\u00f6ln".encode("latin-1") * 3 + b"\xff\xfe\xfd",
        "nul.txt": b"text\0with\0nul bytes" * 10,
        "picture.pdf": png,
        "truncated.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
        "encrypted.pdf": encrypted_pdf(),
        "program.bin": b"\x7fELF" + bytes(5_000),
        "empty.docx": zipped({"[Content_Types].xml": b"<Types/>"}),
        "laughs.docx": docx(
            f'<!DOCTYPE w:document [<!ENTITY l0 "ha">{LAUGHS}]><w:document {NAMESPACE}><w:body><w:p><w:r><w:t>&l9;'
            "</w:t></w:r></w:p></w:body></w:document>"
        ),
        "not-a-zip.docx": b"This is no Word document." * 20,
        "no-container.epub": zipped({"mimetype": b"application/epub+zip", "text.xhtml": b"<p>x</p>"}),
        "bomb.zip": zipped({"bomb.txt": b"0" * 300_000_000}),
        "nested.zip": zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"d.txt": b"deep" * 100})})})}),
        "climbing.zip": zipped({"../../outside.txt": b"outside" * 50, "/absolute.txt": b"absolute" * 50}),
        "encrypted.zip": encrypted_zip(),
        "cut.zip": zipped({"a.txt": b"".join(b"line %d of a text\n" % number for number in range(500))})[:600],
    }


def write(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files().items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths
