"""The configurations that come with the project: each loads, trains, and says in the run what was asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinyruns import DATA, bundled, write_pairs

from seq2seq.config.loading import diff_configs, load_config
from seq2seq.config.schema import Config
from seq2seq.pretrained import SHIPPED
from seq2seq.storage.modelfile import read_model
from seq2seq.training import run as training
from seq2seq.training import writer
from seq2seq.training.checkpoint import load_state

ROOT = DATA.parent
CONFIGS = {path.stem: path for path in sorted((ROOT / "configs").glob("*.yaml"))}
STARTS_FROM = {"finetune": "en-es-words", "en-es-longer": "en-es", "en-es-more": "en-es"}
"""Configurations that begin with the model of another one."""


def small(directory: Path) -> list[str]:
    """Return overrides for small data, two steps and a narrow network; its kind, depth and lags stay."""
    train = write_pairs(directory / "train.tsv", bundled("train", 60))
    dev = write_pairs(directory / "dev.tsv", bundled("dev", 3))
    return [
        *(f"data.train={train}", f"data.dev={dev}", f"data.test={dev}", "data.dev_more=null"),
        *("model.embedding=8", "model.hidden=16"),
        *("train.max_steps=2", "train.batch_chars=500", "train.eval_sentences=2", "train.threads=1"),
    ]


def model_of(name: str, directory: Path) -> Path:
    return directory / name / "model.safetensors"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[str]]]:
    """Train every configuration for two steps; return the run directories and the overrides."""
    directory = tmp_path_factory.mktemp("configs")
    overrides = small(directory)
    runs: dict[str, tuple[Path, list[str]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
        for name in sorted(CONFIGS, key=lambda name: name in STARTS_FROM):
            asked = list(overrides)
            if name in STARTS_FROM:
                asked.append(f"train.init_from={model_of(STARTS_FROM[name], directory)}")
            training.train(load_config(CONFIGS[name], asked), directory / name, device="cpu")
            runs[name] = directory / name, asked
    return runs


def test_there_are_configurations() -> None:
    assert {"quick", "tatoeba", "tatoeba-gpu", "finetune", "en-es-words"} <= CONFIGS.keys()


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_says_nothing_twice(name: str) -> None:
    """What equals its default is noise; the sizes that a reader looks for may be there."""
    config = load_config(CONFIGS[name])
    different = {key for key, _, _ in diff_configs(Config(), config)}
    assert {"data.train", "data.dev"} <= different
    assert (config.data.test is None) == (name == "en-es-words")  # its data are made without a test part


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_trains_as_it_was_asked(
    name: str, trained: dict[str, tuple[Path, list[str]]]
) -> None:
    run_dir, overrides = trained[name]
    asked = load_config(CONFIGS[name], overrides)
    assert load_config(run_dir / "config.yaml") == asked
    keys = {override.partition("=")[0] for override in overrides}
    changed = {key for key, _, _ in diff_configs(load_config(CONFIGS[name]), asked)}
    assert changed <= keys
    assert load_state(run_dir / "state_00000002.pt")["config"] == asked.to_dict()
    model = read_model(run_dir / "model.safetensors")
    assert model.lags == asked.lag.train.to_plain()
    assert model.info["step"] in (1, 2)


def test_the_quick_configuration_uses_what_is_bundled() -> None:
    data = load_config(CONFIGS["quick"]).data
    for name in (data.train, data.dev, data.test):
        assert isinstance(name, str)
        assert (ROOT / name).is_file()


@pytest.mark.parametrize(("name", "base"), STARTS_FROM.items())
def test_a_configuration_fits_the_model_it_starts_from(name: str, base: str) -> None:
    ours, theirs = load_config(CONFIGS[name]), load_config(CONFIGS[base])
    assert ours.train.init_from in (base, SHIPPED, f"runs/{base}/model.safetensors")
    changed = {key for key, _, _ in diff_configs(theirs, ours) if key.startswith(("model.", "lag."))}
    assert changed <= {"model.dropout"}
