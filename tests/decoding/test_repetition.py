"""Repetition: what counts as one, how the search avoids it, and where it is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from commandline import MODEL
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.cli import run
from seq2seq.decoding import repetition
from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.decoding_options import DecodingOptions, DecodingRequest
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.decoding.repetition import LEAST, LONGEST, WordBoundaries, WrittenLetters
from seq2seq.lag import FULL, Lag
from seq2seq.plain.attention import NumpyMemory
from seq2seq.plain.cells import IntArray
from seq2seq.plain.step import States, Step, log_softmax
from seq2seq.storage.modelfile import read_model
from seq2seq.text.vocabulary import END, START, Ids, Vocabulary
from seq2seq.translator import Translator

VOCABULARY = Vocabulary(tuple(" ,.-0123AGÁÑabcdeglmnoprstuváñ"))
WORDS = WordBoundaries(VOCABULARY)


def ids(text: str) -> list[int]:
    return VOCABULARY.encode(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("un gato gato", True),
        ("un gato gato.", True),
        ("Gato, gato.", True),
        ("ÁÑ a áñ áñ", False),  # two letters
        ("áñ a, ÁÑ A,", True),
        ("la pena la pena", True),
        ("vale la pena la pena un gato", True),
        ("la pena la gata", False),
        ("la pena pena", True),
        ("gato gatos", False),
        ("gato agato", False),
        ("no, no, a", False),
        ("no no no no", True),  # "no no", twice
        ("dos mundos", False),
        ("123 123", False),
        ("a123 a123 nos nos", True),
        ("gato-gato", True),
        ("gato", False),
        ("", False),
        ("...", False),
    ],
)
def test_what_is_said_twice_in_a_row(text: str, expected: bool) -> None:
    assert WORDS.repeats_phrase(ids(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gato gato", True),
        ("a gato gato", True),
        ("gato, - gato", True),
        ("gato gat", False),
        ("gato gatos", False),
        ("gato gato ", False),
        ("gato gato a", False),
        ("", False),
    ],
)
def test_only_the_end_is_looked_at(text: str, expected: bool) -> None:
    written = WrittenLetters(WORDS, 1)
    for symbol in ids(text):
        written.write(np.array([symbol]))
    assert written.twice_N.tolist() == [expected]


PHRASES = st.lists(st.sampled_from(["gato", "la", "no", "a", "1", ",", "."]), max_size=9).map(" ".join)


@given(text=PHRASES, least=st.sampled_from([1, LEAST]))
def test_a_repeated_phrase_is_one_that_follows_itself(text: str, least: int) -> None:
    words = re.findall(r"\w+", text)

    def repeats(first: int, size: int) -> bool:
        phrase = words[first : first + size]
        twice, often = (words[first : first + times * size] == times * phrase for times in (2, 1 + LONGEST))
        return often or (twice and sum(map(str.isalpha, "".join(phrase))) >= least)

    places = [
        (first, size) for first in range(len(words)) for size in range(1, (len(words) - first) // 2 + 1)
    ]
    assert WORDS.repeats_phrase(ids(text), least) is any(repeats(*place) for place in places)


@given(st.lists(PHRASES, min_size=1, max_size=4))
def test_sentences_side_by_side_are_judged_as_alone(texts: list[str]) -> None:
    rows = [ids(text) for text in texts]
    assert WORDS.repeat_phrases(rows).tolist() == [WORDS.repeats_phrase(row) for row in rows]


@pytest.mark.parametrize(
    ("source", "text", "ended", "expected"),
    [
        ("a blue cat", "gato gato", True, True),
        ("a blue, blue cat", "gato gato", True, False),
        ("no, no", "nunca nunca", True, False),  # however short
        ("a cat", "un gato", True, False),
        ("a cat", "un gato", False, True),
        ("a cat...", "un gato...", True, False),
        ("a cat...", "un gato....", True, True),
        ("a cat....", "un gato....", True, False),
        ("10,000", "10000", True, False),
        ("1,000,000 cats", "gato gato", True, True),  # digits do not count
    ],
)
def test_what_goes_round_in_circles(source: str, text: str, ended: bool, expected: bool) -> None:
    assert WORDS.is_degenerate(ids(source), ids(text), ended) is expected


@given(st.lists(st.tuples(PHRASES, PHRASES, st.booleans()), max_size=6))
def test_translations_side_by_side_are_judged_as_alone(lines: list[tuple[str, str, bool]]) -> None:
    sources, rows = [ids(source) for source, _, _ in lines], [ids(text) for _, text, _ in lines]
    ended = [has_end for *_, has_end in lines]
    with mock.patch.object(repetition, "_TOGETHER", 2):
        found = WORDS.are_degenerate(sources, rows, ended).tolist()
    assert found == [WORDS.is_degenerate(*line) for line in zip(sources, rows, ended, strict=True)]


class Script:
    """A network with a script: after each beginning of a line it has fixed probabilities, or it ends."""

    copied: Sequence[int] = ()
    parallel = False

    def __init__(self, script: dict[str, str]) -> None:
        self.script = script  # beginning -> what may follow, the likeliest first

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> NumpyMemory:
        del lag
        return NumpyMemory(np.zeros((len(sources), 1, 1), np.float32))

    def start(self, batch: int) -> States:
        return [(np.zeros((batch, 40), np.int64), np.zeros(batch, np.int64))]

    def step(
        self,
        previous_N: Ids,
        memory: NumpyMemory,
        read_B: IntArray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        del memory, read_B, lag, attention, copies
        ((history_NT, length_N),) = states
        history_NT, length_N = history_NT.copy(), length_N.copy()
        logits_NV = np.full((len(previous_N), len(VOCABULARY)), -20, np.float32)
        for row, symbol in enumerate(previous_N.tolist()):
            if symbol != START:
                history_NT[row, length_N[row]] = symbol
                length_N[row] += 1
            said = VOCABULARY.decode(history_NT[row, : length_N[row]].tolist())
            follows = [VOCABULARY.encode(c)[0] if c != "$" else END for c in self.script.get(said, "$")]
            logits_NV[row, follows] = -np.arange(len(follows))
        return Step(log_softmax(logits_NV), [(history_NT, length_N)], None)


def script(*lines: str) -> Script:
    """A script of whole lines; where two part, the earlier one is the likelier at this point."""
    follows: dict[str, str] = {}
    for line in lines:
        for place, symbol in enumerate(line + "$"):
            known = follows.setdefault(line[:place], "")
            follows[line[:place]] = known if symbol in known else known + symbol
    return Script(follows)


def texts(found: Sequence[object]) -> list[str]:
    return [VOCABULARY.decode(h.ids) for h in found]  # type: ignore[attr-defined]


SPEAKER = script("un gato gato", "un gato negro", "un perro")


def test_a_beam_leaves_out_what_is_said_twice() -> None:
    source = ids("a cat")
    (plain,) = beam_search(SPEAKER, [source], DecodingOptions(FULL, 3, n_best=3))
    (without,) = beam_search(SPEAKER, [source], DecodingOptions(FULL, 3, n_best=3, words=WORDS))
    assert texts(plain)[:2] == ["un gato gato", "un perro"]
    assert texts(without)[:2] == ["un gato negro", "un perro"]
    assert without[1] == plain[1]  # with the score that it had


def test_a_source_that_says_it_twice_is_translated_so() -> None:
    (found,) = beam_search(SPEAKER, [ids("a cat cat")], DecodingOptions(FULL, 3, n_best=3, words=WORDS))
    assert texts(found)[0] == "un gato gato"


def test_a_word_may_begin_like_the_last_one() -> None:
    speaker = script("un gato gatos")
    (found,) = beam_search(speaker, [ids("a cat")], DecodingOptions(FULL, 2, words=WORDS))
    assert texts(found) == ["un gato gatos"]


def test_a_beam_keeps_sentences_apart() -> None:
    """Each sentence of a batch comes out as alone, whichever are finished first."""
    sources = [ids(text) for text in ("a cat", "cat cat", "a cat", "a, a, a")]
    together = beam_search(SPEAKER, sources, DecodingOptions(FULL, 3, words=WORDS))
    alone = [beam_search(SPEAKER, [source], DecodingOptions(FULL, 3, words=WORDS))[0] for source in sources]
    assert together == alone
    assert texts([best for (best,) in together]) == [
        *("un gato negro", "un gato gato", "un gato negro", "un gato gato")
    ]


def test_a_sign_stands_three_times_in_a_row_at_most() -> None:
    speaker = script("a" + 30 * ".", "a...", "a.")
    assert not greedy(speaker, [ids("a")], DecodingOptions(FULL))[0].ended
    for source, expected in (("a", "a..."), ("a.....", "a.....")):
        speaker.script["a" + expected.count(".") * "."] = ".$"
        (found,) = beam_search(speaker, [ids(source)], DecodingOptions(FULL, 4, words=WORDS))
        assert texts(found)[0] == expected


# A model that repeats itself.

TWICE = ["did maria buy a car?", "i want to write a poem", "why is ana angry?"]
"""The golden tiny model repeats a word in each, and a beam does not."""


def words_of(translator: Translator) -> WordBoundaries:
    return WordBoundaries(translator.vocabulary)


def streamed(translator: Translator, repeats: bool | None = None) -> list[str]:
    stream = translator.decode_stream(DecodingRequest(FULL, repeats=repeats))
    return [stream.feed(line) + stream.finish() for line in TWICE]


def test_streams_and_batches_search_again_alike(tiny: Translator) -> None:
    once = streamed(tiny)
    assert once == tiny.translate(TWICE)
    assert not any(words_of(tiny).repeats_phrase(tiny.vocabulary.encode(text)) for text in once)


def test_repetitions_can_be_allowed(tiny: Translator) -> None:
    once = tiny.translate(TWICE)
    twice = [line.text for line in tiny.translate_lines(TWICE, repeats=True)]
    assert streamed(tiny, repeats=True) == twice
    changed = [a for a, b in zip(twice, once, strict=True) if a != b]
    assert changed
    assert all(words_of(tiny).repeats_phrase(tiny.vocabulary.encode(text)) for text in changed)


def test_greedy_search_is_done_again_only_where_it_went_in_circles(tiny: Translator) -> None:
    lines = [*TWICE, "i like pizza", "the cat is very very big", "my dog is hungry"]
    found = tiny.translate_lines(lines)
    first = tiny.translate_lines(lines, repeats=True)
    wide = tiny.translate_lines(lines, beam=5)
    words, encode = words_of(tiny), tiny.vocabulary.encode
    circles = [
        words.is_degenerate(encode(line), encode(t.text), t.ended)
        for line, t in zip(lines, first, strict=True)
    ]
    assert sum(circles) >= 2
    expected = [w if again else f for again, w, f in zip(circles, wide, first, strict=True)]
    assert [t.text for t in found] == [t.text for t in expected]
    assert [t.score for t in found] == pytest.approx([t.score for t in expected], abs=1e-5)


def test_what_has_no_end_either_way_stays_as_it_was(
    tiny: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("greedy", "beam", "streaming"):
        monkeypatch.setattr(f"seq2seq.decoding.{module}.length_limit", lambda size: 5)  # noqa: ARG005
    found = tiny.translate_lines(TWICE)
    assert [(t.ended, len(t.text)) for t in found] == [(False, 5)] * len(TWICE)
    assert streamed(tiny) == [t.text for t in found]
    assert tiny.translate_lines(TWICE, repeats=True) == found


def test_the_command_line_and_the_configuration_decide(
    tiny: Translator, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, said in (((), False), (("--repeats",), True), (("--no-repeats",), False)):
        assert run(["translate", "-m", MODEL, *options, TWICE[0]]) == 0
        assert words_of(tiny).repeats_phrase(tiny.vocabulary.encode(capsys.readouterr().out)) is said
    file = read_model(Path(MODEL))
    decode = {**file.config["decode"], "repeats": True}
    letting = Translator.from_file(replace(file, config={**file.config, "decode": decode}), device="cpu")
    assert words_of(tiny).repeats_phrase(tiny.vocabulary.encode(letting.translate(TWICE[0])))


def test_all_that_is_told_is_of_the_second_search(tiny: Translator) -> None:
    line = f"{TWICE[0]} i like pizza. {TWICE[1]}"
    (found,) = tiny.translate_lines([line], attention=True)
    assert found.text.startswith(tiny.translate(TWICE[0]))
    assert len(found.log_probs) == len(found.delays) == len(found.text)
    assert found.attention is not None
    assert found.attention.shape == (len(found.text), len(found.source))


def test_a_stream_searches_again_whatever_length_penalty_a_batch_has(tiny: Translator) -> None:
    assert [t.text for t in tiny.translate_lines(TWICE, length_penalty=0.1)] == streamed(tiny)


def test_a_circle_is_better_than_nothing(tiny: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regression: if a beam found nothing, a stream kept the greedy result, and a batch the empty one."""
    nothing = Hypothesis(ids=[], log_probs=[0.0], score=0.0, ended=True)
    monkeypatch.setattr("seq2seq.decoding.bulk.beam_search", lambda *args, **_: [[nothing] for _ in args[1]])
    assert all(streamed(tiny))
    assert tiny.translate(TWICE) == streamed(tiny)


def test_below_full_nothing_is_taken_back(tiny: Translator) -> None:
    allowed, avoided = (tiny.translate_lines(TWICE, lag=12, repeats=value) for value in (True, False))
    assert allowed == avoided
