"""Make a training state small enough to be copied to another machine, and resume it there.

    python -m scripts.release.handover take RUN --out DIR [--weights int8|float16] [--measure]
    python -m scripts.release.handover give DIR/run --out RUN

A training state of 22 million weights has 354 MB: the weights, their moving average, and the two moments of
Adam. `take` makes two folders of 24 MB from the newest one. DIR/run holds what resuming needs: the weights,
the progress, the metrics and the log. DIR/model holds the averaged weights, to be evaluated or shipped. Large
matrices are int8 with a scale for each row and the rest is float16; with `--weights float16`, 45 MB each.

`give` makes a training state from DIR/run, from which `seq2seq train --resume` continues with the same step,
schedule and order of batches, and prints the seconds that the run has taken so far. The run is not the same
to the bit: weights are rounded, and Adam's moments and the moving average start again. The best evaluation is
forgotten, so the next one counts as the best. README.md in this folder says what that costs.

A run cannot be resumed with other settings, such as a larger batch, but a new run can start from its weights:
`--set train.init_from=DIR/run/weights.safetensors`.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from scripts.release.packing import FORMS, packed_as
from seq2seq.config.building import config_from_dict
from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.corpus.prepare import read_whole
from seq2seq.errors import UsageError, UserError
from seq2seq.models.build import from_file
from seq2seq.pretrained import MODEL_NAME
from seq2seq.storage.files import read_bytes, write_text_atomic
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.training.checkpoint import latest_state, load_state, save_state
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.progress import Progress
from seq2seq.training.state import newest_good_state
from seq2seq.training.validation import DevPart

RUN: Final = "run"
MODEL: Final = "model"
WEIGHTS: Final = "weights.safetensors"
PROGRESS: Final = "progress.json"
KEPT: Final = ("config.yaml", "metrics.jsonl", "train.log")
"""Files of a run that are copied unchanged."""


def take(run: Path, out: Path, form: str = "int8") -> dict[str, ModelFile]:
    """Write the handover of the newest training state of a run.

    Returns:
        The `weights` and the `average`, exact; and rounded, as `weights, written` and `average, written`.

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
        files[name] = state.model_file(weights)
        files[f"{name}, written"] = replace(files[name], weights=packed_as(form, weights))
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


def as_new(progress: Progress) -> Progress:
    """Return the progress without the best evaluation, whose weights are not handed over."""
    return replace(progress, best=0.0, best_step=-1, evaluated=-1, worse=0)


def give(directory: Path, run: Path) -> tuple[Path, float]:
    """Write a training state made from a handover into `run`; return its path and the seconds trained so far.

    If `run` holds a state of that step or a later one, nothing is written.

    Raises:
        UserError: the handover is incomplete.
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
    """Return the dev loss of each model."""
    pairs, losses = read_whole(config.data.dev, config.data.reverse), []
    for file in files:
        network, vocabulary, _ = from_file(file, MODEL_NAME)
        losses.append(DevPart(pairs, vocabulary, config, "fp32").loss(network.eval()))
    return losses


def warn(message: str) -> None:
    """Print a warning."""
    print(message, file=sys.stderr)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    taking = actions.add_parser("take", help="write a handover of a run")
    taking.add_argument("run", type=Path)
    taking.add_argument("--out", type=Path, required=True, help="folder to write")
    taking.add_argument("--weights", choices=FORMS, default="int8", help="form of the weights (int8)")
    taking.add_argument("--measure", action="store_true", help="print the dev loss with and without rounding")
    giving = actions.add_parser("give", help="make a training state from a handover")
    giving.add_argument("directory", type=Path, metavar="DIR")
    giving.add_argument("--out", type=Path, required=True, metavar="RUN", help="the run directory")
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
