"""Train a model in the five parts in which the model of the package was trained.

    python -m scripts.release.train_en_es TRAIN.tsv DEV.tsv [--out runs] [--set KEY=VALUE ...]

Ctrl-C stops it, and the same command continues. the model card explains the parts; the result is
OUT/en-es-last/model.safetensors. In the first part of the shipped model, `train.source_noise` and
`train.joined` were on only after a third of the updates, so the result is close to it but not the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scripts.release.ship import mean
from scripts.results import ROOT
from seq2seq.cli import run
from seq2seq.pretrained import MODEL_NAME
from seq2seq.storage.modelfile import read_model, write_model

THIRD = (
    *("train.max_steps=150", "train.learning_rate=2e-4", "train.warmup_steps=10"),
    *("train.joined=0.3", "train.ema=0.98", "train.seed=2"),
)
SHARE = 0.7
"""Weight of the second part in its mean with the third."""
FIFTH = (
    *("train.max_steps=3000", "train.learning_rate=5e-4", "model.dropout=0.1"),
    *("train.eval_every=300", "train.eval_sentences=1000", "train.seed=4"),
)


def seq2seq(*arguments: str) -> None:
    """Run a command of the package; exit with its code if it failed or was stopped."""
    if code := run(arguments):
        raise SystemExit(code)


def train(config: str, out: Path, *overrides: str) -> None:
    """Start or resume a part; nothing happens if it is finished."""
    settings = [word for override in overrides for word in ("--set", override)]
    seq2seq("train", str(ROOT / "configs" / f"{config}.yaml"), "--out", str(out), "--resume", *settings)


def last_state(run: Path) -> Path:
    """Return the last training state of a run."""
    return max(run.glob("state_*.pt"))


def recipe(train_pairs: Path, dev: Path, out: Path, also: list[str]) -> Path:
    """Train all parts; return the path of the model."""
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
    seq2seq("checkpoint", "export", "--force", str(last_state(fourth)), str(end))
    train("en-es-longer", fifth, *data, f"train.init_from={end}", *FIFTH, *also)
    return fifth / MODEL_NAME


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs"), help="directory of the runs (runs)")
    parser.add_argument(
        "--set", dest="also", action="append", default=[], metavar="KEY=VALUE", help="a setting of all parts"
    )
    options = parser.parse_args()
    print(recipe(options.train, options.dev, options.out, options.also))


if __name__ == "__main__":
    main()
