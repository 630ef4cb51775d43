"""Prepared data on another machine: enough to train on, and never mistaken for other data."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tinyruns import bundled, write_pairs

from scripts.release import prepared
from seq2seq.config.loading import parse_config
from seq2seq.config.schema import Config
from seq2seq.corpus import cache
from seq2seq.corpus import prepare as prepare_module
from seq2seq.corpus.cachedir import default_cache
from seq2seq.corpus.prepare import prepare
from seq2seq.corpus.prepared import Prepared
from seq2seq.errors import UsageError, UserError
from seq2seq.text.vocabulary import Vocabulary


def config_in(folder: Path) -> Config:
    parts = ", ".join(
        f"{{path: {folder / name}.tsv, share: {share}}}" for name, share in (("a", 70), ("b", 30))
    )
    return parse_config(
        f"data: {{train: [{parts}], dev: {folder / 'dev.tsv'}, dev_more: [{folder / 'more.tsv'}]}}"
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return a configuration whose files are there, with a cache of this machine."""
    folder = tmp_path / "here"
    folder.mkdir()
    pairs = bundled("train", 120)
    write_pairs(folder / "a.tsv", pairs[:80])
    write_pairs(folder / "b.tsv", pairs[80:])
    write_pairs(folder / "dev.tsv", bundled("dev", 5))
    write_pairs(folder / "more.tsv", bundled("dev", 9)[5:])
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache-here"))
    return config_in(folder)


@pytest.fixture
def there(tmp_path: Path) -> Config:
    """Return the same configuration on another machine, where no file is."""
    return config_in(tmp_path / "there")


def arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unicode: str | None = None) -> None:
    """Be on another machine from here on."""
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache-there"))
    if unicode:
        monkeypatch.setattr(unicodedata, "unidata_version", unicode)


def read(config: Config, vocabulary: Vocabulary | None = None) -> Prepared:
    return prepare(config.data, default_cache(), vocabulary, config.copies)


def assert_same(one: Prepared, other: Prepared) -> None:
    assert one.fingerprint == other.fingerprint
    assert one.vocabulary == other.vocabulary
    assert (one.dev, one.parts, one.report) == (other.dev, other.parts, other.report)
    for name in ("source_ids", "source_offsets", "target_ids", "target_offsets"):
        np.testing.assert_array_equal(getattr(one.train, name), getattr(other.train, name))


@pytest.mark.parametrize("unicode", [None, "99.0.0"])
def test_what_was_prepared_here_is_trained_on_there_without_the_files(
    here: Config,
    there: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unicode: str | None,
) -> None:
    prepared.gather(here, tmp_path / "copy")
    ours = read(here)
    arrive(tmp_path, monkeypatch, unicode)
    prepared.place(there, tmp_path / "copy")
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == [
        "a.tsv.sha256",
        "b.tsv.sha256",
        "dev.tsv",
        "more.tsv",
    ]
    monkeypatch.setattr(prepare_module, "_make", lambda *_: pytest.fail("it was prepared again"))
    assert_same(read(there), ours)
    assert_same(read(there, ours.vocabulary), ours)


def test_files_that_are_there_already_stay(
    here: Config, there: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared.gather(here, tmp_path / "copy")
    arrive(tmp_path, monkeypatch)
    (tmp_path / "there").mkdir()
    original = (tmp_path / "here" / "a.tsv").read_bytes()
    (tmp_path / "there" / "a.tsv").write_bytes(original)
    write_pairs(tmp_path / "there" / "more.tsv", bundled("dev", 2))
    mine = (tmp_path / "there" / "more.tsv").read_bytes()
    prepared.place(there, tmp_path / "copy")
    prepared.place(there, tmp_path / "copy")
    assert not (tmp_path / "there" / "a.tsv.sha256").exists()
    assert (tmp_path / "there" / "more.tsv").read_bytes() == mine


def test_data_of_other_files_settings_or_code_are_refused(
    here: Config, there: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared.gather(here, tmp_path / "copy")
    arrive(tmp_path, monkeypatch)
    longer = replace(there, data=replace(there.data, max_chars=150))
    with pytest.raises(UserError, match="made of other files, with other settings or by another version"):
        prepared.place(longer, tmp_path / "copy")
    (tmp_path / "there" / "b.tsv").write_text("one\tuno\n", encoding="utf-8")
    with pytest.raises(UserError, match="made of other files"):
        prepared.place(there, tmp_path / "copy")
    (tmp_path / "there" / "b.tsv").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "FORMAT", cache.FORMAT + 1)
        with pytest.raises(UserError, match="made of other files"):
            prepared.place(there, tmp_path / "copy")
    assert prepared.place(there, tmp_path / "copy").is_dir()


@pytest.mark.parametrize("name", ["source_ids.npy", "meta.json"])
def test_damage_on_the_way_is_told(
    here: Config, there: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    prepared.gather(here, tmp_path / "copy")
    path = tmp_path / "copy" / "prepared" / name
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    arrive(tmp_path, monkeypatch)
    with pytest.raises(UserError, match=f"{name} does not match its checksum"):
        prepared.place(there, tmp_path / "copy")


def test_a_file_that_is_away_cannot_be_prepared_again(
    here: Config, there: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared.gather(here, tmp_path / "copy")
    arrive(tmp_path, monkeypatch)
    prepared.place(there, tmp_path / "copy")
    for other in (replace(there.data, max_chars=150), replace(there.data, dev=str(tmp_path / "none.tsv"))):
        with pytest.raises(UserError, match=r"data\.(train|dev): .*: no such file"):
            prepare(other, default_cache(), spans=there.copies)
    with pytest.raises(UserError, match=r"data\.train: .*a\.tsv: no such file"):
        read(there, Vocabulary(tuple("abc")))


def test_two_files_of_one_name_are_refused(here: Config, tmp_path: Path) -> None:
    same = replace(here, data=replace(here.data, dev_more=(str(tmp_path / "other" / "dev.tsv"),)))
    with pytest.raises(UsageError, match=r"two files of the configuration have the name dev\.tsv"):
        prepared.gather(same, tmp_path / "copy")


def test_what_config_names_and_nobody_copied_is_told(
    here: Config, there: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared.gather(here, tmp_path / "copy")
    arrive(tmp_path, monkeypatch)
    more = replace(there, data=replace(there.data, dev_more=(str(tmp_path / "there" / "new.tsv"),)))
    with pytest.raises(UserError, match=r"there is no new\.tsv in "):
        prepared.place(more, tmp_path / "copy")


def test_a_vocabulary_like_that_of_the_data_needs_no_second_entry(here: Config, tmp_path: Path) -> None:
    """A run that goes on has its vocabulary in its state; its data had been prepared a second time for it."""
    first = read(here)
    assert_same(read(here, first.vocabulary), first)
    assert len(list((tmp_path / "cache-here").iterdir())) == 1
    assert read(here, Vocabulary(first.vocabulary.characters[:-1])).vocabulary != first.vocabulary
    assert len(list((tmp_path / "cache-here").iterdir())) == 2


def test_nothing_is_told_of_the_machine(here: Config, tmp_path: Path) -> None:
    prepared.gather(here, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes()
    assert json.loads((tmp_path / "copy" / "made_with.json").read_bytes()) == {
        "unicode": unicodedata.unidata_version
    }
