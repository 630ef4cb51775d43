"""Files in pieces of limited size: what goes in comes out, the same gives the same, damage is told."""

from __future__ import annotations

import json
import lzma
import random
from pathlib import Path
from typing import Any

import pytest

from scripts.release import pieces
from seq2seq.errors import UsageError, UserError

MiB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of text, noise, an empty file and a file below another folder."""
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "text.tsv").write_text(
        "".join(f"line {n}\tlínea {n}\n" for n in range(20_000)), encoding="utf-8"
    )
    (folder / "below" / "noise.npy").write_bytes(random.Random(1).randbytes(300_000))
    (folder / "empty").touch()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_goes_in_comes_out_and_no_piece_is_too_large(folder: Path, tmp_path: Path) -> None:
    made = pieces.pack(folder, tmp_path / "out", most_file=100_000, most_all=MiB)
    names = [f"pieces-{i:02}.xz" for i in range(len(made))]
    assert [piece.name for piece in made] == names
    assert sorted(contents(tmp_path / "out")) == [*names, "pieces.json"]
    sizes = [(tmp_path / "out" / name).stat().st_size for name in names]
    assert len(made) > 3
    assert set(sizes[:-1]) == {100_000}
    assert 0 < sizes[-1] <= 100_000
    found = pieces.unpack(tmp_path / "out", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(folder)
    assert {path.relative_to(tmp_path / "back").as_posix() for path in found} == set(contents(folder))
    in_a_row = b"".join(contents(folder)[path] for path in sorted(contents(folder)))
    assert lzma.decompress(b"".join((tmp_path / "out" / name).read_bytes() for name in names)) == in_a_row


def test_large_files_are_compressed_in_slices(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "SLICE", 50_000)
    pieces.pack(folder, tmp_path / "out", 100_000, MiB)
    files, _ = pieces.read_manifest(tmp_path / "out")
    expected = {path: -(-len(content) // 50_000) for path, content in contents(folder).items()}
    assert {file.path: len(file.slices) for file in files} == expected
    assert max(expected.values()) > 5
    pieces.unpack(tmp_path / "out", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(folder)


def test_the_same_files_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        pieces.pack(folder, tmp_path / name, 100_000, MiB)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_what_is_done_is_not_done_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what a stopped attempt compressed, nor whole pieces; but what has changed is."""
    done: list[int] = []
    compress = lzma.compress

    def stopping(part: bytes, **options: Any) -> bytes:
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(len(part))
        return compress(part, **options)

    with monkeypatch.context() as patch:
        patch.setattr(lzma, "compress", stopping)
        with pytest.raises(KeyboardInterrupt):
            pieces.pack(folder, tmp_path / "out", MiB, MiB)
    counted: list[int] = []

    def counting(part: bytes, **options: Any) -> bytes:
        counted.append(len(part))
        return compress(part, **options)

    with monkeypatch.context() as patch:
        patch.setattr(lzma, "compress", counting)
        first = pieces.pack(folder, tmp_path / "out", MiB, MiB)
        assert len(counted) == 1
        assert pieces.pack(folder, tmp_path / "out", MiB, MiB) == first
        assert len(counted) == 1
        (folder / "text.tsv").write_bytes(b"changed\n")
        assert pieces.pack(folder, tmp_path / "out", MiB, MiB) != first
    assert not list((tmp_path / "out").glob(".slice-*"))


def test_pieces_of_before_are_gone(folder: Path, tmp_path: Path) -> None:
    pieces.pack(folder, tmp_path / "out", 50_000, MiB)
    made = pieces.pack(folder, tmp_path / "out", MiB, MiB)
    assert sorted(contents(tmp_path / "out")) == [made[0].name, "pieces.json"]


def test_too_much_is_refused_and_the_largest_file_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "more.tsv").write_bytes(random.Random(2).randbytes(400_000))
    with pytest.raises(
        UserError, match=r"would take 0\.7 MiB, and 0\.5 MiB are allowed: leave out more\.tsv"
    ):
        pieces.pack(folder, tmp_path / "out", MiB, MiB // 2)
    assert not (tmp_path / "out" / "pieces.json").exists()


def test_a_training_state_is_refused_before_it_is_compressed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "state_00000500.pt").write_bytes(bytes(2 * MiB))
    monkeypatch.setattr(lzma, "compress", lambda *_, **__: pytest.fail("something was compressed"))
    with pytest.raises(
        UserError,
        match=r"leave out state_00000500\.pt .*, which scripts\.release\.handover leaves out",
    ):
        pieces.pack(folder, tmp_path / "out", MiB, MiB)


def test_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file to pack"):
        pieces.pack(tmp_path / "none", tmp_path / "out", MiB, MiB)


def test_damaged_and_missing_pieces_are_named_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pieces.pack(folder, out, 100_000, MiB)
    second = bytearray((out / "pieces-01.xz").read_bytes())
    second[5000] ^= 1
    (out / "pieces-01.xz").write_bytes(second)
    (out / "pieces-02.xz").unlink()
    with pytest.raises(UserError, match=r"pieces-01\.xz, pieces-02\.xz missing or damaged; copy them again"):
        pieces.unpack(out, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_what_is_there_and_right_stays_and_what_is_not_is_written_again(folder: Path, tmp_path: Path) -> None:
    pieces.pack(folder, tmp_path / "out", MiB, MiB)
    pieces.unpack(tmp_path / "out", tmp_path / "back")
    text, noise = tmp_path / "back" / "text.tsv", tmp_path / "back" / "below" / "noise.npy"
    before = text.stat().st_mtime_ns
    noise.write_bytes(b"cut short")
    pieces.unpack(tmp_path / "out", tmp_path / "back")
    assert text.stat().st_mtime_ns == before
    assert contents(tmp_path / "back") == contents(folder)


@pytest.mark.parametrize("path", ["../outside", "/outside", "below/../../outside"])
def test_no_file_is_written_outside_the_folder(folder: Path, tmp_path: Path, path: str) -> None:
    pieces.pack(folder, tmp_path / "out", MiB, MiB)
    manifest = tmp_path / "out" / "pieces.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["files"][0]["path"] = path
    manifest.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match="names files outside its folder"):
        pieces.unpack(tmp_path / "out", tmp_path / "back")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda content: content.pop("pieces"), "is damaged; copy it again"),
        (lambda content: content.update(format=2), "is of format 2, and this program reads 1"),
        (lambda content: content["files"][0].update(sha256="0" * 64), "is damaged in the pieces"),
    ],
)
def test_a_manifest_that_is_none(folder: Path, tmp_path: Path, change: Any, fault: str) -> None:
    pieces.pack(folder, tmp_path / "out", MiB, MiB)
    manifest = tmp_path / "out" / "pieces.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    change(content)
    manifest.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match=fault):
        pieces.unpack(tmp_path / "out", tmp_path / "back")


def test_pieces_of_two_packings_are_told_apart(folder: Path, tmp_path: Path) -> None:
    pieces.pack(folder, tmp_path / "out", MiB, MiB)
    pieces.pack(folder, tmp_path / "out", MiB, MiB, name="other")
    with pytest.raises(UserError, match="expected one manifest"):
        pieces.unpack(tmp_path / "out", tmp_path / "back")


@pytest.mark.parametrize(
    ("text", "size"), [("4000", 4000), ("16MiB", 16 * MiB), ("1.5 MB", 1_500_000), (" 2 GiB", 2048 * MiB)]
)
def test_sizes(text: str, size: int) -> None:
    assert pieces.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "16 mib", "-1", "1e3", "16MiB/s"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="a size is a number and one of kB, MB"):
        pieces.parse_size(text)
