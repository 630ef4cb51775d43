"""The first word that needs the last: with a network that waits as long as it must, and one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from seq2seq.errors import UserError
from seq2seq.experiments import first_word
from seq2seq.experiments.first_word import ADVERBS, grammar_lag, needed, sentence
from seq2seq.experiments.harness import RunOptions, perform


def test_a_sentence_and_its_lag() -> None:
    source, target = sentence(("cats", "dogs"), "today")
    assert (source, target) == ("cats and dogs sleep today", "hoy duermen gatos y perros")
    assert [needed(count) for count in (1, 2, 3)] == [11, 20, 29]
    assert source[needed(2)] == "t"
    assert [grammar_lag(count) for count in (1, 2)] == [11, 20]


class Waiting:
    """Stands for a network that knows the adverb when it has been read, or `early` letters before."""

    def __init__(self, early: int) -> None:
        self.early = early

    def translate(self, sources: Sequence[str], lag: object) -> list[str]:
        return [self._first(source, lag) for source in sources]

    def _first(self, source: str, lag: object) -> str:
        adverb = source.split(" ")[-1]
        known = lag == "full" or int(str(lag)) + self.early >= len(source) - len(adverb)
        return f"{ADVERBS[adverb] if known else 'hoy'} duermen"


@pytest.mark.parametrize(
    ("early", "failing"), [(0, None), (1, "highest accuracy below"), (-1, "lowest accuracy")]
)
def test_first_word(early: int, failing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_word, "learn", lambda *_: Waiting(early))
    monkeypatch.setattr(first_word, "SENTENCES", 50)
    if failing is None:
        text = perform(first_word.EXPERIMENT, RunOptions(tmp_path, quick=True))
        assert "| 1 | 11 | 20 | 20 | 100 | 100 | 100 | 100 |" in text
    else:
        with pytest.raises(UserError, match=f"2 animals: {failing}"):
            perform(first_word.EXPERIMENT, RunOptions(tmp_path, quick=True))
