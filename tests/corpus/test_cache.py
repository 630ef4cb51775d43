"""A cache that is never trusted unseen, and a version that is raised when data is prepared differently."""

from __future__ import annotations

import io
import json
import logging
import os
import resource
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from smallcorpus import TRAIN, assert_same, contents

from seq2seq.config.schema import DataConfig
from seq2seq.corpus import cache as cache_module
from seq2seq.corpus import prepare as prepare_module
from seq2seq.corpus import spool
from seq2seq.corpus.cache import clear, entries
from seq2seq.corpus.cachedir import default_cache
from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepare import prepare
from seq2seq.corpus.prepared import Prepared
from seq2seq.errors import UserError
from seq2seq.text.symbols import KIND_NAMES
from seq2seq.text.vocabulary import Vocabulary

GOLDEN = Path(__file__).parents[1] / "golden"
RAISE = (
    "the same text is prepared differently: raise FORMAT in seq2seq/corpus/cache.py, then write the golden "
    "file anew with `SEQ2SEQ_WRITE_PREPARED=1 python -m pytest -n0 tests/corpus/test_cache.py`"
)


def prepared_golden(cache: Path) -> list[str]:
    """Return what is prepared from the golden text, a line for each pair, with the names of the kinds."""
    names = str.maketrans({kind: f"⟦{name}⟧" for kind, name in KIND_NAMES.items()})
    text = DataConfig(train=str(GOLDEN / "prepared_text.tsv"), min_count=1)
    out = []
    for spans in (True, False):
        prepared = prepare(text, cache, spans=spans)
        out.append(f"# spans: {spans}; {prepared.report.filtered}; unlike: {prepared.report.unlike}")
        out += [f"{pair.source}\t{pair.target}".translate(names) for pair in spelt(prepared)]
        out.append("".join(prepared.vocabulary.characters).translate(names))
    return out


def spelt(prepared: Prepared) -> list[Pair]:
    """Return the pairs as strings of symbols, without the loss of which kind a span has."""
    characters = ["", "", "", "\ufffd", *prepared.vocabulary.characters]
    sides = (
        ["".join([characters[i] for i in side(row)]) for row in range(len(prepared.train))]
        for side in (prepared.train.source, prepared.train.target)
    )
    return list(map(Pair, *sides))


def test_format_is_raised_when_the_same_text_is_prepared_differently(cache: Path) -> None:
    """Else training would go on with data of the cache that this version would not make."""
    golden = GOLDEN / "prepared.txt"
    version, *kept = golden.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    made = prepared_golden(cache)
    if os.environ.get("SEQ2SEQ_WRITE_PREPARED") and int(version.split()[1]) != cache_module.FORMAT:
        lines = [f"format {cache_module.FORMAT}", *made]
        golden.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        return
    assert made == kept, RAISE
    assert version == f"format {cache_module.FORMAT}", RAISE


def refuse_to_encode(*_: object) -> None:
    raise AssertionError("the corpus was encoded again")


def test_second_time_comes_from_the_cache(
    data: DataConfig, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(data, cache)
    assert (str(first.train.source_ids.dtype), str(first.train.source_offsets.dtype)) == ("uint16", "int64")
    monkeypatch.setattr(prepare_module, "_make", refuse_to_encode)
    assert_same(prepare(data, cache), first)


def test_file_that_moved_is_still_in_the_cache(
    data: DataConfig, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(data, cache)
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.move(tmp_path / "train.tsv", tmp_path / "elsewhere" / "other.tsv")
    monkeypatch.setattr(prepare_module, "_make", refuse_to_encode)
    assert_same(prepare(replace(data, train=str(moved)), cache), first)


def test_whatever_matters_makes_another_entry(
    data: DataConfig, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = [
        data,
        replace(data, max_chars=41),
        replace(data, max_ratio=3.0),
        replace(data, min_count=1),
        replace(data, reverse=True),
        replace(data, dev=None),
        replace(data, test=data.dev),
    ]
    for variant in variants:
        prepare(variant, cache)
    prepare(data, cache, Vocabulary(("a",)))
    prepare(data, cache, Vocabulary(("b",)))
    (tmp_path / "train.tsv").write_text(TRAIN + "One more.\tUno más.\n", encoding="utf-8")
    prepare(data, cache)
    monkeypatch.setattr(cache_module, "FORMAT", cache_module.FORMAT + 1)
    prepare(data, cache)
    assert len(list(cache.iterdir())) == len(variants) + 4


def put_in_place(path: Path, content: bytes) -> None:
    path.unlink()  # the arrays of the first time are mapped and must not change under the test
    path.write_bytes(content)


def flip_bit(path: Path) -> None:
    content = path.read_bytes()
    put_in_place(path, content[:-1] + bytes([content[-1] ^ 1]))


def truncate(path: Path) -> None:
    put_in_place(path, path.read_bytes()[:-1])


def empty(path: Path) -> None:
    put_in_place(path, b"")


def other_array(path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3, dtype=np.float64))
    put_in_place(path, buffer.getvalue())


def pickled(path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    put_in_place(path, buffer.getvalue())


FILES = ["source_ids.npy", "source_offsets.npy", "target_ids.npy", "target_offsets.npy", "meta.json"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [flip_bit, truncate, empty, other_array, pickled, Path.unlink])
def test_damaged_cache_is_made_again_with_one_warning(
    data: DataConfig,
    cache: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    first = prepare(data, cache)
    good = contents(cache)
    (directory,) = cache.iterdir()
    damage(directory / name)
    assert contents(cache) != good
    with caplog.at_level(logging.WARNING):
        again = prepare(data, cache)
    assert_same(again, first)
    assert contents(cache) == good
    # Without meta.json an entry is not damaged but unfinished.
    assert len(caplog.records) == (0 if damage is Path.unlink and name == "meta.json" else 1)


def test_changed_entry_is_noticed_even_if_it_is_still_json(data: DataConfig, cache: Path) -> None:
    prepare(data, cache)
    (meta,) = cache.rglob("meta.json")
    meta.write_bytes(meta.read_bytes().replace(b'"a"', b'"b"'))
    assert "a" in prepare(data, cache).vocabulary


def test_copy_of_another_entry_is_not_taken_for_this_one(
    data: DataConfig, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = prepare(data, cache)
    (mine,) = cache.iterdir()
    prepare(replace(data, reverse=True), cache)
    (other,) = set(cache.iterdir()) - {mine}
    shutil.rmtree(mine)
    shutil.copytree(other, mine)
    with caplog.at_level(logging.WARNING):
        assert_same(prepare(data, cache), first)
    assert "copy of another entry" in caplog.text


def test_nothing_but_the_entry_is_left_on_disk(data: DataConfig, cache: Path) -> None:
    prepare(data, cache)
    assert sorted(path.name for path in cache.rglob("*") if path.is_file()) == sorted(FILES)


@pytest.mark.parametrize("limit", [1, 100])
def test_full_disk_is_a_clear_error(
    data: DataConfig, cache: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Whether the text or the arrays find no room: here no file may grow beyond `limit` bytes."""
    monkeypatch.setattr(spool, "BLOCK", 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(UserError, match=r"cannot write .*too large"):
            prepare(data, cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not list(cache.rglob("meta.json"))


def test_mapped_arrays_cannot_be_written(data: DataConfig, cache: Path) -> None:
    prepared = prepare(data, cache)
    with pytest.raises(ValueError, match="read-only"):
        prepared.train.source_ids[0] = 7


def test_meta_is_plain_json_after_its_checksum(data: DataConfig, cache: Path) -> None:
    prepared = prepare(data, cache)
    (meta,) = cache.rglob("meta.json")
    record = json.loads(meta.read_text(encoding="utf-8").split("\n", 1)[1])
    assert tuple(record["characters"]) == prepared.vocabulary.characters
    assert record["fingerprint"] == prepared.fingerprint


def test_cache_that_cannot_be_made_is_a_clear_error(data: DataConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=f"cannot write {tmp_path / 'file'}"):
        prepare(data, tmp_path / "file" / "cache")


def test_default_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SEQ2SEQ_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    home = tmp_path / ".cache" / "seq2seq"
    assert default_cache() == home
    for ignored in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert default_cache() == home
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "xdg" / "seq2seq"
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "own"))
    assert default_cache() == tmp_path / "own"
    assert list(tmp_path.iterdir()) == []


# --- listing and clearing -----------------------------------------------------------------------------------


def test_entries_are_listed_with_size_and_files_and_nothing_else_is_deleted(
    data: DataConfig, cache: Path
) -> None:
    prepare(data, cache)
    prepare(replace(data, max_chars=30), cache)
    (cache / "notes.txt").write_text("mine")
    (cache / "other").mkdir()
    unfinished = cache / ("0" * 32)
    unfinished.mkdir()
    found = entries(cache)
    assert [each.files for each in found].count(("train.tsv",)) == 2
    assert [each.directory for each in found if each.files is None] == [unfinished]
    sizes = {each.directory: sum(path.stat().st_size for path in each.directory.iterdir()) for each in found}
    assert {each.directory: each.size for each in found} == sizes
    assert clear(cache) == found
    assert sorted(path.name for path in cache.iterdir()) == ["notes.txt", "other"]
    assert entries(cache) == []
    assert entries(cache / "nowhere") == []
