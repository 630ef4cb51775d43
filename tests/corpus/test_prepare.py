"""Preparing a corpus: what training is given, and a cache that is never trusted unseen."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smallcorpus import TRAIN, TRAINED, assert_same, contents, decoded

from seq2seq.config.checks import TrainPart
from seq2seq.config.schema import DataConfig
from seq2seq.corpus import spool
from seq2seq.corpus.filters import filter_pairs
from seq2seq.corpus.pairs import Pair, align_sentences, fingerprint, read_pairs
from seq2seq.corpus.prepare import prepare
from seq2seq.corpus.prepared import Prepared, encode_pairs
from seq2seq.errors import UserError
from seq2seq.text.vocabulary import UNKNOWN, Vocabulary

# --- what training is given ---------------------------------------------------------------------------------


def test_training_part_is_cut_filtered_and_encoded_and_dev_stays_whole(data: DataConfig, cache: Path) -> None:
    prepared = prepare(replace(data, min_count=1), cache)
    assert decoded(prepared) == TRAINED
    assert prepared.dev == [
        Pair("New. It is new.", "Nuevo. Es nuevo."),
        Pair("Where are you?", "¿Dónde está usted?"),
    ]
    assert prepared.fingerprint == fingerprint(TRAINED)
    assert prepared.dev_fingerprint == fingerprint(prepared.dev)
    report = prepared.report
    assert (report.read, report.aligned, report.held_out, report.unknown) == (6, 1, 1, 0)
    assert (report.filtered.empty, report.filtered.too_long, report.filtered.duplicate) == (1, 1, 1)
    assert report.characters == sum(len(side) for pair in TRAINED for side in pair)


def test_vocabulary_is_of_both_sides_and_rare_characters_are_unknown(data: DataConfig, cache: Path) -> None:
    prepared = prepare(data, cache)
    text = "".join(side for pair in TRAINED for side in pair)
    assert prepared.vocabulary == Vocabulary.build({c: text.count(c) for c in text}, min_count=2)
    rare = [character for character in text if text.count(character) == 1]
    assert (prepared.report.unknown, prepared.report.unknown_kinds) == (len(rare), len(rare))
    assert "ζ" in rare
    assert prepared.train.target(2)[-1] == UNKNOWN
    assert f"{len(rare)} of them are unknown" in str(prepared.report)


def test_given_vocabulary_is_used_and_what_it_lacks_is_counted(data: DataConfig, cache: Path) -> None:
    vocabulary = Vocabulary(("o", "G", "."))
    prepared = prepare(data, cache, vocabulary)
    assert prepared.vocabulary == vocabulary
    assert prepared.train.source(0).tolist() == vocabulary.encode("Go.") == [5, 4, 6]
    text = "".join(side for pair in TRAINED for side in pair)
    assert prepared.report.unknown == sum(character not in "oG." for character in text)
    assert prepared.report.unknown_kinds == len(set(text) - set("oG."))


def test_reverse_swaps_the_sides_everywhere(data: DataConfig, cache: Path) -> None:
    prepared = prepare(replace(data, reverse=True, min_count=1), cache)
    assert decoded(prepared) == [Pair(pair.target, pair.source) for pair in TRAINED]
    assert prepared.dev[1] == Pair("¿Dónde está usted?", "Where are you?")


def test_sentence_cut_out_of_a_line_is_left_out_if_test_has_it(
    data: DataConfig, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "test.tsv").write_text("I'm here.\tEstoy aquí.\n", encoding="utf-8")
    prepared = prepare(replace(data, test=str(tmp_path / "test.tsv"), min_count=1), cache)
    assert decoded(prepared) == [TRAINED[0], TRAINED[2]]
    assert prepared.report.held_out == 2


def test_dev_lines_among_the_training_lines_are_counted(
    data: DataConfig, cache: Path, tmp_path: Path
) -> None:
    assert prepare(data, cache).shared == 0
    whole = "I am here. Where are you?\tEstoy donde sea."
    (tmp_path / "dev.tsv").write_text(f"go\tVaya.\nNew\tve\nNew\tNuevo\n{whole}\n")
    prepared = prepare(data, cache)
    assert prepared.shared == 3
    assert "dev: 3 lines share" in str(prepared.report)


def test_corpus_without_dev_part_has_an_empty_one(data: DataConfig, cache: Path) -> None:
    prepared = prepare(replace(data, dev=None), cache)
    assert (prepared.dev, prepared.shared, prepared.report.held_out) == ([], 0, 0)
    assert len(prepared.train) == len(TRAINED) + 1


def test_parallel_files_give_the_same_as_columns(data: DataConfig, cache: Path, tmp_path: Path) -> None:
    sides = zip(*(line.split("\t") for line in TRAIN.splitlines()), strict=True)
    for name, side in zip(("a.en", "a.es"), sides, strict=True):
        (tmp_path / name).write_text("\n".join(side) + "\n", encoding="utf-8")
    parallel = replace(data, train=(str(tmp_path / "a.en"), str(tmp_path / "a.es")))
    assert prepare(parallel, cache).fingerprint == prepare(data, cache).fingerprint


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"train": None}, r"data\.train is not set"),
        ({"train": "none.tsv"}, r"none\.tsv"),
        ({"dev": "none.tsv"}, r"none\.tsv"),
        ({"test": "none.tsv"}, r"none\.tsv"),
        ({"max_chars": 2}, r"6 lines read, 0 pairs kept.*longer than max_chars.*data\.max_chars"),
    ],
)
def test_data_that_cannot_be_trained_on_is_a_clear_error(
    data: DataConfig, cache: Path, settings: dict[str, Any], fault: str
) -> None:
    with pytest.raises(UserError, match=fault):
        prepare(replace(data, **settings), cache)
    assert contents(cache) == {}


@pytest.mark.parametrize(("name", "fault"), [("train", "0 lines read"), ("dev", "contains no sentence pair")])
def test_empty_file_is_a_clear_error(
    data: DataConfig, cache: Path, tmp_path: Path, name: str, fault: str
) -> None:
    (tmp_path / f"{name}.tsv").write_text("")
    with pytest.raises(UserError, match=rf"{name}\.tsv: .*{fault}"):
        prepare(data, cache)


def test_bad_line_stops_with_its_place(data: DataConfig, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_bytes(TRAIN.encode() + b"x\xff\ty\n")
    with pytest.raises(UserError, match=r"train\.tsv:7: not UTF-8 \(byte 2"):
        prepare(data, cache)


@pytest.mark.parametrize("block", [1, 20, 100])
def test_size_of_the_pieces_changes_nothing(
    data: DataConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    prepare(data, tmp_path / "whole")
    monkeypatch.setattr(spool, "BLOCK", block)
    prepare(data, tmp_path / "pieces")
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")


def peak_of_preparing(count: int, directory: Path) -> int:
    """Return the most bytes in use while `count` different pairs of 2 * 60 characters are prepared."""
    lines = (f"{number:060}\t{number:060}\n" for number in range(count))
    (directory / f"{count}.tsv").write_text("".join(lines), encoding="utf-8")
    tracemalloc.start()
    prepare(DataConfig(train=str(directory / f"{count}.tsv")), directory / "cache")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_corpus_is_never_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair takes 120 characters of text, and 300 bytes as strings; its hash and lengths take 12.

    For a moment there are more: hashes that are merged, and the offsets of one side.
    """
    monkeypatch.setattr(spool, "BLOCK", 20_000)
    few, many = (peak_of_preparing(count, tmp_path) for count in (1_000, 6_000))
    assert many - few < 50 * 5_000


side = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.builds(Pair, side, side), max_size=8), st.sets(st.characters(exclude_categories=["Cs"])))
def test_arrays_hold_what_the_vocabulary_says(pairs: list[Pair], known: set[str]) -> None:
    vocabulary = Vocabulary(tuple(sorted(known)))
    encoded = encode_pairs(pairs, vocabulary)
    assert len(encoded) == len(pairs)
    for i, pair in enumerate(pairs):
        assert encoded.source(i).tolist() == vocabulary.encode(pair.source)
        assert encoded.target(i).tolist() == vocabulary.encode(pair.target)


# --- several parts ------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(data: DataConfig, tmp_path: Path) -> DataConfig:
    """Three parts, the last in two parallel files; each has a pair that an earlier one has."""
    (tmp_path / "b.tsv").write_text("Go.\tVe.\nNo.\tNo.\nAh.\tAh.\n", encoding="utf-8")
    (tmp_path / "c.en").write_text("No.\nYou go. Go.\nWhere are you? Yes.\n", encoding="utf-8")
    (tmp_path / "c.es").write_text("No.\nVas. Ve.\n¿Dónde estás? Sí.\n", encoding="utf-8")
    parts = (
        TrainPart(str(data.train), 6.0),
        TrainPart(str(tmp_path / "b.tsv"), 3.0),
        TrainPart((str(tmp_path / "c.en"), str(tmp_path / "c.es")), 1.0),
    )
    return replace(data, train=parts, min_count=1)


IN_PARTS = [*TRAINED, Pair("No.", "No."), Pair("Ah.", "Ah."), Pair("You go.", "Vas."), Pair("Yes.", "Sí.")]


def test_parts_stand_in_a_row_and_have_nothing_twice(mixed: DataConfig, cache: Path) -> None:
    prepared = prepare(mixed, cache)
    assert decoded(prepared) == IN_PARTS
    assert prepared.parts == ((0, 3, 0.6), (3, 5, 0.3), (5, 7, 0.1))
    report = prepared.report
    assert [(p.read, p.aligned, p.held_out, p.filtered.duplicate) for p in report.parts] == [
        *((6, 1, 1, 1), (3, 0, 0, 1), (3, 2, 1, 2)),
    ]
    assert [p.characters for p in report.parts] == [
        sum(len(side) for pair in IN_PARTS[first:end] for side in pair) for first, end, _ in prepared.parts
    ]
    assert (report.read, report.aligned, report.held_out) == (12, 3, 2)
    assert (report.filtered.kept, report.filtered.duplicate) == (7, 4)
    assert_same(prepare(mixed, cache), prepared)
    assert str(report.parts[1]).startswith(
        "3 lines read, 0 of them cut into aligned sentences; 0 of these left"
    )


def test_files_without_shares_are_one_part(data: DataConfig, cache: Path) -> None:
    alone = prepare(data, cache)
    assert alone.parts == ((0, 3, 1.0),)
    listed = prepare(replace(data, train=(TrainPart(str(data.train), 5.0),)), cache)
    assert_same(listed, alone)
    assert listed.parts == alone.parts


def test_where_parts_end_is_in_the_fingerprint_and_shares_are_not(
    mixed: DataConfig, cache: Path, tmp_path: Path
) -> None:
    first = prepare(mixed, cache)
    assert first.fingerprint != fingerprint(IN_PARTS)
    parts = mixed.parts
    other = prepare(replace(mixed, train=(replace(parts[0], share=0.9), *parts[1:])), cache)
    assert other.fingerprint == first.fingerprint
    assert [part.share for part in other.parts] != [part.share for part in first.parts]
    assert len(list(cache.iterdir())) == 1  # the corpus is the same
    for name, text in (("b.tsv", "Go.\tVe.\nNo.\tNo.\n"), ("c.en", "Ah.\n"), ("c.es", "Ah.\n")):
        whole = (tmp_path / name).read_text(encoding="utf-8") if name != "b.tsv" else ""
        (tmp_path / name).write_text(text + whole, encoding="utf-8")
    moved = prepare(mixed, cache)
    assert decoded(moved) == IN_PARTS
    assert moved.fingerprint != first.fingerprint


def test_a_part_that_has_nothing_of_its_own_is_a_clear_error(
    mixed: DataConfig, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.tsv").write_text("Go.\tVe.\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"b\.tsv: nothing to train on; 1 lines read, 0 pairs kept.*1 repeated"
    ):
        prepare(mixed, cache)
    (tmp_path / "c.es").unlink()
    with pytest.raises(UserError, match=r"data\.train: .*c\.es: no such file; name one that is there$"):
        prepare(mixed, cache)


# --- real data ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_real_corpus_is_prepared_whole_and_without_leaks(cache: Path) -> None:
    beside = Path(__file__).parents[3] / "shared" / "data" / "tatoeba"
    place = Path(os.environ.get("SEQ2SEQ_TATOEBA") or beside)
    if not (place / "train.tsv").exists():
        pytest.skip("the Tatoeba pairs are not here; SEQ2SEQ_TATOEBA names their directory")
    data = DataConfig(train=str(place / "train.tsv"), dev=str(place / "dev.tsv"))
    prepared = prepare(data, cache)
    assert (prepared.report.read, len(prepared.dev), prepared.shared) == (141_205, 2_288, 0)
    lines = read_pairs(place / "train.tsv")
    sentences = (sentence for line in lines for sentence in align_sentences(line))
    kept = set(filter_pairs(sentences, data.max_chars, data.max_ratio)[0])
    rows = range(0, len(prepared.train), 101)
    shown = [pair for pair in (decoded_row(prepared, row) for row in rows) if "\ufffd" not in "".join(pair)]
    assert len(shown) > 1400
    assert set(shown) <= kept
    assert 0 <= len(kept) - len(prepared.train) == prepared.report.held_out < 50
    assert prepared.report.unknown < 20
    assert_same(prepare(data, cache), prepared)


def decoded_row(prepared: Prepared, row: int) -> Pair:
    decode = prepared.vocabulary.decode
    return Pair(decode(prepared.train.source(row)), decode(prepared.train.target(row)))


# --- where and from what ------------------------------------------------------------------------------------


def test_a_cache_that_cannot_be_written_says_how_to_choose_another(data: DataConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot write .*SEQ2SEQ_CACHE"):
        prepare(data, tmp_path / "file" / "cache")


def test_a_full_disk_under_the_cache_says_it_too(
    data: DataConfig, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool.SpooledSide, "add", full)
    with pytest.raises(UserError, match=r"no space left on device; free some space .*SEQ2SEQ_CACHE"):
        prepare(data, cache)


@pytest.mark.parametrize("setting", ["train", "dev", "test"])
def test_a_device_or_a_pipe_is_no_data(setting: str, data: DataConfig, cache: Path, tmp_path: Path) -> None:
    """/dev/zero was hashed for ever."""
    os.mkfifo(tmp_path / "pipe.tsv")
    for path in ("/dev/zero", str(tmp_path / "pipe.tsv")):
        changed: dict[str, Any] = {setting: path}
        with pytest.raises(UserError, match=f"data.{setting}: {path} is not a regular file"):
            prepare(replace(data, **changed), cache)
