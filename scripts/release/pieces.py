"""Pack a folder into compressed pieces of limited size, and unpack it.

    python -m scripts.release.pieces pack DIR --out PIECES [--most-file 16MiB] [--most-all 64MiB]
    python -m scripts.release.pieces unpack PIECES --out DIR

For machines to which only a few files of limited size can be copied. All files below DIR go into pieces
called NAME-00.xz and so on; NAME.json holds the SHA-256 of each piece and each file. The same files give the
same bytes. Both commands can be stopped at any time and run again: finished parts are kept. `cat NAME-*.xz |
xz -d` gives the concatenation of the files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from seq2seq.errors import UsageError, UserError
from seq2seq.storage.files import read_bytes, sha256_file, write_bytes_atomic

FORMAT: Final = 1
NAME: Final = "pieces"
SLICE: Final = 8 << 20
"""Bytes that are compressed independently, each slice in one thread."""
UNITS: Final = {"": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
WEIGHTS: Final = (".pt", ".safetensors")
"""Suffixes of files of weights, which compress to no less than `LEAST` of their size."""
LEAST: Final = 0.6
FILTERS: Final = [{"id": lzma.FILTER_LZMA2, "preset": 6}]


@dataclass(frozen=True)
class Packed:
    """A file in the pieces.

    Attributes:
        path: its path relative to the folder, with slashes.
        bytes, sha256: size and checksum of the file.
        slices: compressed sizes of its slices, in the order of the pieces.
    """

    path: str
    bytes: int
    sha256: str
    slices: list[int]


@dataclass(frozen=True)
class Piece:
    """One of the files to be copied."""

    name: str
    bytes: int
    sha256: str


def parse_size(text: str) -> int:
    """Return the number of bytes of a size such as 4000, 16MiB or 1.5 GB."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)", text.strip())
    if match is None or match[2] not in UNITS:
        raise UsageError(f"a size is a number and one of {', '.join(filter(None, UNITS))}, not {text!r}")
    return int(float(match[1]) * UNITS[match[2]])


def shown(size: float) -> str:
    """Return a size in MiB as text."""
    return f"{size / (1 << 20):.1f} MiB"


def pack(directory: Path, out: Path, most_file: int, most_all: int, name: str = NAME) -> list[Piece]:
    """Write the pieces of all files below `directory` into `out`, then the manifest.

    Raises:
        UserError: there is no file to pack, or the pieces take more than `most_all` bytes.
    """
    paths = sorted(path for path in directory.rglob("*") if path.is_file()) if directory.is_dir() else []
    if not paths:
        raise UserError(f"{directory}: there is no file to pack")
    _refuse_weights(directory, paths, most_all)
    out.mkdir(parents=True, exist_ok=True)
    sums = {path.relative_to(directory).as_posix(): sha256_file(path) for path in paths}
    if (found := _done(out, name, sums, most_file, most_all)) is not None:
        return found
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        slices = {path: list(pool.map(lambda part: _compress(part, out), _slices(path))) for path in paths}
    files = [
        Packed(short, path.stat().st_size, sums[short], [part.stat().st_size for part in slices[path]])
        for path, short in zip(paths, sums, strict=True)
    ]
    sizes = {file.path: sum(file.slices) for file in files}
    if sum(sizes.values()) > most_all:
        raise UserError(_too_much(directory, sizes, most_all))
    parts = [part for path in paths for part in slices[path]]
    pieces = [_write(out / f"{name}-{i:02}.xz", content) for i, content in enumerate(_cut(parts, most_file))]
    content = {"format": FORMAT, "files": list(map(asdict, files)), "pieces": list(map(asdict, pieces))}
    write_bytes_atomic(out / f"{name}.json", json.dumps(content, indent=1).encode() + b"\n")
    for part in {*parts, *out.glob(".slice-*")}:
        part.unlink(missing_ok=True)
    for other in out.glob(f"{name}-*.xz"):
        if other.name not in {piece.name for piece in pieces}:
            other.unlink()
    return pieces


def _refuse_weights(directory: Path, paths: list[Path], most: int) -> None:
    """Refuse files that cannot become small enough before compressing them, which takes minutes."""
    sizes = {
        path.relative_to(directory).as_posix(): LEAST * path.stat().st_size
        for path in paths
        if path.suffix in WEIGHTS
    }
    if sum(sizes.values()) > most:
        raise UserError(_too_much(directory, sizes, most))


def _too_much(directory: Path, sizes: dict[str, float] | dict[str, int], most: int) -> str:
    largest = max(sizes, key=lambda path: sizes[path])
    instead = (
        "; most of a training state is the state of the optimiser, which scripts.release.handover leaves out"
        if largest.endswith(".pt")
        else ""
    )
    return (
        f"the pieces of {directory} would take {shown(sum(sizes.values()))}, and {shown(most)} are allowed: "
        f"leave out {largest} ({shown(sizes[largest])} of them){instead}"
    )


def _done(out: Path, name: str, sums: dict[str, str], most_file: int, most_all: int) -> list[Piece] | None:
    """Return the pieces that exist already, if they are complete and made from these files."""
    try:
        files, pieces = read_manifest(out, name)
    except UserError:
        return None
    fit = {file.path: file.sha256 for file in files} == sums
    sizes = [piece.bytes for piece in pieces]
    full = all(size == most_file for size in sizes[:-1]) and sizes[-1] <= most_file
    if not fit or not full or sum(sizes) > most_all:
        return None
    return pieces if all(_is_right(out / piece.name, piece.sha256) for piece in pieces) else None


def _is_right(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_file(path) == sha256


def _slices(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(SLICE):
            yield part


def _compress(part: bytes, out: Path) -> Path:
    """Compress a slice into a file of its own, unless an earlier call has left it."""
    path = out / f".slice-{hashlib.sha256(part).hexdigest()}"
    if not path.exists():
        packed = lzma.compress(part, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=FILTERS)
        write_bytes_atomic(path, packed)
    return path


def _cut(parts: Iterable[Path], most: int) -> Iterator[bytes]:
    """Yield the concatenation of some files, `most` bytes at a time."""
    waiting = b""
    for part in parts:
        waiting += read_bytes(part)
        while len(waiting) > most:
            yield waiting[:most]
            waiting = waiting[most:]
    yield waiting


def _write(path: Path, content: bytes) -> Piece:
    write_bytes_atomic(path, content)
    return Piece(path.name, len(content), hashlib.sha256(content).hexdigest())


def read_manifest(directory: Path, name: str | None = None) -> tuple[list[Packed], list[Piece]]:
    """Return what the manifest in `directory` lists.

    Args:
        name: name of the pieces; by default that of the only manifest.

    Raises:
        UserError: there is no manifest, or it is damaged.
    """
    found = [directory / f"{name}.json"] if name else sorted(directory.glob("*.json"))
    if len(found) != 1:
        raise UserError(f"{directory}: expected one manifest (.json), found {len(found)}")
    try:
        content: dict[str, Any] = json.loads(read_bytes(found[0]))
        version = content["format"]
        files = [Packed(**file) for file in content["files"]]
        pieces = [Piece(**piece) for piece in content["pieces"]]
        names = [PurePosixPath(path) for path in (*(f.path for f in files), *(p.name for p in pieces))]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{found[0]} is damaged; copy it again") from error
    if version != FORMAT:
        raise UserError(f"{found[0]} is of format {version}, and this program reads {FORMAT}")
    if any(path.is_absolute() or ".." in path.parts for path in names):
        raise UserError(f"{found[0]} names files outside its folder")
    return files, pieces


def unpack(directory: Path, out: Path) -> list[Path]:
    """Write the files of the pieces in `directory` below `out`; return their paths.

    Raises:
        UserError: a piece is missing or damaged; nothing is written.
    """
    files, pieces = read_manifest(directory)
    if bad := [piece.name for piece in pieces if not _is_right(directory / piece.name, piece.sha256)]:
        raise UserError(f"{directory}: {', '.join(bad)} missing or damaged; copy them again")
    stream = memoryview(b"".join(read_bytes(directory / piece.name) for piece in pieces))
    jobs, begin = [], 0
    for file in files:
        end = begin + sum(file.slices)
        if not _is_right(out / file.path, file.sha256):
            jobs.append((file, stream[begin:end]))
        begin = end
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, content in zip(
            (file for file, _ in jobs), pool.map(lambda job: _decompress(*job), jobs), strict=True
        ):
            if hashlib.sha256(content).hexdigest() != file.sha256:
                raise UserError(f"{directory}: {file.path} is damaged in the pieces; pack it again")
            (out / file.path).parent.mkdir(parents=True, exist_ok=True)
            write_bytes_atomic(out / file.path, content)
    return [out / file.path for file in files]


def _decompress(file: Packed, packed: memoryview) -> bytes:
    parts, begin = [], 0
    for size in file.slices:
        # A damaged piece must not expand to more than a slice.
        parts.append(lzma.LZMADecompressor().decompress(packed[begin : begin + size], SLICE))
        begin += size
    return b"".join(parts)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    packing = actions.add_parser("pack", help="pack a folder into pieces")
    packing.add_argument("directory", type=Path)
    packing.add_argument("--out", type=Path, required=True, help="folder of the pieces")
    packing.add_argument("--name", default=NAME, help="prefix of their names (default: %(default)s)")
    packing.add_argument("--most-file", default="16MiB", help="most bytes of a piece (default: %(default)s)")
    packing.add_argument("--most-all", default="64MiB", help="most bytes of all (default: %(default)s)")
    unpacking = actions.add_parser("unpack", help="restore the files")
    unpacking.add_argument("directory", type=Path, metavar="PIECES")
    unpacking.add_argument("--out", type=Path, required=True, help="folder of the files")
    options = parser.parse_args()
    try:
        if options.action == "pack":
            sizes = parse_size(options.most_file), parse_size(options.most_all)
            pieces = pack(options.directory, options.out, *sizes, options.name)
            print(f"{len(pieces)} pieces, {shown(sum(piece.bytes for piece in pieces))} in {options.out}")
        else:
            print(f"{len(unpack(options.directory, options.out))} files in {options.out}")
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
