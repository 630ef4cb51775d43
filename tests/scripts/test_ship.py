"""What is shipped of two runs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import GOLDEN, short_pairs

from scripts.release import measured, ship, sources
from scripts.release.packing import packed_as
from seq2seq.config.checks import TrainPart
from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import Pair
from seq2seq.errors import UserError
from seq2seq.storage.int8 import Int8Rows, Weight
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.threads import COUNT


def test_the_mean_of_two_models_has_a_share_of_each() -> None:
    one = read_model(GOLDEN / "model.safetensors")
    other = replace(
        one, weights={name: np.asarray(array) + np.float16(1) for name, array in one.weights.items()}
    )
    mean = ship.mean(one, other, 0.25)
    assert mean.weights.keys() == one.weights.keys()
    for name, array in mean.weights.items():
        assert array.dtype == np.float32
        expected = 0.75 * np.asarray(one.weights[name], float) + 0.25 * np.asarray(other.weights[name], float)
        np.testing.assert_allclose(array, expected, rtol=1e-5)


def test_a_share_is_one_of_an_earlier_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ship.py", "RUN", "DEV.tsv", "--share", "0.5"])
    with pytest.raises(SystemExit):
        ship.main()
    assert "--share needs --after" in capsys.readouterr().err


def with_words() -> ModelFile:
    """Return a model with a matrix, a table, numbers that decide between symbols, and words."""
    rng = np.random.default_rng(1)
    weights: dict[str, Weight] = {
        "bottom.fused.weight_ih_l0": rng.standard_normal((256, 64)).astype(np.float32),
        "source_words.nodes.weight": rng.standard_normal((300, 64)).astype(np.float32),
        "output.weight": rng.standard_normal((256, 64)).astype(np.float32),
        "source_words.keys": np.arange(70_000, 70_005),
    }
    return replace(read_model(GOLDEN / "model.safetensors"), weights=weights)


@pytest.mark.parametrize("form", ["float16", "int8"])
def test_weights_are_rounded_and_words_stay(form: str) -> None:
    """Numbers of words above 65,504 are none in float16; they had been infinite."""
    file = with_words()
    found = packed_as(form, file.weights)
    for name, array in file.weights.items():
        kind = (
            "int64"
            if name.endswith("keys")
            else "float16"
            if form == "float16" or "output" in name
            else "int8"
        )
        assert isinstance(found[name], Int8Rows) == (kind == "int8")
        if kind != "int8":
            assert found[name].dtype == kind
        near = 0.0 if kind == "int64" else 2e-3 if kind == "float16" else 2e-2
        np.testing.assert_allclose(np.asarray(found[name]), array, atol=near, rtol=near / 2)


def test_the_mean_of_two_models_has_the_words_of_both() -> None:
    one = with_words()
    np.testing.assert_array_equal(
        ship.mean(one, one, 0.5).weights["source_words.keys"], np.arange(70_000, 70_005)
    )
    other = replace(one, weights={**one.weights, "source_words.keys": np.arange(5)})
    with pytest.raises(SystemExit, match="the two runs have different words"):
        ship.mean(one, other, 0.5)


def test_a_model_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = with_words()
    assert ship.LARGEST == 25_000_000
    ship.check_size(file)
    monkeypatch.setattr(ship, "LARGEST", 100_000)
    with pytest.raises(SystemExit, match=r"would have 0\.2 MB, more than the limit of 0 MB: --pack int8"):
        ship.check_size(file)


def evaluated(
    tmp_path: Path, name: str, file: ModelFile, pairs: Path, pool: measured.Pool
) -> measured.Evaluated:
    write_model(tmp_path / f"{name}.safetensors", file)
    return pool.evaluate(tmp_path / f"{name}.safetensors", pairs, "--beam", "1")


@pytest.mark.slow
def test_the_cost_of_rounding_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = read_model(GOLDEN / "model.safetensors")
    pairs = measured.write_pairs(tmp_path / "games.dev.tsv", [Pair(*pair) for pair in short_pairs(3)])
    silent = {name: np.zeros_like(array) for name, array in file.weights.items()}
    monkeypatch.setenv(COUNT, "1")  # a pool sets it, and the test sets it back
    pool = measured.Pool(tmp_path)
    for name, weights in (("one", file.weights), ("other", silent)):
        write_model(tmp_path / f"{name}.safetensors", replace(file, weights=weights))
    one, other = (
        pool.evaluate(tmp_path / f"{name}.safetensors", pairs, "--beam", "1") for name in ("one", "other")
    )
    found = measured.rounding(one, other)
    assert found["different"] == 3
    assert found["chrf"][0] > 50 > found["chrf"][1]
    assert measured.rounding(one, one)["different"] == 0
    assert [line.source for line in one.lines] == [source for source, _ in short_pairs(3)]


def lines(*texts: str) -> list[measured.Translated]:
    return [measured.Translated(text, text.upper() if "z" in text else text, [text]) for text in texts]


def test_scores_are_told_by_length_and_by_the_rarest_word() -> None:
    found = measured.by_length(lines("a b", "c" * 20, "z" * 21, "d" * 90))
    assert [(row["from"], row["below"], row["sentences"]) for row in found] == [
        *((0, 21, 2), (21, 41, 1), (81, None, 1))
    ]
    assert [round(row["chrf"]) for row in found] == [100, 0, 100]
    counts = {"the": 900, "cat": 5, "zebu": 4}
    found = measured.by_rarity(lines("The cat, the", "the zebu", "the"), counts)
    assert [(row["from"], row["sentences"], round(row["chrf"])) for row in found] == [
        *((0, 1, 0), (5, 1, 100), (500, 1, 100))
    ]


def test_sentences_are_spread_over_a_file_with_all_their_references() -> None:
    pairs = [Pair(f"s{i}", f"t{i}{j}") for i in range(10) for j in range(2)]
    assert [pair.target for pair in measured.spread(pairs, 2)] == ["t00", "t01", "t50", "t51"]
    assert measured.spread(pairs, 99) == pairs


def test_examples_are_some_and_the_worst() -> None:
    found = measured.examples(lines(*(f"{'z' if i == 3 else 'a'} is sentence number {i}" for i in range(10))))
    assert found["any"] == [dict.fromkeys(("source", "translation", "reference"), "a is sentence number 7")]
    assert found["worst"][0]["source"] == "z is sentence number 3"


def test_origins_have_licences(tmp_path: Path) -> None:
    report = tmp_path / "mixture.json"
    parts = {
        "games": {"pairs": 4, "sources": {"freeorion": 2, "freeorion_frag": 1, "more": 1}},
        "labels": {"pairs": 1, "sources": {"freeorion": 1}},
    }
    report.write_text(json.dumps({"parts": parts}))
    part = str(tmp_path / "games.tsv"), str(tmp_path / "labels.tsv")
    (tmp_path / "spans.tsv").write_text("a\tb\n")
    train = (TrainPart(part, 3.0), TrainPart(str(tmp_path / "spans.tsv"), 1.0))
    config = replace(Config(), data=replace(Config().data, train=train))
    games, spans = sources.describe_data(config, report)
    assert games["part"] == "games, labels"
    assert games["share"] == 0.75
    assert games["origins"] == [
        {"name": "FreeOrion", "licence": "GPL-2, CC BY-SA 3.0", "pairs": 4},
        {"name": "Tatoeba", "licence": "CC BY 2.0 FR", "pairs": 1},
    ]
    assert [origin["name"] for origin in spans["origins"]] == ["Tatoeba"]
    assert "other projects" in sources.notice([games])
    assert sources.notice([spans]) == sources.NOTICE
    with pytest.raises(UserError, match="licence of leak"):
        sources.origins({"leak": 1})
