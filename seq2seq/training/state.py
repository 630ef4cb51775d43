"""The training state: everything that training needs to go on as if it had never stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seq2seq.config.schema import Config
from seq2seq.errors import CheckpointError, listed
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.files import sha256_file
from seq2seq.storage.int8 import Weight
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.training.checkpoint import load_state, save_state, state_files
from seq2seq.training.optimisation import OptimisationState
from seq2seq.training.progress import Progress, is_progress

_STORED_TYPES = {
    "run_id": str,
    "config": dict,
    "characters": str,
    "data": list,
    "metrics_bytes": int,
    "progress": dict,
    "optimisation": dict,
}
"""The entries that every training state has, with their types."""


class RecentSteps:
    """The losses and gradient norms since the last record of the metrics, and the speed of these steps.

    The numbers stay on the device until a mean is asked for. The speed counts the steps since the clock was
    started.

    Args:
        losses: of the steps that a resumed run did before it stopped.
        norms: likewise.
    """

    def __init__(self, losses: tuple[Tensor, ...] = (), norms: tuple[Tensor, ...] = ()) -> None:
        self.losses, self.norms = list(losses), list(norms)
        self.restart_clock()

    def restart_clock(self) -> None:
        """Measure the speed from now on."""
        self.symbols, self.began = 0, time.monotonic()

    def add(self, loss: Tensor, norm: Tensor, symbols: int) -> None:
        """Count one step with its loss per target symbol, its gradient norm, and its number of symbols."""
        self.losses.append(loss)
        self.norms.append(norm)
        self.symbols += symbols

    @property
    def loss(self) -> float:
        """The mean loss in nats per target symbol."""
        return _mean(self.losses)

    @property
    def norm(self) -> float:
        """The mean norm of the gradient before clipping."""
        return _mean(self.norms)

    @property
    def speed(self) -> float:
        """Target symbols per second."""
        return self.symbols / (time.monotonic() - self.began)


def _mean(numbers: list[Tensor]) -> float:
    """Return the mean; numbers that come from a training state are on the CPU, others on the device."""
    return float(torch.stack([number.to(numbers[-1].device) for number in numbers]).mean())


def model_info(run_id: str, progress: Progress, data: tuple[str, str]) -> dict[str, Any]:
    """Return the `info` of a model file that a run writes, in plain types.

    Args:
        run_id, progress, data: as in `TrainingState`.
    """
    return {
        "step": progress.step,
        "seconds": round(progress.seconds, 1),
        "run_id": run_id,
        "train_data": data[0],
        "dev_data": data[1],
    }


@dataclass(frozen=True)
class TrainingState:
    """Everything that training needs to go on with the same bits.

    Attributes:
        run_id: the name of the run.
        config: all settings of the run.
        vocabulary: of the network.
        data: the fingerprints of the training part and of the dev part.
        metrics_bytes: the size of `metrics.jsonl` at this step.
        made_with: what besides the settings decides the last bits of the results.
        progress: how far the run has come.
        losses: those of the steps that no record of the metrics counts yet, scalars.
        norms: the gradient norms of these steps, scalars.
        optimisation: the weights, their average and the optimiser's running means.
    """

    run_id: str
    config: Config
    vocabulary: Vocabulary
    data: tuple[str, str]
    metrics_bytes: int
    made_with: dict[str, Any]
    progress: Progress
    losses: tuple[Tensor, ...]
    norms: tuple[Tensor, ...]
    optimisation: OptimisationState

    @classmethod
    def read(cls, path: Path) -> TrainingState:
        """Read a training state, with its tensors on the CPU.

        Raises:
            CheckpointError: the file is missing, damaged or foreign, or training cannot go on from it.
        """
        return cls.from_plain(load_state(path), path)

    def write(self, run_dir: Path) -> Path:
        """Write the state into `run_dir` atomically, with its checksum beside it; return its path.

        Raises:
            UserError: the system refused; earlier states are unchanged.
        """
        return save_state(run_dir, self.progress.step, self.to_plain())

    def averaged_file(self) -> ModelFile:
        """Return the content of a model file with the averaged weights and the origin of this state."""
        return self.model_file({name: part.numpy() for name, part in self.optimisation["averaged"].items()})

    def model_file(self, weights: Mapping[str, Weight]) -> ModelFile:
        """Return the content of a model file with these weights and the origin of this state."""
        info = model_info(self.run_id, self.progress, self.data)
        return ModelFile.of(self.config, self.vocabulary, weights, info)

    def to_plain(self) -> dict[str, Any]:
        """Return the state as plain types and tensors."""
        return {
            "run_id": self.run_id,
            "config": self.config.to_dict(),
            "characters": "".join(self.vocabulary.characters),
            "data": list(self.data),
            "metrics_bytes": self.metrics_bytes,
            "made_with": self.made_with,
            "progress": asdict(self.progress),
            "recent": {"losses": list(self.losses), "norms": list(self.norms)},
            "optimisation": dict(self.optimisation),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any], path: Path) -> TrainingState:
        """Check what `load_state` returned, and return it as a record. Older files lack some entries.

        Args:
            plain: the content of the file.
            path: the file, for the messages.

        Raises:
            CheckpointError: an entry is missing or impossible, or the weights do not fit the configuration or
                are not finite.
        """
        lacking = [key for key, kind in _STORED_TYPES.items() if type(plain.get(key)) is not kind]
        if lacking or [type(item) for item in plain["data"]] != [str, str]:
            raise CheckpointError(
                f"{path} is incomplete: it has no {', '.join(lacking) or 'data'}; use an earlier state"
            )
        if not is_progress(plain["progress"]) or plain["metrics_bytes"] < 0:
            raise CheckpointError(
                f"{path} is damaged: its progress cannot be that of a run; use an earlier state"
            )
        made_with = plain.get("made_with", {})
        if not isinstance(made_with, dict):
            raise CheckpointError(
                f"{path} is damaged: it does not say what it was made with; use an earlier state"
            )
        recent = plain.get("recent", {"losses": [], "norms": []})
        if not _is_recent(recent):
            raise CheckpointError(
                f"{path} is damaged: its recent losses cannot be used; use an earlier state"
            )
        config, vocabulary = read_settings(plain["config"], plain["characters"], str(path))
        optimisation = plain["optimisation"]
        _check_optimisation(optimisation, config, vocabulary, path)
        return cls(
            run_id=plain["run_id"],
            config=config,
            vocabulary=vocabulary,
            data=(plain["data"][0], plain["data"][1]),
            metrics_bytes=plain["metrics_bytes"],
            made_with=made_with,
            progress=Progress(**plain["progress"]),
            losses=tuple(recent["losses"]),
            norms=tuple(recent["norms"]),
            optimisation={
                "network": optimisation["network"],
                "averaged": optimisation["averaged"],
                "adamw": optimisation["adamw"],
                "tables": optimisation.get("tables", {}),
            },
        )


def _is_recent(recent: object) -> bool:
    """Whether these are as many losses as norms, all finite scalars."""
    try:
        losses, norms = recent["losses"], recent["norms"]  # type: ignore[index]
        return len(losses) == len(norms) and all(
            number.shape == () and bool(torch.isfinite(number)) for number in (*losses, *norms)
        )
    except (LookupError, TypeError, AttributeError):
        return False


def _check_optimisation(
    optimisation: dict[str, Any], config: Config, vocabulary: Vocabulary, path: Path
) -> None:
    """Raise a CheckpointError unless both sets of weights are finite and fit the configuration."""
    if not isinstance(optimisation.get("adamw"), dict):
        raise CheckpointError(f"{path} is incomplete: it has no adamw; use an earlier state")
    for part in ("network", "averaged"):
        weights = optimisation.get(part)
        if not isinstance(weights, dict) or not all(map(_is_weight, weights.values())):
            raise CheckpointError(f"{path} is incomplete: it has no {part}; use an earlier state")
        expected = weight_shapes(config.model, len(vocabulary), config.lag.train.largest, weights)
        check_weights(weights, expected, f"{path} ({part})")
        if bad := [name for name, weight in weights.items() if not torch.isfinite(weight).all()]:
            raise CheckpointError(
                f"{path} cannot be used: not all numbers are finite in {listed(bad)}; use an earlier state"
            )


def _is_weight(value: object) -> bool:
    """Whether a value is a dense tensor of numbers on the CPU."""
    return (
        isinstance(value, Tensor)
        and (value.is_floating_point() or value.dtype == torch.int64)
        and value.layout == torch.strided
        and value.device.type == "cpu"
    )


def newest_good_state(run_dir: Path, warn: Callable[[str], None]) -> tuple[Path, TrainingState] | None:
    """Read the newest training state that can be used; `warn` is called for each newer one that cannot.

    Returns:
        its path and content; None if there is no state at all.

    Raises:
        CheckpointError: there are states and none of them can be used.
    """
    paths = state_files(run_dir)
    for path in paths:
        try:
            return path, TrainingState.read(path)
        except CheckpointError as error:
            warn(f"{error}; trying the state before it")
    if paths:
        raise CheckpointError(f"no state in {run_dir} can be read; start again in another directory")
    return None


def describe_state(path: Path) -> dict[str, Any]:
    """Return a summary of a training state in plain types; errors as in `TrainingState.read`."""
    plain = load_state(path)
    state = TrainingState.from_plain(plain, path)
    return {
        "file": str(path),
        "kind": "training state",
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
        "format_version": plain["format_version"],
        "step": plain["step"],
        "run_id": state.run_id,
        "holds": sorted(plain),
    }
