"""Evaluation during training: what is measured, and which evaluation is the best."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tinyruns import (
    STEPS,
    Reference,
    after_steps,
    bundled,
    differences,
    records,
    stop_after,
    write_pairs,
)

from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import Pair, fingerprint
from seq2seq.errors import NonFiniteError, UserError
from seq2seq.lag import FULL
from seq2seq.measuring.quality import Quality, score
from seq2seq.storage.modelfile import read_model
from seq2seq.training import run as training
from seq2seq.training.checkpoint import latest_state, load_state
from seq2seq.training.run import train
from seq2seq.training.validation import DevPart
from seq2seq.translator import Translator


def test_a_dev_loss_that_is_not_finite_stops_too(load: Callable[..., Config], tmp_path: Path) -> None:
    """Finite weights can be so large that the loss is not; that used to end in a traceback from JSON."""

    def enlarge(run: training.Run) -> None:
        with torch.no_grad():
            for weight in run.optimisation.averaged.parameters():
                weight.fill_(1e38)

    with (
        after_steps(enlarge),
        pytest.raises(NonFiniteError, match=r"after step 2 the dev loss is (nan|inf), and nothing of it is"),
    ):
        train(load("train.max_steps=4", "train.eval_every=2"), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / "model.safetensors").exists()


class Script:
    """Replaces the measurements of the dev part by given numbers, one evaluation after the other."""

    def __init__(self, patch: pytest.MonkeyPatch, losses: list[float], chrfs: list[float]) -> None:
        self.losses, self.chrfs = iter(losses), iter(chrfs)
        patch.setattr(DevPart, "loss", lambda *_: next(self.losses))
        patch.setattr(DevPart, "quality", lambda *_: (self.quality(next(self.chrfs)), [("a", "b")]))

    @staticmethod
    def quality(chrf: float) -> Quality:
        return Quality(0.0, chrf, "", "", 0.0, 0.0, 1)


@pytest.mark.parametrize(
    ("select_by", "losses", "chrfs", "best"),
    [
        ("chrf", [1, 2, 3, 4], [10, 30, 20, 25], 2),
        ("loss", [3, 2, 1, 4], [10, 30, 20, 25], 3),
        ("chrf", [9, 9, 9, 9], [10, 10, 10, 10], 1),
        ("chrf", [9, 9, 9, 9], [math.nan, 10, math.nan, 5], 2),
    ],
)
def test_the_model_file_holds_the_best_evaluation(
    select_by: str,
    losses: list[float],
    chrfs: list[float],
    best: int,
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Script(monkeypatch, losses, chrfs)
    averages = {}

    def note(run: training.Run) -> None:
        weights = run.optimisation.averaged.state_dict()
        averages[run.progress.step] = weights["output.weight"].clone()

    config = load("train.max_steps=4", "train.eval_every=1", f"train.select_by={select_by}")
    with after_steps(note):
        path = train(config, tmp_path / "run", device="cpu")
    model = read_model(path)
    assert path == tmp_path / "run" / "model.safetensors"
    assert model.info["step"] == best
    assert model.info["dev_loss"] == losses[best - 1]
    assert model.info["dev"]["chrf"] == chrfs[best - 1]
    assert np.array_equal(model.weights["output.weight"], averages[best].numpy())


def test_patience_ends_a_run_and_survives_a_stop(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrfs = [10.0, 12.0, 11.0, 11.5, 99.0]
    Script(monkeypatch, [1.0] * 5, chrfs)
    config = load("train.eval_every=2", "train.patience=2", "train.select_by=chrf")
    stop_after(6, config, tmp_path / "run")
    path = train(config, tmp_path / "run", resume=True, device="cpu")
    assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000008.pt"
    assert read_model(path).info["step"] == 4


def test_without_a_dev_part_the_last_average_is_kept(load: Callable[..., Config], tmp_path: Path) -> None:
    averages = {}

    def note(run: training.Run) -> None:
        averages[run.progress.step] = run.optimisation.averaged.state_dict()["output.weight"].clone()

    with after_steps(note):
        path = train(load("data.dev=null", "train.max_steps=8"), tmp_path / "run", device="cpu")
    model = read_model(path)
    assert model.info["step"] == 8
    assert "dev" not in model.info
    assert np.array_equal(model.weights["output.weight"], averages[8].numpy())
    assert records(tmp_path / "run", "dev_loss") == []


def test_dev_lines_that_are_all_too_long_are_an_error(load: Callable[..., Config], tmp_path: Path) -> None:
    dev = write_pairs(tmp_path / "dev.tsv", [Pair("a" * 201, "b")])
    with pytest.raises(UserError, match=r"data\.max_chars \(200\)"):
        train(load(f"data.dev={dev}"), tmp_path / "run", device="cpu")


def test_further_dev_files_and_lags_are_scored_and_choose_nothing(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    news = write_pairs(tmp_path / "news.dev.tsv", bundled("test", 6))
    twins = [Pair("Go.", "Ve."), Pair("Go.", "Vaya."), Pair("No.", "No."), Pair("", "empty")]
    words = write_pairs(tmp_path / "words.tsv", twins)
    config = load(f"data.dev_more=[{news}, {words}]", "train.eval_lags=[0, 5]")
    train(config, tmp_path / "run", device="cpu")
    told = capfd.readouterr().err
    for line in ("    news: BLEU ", "    words: BLEU ", "    dev at lag 0: BLEU ", "    dev at lag 5: BLEU "):
        assert told.count(line) == 3
    evaluations = records(tmp_path / "run", "dev_loss")
    assert [record["dev_chrf"] for record in evaluations] == [
        record["dev_chrf"] for record in records(reference.directory, "dev_loss")
    ]
    assert all(record["more"].keys() == {"news", "words"} for record in evaluations)
    model, of_reference = (
        read_model(path / "model.safetensors") for path in (tmp_path / "run", reference.directory)
    )
    assert model.info["dev"] == of_reference.info["dev"]
    assert {"more", "lags"} & of_reference.info.keys() == set()
    assert [model.info["more"][name]["sentences"] for name in ("news", "words")] == [4, 2]
    assert model.info["more"]["words"]["data"] == fingerprint(twins[:3])
    assert (model.info["more"]["news"]["lag"], model.info["lags"]["5"]["lag"]) == (FULL, 5)
    best = next(record for record in evaluations if record["step"] == model.info["step"])
    translator = Translator.load(tmp_path / "run", device="cpu")
    dev = list({pair.source: pair for pair in bundled("dev", 8)}.values())
    chosen = [dev[i * len(dev) // 4] for i in range(4)]
    found = translator.translate_lines([pair.source for pair in chosen], 0, beam=1, repeats=True)
    texts = [translation.text for translation in found]
    at_zero = score(texts, [[p.target for p in bundled("dev", 8) if p.source == c.source] for c in chosen])
    assert best["lags"]["0"] == {"chrf": at_zero.chrf, "bleu": at_zero.bleu}
    state, expected = load_state(tmp_path / "run" / f"state_{STEPS:08d}.pt"), reference.state()
    assert differences(state | {"config": {}}, expected | {"config": {}}) == []
