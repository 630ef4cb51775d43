"""Agreement at a distance, with a cell that forgets the subject and with cells that do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from seq2seq.corpus.pairs import Pair
from seq2seq.errors import UserError
from seq2seq.experiments import agreement
from seq2seq.experiments.agreement_tasks import ENDINGS, NOUNS
from seq2seq.experiments.harness import RunOptions, perform
from seq2seq.experiments.sizes import parameters
from seq2seq.text.vocabulary import SPECIALS


class Reader:
    """Stands for a network that looks for the subject in the last `span` words."""

    def __init__(self, answer: Callable[[str], str], span: int) -> None:
        self.answer, self.span = answer, span

    def translate(self, sources: Sequence[str], _lag: object = None) -> list[str]:
        return [self.answer(source) if len(source.split()) <= self.span else "o" for source in sources]


def subject_ending(source: str) -> str:
    """Return the ending that the subject asks for."""
    noun = source.split()[2]
    number = 1 if noun in NOUNS else 2
    return ENDINGS[NOUNS[noun if number == 1 else noun[:-1]][1], number]


@pytest.mark.parametrize("forgets", [True, False])
def test_agreement(forgets: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taught(folder: Path, *_: object) -> Reader:
        return Reader(subject_ending, 8 if folder.parent.name.startswith("rnn") and forgets else 99)

    class Package:
        @staticmethod
        def load() -> Reader:
            return Reader(lambda source: f"Los niños están {'cansados' if 'boys' in source else 'bien'}.", 99)

    monkeypatch.setattr(agreement, "learn", taught)
    monkeypatch.setattr(agreement, "Translator", Package)
    monkeypatch.setattr(agreement, "SENTENCES", 100)
    if forgets:
        text = perform(agreement.EXPERIMENT, RunOptions(tmp_path, quick=True))
        assert "| lstm | 6 | 36 | 100 | 100 | 100 |" in text
        assert "| en-es | - | 6 | 8.333 |" in text
        assert "some of its 44 wrong or missing endings" in text
    else:
        with pytest.raises(UserError, match="points of lstm above rnn at a k"):
            perform(agreement.EXPERIMENT, RunOptions(tmp_path, quick=True))


def test_the_cells_have_equal_sizes() -> None:
    pairs = [Pair("abcdefghijklmnopqrstuvwxyz", "os")]
    sizes = [parameters(agreement.model_of(cell, pairs), SPECIALS + 26) for cell in agreement.CELLS]
    assert max(sizes) / min(sizes) < 1.03


def test_the_interval_of_a_share() -> None:
    low, high = agreement.wilson(24, 24)
    assert 0.85 < low < 0.87
    assert high == pytest.approx(1)
    assert agreement.wilson(12, 24)[0] == pytest.approx(1 - agreement.wilson(12, 24)[1])
