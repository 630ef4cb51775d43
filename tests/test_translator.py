"""The Python interface: text in, text out, in order, whatever the text; and the record of each line."""

from __future__ import annotations

import random
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import GOLDEN, short_pairs

from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.lines import Translation
from seq2seq.errors import CheckpointError, UsageError
from seq2seq.lag import FULL, Lag, delays
from seq2seq.text.normalise import normalise
from seq2seq.translator import Translator

SENTENCES = ["the table is big", "she waits for the boy", "where is the dog?", "i like my new house"]


# Loading.


def test_a_file_and_its_directory_are_the_same_model(tiny: Translator, tmp_path: Path) -> None:
    path = tmp_path / "other name.safetensors"
    shutil.copy(GOLDEN / "model.safetensors", path)
    for place in (path, str(path), GOLDEN, str(GOLDEN)):
        assert Translator.load(place, device="cpu").translate(SENTENCES) == tiny.translate(SENTENCES)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nothing\.safetensors"):
        Translator.load(tmp_path / "nothing.safetensors")
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        Translator.load(tmp_path)


def test_precision_is_fp32_unless_another_is_asked_for(tiny: Translator, bf16: str) -> None:
    assert tiny.precision == "fp32"
    coarse = Translator.load(GOLDEN, device="cpu", precision=bf16)
    assert coarse.precision == "bf16"
    sources = [pair.source for pair in short_pairs(40)]
    fine, rough = tiny.translate_lines(sources), coarse.translate_lines(sources)
    assert sum(a.text == b.text for a, b in zip(fine, rough, strict=True)) > 20
    assert [a.score for a in fine] != [b.score for b in rough]


# Text in, text out.


def test_a_text_gives_a_text_and_a_list_a_list(tiny: Translator) -> None:
    one = tiny.translate(SENTENCES[0])
    assert isinstance(one, str)
    assert one
    assert tiny.translate(SENTENCES[:1]) == [one]
    assert tiny.translate(tuple(SENTENCES))[0] == one
    assert tiny.translate([]) == []


@pytest.mark.parametrize("wrong", [b"a house", [1], ["a", None]])
def test_what_is_no_text_is_refused_in_words(tiny: Translator, wrong: Any) -> None:
    with pytest.raises(TypeError, match="a line to translate is a string, not"):
        tiny.translate(wrong)


def test_translations_are_different_and_mostly_words_of_the_corpus(tiny: Translator) -> None:
    """The model is small but trained: tests of equality compare real text."""
    pairs = short_pairs(60)
    words = {word for pair in short_pairs(2000) for word in pair.target.split()}
    texts = tiny.translate([pair.source for pair in pairs])
    written = [word for text in texts for word in text.split()]
    assert len(set(texts)) > 0.9 * len(texts)
    assert sum(word in words for word in written) > 0.7 * len(written)


def test_order_is_kept_and_duplicates_are_fine(tiny: Translator) -> None:
    sources = [pair.source for pair in short_pairs(30)] * 2
    by_source = dict(zip(sources, tiny.translate(sources[:30]), strict=False))
    random.Random(1).shuffle(sources)
    assert tiny.translate(sources) == [by_source[source] for source in sources]


def test_small_batches_give_the_same_in_the_same_order(
    tiny: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [pair.source for pair in short_pairs(30)]
    expected = tiny.translate(sources)
    monkeypatch.setattr("seq2seq.decoding.bulk.BATCH_CHARS", 50)
    assert tiny.translate(sources) == expected


@pytest.mark.parametrize("line", ["", "  \t ", "\u200b", "42.", "12/05/2020 - 14:30", "…!? 🦤"])
def test_a_line_without_a_letter_comes_out_as_it_went_in(tiny: Translator, line: str) -> None:
    (found,) = tiny.translate_lines([line], 3)
    zeros, delays = (0.0,) * len(line), found.delays
    others = ((line, 0.0),)
    assert found == Translation(line, line, 3, 0.0, 1.0, None, zeros, delays, True, 0, (), (), others)
    assert all(1 <= delay <= len(line) for delay in delays)
    assert tiny.translate([line, SENTENCES[0], line]) == [line, tiny.translate(SENTENCES[0]), line]


@pytest.mark.parametrize(
    ("before", "after"), [(" ", ""), ("\t", "\t"), ("", " \r"), ("  - ", " "), ("> ", ""), ("(a) ", "\u00a0")]
)
def test_edges_of_a_line_come_out_as_they_went_in(tiny: Translator, before: str, after: str) -> None:
    bare = tiny.translate(SENTENCES[0])
    assert tiny.translate(before + SENTENCES[0] + after) == before + bare + after
    (found,) = tiny.translate_lines([before + SENTENCES[0] + after], 3)
    assert found.source == before + SENTENCES[0] + after
    assert found.text == before + tiny.translate(SENTENCES[0], 3) + after
    assert found.delays[: len(before)] == (len(before),) * len(before)
    assert found.delays[len(found.text) - len(after) :] == (len(found.source),) * len(after)


def test_the_cells_of_a_line_are_lines_of_their_own(tiny: Translator) -> None:
    cells = [*SENTENCES[:2], "", " 12 ", f" {SENTENCES[2]} "]
    for lag in (3, FULL):
        assert tiny.translate("\t".join(cells), lag) == "\t".join(tiny.translate(cells, lag))


def test_sentences_of_a_line_come_back_joined(tiny: Translator) -> None:
    line = "Where is the dog? The table is big? She waits."
    sentences = line.replace("? ", "?\n").split("\n")
    assert [part.sentence.text for part in tiny.read_line(line).sentences] == sentences
    assert tiny.translate(line) == " ".join(tiny.translate(sentences))
    assert tiny.translate(line, lag=3) == " ".join(tiny.translate(sentences, lag=3))


def test_unknown_characters_do_no_harm(tiny: Translator) -> None:
    """No sign of what is unknown is written; a byte that was lost stays so in a line that stays."""
    lines = ["漢字かな交じり文", "the 🦤 is big", "x" * 900, "?!?! ... !", "\ud800\x00\x07"]
    texts = tiny.translate(lines)
    assert texts[1]
    assert not any("\ufffd" in text for text in texts[:4])
    assert texts[3:] == ["?!?! ... !", "\ufffd"]


@settings(max_examples=20)
@given(st.lists(st.text(max_size=30), max_size=4), st.sampled_from([0, 3, FULL]))
def test_whatever_the_lines_hold(tiny: Translator, lines: list[str], lag: Lag) -> None:
    found = tiny.translate_lines(lines, lag)
    for line, t in zip(lines, found, strict=True):
        # But for what normalising changes, and for white space, which stays at the edges.
        assert normalise(t.source).replace(" ", "") == normalise(line).replace(" ", "")
        assert len(t.text) == len(t.log_probs) == len(t.delays)
        assert all(score <= 0 for score in t.log_probs)
        assert list(t.delays) == sorted(t.delays)
        assert all(1 <= delay <= len(t.source) for delay in t.delays)
        written = set(t.text) - set("\t\n\r")
        assert not any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in written)
        assert written <= set(tiny.vocabulary.characters) | set(t.source)
        assert t.lag == lag
        if not any(map(str.isalpha, line)):
            assert t.text == t.source


# Lags.


def test_the_lag_changes_the_text_and_full_is_the_default(tiny: Translator) -> None:
    sources = [pair.source for pair in short_pairs(40)]
    by_lag = {lag: tiny.translate(sources, lag) for lag in (0, 3, 8, FULL)}
    assert tiny.translate(sources) == by_lag[FULL]
    assert tiny.translate(sources, "3") == by_lag[3]
    for lag in (0, 3):
        assert sum(a != b for a, b in zip(by_lag[lag], by_lag[FULL], strict=True)) > 5


@pytest.mark.parametrize("lag", [13, "40"])
def test_a_lag_it_was_not_trained_for_is_refused(tiny: Translator, lag: Lag | str) -> None:
    with pytest.raises(UsageError, match=f"not trained for lag {lag}; it serves 0 to 12 and full"):
        tiny.translate(SENTENCES, lag)


def test_a_word_that_is_no_lag_is_refused(tiny: Translator) -> None:
    with pytest.raises(UsageError, match="a lag is a whole number from 0 to 10,000 or `full`, not 'soon'"):
        tiny.translate(SENTENCES, "soon")


# What is told about a translation.


@pytest.mark.parametrize("lag", [0, 5, FULL])
def test_delays_of_one_sentence(tiny: Translator, lag: Lag) -> None:
    for t in tiny.translate_lines(SENTENCES, lag):
        assert list(t.delays) == delays(len(t.text), lag, len(t.source) + 1)


def test_delays_of_several_sentences_count_from_the_beginning_of_the_line(tiny: Translator) -> None:
    first, second = "Where is the dog?", "The dog is there."
    a, b, both = tiny.translate_lines([first, second, f"{first}  {second}"], 4)
    assert both.text == f"{a.text} {b.text}"
    offset = len(first) + 1
    later = [offset + delay for delay in b.delays]
    assert list(both.delays) == [*a.delays, later[0], *later]
    assert both.log_probs == pytest.approx((*a.log_probs, 0.0, *b.log_probs), abs=1e-4)
    assert both.text[len(a.text)] == " "


def test_a_sentence_that_comes_again_has_delays_of_its_own(tiny: Translator) -> None:
    (twice,) = tiny.translate_lines(["Where is the dog? Where is the dog?"], FULL)
    first, second = len("Where is the dog?"), len("Where is the dog? Where is the dog?")
    assert set(twice.delays) == {first, second}


def test_the_score_is_the_normalised_log_probability(tiny: Translator) -> None:
    for penalty in (0.5, 1.0):
        for t in tiny.translate_lines(SENTENCES, length_penalty=penalty):
            assert t.ended
            # The end mark has a log-probability too, which is not in `log_probs`.
            end = t.score * (len(t.text) + 1) ** penalty - sum(t.log_probs)
            assert -3 < end < 1e-5


def test_the_score_of_a_line_is_over_all_its_sentences(tiny: Translator) -> None:
    parts = ["Where is the dog?", "The dog is there."]
    a, b = tiny.translate_lines(parts)
    (both,) = tiny.translate_lines([" ".join(parts)])
    sizes = [len(t.text) + 1 for t in (a, b)]
    assert both.score == pytest.approx((a.score * sizes[0] + b.score * sizes[1]) / sum(sizes), abs=1e-5)


def test_what_was_cut_is_said(tiny: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(t.ended for t in tiny.translate_lines(SENTENCES))
    monkeypatch.setattr("seq2seq.decoding.greedy.length_limit", lambda size: 4)  # noqa: ARG005
    found = tiny.translate_lines(SENTENCES, repeats=True)  # without a second search
    assert [(t.ended, len(t.text)) for t in found] == [(False, 4)] * 4


# Beam search.


def test_alternatives_come_by_score_and_begin_with_the_translation(tiny: Translator) -> None:
    for t in tiny.translate_lines(SENTENCES, beam=4, n_best=3):
        assert len(t.alternatives) == 3
        assert t.alternatives[0] == (t.text, t.score)
        assert len({text for text, _ in t.alternatives}) == 3
        scores = [score for _, score in t.alternatives]
        assert scores == sorted(scores, reverse=True)


def test_the_beam_is_the_one_of_beam_search(tiny: Translator) -> None:
    ids = [tiny.vocabulary.encode(sentence) for sentence in SENTENCES]
    found = [best.ids for (best,) in beam_search(tiny.networks.numpy, ids, DecodingOptions(FULL, 4))]
    assert tiny.translate(SENTENCES, beam=4) == [tiny.vocabulary.decode(best) for best in found]


def test_alternatives_of_a_line_of_two_sentences(tiny: Translator) -> None:
    parts = ["Where is the dog?", "The dog is there."]
    a, b = tiny.translate_lines(parts, beam=2, n_best=2)
    (both,) = tiny.translate_lines([" ".join(parts)], beam=2, n_best=2)
    joined = [f"{x} {y}" for (x, _), (y, _) in zip(a.alternatives, b.alternatives, strict=True)]
    assert [text for text, _ in both.alternatives] == joined


@pytest.mark.parametrize(
    ("lag", "beam", "n_best", "message"),
    [
        (3, 4, 1, "beam search needs lag full"),
        (FULL, 2, 3, "`n_best` 3 needs `beam` 3 or more"),
        (FULL, 1, 2, "`n_best` 2 needs `beam` 2 or more"),
        (FULL, 0, 1, "whole numbers from 1"),
        (FULL, 1, 0, "whole numbers from 1"),
    ],
)
def test_what_a_beam_cannot_do(tiny: Translator, lag: Lag, beam: int, n_best: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        tiny.translate_lines(SENTENCES, lag, beam, n_best)


def test_progress_counts_sentences(tiny: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seq2seq.decoding.bulk.BATCH_CHARS", 50)
    done: list[int] = []
    tiny.translate_lines([*SENTENCES, "", "Where is she? She is there."], progress=done.append)
    assert sum(done) == 6
    assert len(done) > 1
