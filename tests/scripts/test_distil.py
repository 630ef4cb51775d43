"""Pairs with a model's own translations as targets."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.release import distil
from seq2seq.corpus.pairs import Pair, read_pairs
from seq2seq.translator import Translator

ROOT = Path(__file__).parents[2]
MODEL = str(ROOT / "tests" / "golden" / "tiny" / "model.safetensors")


def pairs_of(translator: Translator) -> list[Pair]:
    """Return pairs whose targets are the model's translations, but for every third one."""
    sources = [line.split("\t")[0] for line in (ROOT / "data/dev.tsv").read_text("utf-8").splitlines()[:9]]
    lines = translator.translate_lines(sources)
    return [
        Pair(source, "zzz" if i % 3 == 2 else line.text)
        for i, (source, line) in enumerate(zip(sources, lines, strict=True))
    ]


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return pairs_of(Translator.load(MODEL, "cpu"))


def test_what_is_far_from_the_reference_stays(pairs: list[Pair]) -> None:
    changed = [Pair(pair.source, pair.target + " y") if pair.target != "zzz" else pair for pair in pairs]
    assert distil.distilled(MODEL, changed) == pairs


def test_a_stopped_run_goes_on(pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distil, "BLOCK", 2)
    out, part = tmp_path / "out.tsv", tmp_path / "out.tsv.part"
    kept = "".join(f"{pair.source}\tkept\n" for pair in pairs[:4])
    part.write_bytes(kept.encode() + f"{pairs[4].source}\tcut".encode()[:-1])
    distil.write(pairs, MODEL, out, 1)
    assert not part.exists()
    assert list(read_pairs(out)) == [*(Pair(pair.source, "kept") for pair in pairs[:4]), *pairs[4:]]


def test_a_part_of_other_pairs_is_refused(
    pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distil, "BLOCK", 2)
    (tmp_path / "out.tsv.part").write_text("a\tb\nc\td\n")
    with pytest.raises(SystemExit, match="delete it"):
        distil.write(pairs, MODEL, tmp_path / "out.tsv", 1)
    assert (tmp_path / "out.tsv.part").read_text() == "a\tb\nc\td\n"
