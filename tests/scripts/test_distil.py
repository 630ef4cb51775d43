"""What a model teaches itself from: the best of its own beam, and nothing far from what people wrote."""

from __future__ import annotations

import importlib
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from tiny import GOLDEN, short_pairs
from tinyruns import write_pairs

from seq2seq.corpus.pairs import Pair, group_references, read_pairs
from seq2seq.measuring.quality import score
from seq2seq.translator import Translator

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def distil() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        return importlib.import_module("distil")


@pytest.fixture
def asked(tmp_path: Path) -> Namespace:
    pairs = [*short_pairs(300), Pair("Something else.", "Zzz xxx."), Pair("Something else.", "Zzz yyy.")]
    return Namespace(
        train=write_pairs(tmp_path / "train.tsv", pairs),
        out=tmp_path / "out",
        model=str(GOLDEN),
        beam=3,
        sources=250,
        originals=4,
        long=23,
        floor=50,
        apart=[],
        device="cpu",
        precision=None,
    )


def chrf(text: str, references: list[str]) -> float:
    return score([text], [references]).chrf


def test_what_is_learned_is_near_the_references(distil: Any, asked: Namespace, tiny: Translator) -> None:
    references = group_references(read_pairs(asked.train))
    distil.distil(asked)
    learned: dict[str, list[str]] = group_references(read_pairs(asked.out / "pairs.tsv"))
    assert {source for source in references if len(source) >= asked.long} <= learned.keys()
    better = 0
    for line in tiny.translate_lines(list(learned), beam=3, n_best=3):
        scores = {text: chrf(text, references[line.source]) for text, _ in line.alternatives}
        best = max(scores, key=lambda text: scores[text])
        if scores[best] >= 50 and learned[line.source] != references[line.source]:
            assert learned[line.source] == [best]
            better += best != line.text
        else:
            assert learned[line.source] in ([best], references[line.source])
    assert better


def test_what_is_far_keeps_its_references(distil: Any, asked: Namespace) -> None:
    asked.floor, asked.originals, asked.long = 100.1, 0, 1000
    distil.distil(asked)
    references = group_references(read_pairs(asked.train))
    pairs = list(read_pairs(asked.out / "pairs.tsv"))
    assert len({pair.source for pair in pairs}) == 250
    assert {(pair.source, pair.target) for pair in pairs} == {
        (pair.source, text) for pair in pairs for text in references[pair.source]
    }


def test_nothing_is_shared_with_other_pairs(distil: Any, asked: Namespace, tmp_path: Path) -> None:
    distil.distil(asked)
    learned = list(read_pairs(asked.out / "pairs.tsv"))
    asked.apart = [write_pairs(tmp_path / "dev.tsv", [Pair("Else.", learned[7].target)])]
    distil.distil(asked)
    left = list(read_pairs(asked.out / "pairs.tsv"))
    assert left == [pair for pair in learned if pair.target != learned[7].target]


def test_it_goes_on_where_it_was(distil: Any, asked: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distil, "PART", 100)
    distil.distil(asked)
    whole = (asked.out / "pairs.tsv").read_text()
    (asked.out / "part-100.tsv").unlink()
    (asked.out / "part-200.tsv").write_text("cut off")
    translated: list[int] = []
    taught = distil.taught

    def counted(translator: Translator, beam: int, rows: list[str], references: dict[str, list[str]]) -> str:
        translated.append(len(rows))
        return taught(translator, beam, rows, references)

    monkeypatch.setattr(distil, "taught", counted)
    distil.distil(asked)
    assert translated == [100, 50]
    assert (asked.out / "pairs.tsv").read_text() == whole


@pytest.mark.parametrize("what", ["beam", "model", "train"])
def test_parts_made_otherwise_are_not_taken(distil: Any, asked: Namespace, tmp_path: Path, what: str) -> None:
    distil.distil(asked)
    if what == "beam":
        asked.beam = 2
    elif what == "model":
        asked.model = None
    else:
        asked.train = write_pairs(tmp_path / "train.tsv", short_pairs(20))
    with pytest.raises(SystemExit, match="other settings"):
        distil.distil(asked)
