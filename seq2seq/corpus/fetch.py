"""Downloads sentence pairs: fetch, verify, unpack and write one file of pairs.

Nothing from outside is trusted: addresses are https, downloads and archives have size limits, a known archive
has a known hash, and one member of an archive is read as a stream, whose name never becomes a path.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, BinaryIO
from urllib import request
from urllib.error import URLError
from urllib.parse import urlsplit

from tqdm import tqdm

from seq2seq.corpus.pairs import parse_columns, scan_lines
from seq2seq.errors import UsageError, UserError
from seq2seq.storage.files import atomic_write, clear_errors, sha256_file, write_text_atomic
from seq2seq.text.normalise import decode_line, normalise

MOST_DOWNLOADED = 64 * 2**20
MOST_UNPACKED = 256 * 2**20
MOST_RATIO = 200
"""The largest ratio of unpacked to packed size; text has about four."""

TIMEOUT = 30.0
"""Seconds without an answer after which a server counts as gone."""

_CHUNK = 1 << 16
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    OSError,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


@dataclass(frozen=True)
class Archive:
    """A file on the web that does not change."""

    url: str
    size: int
    sha256: str


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
    problems: tuple[UserError, ...]
    sha256: str

    def __str__(self) -> str:
        lines = [f"{self.out}: {self.pairs:,} pairs, from a file with sha256 {self.sha256}"]
        if self.about:
            lines.append(f"{self.about}: origin and licence; keep it with the pairs")
        if self.problems:
            lines.append(f"left out: {len(self.problems):,} lines, the first: {self.problems[0]}")
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
    with (
        clear_errors("write", out),
        tempfile.TemporaryDirectory(prefix=".fetch-", dir=out.parent) as directory,
    ):
        path = Path(directory, "download")
        with path.open("wb") as file:
            for chunk in _download(known, out.parent):
                file.write(chunk)
        return _unpack(_checked(path, known), known.url, out)


def _checked(path: Path, archive: Archive) -> Path:
    """Return `path` if its size and checksum match those of `archive` that are known."""
    with clear_errors("read", path):
        size = path.stat().st_size
    if size > MOST_DOWNLOADED:
        raise _too_large(archive.url, MOST_DOWNLOADED)
    actual = sha256_file(path)
    if archive.sha256 and actual != archive.sha256.lower():
        gone = "it was deleted; try again" if "://" in archive.url else "use another copy of the file"
        raise UserError(f"{archive.url}: its sha256 is {actual} and should be {archive.sha256}; {gone}")
    return path


# --- the web ------------------------------------------------------------------------------------------------


class _SameHost(request.HTTPRedirectHandler):
    """Follows redirects within one host; those to other hosts are refused and reported."""

    def redirect_request(
        self,
        req: request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise UserError(
                f"{req.full_url} redirects to {newurl}; if you trust that, fetch it by that address"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(archive: Archive, directory: Path) -> Iterator[bytes]:
    """Yield the bytes at an address; UserError when it is refused, breaks off or is larger than expected."""
    _check_url(archive.url)
    call = request.Request(archive.url, headers={"User-Agent": "seq2seq-lag"})
    received = 0
    try:
        with _opener().open(call, timeout=TIMEOUT) as response:
            length = response.length or 0
            if length > archive.size:
                raise _too_large(archive.url, archive.size)
            with tqdm(total=length or None, unit="B", unit_scale=True, desc="fetch", disable=None) as bar:
                while chunk := response.read(_CHUNK):
                    received += len(chunk)
                    if received > archive.size:
                        raise _too_large(archive.url, archive.size)
                    bar.update(len(chunk))
                    yield chunk
        if received < length:
            raise ConnectionError(f"the connection ended after {received:,} of {length:,} bytes")
    except (OSError, http.client.HTTPException) as error:
        raise UserError(_by_hand(archive, directory, error)) from error


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise UsageError(f"{url} is not an address: {error}") from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise UsageError(f"{url}: only https addresses are fetched; download it yourself and name the file")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _opener() -> request.OpenerDirector:
    # Not build_opener(): its default handlers also open file:, ftp: and data: addresses.
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _SameHost(),
    ):
        opener.add_handler(handler)
    return opener


def _too_large(name: str, limit: int) -> UserError:
    return UserError(f"{name} exceeds the limit of {limit:,} bytes; deleted")


def _by_hand(archive: Archive, directory: Path, error: Exception) -> str:
    place = directory / (Path(urlsplit(archive.url).path).name or "pairs.zip")
    reason = error.reason if type(error) is URLError else error
    check = f", check that its sha256 is {archive.sha256}" if archive.sha256 else ""
    return (
        f"cannot fetch {archive.url}: {reason}; try again, or download the file with a browser{check}, save "
        f"it as {place} and fetch that file instead"
    )


# --- the archive --------------------------------------------------------------------------------------------


def _unpack(path: Path, name: str, out: Path) -> FetchReport:
    """Write the pairs of a zip archive or a plain text; messages call it `name`."""
    with path.open("rb") as start:
        zipped = start.read(2) == b"PK"
    if not zipped:
        with path.open("rb") as lines:
            pairs, problems = _write_pairs(lines, name, out)
        return FetchReport(out, None, pairs, problems, sha256_file(path))
    with _whole_zip(name), zipfile.ZipFile(path) as archive:
        text, notes = _members(archive, name)
        with archive.open(text) as lines:
            pairs, problems = _write_pairs(lines, f"{name}:{text.filename}", out)
        about = _write_notes(archive.read(notes), out) if notes else None
    return FetchReport(out, about, pairs, problems, sha256_file(path))


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
    files = {Path(info.filename).name: info for info in archive.infolist() if not info.is_dir()}
    texts = [name for name in files if re.fullmatch(r"[^._].*\.(txt|tsv)", name)]
    if len(texts) != 1:
        raise UserError(
            f"{name}: one .txt or .tsv file is expected in it, and it has {len(texts)}; unpack it yourself"
        )
    return files[texts[0]], files.get("_about.txt")


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


def _write_pairs(lines: Iterable[bytes], name: str, out: Path) -> tuple[int, tuple[UserError, ...]]:
    """Write the pairs of `lines` to `out`; return their number and an error for each other line."""
    pairs, problems = 0, list[UserError]()

    def write(file: BinaryIO) -> None:
        nonlocal pairs
        for item in scan_lines(lines, name, parse_columns):
            if isinstance(item, UserError):
                problems.append(item)
            else:
                pairs += 1
                file.write(f"{item.source}\t{item.target}\n".encode())
        if pairs <= len(problems):
            count = f"{pairs:,} of {pairs + len(problems):,} lines are"
            raise UserError(f"{name}: not a text of sentence pairs: {count} a source, a tab and a target")

    atomic_write(out, write)
    return pairs, tuple(problems)


def _write_notes(content: bytes, out: Path) -> Path:
    about = out.with_suffix(".about.txt")
    write_text_atomic(about, "".join(normalise(decode_line(line)) + "\n" for line in content.splitlines()))
    return about
