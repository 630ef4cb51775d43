"""Measure what fine-tuning on a few hundred pairs of one's own brings and costs.

    seq2seq data prepare own.tsv --out own --dev 50 --test 500
    seq2seq train configs/finetune.yaml --out runs/own --set data.train=own/train.tsv data.dev=own/dev.tsv
    python -m scripts.studies.finetune own runs/own dev.tsv

Scores the model of the package and the fine-tuned one, greedily at lag `full`, on the pairs that were trained
on, on new ones of the same kind, and on everyday sentences (`dev.tsv`), and writes
docs/results/finetune.json. Minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scripts.results import evaluation, machine, training, write_results
from seq2seq.pretrained import SHIPPED, locate

WHAT = {"trained": "own pairs, trained on", "new": "own pairs, new", "everyday": "everyday sentences (dev)"}


def measure(own: Path, run: Path, dev: Path) -> dict[str, Any]:
    """Return the scores before and after fine-tuning.

    Args:
        own: the directory of train.tsv and test.tsv.
        run: of the fine-tuned model.
        dev: other pairs.
    """
    files = {"trained": own / "train.tsv", "new": own / "test.tsv", "everyday": dev}
    scores: dict[str, Any] = {}
    for name, path in files.items():
        scores[name] = {}
        for when, model in (("before", locate(SHIPPED)), ("after", run)):
            (row,) = evaluation(model, path, "--beam", "1")["rows"]
            quality = row["quality"]
            scores[name][when] = {key: quality[key] for key in ("chrf", "bleu", "exact", "sentences")}
    return {"machine": machine(), "training": training(run), "scores": scores}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("own", "run", "dev"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    write_results("finetune", measure(options.own, options.run, options.dev))


if __name__ == "__main__":
    main()
