"""Train a model as the one of the package was trained, all five parts of it, one after another.

    python -m scripts.release.train_en_es TRAIN.tsv DEV.tsv [--out runs] [--set KEY=VALUE ...]

Ctrl-C stops it, and the same command goes on. What the parts are for stands in docs/quality.md; the model is
OUT/en-es-last/model.safetensors in the end. The first part of the shipped one had `train.source_noise` and
`train.joined` only after a third of its updates, so this gives a model near that one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.release.ship import mean
from scripts.report.results import ROOT
from seq2seq.cli import run
from seq2seq.pretrained import MODEL_NAME
from seq2seq.storage.modelfile import read_model, write_model

THIRD = (
    *("train.max_steps=150", "train.learning_rate=2e-4", "train.warmup_steps=10"),
    *("train.joined=0.3", "train.ema=0.98", "train.seed=2"),
)
SHARE = 0.7
"""Of the second part in the mean with the third."""
FIFTH = (
    *("train.max_steps=3000", "train.learning_rate=5e-4", "model.dropout=0.1"),
    *("train.eval_every=300", "train.eval_sentences=1000", "train.seed=4"),
)


def seq2seq(*arguments: str) -> None:
    """Run a command of the package; end as it ended if it failed or was stopped."""
    if code := run(arguments):
        raise SystemExit(code)


def train(config: str, out: Path, *overrides: str) -> None:
    """Begin a part, or go on with it, or find it done."""
    settings = [word for override in overrides for word in ("--set", override)]
    seq2seq("train", str(ROOT / "configs" / f"{config}.yaml"), "--out", str(out), "--resume", *settings)


def last_state(run: Path) -> Path:
    """Return the last training state of a run."""
    return max(run.glob("state_*.pt"))


def recipe(train_pairs: Path, dev: Path, out: Path, also: list[str]) -> Path:
    """Do all parts; return the model."""
    data = (f"data.train={train_pairs}", f"data.dev={dev}", "data.test=null")
    first, second, third, fourth, fifth = (
        out / name for name in ("en-es", "en-es-more", "en-es-end", "en-es-longer", "en-es-last")
    )
    train("en-es", first, *data, *also)
    train("en-es-more", second, *data, f"train.init_from={first}", *also)
    train("en-es-more", third, *data, f"train.init_from={second}", *THIRD, *also)
    both = out / "en-es-mean.safetensors"
    write_model(both, mean(read_model(third / MODEL_NAME), read_model(second / MODEL_NAME), SHARE))
    train("en-es-longer", fourth, *data, f"train.init_from={both}", *also)
    end = out / "en-es-longer.safetensors"
    seq2seq("checkpoint", "export", str(last_state(fourth)), str(end))
    train("en-es-longer", fifth, *data, f"train.init_from={end}", *FIFTH, *also)
    return fifth / MODEL_NAME


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where the runs go (runs)")
    parser.add_argument(
        "--set", dest="also", action="append", default=[], metavar="KEY=VALUE", help="a setting of all parts"
    )
    options = parser.parse_args()
    print(recipe(options.train, options.dev, options.out, options.also))


if __name__ == "__main__":
    main()
