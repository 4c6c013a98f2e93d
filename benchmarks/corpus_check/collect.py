"""Real files of every type that Rill reads, from Debian's packages and from well-known tools."""

import gzip
import hashlib
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

# Manuals in HTML, PDF, EPUB, plain text and reStructuredText, and tables.
PACKAGES = ("developers-reference", "debian-policy", "distro-info-data", "libtasn1-doc", "shared-mime-info")
MANUALS = ("bash", "curl", "git", "ls", "tar", "grep", "find", "apt-get")
PANDOC_SOURCES = ("pkgs.rst.txt", "resources.rst.txt", "best-pkging-practices.rst.txt", "tools.rst.txt")


def run(*command: object, **options) -> None:
    subprocess.run([str(part) for part in command], check=True, **options)


def unpack_packages(work: Path) -> Path:
    """Debian's packages without installing them."""
    root = work / "packages"
    if root.exists():
        return root
    download = work / "download"
    download.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        try:
            run("apt-get", "download", "-q", name, cwd=download, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            print(f"  {name} cannot be had here and is left out")
    for package in sorted(download.glob("*.deb")):
        run("dpkg-deb", "-x", package, root)
    for packed in root.rglob("*.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    return root


def take(files: list[Path], folder: Path, count: int, smallest: int = 500, largest: int = 3_000_000) -> None:
    """Copies some of the files, the same ones each time."""
    by_content = {
        hashlib.sha256(file.read_bytes()).digest(): file
        for file in sorted(set(files), reverse=True)
        if file.is_file() and smallest <= file.stat().st_size <= largest
    }
    fitting = sorted(by_content.values())
    random.Random(4).shuffle(fitting)
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(fitting[:count]):
        shutil.copyfile(file, folder / f"{number:02}-{file.name}")


def convert(root: Path, folder: Path) -> None:
    """DOCX and EPUB by pandoc, and PDFs of manual pages by groff."""
    sources = [file for name in PANDOC_SOURCES for file in sorted(root.rglob(name))]
    for kind in ("docx", "epub"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for source in sources:
            target = folder / kind / f"{source.name.split('.')[0]}.{kind}"
            run("pandoc", "--quiet", "-f", "rst", "-o", target, source, stderr=subprocess.DEVNULL)
    (folder / "pdf").mkdir(parents=True, exist_ok=True)
    for name in MANUALS:
        for page in sorted(Path("/usr/share/man/man1").glob(f"{name}.1*")) + sorted(
            Path("/usr/share/man/man8").glob(f"{name}.8*")
        ):
            text = gzip.decompress(page.read_bytes()) if page.suffix == ".gz" else page.read_bytes()
            with (folder / "pdf" / f"{name}.pdf").open("wb") as target:
                run("groff", "-man", "-t", "-Tpdf", input=text, stdout=target, stderr=subprocess.DEVNULL)


def collect(work: Path) -> Path:
    """Makes the folder; one that is complete is used again."""
    folder = work / "files"
    done = work / "complete"
    if done.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    root = unpack_packages(work)
    documents, python = Path("/usr/share/doc"), Path("/usr/lib/python3")
    take([*root.rglob("*.html"), *documents.rglob("*.html")], folder / "html", 14)
    take([*root.rglob("*.pdf"), *documents.rglob("*.pdf")], folder / "pdf", 6)
    take(list(root.rglob("*.epub")), folder / "epub", 4)
    take([*root.rglob("*.txt"), *documents.rglob("*.txt")], folder / "text", 10)
    take(list(documents.rglob("*.md")), folder / "markdown", 10)
    take([*root.rglob("*.csv"), *Path("/usr/share/distro-info").glob("*.csv")], folder / "csv", 4)
    take([*python.rglob("*.py"), *documents.rglob("*.c")], folder / "code", 10, 2_000, 200_000)
    take(list(Path("/usr/share").rglob("*.json")), folder / "json", 4, 500, 200_000)
    take([Path("/usr/share/zoneinfo/zone1970.tab"), Path("/usr/share/zoneinfo/iso3166.tab")], folder / "tables", 2)
    convert(root, folder)
    archive = folder / "archive"
    archive.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive / "some-of-all.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for kind in ("markdown", "html", "csv", "code"):
            for file in sorted((folder / kind).iterdir())[:2]:
                # The same content would be the same document.
                packed.writestr(f"inside/{kind}-{file.name}", file.read_bytes() + b"\nFrom an archive.\n")
    done.touch()
    return folder
