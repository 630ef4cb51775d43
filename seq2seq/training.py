"""Training: one loop that can be stopped after any step and goes on with the same bits.

What a step draws at random (lags, dropout masks) is a function of the seed and the step's number, and its batches
are a function of the seed, the epoch and an index. A training state therefore holds no random generators: weights,
their average, the optimiser and a few counters are all there is to carry over.
"""

from __future__ import annotations

import logging
import math
import os
import time
import uuid
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from seq2seq import checkpoint
from seq2seq.batching import Batch, BatchOrder, collate
from seq2seq.config import Config, config_from_dict, diff_configs, dump_config
from seq2seq.corpus import Prepared, default_cache, encode_pairs, prepare
from seq2seq.devices import pick_device, pick_precision
from seq2seq.errors import Interrupted, NonFiniteError, UsageError, UserError
from seq2seq.files import RunLock, check_writable, sweep_temporaries, write_text_atomic
from seq2seq.lag import Lag
from seq2seq.metrics.quality import Quality, score
from seq2seq.modelfile import ModelFile, read_model, write_model
from seq2seq.models import build, start_from, to_weights
from seq2seq.models.encoder_decoder import loss_sum
from seq2seq.optimisation import Optimisation
from seq2seq.pairs import group_references
from seq2seq.plots import draw_curves
from seq2seq.runlog import Metrics, logging_to
from seq2seq.signals import Requests
from seq2seq.text import UNKNOWN, Vocabulary
from seq2seq.translator import Translator

log = logging.getLogger("seq2seq.training")

MODEL_NAME = "model.safetensors"
SAMPLES = 3
"""Translations shown at each evaluation."""

_FREE = {
    "train.max_minutes",
    "train.eval_every",
    "train.checkpoint_every",
    "train.eval_sentences",
    "train.select_by",
    "train.patience",
    "train.keep_checkpoints",
    "train.log_every",
    "train.tensorboard",
    "train.init_from",
    "train.threads",
    "data.train",
    "data.dev",
    "data.test",
    "decode.lag",
    "decode.beam",
    "decode.length_penalty",
    "decode.precision",
}
"""Settings that may change when a run is resumed. Data files may move: what counts is their fingerprint."""


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
        raise UsageError(f"there is a run in {run_dir} already: add --resume to go on with it, or choose another --out")
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
        self.state_path, state = found if found else (None, None)
        self.run_id: str = state["run_id"] if state else uuid.uuid4().hex
        if state:
            _check_settings(config_from_dict(state["config"], str(self.state_path)), config)
        self.data, network = self._load_data(state)
        self.precision = pick_precision(config.train.precision, device)
        self.optimisation = Optimisation(network.to(device), config.train)
        self.progress = Progress()
        if state:
            self.optimisation.load_state(state["optimisation"])
            self.progress = Progress(**state["progress"])
        # A state holds each weight four times: itself, its average, and two of AdamW; two states must fit.
        check_writable(run_dir, 2 * 16 * sum(p.numel() for p in network.parameters()))
        self.started = started - self.progress.seconds
        corpus = self.data.train
        self.order = BatchOrder(
            np.diff(corpus.source_offsets), np.diff(corpus.target_offsets), config.train.batch_chars, config.train.seed
        )
        self.metrics = Metrics(
            run_dir / "metrics.jsonl", state["metrics_bytes"] if state else 0, config.train.tensorboard, self.progress.step
        )
        write_text_atomic(run_dir / "config.yaml", dump_config(config))
        self._prepare_evaluation()
        self._announce()

    def _load_data(self, state: dict[str, Any] | None) -> tuple[Prepared, Any]:
        """Return the data and a network for its vocabulary: new, from a model file, or of the state's shape."""
        data, cache = self.config.data, default_cache()
        if state:
            vocabulary = Vocabulary(tuple(state["characters"]))
            prepared = prepare(data, cache, vocabulary)
            if [prepared.fingerprint, prepared.dev_fingerprint] != state["data"]:
                raise UserError(
                    f"the data has changed since this run was started: {' and '.join(state['data'])} then, "
                    f"{prepared.fingerprint} and {prepared.dev_fingerprint} now; bring it back, or start a new run"
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
            log.warning("%d dev lines have a side in the training part: scores on them say too much", self.data.shared)
        log.info(
            "%s parameters, lags %s, %s on %s with %d threads, %s pairs, %d batches an epoch; everything goes to %s",
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
        bar = tqdm(total=train.max_steps, initial=self.progress.step, unit="step", disable=None, dynamic_ncols=True)
        with bar:
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
        return Interrupted(
            f"stopped after step {self.progress.step}; everything is saved. "
            f"Go on with: seq2seq train {self.run_dir / 'config.yaml'} --out {self.run_dir} --resume",
            number,
        )

    def _step(self, recent: _Recent) -> None:
        """One optimiser step over `accumulate` batches."""
        config = self.config.train
        batches = [self._next_batch() for _ in range(config.accumulate)]
        symbols = sum(batch.target_symbols for batch in batches)
        rng = np.random.default_rng([config.seed, self.progress.step])
        torch.manual_seed(int(rng.integers(2**62)))
        total = torch.zeros((), device=self.device)
        for batch in batches:
            loss = self._loss(batch, self.config.lag.train.sample(rng)) / symbols
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

    def _loss(self, batch: Batch, lag: Lag, smoothing: float | None = None) -> Tensor:
        """Return the summed loss of a batch: smoothed and on corrupted input in training, plain in evaluation."""
        source, lengths, previous, target = (
            torch.from_numpy(array).to(self.device, non_blocking=True)
            for array in (batch.source_BS, batch.lengths_B, batch.previous_BT, batch.target_BT)
        )
        network = self.optimisation.network if smoothing is None else self.optimisation.averaged
        if smoothing is None:
            source, previous = self._corrupt(source), self._corrupt(previous)
            smoothing = self.config.train.label_smoothing
        precise = self.precision == "fp32"
        with nullcontext() if precise else torch.autocast(self.device.type, torch.bfloat16):
            logits = network(source, lengths, previous, lag)
        return loss_sum(logits, target, smoothing)

    def _corrupt(self, ids: Tensor) -> Tensor:
        """Hide each character with the probability `train.char_dropout`; marks and padding stay."""
        rate = self.config.train.char_dropout
        if rate == 0:
            return ids
        hidden = (torch.rand(ids.shape, device=ids.device) < rate) & (ids > UNKNOWN)
        return ids.masked_fill(hidden, UNKNOWN)

    def _not_finite(self, loss: float, norm: float, batches: list[Batch]) -> NonFiniteError:
        rows = batches[0].rows_B[:3].tolist()
        text = "; ".join(self.data.vocabulary.decode(self.data.train.source(row)) for row in rows)
        rate = self.optimisation.learning_rate(self.progress.step)
        return NonFiniteError(
            f"step {self.progress.step + 1}: loss {loss}, gradient norm {norm}, learning rate {rate:.3g}, on sentences "
            f"such as: {text}. Nothing of this step is saved; lower train.learning_rate or train.clip_norm and resume "
            "or start again"
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

    def _prepare_evaluation(self) -> None:
        """Choose, once, what is translated at each evaluation: sources spread evenly over the dev part."""
        references = list(group_references(self.data.dev).items())
        count = min(self.config.train.eval_sentences, len(references))
        chosen = [references[i * len(references) // count] for i in range(count)]
        self.dev_sources = [source for source, _ in chosen]
        self.dev_references = [targets for _, targets in chosen]
        limit = self.config.data.max_chars
        self.dev = encode_pairs([p for p in self.data.dev if max(map(len, p)) <= limit], self.data.vocabulary)

    def _evaluate(self) -> None:
        """Measure the averaged weights on the dev part, and keep them if they are the best so far."""
        self.progress.evaluated = self.progress.step
        if not len(self.dev):
            self._write_model({})
            return
        began = time.monotonic()
        loss = self._dev_loss()
        quality, texts = self._dev_quality()
        record = {"step": self.progress.step, "dev_loss": loss, "dev_seconds": round(time.monotonic() - began, 1)}
        if quality is not None:
            record |= {"dev_chrf": quality.chrf, "dev_bleu": quality.bleu, "dev_exact": quality.exact}
        self.metrics.add(record)
        value = quality.chrf if quality is not None and self.config.train.select_by == "chrf" else -loss
        better = value > self.progress.best  # false for NaN
        log.info(
            "step %d: dev loss %.4f%s%s",
            self.progress.step,
            loss,
            f", {quality.format()}" if quality else "",
            " (best so far)" if better else "",
        )
        for source, text in list(zip(self.dev_sources, texts, strict=True))[:: max(1, len(texts) // SAMPLES)][:SAMPLES]:
            log.info("    %s -> %s", source, text)
        self.progress.worse += 1
        if better:
            self.progress.best, self.progress.best_step, self.progress.worse = value, self.progress.step, 0
            self._write_model({"dev_loss": loss, "dev": self._signed(quality)})

    @torch.no_grad()
    def _dev_loss(self) -> float:
        """Cross-entropy in nats per target symbol, at the lag that decoding uses."""
        order = BatchOrder(
            np.diff(self.dev.source_offsets), np.diff(self.dev.target_offsets), self.config.train.batch_chars, 0
        )
        total, symbols = 0.0, 0
        for rows in order.epoch(0):
            batch = collate(self.dev, rows)
            total += float(self._loss(batch, self.config.decode.lag, smoothing=0.0))
            symbols += batch.target_symbols
        return total / symbols

    def _dev_quality(self) -> tuple[Quality | None, list[str]]:
        if not self.dev_sources:
            return None, []
        translator = Translator(self.optimisation.averaged, self.data.vocabulary, self.config, self.precision)
        texts = translator.translate(self.dev_sources, beam=1)
        return score(texts, self.dev_references), texts

    def _signed(self, quality: Quality | None) -> dict[str, Any] | None:
        """Scores with all it takes to compare them: the lag, how it was decoded, what on."""
        if quality is None:
            return None
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
        try:
            log.info("curves: %s", draw_curves(self.run_dir))
        except UsageError as error:
            log.info("%s", error)
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


def _check_settings(old: Config, new: Config) -> None:
    """Report the settings that changed since the run was started; refuse those that make it another run."""
    changes = diff_configs(old, new)
    bad = [change for change in changes if change[0] not in _FREE]
    if bad:
        listing = "; ".join(f"{key} was {before!r}, is {now!r}" for key, before, now in bad)
        raise UsageError(f"these settings cannot change when a run is resumed: {listing}. Undo them, or start a new run")
    for key, before, now in changes:
        log.info("resumed with %s changed from %r to %r", key, before, now)
