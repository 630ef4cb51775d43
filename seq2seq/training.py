"""Training: one loop that can be stopped after any step and goes on with the same bits.

What a step draws at random (lags, dropout masks) is a function of the seed and the step's number, and its
batches are a function of the seed, the epoch and an index. A training state therefore holds no random
generators: weights, their average, the optimiser and a few counters are all there is to carry over.
"""

from __future__ import annotations

import logging
import math
import os
import shlex
import time
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from seq2seq import checkpoint
from seq2seq.batching import Batch, BatchOrder, collate
from seq2seq.config import Config, config_from_dict, dump_config
from seq2seq.corpus import Prepared, default_cache, prepare
from seq2seq.devices import keep_memory, pick_device, pick_precision, trim_memory
from seq2seq.errors import Interrupted, NonFiniteError, UsageError, UserError
from seq2seq.files import RunLock, check_writable, sweep_temporaries, write_text_atomic
from seq2seq.lag import Lag
from seq2seq.loss import batch_loss
from seq2seq.metrics.quality import Quality
from seq2seq.modelfile import ModelFile, read_model, write_model
from seq2seq.models import build, start_from, to_weights
from seq2seq.optimisation import Optimisation
from seq2seq.plots import draw_curves
from seq2seq.resume import check_settings
from seq2seq.runlog import Metrics, logging_to
from seq2seq.signals import Requests
from seq2seq.text import Vocabulary
from seq2seq.validation import SAMPLES, DevPart

log = logging.getLogger("seq2seq.training")

MODEL_NAME = "model.safetensors"


@dataclass
class Progress:
    """How far a run has come; all of it is in every training state.

    Attributes:
        step: optimiser steps done.
        epoch: passes over the training part begun, from 0.
        index: batches of this epoch done.
        seconds: time spent, over all stops.
        best: the best evaluation's number so far: chrF, or minus the loss, as `train.select_by` says.
        best_step: where that was; -1 before any evaluation.
        evaluated: the step of the last evaluation; -1 before any.
        worse: evaluations since the best one.
    """

    step: int = 0
    epoch: int = 0
    index: int = 0
    seconds: float = 0.0
    best: float = -math.inf
    best_step: int = -1
    evaluated: int = -1
    worse: int = 0


def train(config: Config, run_dir: Path, resume: bool = False, device: str = "auto") -> Path:
    """Train as `config` says and return the path of the model file.

    Args:
        config: all settings.
        run_dir: where everything goes; it must not hold a run yet, unless `resume`.
        resume: go on from the newest training state in `run_dir`; where there is none, start and say so.
        device: cpu, cuda, or auto.

    Raises:
        UserError: the data, the directory or the device is not as it should be.
        UsageError: there is a run in `run_dir` already, or it was made with other settings.
        NonFiniteError: the loss or a gradient is not a finite number; nothing of it is saved.
        Interrupted: a signal asked to stop; everything is saved.
    """
    started = time.monotonic()
    place = pick_device(device)
    _set_up_torch(config, place)
    if not resume and (run_dir / "config.yaml").exists():
        raise UsageError(
            f"there is a run in {run_dir} already: add --resume to go on with it, or choose another --out"
        )
    check_writable(run_dir, 0)  # it also makes the directory
    with RunLock(run_dir), logging_to(run_dir / "train.log"), Requests() as requests:
        sweep_temporaries(run_dir)
        found = checkpoint.newest_good_state(run_dir, log.warning) if resume else None
        if resume and found is None:
            log.info("there is no training state in %s: starting afresh", run_dir)
        run = Run(config, run_dir, place, requests, started, found)
        try:
            return run.loop()
        finally:
            run.metrics.close()


def _set_up_torch(config: Config, device: torch.device) -> None:
    if config.train.threads is not None:
        torch.set_num_threads(config.train.threads)
    if config.train.deterministic:
        # cuBLAS reads this when it is first used; without it, its results may differ from run to run.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = False
    else:
        keep_memory()


class Run:
    """One training run: its data, its networks, its progress, and the loop."""

    def __init__(
        self,
        config: Config,
        run_dir: Path,
        device: torch.device,
        requests: Requests,
        started: float,
        found: tuple[Path, dict[str, Any]] | None,
    ) -> None:
        self.config, self.run_dir, self.device, self.requests = config, run_dir, device, requests
        self.state_path = found[0] if found else None
        state = found[1] if found else None
        self.run_id: str = state["run_id"] if state else uuid.uuid4().hex
        if state:
            check_settings(config_from_dict(state["config"], str(self.state_path)), config)
        self.data, network = self._load_data(state)
        self.precision = pick_precision(config.train.precision, device)
        pairs, vocabulary = self.data.dev, self.data.vocabulary
        self.dev = DevPart(pairs, vocabulary, config, self.precision) if pairs else None
        self.optimisation = Optimisation(network.to(device), config.train)
        self.progress = Progress()
        if state:
            self.optimisation.load_state(state["optimisation"])
            self.progress = Progress(**state["progress"])
        # A state holds each weight four times: itself, its average, and two of AdamW; two states must fit.
        check_writable(run_dir, 2 * 16 * sum(p.numel() for p in network.parameters()))
        self.started = started - self.progress.seconds
        corpus = self.data.train
        lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
        self.order = BatchOrder(*lengths, batch_chars=config.train.batch_chars, seed=config.train.seed)
        written = state["metrics_bytes"] if state else 0
        self.metrics = Metrics(
            run_dir / "metrics.jsonl", written, config.train.tensorboard, self.progress.step
        )
        write_text_atomic(run_dir / "config.yaml", dump_config(config))
        self._announce()

    def _load_data(self, state: dict[str, Any] | None) -> tuple[Prepared, Any]:
        """Return the data and a network for its vocabulary: new, from a model file, or for the state."""
        data, cache = self.config.data, default_cache()
        if state:
            vocabulary = Vocabulary(tuple(state["characters"]))
            prepared = prepare(data, cache, vocabulary)
            if [prepared.fingerprint, prepared.dev_fingerprint] != state["data"]:
                raise UserError(
                    f"the data has changed since this run was started: train and dev were "
                    f"{' and '.join(state['data'])}, and are {prepared.fingerprint} and "
                    f"{prepared.dev_fingerprint} now; bring it back, or start a new run"
                )
            return prepared, build(self.config, vocabulary)
        prepared = prepare(data, cache)
        torch.manual_seed(self.config.train.seed)
        if self.config.train.init_from is None:
            return prepared, build(self.config, prepared.vocabulary)
        path = Path(self.config.train.init_from)
        network, vocabulary = start_from(read_model(path), str(path), self.config, prepared.vocabulary)
        return prepare(data, cache, vocabulary), network

    def _announce(self) -> None:
        network = self.optimisation.network
        log.info("%s", self.data.report)
        if self.data.shared:
            log.warning(
                "%d dev lines share a side with a training line: scores are too good", self.data.shared
            )
        log.info(
            "%s parameters, lags %s, %s on %s with %d threads, %s pairs, %d batches an epoch; all goes to %s",
            f"{sum(p.numel() for p in network.parameters()):,}",
            self.config.lag.train.describe(),
            self.precision,
            self.device,
            torch.get_num_threads(),
            f"{len(self.data.train):,}",
            len(self.order.epoch(self.progress.epoch)),
            self.run_dir,
        )
        if self.progress.step:
            log.info("going on after step %d from %s", self.progress.step, self.state_path)

    # The loop.

    def loop(self) -> Path:
        """Step until the budget is spent; evaluate and save on the way and at the end."""
        train = self.config.train
        begin = self.progress.step
        with tqdm(total=train.max_steps, initial=begin, unit="step", disable=None, dynamic_ncols=True) as bar:
            recent = _Recent()
            while True:
                finished = self._finished()
                if self.progress.evaluated != self.progress.step and (
                    finished or (self.progress.step and self.progress.step % train.eval_every == 0)
                ):
                    self._evaluate()
                    recent = _Recent()
                    finished = finished or self._out_of_patience()
                if finished or self.requests.stop or self.requests.save or self._is_time_to_save():
                    self._save()
                if self.requests.stop and not finished:
                    raise self._interrupted(self.requests.stop)
                if finished:
                    break
                self._step(recent)
                bar.update()
                if self.progress.step % train.log_every == 0:
                    bar.set_postfix_str(self._log(recent))
                    recent = _Recent()
                    trim_memory()
        return self._finish()

    def _finished(self) -> bool:
        train, progress = self.config.train, self.progress
        progress.seconds = time.monotonic() - self.started
        out_of_time = train.max_minutes is not None and progress.seconds >= 60 * train.max_minutes
        return progress.step >= train.max_steps or out_of_time or self._out_of_patience()

    def _out_of_patience(self) -> bool:
        patience = self.config.train.patience
        return patience is not None and self.progress.worse >= patience

    def _is_time_to_save(self) -> bool:
        step = self.progress.step
        return step > 0 and step % self.config.train.checkpoint_every == 0

    def _interrupted(self, number: int) -> Interrupted:
        command = [
            "seq2seq",
            "train",
            str(self.run_dir / "config.yaml"),
            "--out",
            str(self.run_dir),
            "--resume",
        ]
        return Interrupted(
            f"stopped after step {self.progress.step}; everything is saved. "
            f"Go on with: {shlex.join(command)}",
            number,
        )

    def _step(self, recent: _Recent) -> None:
        """One optimiser step over `accumulate` batches."""
        train = self.config.train
        batches = [self._next_batch() for _ in range(train.accumulate)]
        symbols = sum(batch.target_symbols for batch in batches)
        rng = np.random.default_rng([train.seed, self.progress.step])
        torch.manual_seed(int(rng.integers(2**62)))
        total = torch.zeros((), device=self.device)
        for batch in batches:
            lag = self.config.lag.train.sample(rng)
            loss = self._loss(batch, lag) / symbols
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        norm = self.optimisation.clip()
        if not (torch.isfinite(total) and torch.isfinite(norm)):
            raise self._not_finite(float(total), float(norm), batches)
        self.optimisation.step(self.progress.step)
        self.progress.step += 1
        recent.add(total, norm, symbols)

    def _next_batch(self) -> Batch:
        progress = self.progress
        if progress.index == len(self.order.epoch(progress.epoch)):
            progress.epoch, progress.index = progress.epoch + 1, 0
        rows = self.order.epoch(progress.epoch)[progress.index]
        progress.index += 1
        return collate(self.data.train, rows)

    def _loss(self, batch: Batch, lag: Lag) -> Tensor:
        train = self.config.train
        network = self.optimisation.network
        return batch_loss(network, batch, lag, self.precision, train.label_smoothing, train.char_dropout)

    def _not_finite(self, loss: float, norm: float, batches: list[Batch]) -> NonFiniteError:
        rows = batches[0].rows_B[:SAMPLES].tolist()
        text = "; ".join(self.data.vocabulary.decode(self.data.train.source(row)) for row in rows)
        rate = self.optimisation.learning_rate(self.progress.step)
        return NonFiniteError(
            f"step {self.progress.step + 1}: loss {loss}, gradient norm {norm}, learning rate {rate:.3g}, on "
            f"sentences such as: {text}. Nothing of this step is saved; start a new run with a lower "
            "train.learning_rate or train.clip_norm"
        )

    def _log(self, recent: _Recent) -> str:
        """Write what has happened since the last time to the metrics; return a short form for the bar."""
        seconds = time.monotonic() - self.started
        record = {
            "step": self.progress.step,
            "epoch": self.progress.epoch,
            "loss": recent.loss,
            "gradient_norm": recent.norm,
            "learning_rate": self.optimisation.learning_rate(self.progress.step - 1),
            "chars_per_second": recent.speed,
            "seconds": round(seconds, 1),
        }
        self.metrics.add(record)
        budget = self.config.train.max_minutes
        left = "" if budget is None else f", {max(0.0, budget - seconds / 60):.0f} min left"
        return f"loss {recent.loss:.3f}, {recent.speed:,.0f} characters/s{left}"

    # Evaluation and saving.

    def _evaluate(self) -> None:
        """Measure the averaged weights on the dev part, and keep them if they are the best so far."""
        progress = self.progress
        progress.evaluated = progress.step
        if self.dev is None:
            self._write_model({})
            return
        began = time.monotonic()
        loss = self.dev.loss(self.optimisation.averaged)
        quality, samples = self.dev.quality(self.optimisation.averaged)
        record = {
            "step": progress.step,
            "dev_loss": loss,
            "dev_chrf": quality.chrf,
            "dev_bleu": quality.bleu,
            "dev_exact": quality.exact,
            "dev_seconds": round(time.monotonic() - began, 1),
        }
        self.metrics.add(record)
        value = quality.chrf if self.config.train.select_by == "chrf" else -loss
        better = value > progress.best  # false for NaN
        note = " (best so far)" if better else ""
        log.info("step %d: dev loss %.4f, %s%s", progress.step, loss, quality.format(), note)
        for source, text in samples:
            log.info("    %s -> %s", source, text)
        progress.worse += 1
        if better:
            progress.best, progress.best_step, progress.worse = value, progress.step, 0
            self._write_model({"dev_loss": loss, "dev": self._signed(quality)})
        self._draw()

    def _draw(self) -> None:
        try:
            draw_curves(self.run_dir)
        except UsageError as error:
            log.info("no curves: %s", error)

    def _signed(self, quality: Quality) -> dict[str, Any]:
        """Scores with all it takes to compare them: the lag, how it was decoded, what on."""
        decoding = {"lag": self.config.decode.lag, "beam": 1, "precision": self.precision}
        return {**quality.to_dict(), **decoding, "data": self.data.dev_fingerprint}

    def _write_model(self, scores: dict[str, Any]) -> None:
        info = {
            "step": self.progress.step,
            "seconds": round(self.progress.seconds, 1),
            "run_id": self.run_id,
            "train_data": self.data.fingerprint,
            "dev_data": self.data.dev_fingerprint,
            **scores,
        }
        file = ModelFile(
            config=without_paths(self.config).to_dict(),
            characters=list(self.data.vocabulary.characters),
            lags=self.config.lag.train.to_plain(),
            weights=to_weights(self.optimisation.averaged),
            info=info,
        )
        write_model(self.run_dir / MODEL_NAME, file)

    def _save(self) -> None:
        """Write a training state and delete those that have become superfluous."""
        self.requests.save = False
        if self.state_path is not None and self.state_path.name == f"state_{self.progress.step:08d}.pt":
            return
        if self.progress.evaluated < 0:
            self._write_model({})
        self.progress.seconds = time.monotonic() - self.started
        state = {
            "run_id": self.run_id,
            "config": self.config.to_dict(),
            "characters": "".join(self.data.vocabulary.characters),
            "data": [self.data.fingerprint, self.data.dev_fingerprint],
            "metrics_bytes": self.metrics.size,
            "progress": asdict(self.progress),
            "optimisation": self.optimisation.state(),
        }
        resumed_from = [self.state_path] if self.state_path else []
        self.state_path = checkpoint.save_state(self.run_dir, self.progress.step, state)
        keep = self.config.train.keep_checkpoints
        checkpoint.prune_states(self.run_dir, keep, resumed_from, self.run_id, log.warning)

    def _finish(self) -> Path:
        path = self.run_dir / MODEL_NAME
        if self.progress.best_step >= 0:
            log.info("the best evaluation was at step %d: %s", self.progress.best_step, path)
        self._draw()
        return path


class _Recent:
    """Sums since the last line of the metrics. They stay on the device until they are asked for."""

    def __init__(self) -> None:
        self.losses: list[Tensor] = []
        self.norms: list[Tensor] = []
        self.symbols = 0
        self.began = time.monotonic()

    def add(self, loss: Tensor, norm: Tensor, symbols: int) -> None:
        self.losses.append(loss)
        self.norms.append(norm)
        self.symbols += symbols

    @property
    def loss(self) -> float:
        return float(torch.stack(self.losses).mean())

    @property
    def norm(self) -> float:
        return float(torch.stack(self.norms).mean())

    @property
    def speed(self) -> float:
        return self.symbols / (time.monotonic() - self.began)


def without_paths(config: Config) -> Config:
    """Return `config` without the names of files, which mean nothing to whoever gets the model."""
    data = replace(config.data, train=None, dev=None, test=None)
    return replace(config, data=data, train=replace(config.train, init_from=None))
