"""Sentence pairs from the web or an archive: fetch, verify, unpack and write one file of pairs.

Nothing from outside is trusted: archives have size limits, a known archive has a known hash, and one member
of an archive is read as a stream, whose name never becomes a path.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from seq2seq.corpus.archives import MOST_RATIO
from seq2seq.corpus.bad_lines import BadLines
from seq2seq.corpus.download import Archive, download, own_directory, too_large
from seq2seq.corpus.records import scan_lines
from seq2seq.corpus.tables import parse_columns
from seq2seq.errors import UsageError, UserError, listed
from seq2seq.regular import check_regular
from seq2seq.storage.files import atomic_write, clear_errors, sha256_file, write_text_atomic
from seq2seq.text.normalise import decode_line, normalise

MOST_DOWNLOADED = 64 * 2**20
MOST_UNPACKED = 256 * 2**20
MOST_NOTES = 2**20

_HOPELESS = 10_000
"""After so many bad lines, ten times as many as pairs, a text is not read on."""

_MAGIC = {
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
}
"""The first bytes of files that are packed in another way."""
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    OSError,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


ARCHIVES = {
    # English-Spanish, 2018-05-13, from Tatoeba by way of manythings.org; the TensorFlow tutorials' copy.
    "tatoeba": Archive(
        url="https://storage.googleapis.com/download.tensorflow.org/data/spa-eng.zip",
        size=2_638_744,
        sha256="0c4fd7825d3d872488d38c157f784e035edab4f2ff0df25a2a208790ecb5b58f",
    )
}


@dataclass(frozen=True)
class FetchReport:
    """What was written.

    Attributes:
        out: the file of pairs.
        about: the archive's own notes on origin and licence, next to it; None if it has none.
        pairs: pairs written.
        problems: lines left out, with their places in the original.
        sha256: of the file as it came.
    """

    out: Path
    about: Path | None
    pairs: int
    problems: BadLines
    sha256: str

    def __str__(self) -> str:
        lines = [f"{self.out}: {self.pairs:,} pairs, from a file with sha256 {self.sha256}"]
        if self.about:
            lines.append(f"{self.about}: origin and licence; keep it with the pairs")
        if self.problems.count:
            lines.append(f"left out: {self.problems.count:,} lines, the first: {self.problems.first[0]}")
        return "\n".join(lines)


def fetch(source: str, out: Path, sha256: str | None = None, force: bool = False) -> FetchReport:
    """Write the pairs of `source` to `out`, and the notes on their origin next to it.

    Args:
        source: a name in `ARCHIVES`, an https address, or a file on this machine: a zip archive of the form
            that manythings.org has, or plain text of source, tab, target.
        out: a .tsv file. It appears whole or not at all.
        sha256: what the download has to hash to; for a name in `ARCHIVES` it is known.
        force: replace `out` if it exists.

    Raises:
        UserError: no network, a wrong hash, too large, not an archive of pairs, or a hostile one.
        UsageError: `out` is not a .tsv file or exists already.
    """
    if out.suffix != ".tsv":
        raise UsageError(f"{out}: pairs are written to a .tsv file; choose such a name")
    if out.exists() and not force:
        raise UsageError(f"{out} exists already; choose another name or replace it with `force`")
    with clear_errors("write", out):
        out.parent.mkdir(parents=True, exist_ok=True)
    known = ARCHIVES.get(source, Archive(source, MOST_DOWNLOADED, sha256 or ""))
    if "://" not in known.url:
        near = get_close_matches(source, ARCHIVES, 1)
        if near and not Path(source).exists():
            raise UserError(f"there is no file {source}; did you mean {near[0]}?")
        return _unpack(_checked(Path(source), known), source, out)
    with clear_errors("write", out), own_directory(out.parent) as directory:
        path = directory / "download"
        with path.open("wb") as file:
            for chunk in download(known, out.parent):
                file.write(chunk)
        return _unpack(_checked(path, known), known.url, out)


def _checked(path: Path, archive: Archive) -> Path:
    """Return `path` if its size and checksum match those of `archive` that are known."""
    check_regular(path)
    with clear_errors("read", path):
        size = path.stat().st_size
    if size > MOST_DOWNLOADED:
        raise too_large(archive.url, MOST_DOWNLOADED)
    actual = sha256_file(path)
    if archive.sha256 and actual != archive.sha256.lower():
        gone = "it was deleted; try again" if "://" in archive.url else "use another copy of the file"
        raise UserError(f"{archive.url}: its sha256 is {actual} and should be {archive.sha256}; {gone}")
    return path


# --- the archive --------------------------------------------------------------------------------------------


def _unpack(path: Path, name: str, out: Path) -> FetchReport:
    """Write the pairs of a zip archive or a plain text; messages call it `name`."""
    with path.open("rb") as file:
        start = file.read(512)
    if kind := _foreign(start):
        raise UserError(
            f"{name} is {kind}; only zip archives and plain text are read: unpack it, and fetch its text"
        )
    if not start.startswith(b"PK"):
        with path.open("rb") as lines:
            pairs, problems = _write_pairs(lines, name, out)
        return FetchReport(out, None, pairs, problems, sha256_file(path))
    with _whole_zip(name), zipfile.ZipFile(path) as archive:
        text, notes = _members(archive, name)
        with archive.open(text) as lines:
            pairs, problems = _write_pairs(lines, f"{name}:{text.filename}", out)
        about = _write_notes(archive.read(notes), out) if notes else None
    return FetchReport(out, about, pairs, problems, sha256_file(path))


def _foreign(start: bytes) -> str:
    """Return what archive other than zip begins so; empty if none does."""
    if start[257:262] == b"ustar":
        return "a tar archive"
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


@contextmanager
def _whole_zip(name: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN_ZIP as error:
        raise UserError(f"{name}: a damaged zip archive ({error}); fetch it again") from error


def _members(archive: zipfile.ZipFile, name: str) -> tuple[zipfile.ZipInfo, zipfile.ZipInfo | None]:
    """Return the only text and, if there are any, the notes about it; every member is checked."""
    for info in archive.infolist():
        if fault := _fault(info):
            raise UserError(f"{name}: refused, for its member {info.orig_filename!r} {fault}")
    files = [(Path(info.filename), info) for info in archive.infolist() if not info.is_dir()]
    texts = [(path, info) for path, info in files if re.fullmatch(r"[^._].*\.(txt|tsv)", path.name)]
    if len(texts) != 1:
        which = f" ({listed(str(path) for path, _ in texts)})" if texts else ""
        raise UserError(
            f"{name}: one .txt or .tsv file is expected in it, and it has {len(texts):,}{which}; unpack it "
            "yourself"
        )
    ((path, text),) = texts
    about = next((info for notes, info in files if notes == path.with_name("_about.txt")), None)
    if about and about.file_size > MOST_NOTES:
        raise UserError(f"{name}: its notes, {about.filename}, have more than {MOST_NOTES:,} bytes; refused")
    return text, about


def _fault(info: zipfile.ZipInfo) -> str:
    """Return what is wrong with a member; empty if nothing is."""
    path = info.orig_filename.replace("\\", "/")
    if not path:
        return "has no name"
    if path.startswith("/") or ".." in path.split("/") or re.match("[A-Za-z]:", path) or "\0" in path:
        return "would lie outside the archive"
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by an unusual method"
    # More than the declared size is never unpacked: zipfile stops there, and then the checksum is wrong.
    if info.file_size > MOST_UNPACKED or info.file_size > MOST_RATIO * max(info.compress_size, 1):
        return f"would unpack from {info.compress_size:,} to {info.file_size:,} bytes"
    return ""


def _write_pairs(lines: Iterable[bytes], name: str, out: Path) -> tuple[int, BadLines]:
    """Write the pairs of `lines` to `out`; return their number and the other lines."""
    problems = BadLines()

    def write(file: BinaryIO) -> None:
        for pair in problems.without(scan_lines(_hopeful(lines, problems), name, parse_columns)):
            file.write(f"{pair.source}\t{pair.target}\n".encode())
        if problems.pairs <= problems.count:
            raise UserError(f"{name}: {_not_pairs(problems)}")

    atomic_write(out, write)
    return problems.pairs, problems


def _hopeful(lines: Iterable[bytes], problems: BadLines) -> Iterator[bytes]:
    """Yield lines, until so many of those before were bad that the text cannot be one of pairs."""
    for line in lines:
        if problems.count >= _HOPELESS and problems.count > 10 * problems.pairs:
            return
        yield line


def _not_pairs(problems: BadLines) -> str:
    if not problems.count:
        return "is empty; use another file"
    count = f"{problems.pairs:,} of {problems.pairs + problems.count:,} lines are"
    return (
        f"not a text of sentence pairs: {count} a source, a tab and a target; the first that is not: "
        f"{problems.first[0]}"
    )


def _write_notes(content: bytes, out: Path) -> Path:
    about = out.with_suffix(".about.txt")
    write_text_atomic(about, "".join(normalise(decode_line(line)) + "\n" for line in content.splitlines()))
    return about
