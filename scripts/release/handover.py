"""Make a training small enough to be copied to another machine, and go on with it there.

    python -m scripts.release.handover take RUN --out DIR [--weights int8|float16] [--measure]
    python -m scripts.release.handover give DIR/run --out RUN

A training state of 22 million weights takes 354 MB: each weight, its average, and the two sums of Adam.
`take` makes two folders of the newest one, of 24 MB each. DIR/run holds what it takes to go on: the weights,
how far the run has come, its metrics and its log. DIR/model holds the averaged weights, to be looked at or
shipped. Large matrices are int8 with a scale for each row and all else is float16, unless float16 is asked
for: 45 MB each.

`give` makes a training state of DIR/run, from which `seq2seq train --resume` goes on with the same step, the
same schedule and the same order of batches. It prints the seconds that the run has taken so far. It is not
the same run to the bit. Lost are Adam's sums and the average, which begin anew, and what the rounding takes.
The best evaluation so far is forgotten, so that the next one counts as the best. The README beside this file
tells what that costs.

With other settings, such as a larger batch, a run cannot be resumed, but a new one can begin with its
weights: `--set train.init_from=DIR/run/weights.safetensors`.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.loading import config_from_dict, load_config
from seq2seq.config.schema import Config, without_paths
from seq2seq.corpus.prepare import read_whole
from seq2seq.errors import UsageError, UserError
from seq2seq.models.build import from_file
from seq2seq.pretrained import MODEL_NAME
from seq2seq.storage.files import read_bytes, write_text_atomic
from seq2seq.storage.int8 import Weight, packed
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.training.checkpoint import latest_state, load_state, save_state
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.state import Progress, TrainingState, newest_good_state
from seq2seq.training.validation import DevPart

RUN: Final = "run"
MODEL: Final = "model"
WEIGHTS: Final = "weights.safetensors"
PROGRESS: Final = "progress.json"
KEPT: Final = ("config.yaml", "metrics.jsonl", "train.log")
"""Files of a run that are copied as they are."""


def small(weights: Mapping[str, NDArray[Any]], form: str) -> dict[str, Weight]:
    """Return weights that take less room: large matrices as int8, or all as float16; whole numbers stay."""
    if form == "int8":
        return packed(weights)
    return {
        name: array if array.dtype == np.int64 else array.astype(np.float16)
        for name, array in weights.items()
    }


def take(run: Path, out: Path, form: str = "int8") -> dict[str, ModelFile]:
    """Write the handover of the newest training state of a run.

    Returns:
        the `weights` and the `average`, whole and, as `weights, written` and `average, written`, rounded.

    Raises:
        UserError: there is no training state.
    """
    found = newest_good_state(run, warn)
    if found is None:
        raise UserError(f"{run}: there is no training state; name the directory of a run")
    state = found[1]
    files: dict[str, ModelFile] = {}
    optimisation = state.optimisation
    for name, tensors in (("weights", optimisation["network"]), ("average", optimisation["averaged"])):
        weights = {key: tensor.numpy() for key, tensor in tensors.items()}
        files[name] = ModelFile(
            config=without_paths(state.config).to_dict(),
            characters=list(state.vocabulary.characters),
            lags=state.config.lag.train.to_plain(),
            weights=weights,
            info=about(state),
        )
        files[f"{name}, written"] = replace(files[name], weights=small(weights, form))
    (out / MODEL).mkdir(parents=True, exist_ok=True)
    write_model(out / MODEL / MODEL_NAME, files["average, written"])
    (out / RUN).mkdir(exist_ok=True)
    write_model(out / RUN / WEIGHTS, files["weights, written"])
    for name in KEPT:
        if (run / name).exists():
            shutil.copyfile(run / name, out / RUN / name)
    stored = replace(state, progress=as_new(state.progress)).to_plain()
    progress = {name: value for name, value in stored.items() if name not in ("optimisation", "recent")}
    progress["step"] = state.progress.step
    write_text_atomic(out / RUN / PROGRESS, json.dumps(progress, ensure_ascii=False, indent=1) + "\n")
    return files


def about(state: TrainingState) -> dict[str, Any]:
    """Return what a model file tells of a training state."""
    return {
        "step": state.progress.step,
        "seconds": round(state.progress.seconds, 1),
        "run_id": state.run_id,
        "train_data": state.data[0],
        "dev_data": state.data[1],
    }


def as_new(progress: Progress) -> Progress:
    """Return the progress with nothing said of the best evaluation: its weights are not handed over."""
    return replace(progress, best=0.0, best_step=-1, evaluated=-1, worse=0)


def give(directory: Path, run: Path) -> tuple[Path, float]:
    """Make a training state of a handover, in `run`; return its path and the seconds that it took so far.

    Where `run` holds a state of that step or a later one, it is left as it is.

    Raises:
        UserError: the handover is not whole.
    """
    state: dict[str, Any] = json.loads(read_bytes(directory / PROGRESS))
    if (there := latest_state(run)) and (other := load_state(there))["step"] >= state["step"]:
        if other["run_id"] != state["run_id"]:
            raise UsageError(f"{run} holds another run: choose another directory")
        return there, other["progress"]["seconds"]
    config = config_from_dict(state["config"], str(directory / PROGRESS))
    network, _, _ = from_file(read_model(directory / WEIGHTS), str(directory / WEIGHTS))
    optimisation = Optimisation(network, config.train)
    run.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (directory / name).exists():
            shutil.copyfile(directory / name, run / name)
    state["progress"]["best"] = -math.inf
    new = {**state, "recent": {"losses": [], "norms": []}, "optimisation": optimisation.state()}
    return save_state(run, state["step"], new), state["progress"]["seconds"]


def dev_losses(config: Config, files: list[ModelFile]) -> list[float]:
    """Return the loss of some models on the dev part."""
    pairs, losses = read_whole(config.data.dev, config.data.reverse), []
    for file in files:
        network, vocabulary, _ = from_file(file, MODEL_NAME)
        losses.append(DevPart(pairs, vocabulary, config, "fp32").loss(network.eval()))
    return losses


def warn(message: str) -> None:
    """Print a warning."""
    print(message, file=sys.stderr)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    taking = actions.add_parser("take", help="write a handover of a run")
    taking.add_argument("run", type=Path)
    taking.add_argument("--out", type=Path, required=True, help="where it goes")
    taking.add_argument(
        "--weights", choices=("int8", "float16"), default="int8", help="how they are rounded (int8)"
    )
    taking.add_argument("--measure", action="store_true", help="the dev loss before and after; takes a while")
    giving = actions.add_parser("give", help="make a training state of a handover")
    giving.add_argument("directory", type=Path, metavar="DIR")
    giving.add_argument("--out", type=Path, required=True, metavar="RUN", help="the directory of the run")
    options = parser.parse_args()
    try:
        if options.action == "give":
            print(give(options.directory, options.out)[1])
            return
        files = take(options.run, options.out, options.weights)
        for name in (RUN, MODEL):
            size = sum(path.stat().st_size for path in (options.out / name).iterdir())
            print(f"step {files['weights'].info['step']}: {size / 1e6:.1f} MB in {options.out / name}")
        if options.measure:
            config = load_config(options.run / "config.yaml")
            for name, loss in zip(files, dev_losses(config, list(files.values())), strict=True):
                print(f"dev loss {loss:.4f} of the {name}")
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
