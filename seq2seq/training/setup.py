"""What is built before the first step: data, network, optimiser, evaluation and writer."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from seq2seq.config.loading import diff_configs, dump_config
from seq2seq.config.schema import Config, without_paths
from seq2seq.corpus.cachedir import default_cache
from seq2seq.corpus.pairs import name_files
from seq2seq.corpus.prepare import prepare
from seq2seq.corpus.prepared import Prepared
from seq2seq.devices import keep_memory, pick_precision, use_threads
from seq2seq.errors import UsageError, UserError, counted, listed
from seq2seq.models.build import Network, build, learn_tries, start_from, tries_of
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import read_model
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.parallel import Processes
from seq2seq.training.progress import Progress
from seq2seq.training.schedule import describe_change
from seq2seq.training.space import file_sizes, needed_space
from seq2seq.training.state import RecentSteps, TrainingState, newest_good_state
from seq2seq.training.update import Updater
from seq2seq.training.validation import DevEvaluator
from seq2seq.training.writer import Writer

log = logging.getLogger(__name__)

MAY_CHANGE = frozenset(
    {
        "train.max_steps",
        "train.accumulate",
        "train.cooldown_share",
        "train.ema",
        "train.max_minutes",
        "train.skip_nonfinite",
        "train.eval_every",
        "train.eval_lags",
        "train.checkpoint_every",
        "train.patience",
        "train.keep_checkpoints",
        "train.log_every",
        "train.tensorboard",
        "train.init_from",
        "train.threads",
        "data.train",
        "data.dev",
        "data.dev_more",
        "data.test",
        "decode.beam",
        "decode.length_penalty",
        "decode.precision",
        "decode.repeats",
    }
)
"""The settings that may change when a run is resumed.

The average of the weights follows the `train.ema` of each step: a cool-down needs a shorter memory than what
comes before it. Data files may move: their fingerprints are compared, and so are the shares of several parts.
The settings by which the best evaluation is chosen may not change, since old and new scores could not be
compared.
"""


_PLATEAU = frozenset({"train.eval_every"})
"""Settings that may not change with the plateau schedule, which counts evaluations."""
_FILES = frozenset({"data.train", "data.dev", "data.dev_more", "data.test"})


@dataclass(frozen=True)
class Setup:
    """The parts of a run as one process has them before the first step.

    Attributes:
        config: all settings.
        run_dir: the directory of the run.
        processes: those that train together.
        made_with: what besides the settings decides the last bits of the results.
        optimisation: the network and its optimiser.
        updater: takes the steps.
        validator: evaluates; None without a dev part, and in processes other than the writer.
        writer: writes the files; None in processes other than the writer.
        progress: how far the run has come.
        recent: the steps that no record of the metrics counts yet.
        saved: the step of the training state that the run goes on from; -1 for a new run.
    """

    config: Config
    run_dir: Path
    processes: Processes
    made_with: dict[str, Any]
    optimisation: Optimisation
    updater: Updater
    validator: DevEvaluator | None
    writer: Writer | None
    progress: Progress
    recent: RecentSteps
    saved: int


def check_shares(config: Config, processes: Processes) -> None:
    """Raise a UsageError unless the processes can share the batches of an update evenly."""
    batches, size = config.train.accumulate, processes.size
    if batches % size:
        raise UsageError(
            f"{size} processes cannot share the batches of an update evenly: train.accumulate is {batches}, "
            f"and must be a multiple of {size}, such as {-(-batches // size) * size}"
        )


def check_schedule(config: Config) -> None:
    """Raise a UsageError if the learning rate depends on dev losses and there is no dev set."""
    if config.train.schedule == "plateau" and config.data.dev is None:
        raise UsageError(
            "train.schedule: plateau follows the loss on the dev set: name one in data.dev, or choose "
            "another schedule"
        )


def set_up_torch(config: Config, device: torch.device) -> None:
    """Set the threads, the determinism and the memory allocation of PyTorch for a training on `device`."""
    use_threads(config.train.threads)
    if config.train.deterministic:
        # cuBLAS reads this at its first use; without it, results may differ from run to run.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = False
    else:
        keep_memory()


def set_up(config: Config, run_dir: Path, processes: Processes, resume: bool = False) -> Setup:
    """Build the parts of a run.

    Args:
        config: all settings.
        run_dir: the directory of the run; it exists, and this process holds it if it is the writer.
        processes: those that train together.
        resume: whether to go on from the newest training state in `run_dir`, if there is one.

    Raises:
        UserError: the data are missing or bad, have changed, or there is too little space.
        UsageError: the run was started with other settings.
        CheckpointError: no training state can be used.
    """
    resumed = newest_good_state(run_dir, log.warning) if resume else None
    state = resumed[1] if resumed else None
    if state:
        check_settings(state.config, config, state.progress.step)
        use_threads(config.train.threads, _threads_of(state))
        _log_changes(state, config)
    elif resume:
        log.info("there is no training state in %s: starting a new run", run_dir)
    with processes.first_on_each_machine():
        data, network = _resumed_data(config, state) if state else _new_data(config)
    precision = pick_precision(config.train.precision, processes.device)
    optimisation = Optimisation(network.to(processes.device), config.train)
    if state:
        optimisation.load_state(state.optimisation)
    progress = state.progress if state else Progress()
    _check_same(config, data, progress, precision, processes)
    updater = Updater(config, data, optimisation, processes, precision, progress)
    validator = writer = None
    if processes.is_writer:
        if data.dev:
            validator = DevEvaluator(data.dev, data.dev_fingerprint, data.vocabulary, config, precision)
        writer = Writer(run_dir, config, data, optimisation, resumed)
    setup = Setup(
        config=config,
        run_dir=run_dir,
        processes=processes,
        made_with=_made_with(processes, precision),
        optimisation=optimisation,
        updater=updater,
        validator=validator,
        writer=writer,
        progress=progress,
        recent=RecentSteps(state.losses, state.norms) if state else RecentSteps(),
        saved=progress.step if state else -1,
    )
    _announce(setup, data)
    if resumed:
        _announce_resumption(setup, *resumed)
    return setup


def check_settings(old: Config, new: Config, step: int) -> None:
    """Check that a run may be resumed with changed settings.

    Args:
        old: the settings of the training state.
        new: the settings now.
        step: the optimiser steps done.

    Raises:
        UsageError: one of them must not change, or the run has done more steps than it is to do now.
    """
    changes = diff_configs(old, new)
    fixed = _PLATEAU if new.train.schedule == "plateau" else frozenset()
    bad = [change for change in changes if change[0] not in MAY_CHANGE - fixed]
    before, now = ([part.share for part in config.data.parts] for config in (old, new))
    if before != now:
        bad.append(("the shares of data.train", before, now))
    if bad:
        listing = listed((f"{key} was {before!r}, is {now!r}" for key, before, now in bad), "; ")
        raise UsageError(
            f"these settings cannot change when a run is resumed: {listing}; undo them, or start a new run, "
            "which train.init_from lets begin with these weights. A resumed run may change "
            f"{', '.join(sorted(MAY_CHANGE - _FILES))}, and the places of its data"
        )
    if new.train.max_steps < step:
        raise UsageError(
            f"train.max_steps is {new.train.max_steps}, and {step} steps have been done already: a resumed "
            "run cannot end earlier than that"
        )


def _log_changes(state: TrainingState, new: Config) -> None:
    """Log the settings that changed since a run was started."""
    old, progress = state.config, state.progress
    changes = diff_configs(old, new)
    for key, before, now in changes:
        log.info("resumed with %s changed from %r to %r", key, before, now)
    if {key for key, _, _ in changes} & {"train.max_steps", "train.cooldown_share"}:
        log.info("%s", describe_change(old.train, new.train, progress.step, progress.cuts))


def _resumed_data(config: Config, state: TrainingState) -> tuple[Prepared, Network]:
    """Return the data and a network for a training state, without its weights.

    Raises:
        UserError: the data are not those that the run was started with.
    """
    data = prepare(config.data, default_cache(), state.vocabulary, config.copies)
    if data.fingerprints != state.data:
        raise UserError(
            f"the data has changed since this run was started: train and dev were "
            f"{' and '.join(state.data)}, and are {data.fingerprint} and {data.dev_fingerprint} now; restore "
            "it, or start a new run"
        )
    tries = tries_of(config.model, state.optimisation["network"], state.vocabulary)
    return data, build(config, state.vocabulary, tries)


def _new_data(config: Config) -> tuple[Prepared, Network]:
    """Return the data and a network for a new run, with random weights or those of `train.init_from`."""
    data = prepare(config.data, default_cache(), spans=config.copies)
    torch.manual_seed(config.train.seed)
    if config.train.init_from is None:
        return data, build(config, data.vocabulary, learn_tries(config.model, data))
    path = locate(config.train.init_from)
    if not path.exists():
        raise UserError(f"train.init_from: there is no model {path}")
    network, vocabulary = start_from(read_model(path), str(path), config, data.vocabulary)
    return prepare(config.data, default_cache(), vocabulary, config.copies), network


def _check_same(
    config: Config, data: Prepared, progress: Progress, precision: str, processes: Processes
) -> None:
    """Raise a UserError unless all processes train the same network on the same data."""
    processes.check_same(
        {
            "settings": dump_config(without_paths(config)),
            "data": f"{data.fingerprint} {data.dev_fingerprint}",
            "shares": str([part.share for part in data.parts]),
            "training state": str(progress.step),
            "precision": precision,
        }
    )


def _made_with(processes: Processes, precision: str) -> dict[str, Any]:
    """Return what besides the settings decides the last bits of the results, by the order of its sums."""
    return {
        "processes": processes.size,
        "torch": str(torch.__version__),
        "device": processes.device.type,
        "precision": precision,
        "threads": torch.get_num_threads(),
    }


def _threads_of(state: TrainingState) -> int | None:
    """Return the number of threads that a training state was made with, if it says so."""
    threads = state.made_with.get("threads")
    return threads if type(threads) is int else None


def _announce(setup: Setup, data: Prepared) -> None:
    """Log what is trained, on what, and where."""
    config, size = setup.config, setup.processes.size
    log.info("%s", data.report)
    if len(data.parts) > 1:
        for part, rows, count in zip(config.data.parts, data.parts, data.report.parts, strict=True):
            log.info("part %s: drawn for %.1f%%; %s", name_files(part.path), 100 * rows.share, count)
    if data.shared:
        share = "shares" if data.shared == 1 else "share"
        log.warning(
            "%s %s a side with a training line: scores are too good", counted(data.shared, "dev line"), share
        )
    device = setup.processes.device
    weights = sum(p.numel() for p in setup.optimisation.network.parameters())
    log.info(
        "%s parameters, %s %s, %s on %s with %s, %s, %s an epoch; run directory %s",
        f"{weights:,}",
        "lag" if config.lag.train.fixed is not None else "lags",
        config.lag.train.describe(),
        setup.made_with["precision"],
        str(device) if size == 1 else f"{size} processes, each on {device.type}",
        counted(setup.made_with["threads"], "thread"),
        counted(len(data.train), "pair"),
        counted(len(setup.updater.order.epoch(setup.progress.epoch)), "batch", "batches"),
        setup.run_dir,
    )
    if setup.writer:
        space = needed_space(config.train, file_sizes(setup.optimisation.network))
        log.info("the run takes up to %s MB of disk space", f"{space / 1e6:,.0f}")


def _announce_resumption(setup: Setup, path: Path, state: TrainingState) -> None:
    """Log where the run goes on, and why the last bits of its results may differ."""
    log.info("going on after step %d from %s", state.progress.step, path)
    before, now = state.made_with, setup.made_with
    changed = [key for key in now.keys() & before if now[key] != before[key]]
    if changed:
        listing = "; ".join(f"{key}: {before[key]}, now {now[key]}" for key in sorted(changed))
        log.info("the environment has changed (%s); results may not be bit-identical", listing)
