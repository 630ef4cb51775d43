"""Make a training small enough to be copied to another machine, and go on with it there.

    python scripts/release/handover.py take RUN --out DIR [--weights FORM] [--measure]
    python scripts/release/handover.py give DIR/run --out RUN

A training state of 22 million weights takes 354 MB: each weight, its average, and the two sums of Adam.
`take` makes two folders of the newest one. DIR/model holds the averaged weights, to be looked at or shipped.
DIR/run holds what it takes to go on: the weights, Adam's squares as the means of rows and columns, how far
the run has come, its metrics and its log. In both, large tables are int8 with a scale for each row, and all
else is float16.

`give` makes a training state of DIR/run, from which `seq2seq train --resume` goes on with the same step, the
same schedule and the same order of batches. It prints the seconds that the run has taken so far. It is not
the same run to the bit. Lost are the average, which begins anew at the weights; the running means of the
gradients, which are made anew within a few steps; what the rounding takes. The best evaluation so far is
forgotten, so that the next one counts as the best. The README beside this file tells what that costs.

With other settings, such as a larger batch, a run cannot be resumed, but a new one can begin with its
weights: `--set train.init_from=DIR/run/weights.safetensors` and a short warm-up. Then Adam's squares are lost
as well.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import safetensors.numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from seq2seq.checkpoint import check_content, latest_state, load_state, newest_good_state, save_state
from seq2seq.config import Config, config_from_dict, load_config, without_paths
from seq2seq.corpus import read_whole
from seq2seq.errors import CheckpointError, UsageError, UserError
from seq2seq.files import read_bytes, write_bytes_atomic, write_text_atomic
from seq2seq.int8 import Int8Rows, Weight, packed
from seq2seq.modelfile import ModelFile, read_model, write_model
from seq2seq.models import from_file
from seq2seq.optimisation import Optimisation
from seq2seq.pretrained import MODEL_NAME
from seq2seq.validation import DevPart
from seq2seq.writer import Progress

RUN: Final = "run"
MODEL: Final = "model"
WEIGHTS: Final = "weights.safetensors"
SUMS: Final = "sums.safetensors"
PROGRESS: Final = "progress.json"
KEPT: Final = ("config.yaml", "metrics.jsonl", "train.log")
"""Files of a run that are copied as they are."""
TABLES: Final = ("_words.nodes.weight", "_words.pairs.weight")
"""How the names of the large tables end."""
ROWS, COLUMNS, WHOLE, STEP = ".rows", ".columns", ".whole", ".step"


def small(weights: Mapping[str, NDArray[Any]], form: str) -> dict[str, Weight]:
    """Return weights that take less room.

    Args:
        form: `small`: tables as int8 and the rest as float16; `float16`; or `int8`: all large matrices.
    """
    if form == "int8":
        return packed(weights)
    return {
        name: array
        if array.dtype == np.int64
        else Int8Rows.of(array)
        if form == "small" and name.endswith(TABLES)
        else array.astype(np.float16)
        for name, array in weights.items()
    }


def take(run: Path, out: Path, form: str = "small") -> dict[str, ModelFile]:
    """Write the handover of the newest training state of a run.

    Returns:
        the `weights` and the `average`, whole and, as `weights, written` and `average, written`, rounded.

    Raises:
        UserError: there is no training state.
    """
    found = newest_good_state(run, warn)
    if found is None:
        raise UserError(f"{run}: there is no training state; name the directory of a run")
    path, state = found
    config, vocabulary = check_content(state, path)
    files: dict[str, ModelFile] = {}
    for name, part in (("weights", "network"), ("average", "averaged")):
        weights = {key: tensor.numpy() for key, tensor in state["optimisation"][part].items()}
        files[name] = ModelFile(
            config=without_paths(config).to_dict(),
            characters=list(vocabulary.characters),
            lags=config.lag.train.to_plain(),
            weights=weights,
            info=about(state),
        )
        files[f"{name}, written"] = replace(files[name], weights=small(weights, form))
    (out / MODEL).mkdir(parents=True, exist_ok=True)
    write_model(out / MODEL / MODEL_NAME, files["average, written"])
    (out / RUN).mkdir(exist_ok=True)
    write_model(out / RUN / WEIGHTS, files["weights, written"])
    sums = squares(state["optimisation"], config, files["weights"])
    write_bytes_atomic(out / RUN / SUMS, safetensors.numpy.save(sums))
    for name in KEPT:
        if (run / name).exists():
            shutil.copyfile(run / name, out / RUN / name)
    progress = {name: value for name, value in state.items() if name not in ("optimisation", "recent")}
    progress["progress"] = asdict(as_new(Progress(**state["progress"])))
    write_text_atomic(out / RUN / PROGRESS, json.dumps(progress, ensure_ascii=False, indent=1) + "\n")
    return files


def about(state: dict[str, Any]) -> dict[str, Any]:
    """Return what a model file tells of a training state."""
    return {
        "step": state["step"],
        "seconds": round(state["progress"]["seconds"], 1),
        "run_id": state["run_id"],
        "train_data": state["data"][0],
        "dev_data": state["data"][1],
    }


def as_new(progress: Progress) -> Progress:
    """Return the progress with nothing said of the best evaluation: its weights are not handed over."""
    return replace(progress, best=0.0, best_step=-1, evaluated=-1, worse=0)


def squares(optimisation: dict[str, Any], config: Config, file: ModelFile) -> dict[str, NDArray[np.float32]]:
    """Return what is kept of Adam's squares, by name, and the number of steps.

    Of a matrix these are the means of its rows and of its columns (Shazeer and Stern 2018, "Adafactor"), of a
    table those of its rows, for a row is met or is not.
    """
    restored = restore(file, config)
    restored.load_state(optimisation)
    kept: dict[str, NDArray[np.float32]] = {}
    for name, parameter in restored.network.named_parameters():
        if name in restored.tables.sums:
            kept[name + ROWS] = restored.tables.sums[name][1].mean(dim=1).numpy()
        elif sums := restored.adamw.state.get(parameter):
            square: Tensor = sums["exp_avg_sq"]
            kept[name + STEP] = sums["step"].reshape(1).numpy()
            if square.ndim == 2:
                kept[name + ROWS], kept[name + COLUMNS] = square.mean(1).numpy(), square.mean(0).numpy()
            else:
                kept[name + WHOLE] = square.numpy()
    return kept


def restore(file: ModelFile, config: Config) -> Optimisation:
    """Return a network with the weights of a file, and an optimiser that has not taken a step."""
    network, _, _ = from_file(file, MODEL_NAME)
    return Optimisation(network.requires_grad_(True), config.train)


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
    optimisation = restore(read_model(directory / WEIGHTS), config)
    fill(optimisation, safetensors.numpy.load(read_bytes(directory / SUMS)))
    run.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (directory / name).exists():
            shutil.copyfile(directory / name, run / name)
    state["progress"]["best"] = -math.inf
    recent: dict[str, list[Tensor]] = {"losses": [], "norms": []}
    new = {**state, "recent": recent, "optimisation": optimisation.state()}
    return save_state(run, state["step"], new), state["progress"]["seconds"]


def fill(optimisation: Optimisation, kept: Mapping[str, NDArray[np.float32]]) -> None:
    """Set Adam's sums to what `squares` kept of them; the means of the gradients begin at 0."""
    try:
        for name, parameter in optimisation.network.named_parameters():
            if name in optimisation.tables.sums:
                optimisation.tables.sums[name][1].copy_(torch.from_numpy(kept[name + ROWS])[:, None])
            elif name + STEP in kept:
                optimisation.adamw.state[parameter] = {
                    "step": torch.from_numpy(kept[name + STEP]).reshape(()).clone(),
                    "exp_avg": torch.zeros_like(parameter, requires_grad=False),
                    "exp_avg_sq": _square(name, kept).reshape(parameter.shape).clone(),
                }
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(f"{SUMS} is of another network, or damaged; copy it again") from error


def _square(name: str, kept: Mapping[str, NDArray[np.float32]]) -> Tensor:
    if name + WHOLE in kept:
        return torch.from_numpy(kept[name + WHOLE])
    rows, columns = (torch.from_numpy(kept[name + part]) for part in (ROWS, COLUMNS))
    return rows[:, None] * columns / rows.mean().clamp_min(1e-30)


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
        "--weights",
        choices=("small", "float16", "int8"),
        default="small",
        help="how they are rounded (small)",
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
