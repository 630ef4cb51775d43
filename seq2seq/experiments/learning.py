"""Training on a synthetic task, with the same training loop and configuration as everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.config.building import config_from_dict
from seq2seq.corpus.pairs import Pair
from seq2seq.storage.files import make_directory, write_text_atomic

if TYPE_CHECKING:
    from seq2seq.translator import Translator


def learn(
    folder: Path,
    pairs: Sequence[Pair],
    lag: object,
    model: Mapping[str, Any],
    train: Mapping[str, Any],
    dev: Sequence[Pair] = (),
) -> Translator:
    """Train a network on pairs, or resume its training, and return its translator.

    Args:
        folder: the run directory.
        pairs: the training pairs.
        lag: the value of `lag.train`.
        model: settings of the `model` section.
        train: settings of the `train` section that differ from the defaults for small tasks below.
        dev: the dev set, on which the loss is measured at the end; by default there is none.
    """
    from seq2seq.training.run import train as train_network
    from seq2seq.translator import Translator

    make_directory(folder)
    data: dict[str, Any] = {"max_ratio": 1000.0, "min_count": 1}
    for name, part in (("train", pairs), ("dev", dev)):
        if part:
            data[name] = str(folder / f"{name}.tsv")
            lines = [f"{source}\t{target}\n" for source, target in part]
            write_text_atomic(folder / f"{name}.tsv", "".join(lines))
    settings = {
        "data": data,
        "lag": {"train": lag},
        "model": {"dropout": 0.0} | dict(model),
        "train": {
            "batch_chars": 1000,
            "learning_rate": 5e-3,
            "warmup_steps": 50,
            "label_smoothing": 0.0,
            "weight_decay": 0.0,
            "ema": 0.99,
            "precision": "fp32",
            "threads": 1,  # a small network gains nothing from more, and the order of summation stays fixed
            "eval_every": train["max_steps"],
            "eval_sentences": 100,
            "checkpoint_every": train["max_steps"],
            "select_by": "loss",
        }
        | dict(train),
        "decode": {"repeats": True},  # the claims are about the networks, not about the search
    }
    config = config_from_dict(settings, str(folder))
    return Translator.load(train_network(config, folder, resume=True, device="cpu"), device="cpu")
