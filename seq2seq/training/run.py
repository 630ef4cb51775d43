"""Training: one loop that can be stopped after any step and goes on with the same bits.

What a step draws at random (lags, dropout masks) is a function of the seed, the step's number and the batch's
place in it, and its batches are a function of the seed, the epoch and an index. A training state therefore
holds no random generators: weights, their average, the optimiser and a few counters are all there is to carry
over. Nor does anything depend on how many processes share the batches of a step.
"""

from __future__ import annotations

import logging
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from seq2seq.config.loading import config_from_dict, dump_config
from seq2seq.config.schema import Config, without_paths
from seq2seq.corpus.augment import MOST_JOINED, Typist
from seq2seq.corpus.batching import Batch, Rows, collate, make_order, target_symbols
from seq2seq.corpus.cache import default_cache
from seq2seq.corpus.pairs import name_files
from seq2seq.corpus.prepare import prepare
from seq2seq.corpus.prepared import Prepared
from seq2seq.devices import is_out_of_memory, keep_memory, pick_precision, trim_memory
from seq2seq.errors import CheckpointError, Interrupted, NonFiniteError, UsageError, UserError
from seq2seq.lag import FULL, Lag
from seq2seq.models.build import build, learn_tries, start_from, tries_of
from seq2seq.models.layers import make_dense
from seq2seq.plain.step import copied_symbols
from seq2seq.pretrained import MODEL_NAME, locate
from seq2seq.storage.files import RunLock, check_writable, sweep_temporaries
from seq2seq.storage.modelfile import read_model
from seq2seq.storage.runlog import logging_nowhere, logging_to
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.training import checkpoint
from seq2seq.training.loss import batch_loss
from seq2seq.training.optimisation import Optimisation, describe_change
from seq2seq.training.parallel import Processes, join
from seq2seq.training.resume import check_settings
from seq2seq.training.signals import Requests
from seq2seq.training.validation import SAMPLES
from seq2seq.training.writer import Progress, Writer

log = logging.getLogger("seq2seq.training.run")


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
        NonFiniteError: the loss or a gradient is not a finite number, once more than `train.skip_nonfinite`
            allows; nothing of it is saved.
        Interrupted: a signal asked to stop; everything is saved.
    """
    started = time.monotonic()
    with join(device) as processes:
        _check_shares(config, processes)
        _set_up_torch(config, processes.device)
        with _entered(run_dir, resume, processes), Requests() as requests:
            found = checkpoint.newest_good_state(run_dir, log.warning) if resume else None
            if resume and found is None:
                log.info("there is no training state in %s: starting afresh", run_dir)
            run = Run(config, run_dir, processes, requests, started, found)
            try:
                return run.loop()
            finally:
                run.close()


@contextmanager
def _entered(run_dir: Path, resume: bool, processes: Processes) -> Iterator[None]:
    """Hold a run directory while this is entered, if this process is its writer, and log there."""
    if not processes.is_writer:
        with logging_nowhere():
            yield
        return
    if not resume and ((run_dir / "config.yaml").exists() or checkpoint.latest_state(run_dir)):
        raise UsageError(
            f"there is a run in {run_dir} already: add --resume to go on with it, or choose another --out"
        )
    check_writable(run_dir, 0)  # it also makes the directory
    with RunLock(run_dir), logging_to(run_dir / "train.log"):
        sweep_temporaries(run_dir)
        yield


def _check_shares(config: Config, processes: Processes) -> None:
    batches, size = config.train.accumulate, processes.size
    if batches % size:
        raise UsageError(
            f"{size} processes cannot share the batches of an update evenly: train.accumulate is {batches}, "
            f"and must be a multiple of {size}, as in --set train.accumulate={-(-batches // size) * size}"
        )


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


def _span(config: Config) -> tuple[int, float]:
    """Return what may change of the schedule when a run is resumed."""
    return config.train.max_steps, config.train.cooldown_share


class Run:
    """One training run as one process sees it: its data, its networks, its progress, and the loop."""

    def __init__(
        self,
        config: Config,
        run_dir: Path,
        processes: Processes,
        requests: Requests,
        started: float,
        found: tuple[Path, dict[str, Any]] | None,
    ) -> None:
        self.config, self.run_dir, self.processes, self.requests = config, run_dir, processes, requests
        state = found[1] if found else None
        if found:
            begun_with = config_from_dict(found[1]["config"], str(found[0]))
            step = found[1]["step"]
            check_settings(begun_with, config, step)
            if _span(begun_with) != _span(config):
                log.info("%s", describe_change(begun_with.train, config.train, step))
        with processes.first_on_each_machine():
            self.data, network = self._load_data(state)
        self.precision = pick_precision(config.train.precision, processes.device)
        self.copied = copied_symbols(self.data.vocabulary)[
            1:
        ]  # where an unknown character is, order says nothing
        if processes.size > 1:  # not every way of exchanging gradients can exchange those of single rows
            make_dense(network)
        self.optimisation = Optimisation(network.to(processes.device), config.train)
        self.progress = Progress()
        if state:
            self.optimisation.load_state(state["optimisation"])
            self.progress = Progress.of_state(state)
        self.recent = _Recent.of_state(state) if state else _Recent()
        self.saved = self.progress.step if state else -1
        self.next_update: _Update | None = None
        self.started = started - self.progress.seconds
        corpus = self.data.train
        lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
        self.order = make_order(*lengths, config.train.batch_chars, config.train.seed, self.data.parts)
        if self.progress.index > len(self.order.epoch(self.progress.epoch)):
            raise CheckpointError("the progress in the training state is of another corpus, or damaged")
        self._check_processes()
        self.writer = self._make_writer(found) if processes.is_writer else None
        self.loss = processes.share(batch_loss, network, unused=config.model.bidirectional)
        self._announce(found)

    def close(self) -> None:
        """Close the files."""
        if self.writer:
            self.writer.close()

    def _make_writer(self, found: tuple[Path, dict[str, Any]] | None) -> Writer:
        size = sum(p.numel() for p in self.optimisation.network.parameters())
        return Writer(self.run_dir, self.config, self.data, self.precision, size, found)

    def _check_processes(self) -> None:
        self.processes.check_same(
            {
                "settings": dump_config(without_paths(self.config)),
                "data": f"{self.data.fingerprint} {self.data.dev_fingerprint}",
                "shares": str([part.share for part in self.data.parts]),
                "training state": str(self.progress.step),
                "precision": self.precision,
            }
        )

    def _load_data(self, state: dict[str, Any] | None) -> tuple[Prepared, Any]:
        """Return the data and a network for its vocabulary: new, from a model file, or for the state."""
        data, cache = self.config.data, default_cache()
        if state:
            vocabulary = Vocabulary(tuple(state["characters"]))
            tries = tries_of(self.config.model, state["optimisation"]["network"], vocabulary)
            prepared = prepare(data, cache, vocabulary, self.config.copies)
            if [prepared.fingerprint, prepared.dev_fingerprint] != state["data"]:
                raise UserError(
                    f"the data has changed since this run was started: train and dev were "
                    f"{' and '.join(state['data'])}, and are {prepared.fingerprint} and "
                    f"{prepared.dev_fingerprint} now; bring it back, or start a new run"
                )
            return prepared, build(self.config, vocabulary, tries)
        prepared = prepare(data, cache, spans=self.config.copies)
        torch.manual_seed(self.config.train.seed)
        if self.config.train.init_from is None:
            return prepared, build(self.config, prepared.vocabulary, learn_tries(self.config.model, prepared))
        path = locate(self.config.train.init_from)
        network, vocabulary = start_from(read_model(path), str(path), self.config, prepared.vocabulary)
        return prepare(data, cache, vocabulary, self.config.copies), network

    def _announce(self, found: tuple[Path, dict[str, Any]] | None) -> None:
        network = self.optimisation.network
        log.info("%s", self.data.report)
        parts = self.config.data.parts, self.data.parts, self.data.report.parts
        for part, rows, count in zip(*parts, strict=True) if len(self.data.parts) > 1 else ():
            log.info("part %s: drawn for %.1f%%; %s", name_files(part.path), 100 * rows.share, count)
        if self.data.shared:
            log.warning(
                "%d dev lines share a side with a training line: scores are too good", self.data.shared
            )
        log.info(
            "%s parameters, lags %s, %s on %s with %d threads, %s pairs, %d batches an epoch; all goes to %s",
            f"{sum(p.numel() for p in network.parameters()):,}",
            self.config.lag.train.describe(),
            self.precision,
            self._places(),
            torch.get_num_threads(),
            f"{len(self.data.train):,}",
            len(self.order.epoch(self.progress.epoch)),
            self.run_dir,
        )
        if found:
            path, state = found
            log.info("going on after step %d from %s", self.progress.step, path)
            before, now = state.get("made_with", {}), self._made_with()
            changed = [key for key in now.keys() & before if now[key] != before[key]]
            if changed:
                listing = ", ".join(f"{key} {now[key]} and not {before[key]}" for key in sorted(changed))
                log.info("with %s: results may differ in their last bits", listing)

    def _made_with(self) -> dict[str, Any]:
        """What besides the settings decides the last bits: sums that are taken in another order."""
        return {
            "processes": self.processes.size,
            "torch": str(torch.__version__),
            "device": self.processes.device.type,
            "precision": self.precision,
            "threads": torch.get_num_threads(),
        }

    def _places(self) -> str:
        size, kind = self.processes.size, self.processes.device
        return str(kind) if size == 1 else f"{size} processes, each on {kind.type}"

    # The loop.

    def loop(self) -> Path:
        """Step until the budget is spent; evaluate and save on the way and at the end."""
        with self._enough_memory():
            if not self._agree().finish:
                self._try_largest_batch()
            self._go_on()
        if self.writer:
            self.writer.finish(self.progress)
        return self.run_dir / MODEL_NAME

    def _go_on(self) -> None:
        train = self.config.train
        begin, silent = self.progress.step, None if self.writer else True  # None: as the terminal has it
        with tqdm(
            total=train.max_steps, initial=begin, unit="step", disable=silent, dynamic_ncols=True
        ) as bar:
            while True:
                wish = self._agree()
                if self._is_time_to_evaluate(wish):
                    self._evaluate()
                    self.recent.restart_clock()
                    wish = self._agree()
                if wish.finish or wish.stop or wish.save or self._is_time_to_save():
                    self._save()
                    # A signal that came meanwhile saves no second time.
                    wish = wish._replace(stop=self._agree().stop)
                if wish.finish:
                    break
                if wish.stop:
                    raise self._interrupted(wish.stop)
                self._step(self.recent)
                bar.update()
                if self.progress.step % train.log_every == 0:
                    bar.set_postfix_str(self._log(self.recent))
                    self.recent = _Recent()
                    trim_memory()

    @contextmanager
    def _enough_memory(self) -> Iterator[None]:
        """Say which setting to lower when memory runs out within the block."""
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise UserError(
                f"memory ran out on {self.processes.device} after step {self.progress.step}, with batches of "
                f"up to {self.config.train.batch_chars:,} characters; start a new run with a lower "
                "train.batch_chars (raise train.accumulate to make up for it), data.max_chars or model.hidden"
            ) from error

    @cached_property
    def typist(self) -> Typist:
        """What makes sentences of the corpus look as people type them."""
        return Typist(self.data.vocabulary, self.data.train)

    def _try_largest_batch(self) -> None:
        """Compute the gradients of the largest batch and drop them: memory runs out now or not at all.

        It leaves no trace in the results, for every step seeds its own draws.
        """
        room = self.optimisation.room()
        batches = [collate(self.data.train, self.order.largest())]
        if self.config.train.joined:  # fewer and longer sentences: attention takes more
            batches += [self.typist.join(batches[0], number) for number in range(2, MOST_JOINED + 1)]
        for batch in batches:
            with self.loss.alone():
                self._loss(batch, self.config.decode.lag).backward()  # type: ignore[no-untyped-call]
            self.optimisation.drop_gradients()
        del room

    def _agree(self) -> _Wish:
        """Return what any of the processes wants; they know different things, and must do the same."""
        stop = self.requests.stop or 0
        return _Wish(*self.processes.largest(self._finished(), stop, self.requests.save))

    def _finished(self) -> bool:
        train, progress = self.config.train, self.progress
        progress.seconds = time.monotonic() - self.started
        out_of_time = train.max_minutes is not None and progress.seconds >= 60 * train.max_minutes
        return progress.step >= train.max_steps or out_of_time or self._out_of_patience()

    def _out_of_patience(self) -> bool:
        patience = self.config.train.patience
        return patience is not None and self.progress.worse >= patience

    def _is_time_to_evaluate(self, wish: _Wish) -> bool:
        step = self.progress.step
        due = step > 0 and step % self.config.train.eval_every == 0
        return self.progress.evaluated != step and bool(due or wish.finish)

    def _is_time_to_save(self) -> bool:
        step = self.progress.step
        return step > 0 and step % self.config.train.checkpoint_every == 0

    def _evaluate(self) -> None:
        progress = self.progress
        progress.evaluated = progress.step
        if self.writer:
            with self.optimisation.up_to_date(progress.step):
                self.writer.evaluate(self.optimisation, progress)
        best = self.processes.from_writer(progress.best, progress.best_step, progress.worse)
        progress.best, progress.best_step, progress.worse = best[0], int(best[1]), int(best[2])

    def _save(self) -> None:
        self.requests.save = False
        if self.saved == self.progress.step:
            return
        self.saved = self.progress.step
        self.progress.seconds = time.monotonic() - self.started
        if self.writer:
            recent = self.recent.state()
            self.writer.save(self.optimisation, self.progress, recent, self._made_with())
        self.processes.wait()  # a process that ended now would have torchrun end the writer as well

    def _interrupted(self, number: int) -> Interrupted:
        program = "seq2seq" if self.processes.size == 1 else "torchrun … -m seq2seq"
        arguments = ["train", str(self.run_dir / "config.yaml"), "--out", str(self.run_dir), "--resume"]
        return Interrupted(
            f"stopped after step {self.progress.step}; everything is saved. "
            f"Go on with: {program} {shlex.join(arguments)}",
            number,
        )

    def _step(self, recent: _Recent) -> None:
        """One optimiser step over `accumulate` batches, of which each process takes its share."""
        processes = self.processes
        update = self.next_update or self._gather(self.progress)
        self.progress.epoch, self.progress.index = update.epoch, update.index
        total = torch.zeros((), device=processes.device)
        for batch, (seed, lag) in zip(update.batches, update.draws, strict=True):
            torch.manual_seed(seed)
            with nullcontext() if batch is update.batches[-1] else self.loss.alone():
                loss = self._loss(batch, lag) / update.symbols
                # The gradients' mean over the processes is that of the whole update.
                (loss * processes.size).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        # A GPU computes all this only now; meanwhile the next batches can be made.
        self.next_update = self._gather(replace(self.progress, step=self.progress.step + 1))
        total, norm = processes.total(total), self.optimisation.clip()
        if torch.isfinite(total) & torch.isfinite(norm):  # the only question that waits for the device
            self.optimisation.step(self.progress.step)
            self.progress.skipped_last = 0
            recent.add(total, norm, update.symbols)
        else:
            self._skip(float(total), float(norm), update.batches)
        self.progress.step += 1

    def _gather(self, progress: Progress) -> _Update:
        """Make the batches of the step that comes after `progress`: they depend on nothing else."""
        train, processes, at = self.config.train, self.processes, replace(progress)
        every_batch = [self._next_rows(at) for _ in range(train.accumulate)]
        symbols = sum(target_symbols(self.data.train, rows) for rows in every_batch)
        rng = np.random.default_rng([train.seed, at.step])
        every_draw = [(int(rng.integers(2**62)), self.config.lag.train.sample(rng)) for _ in every_batch]
        mine = slice(processes.rank, None, processes.size)
        batches = [
            self._batch(rows, seed, lag)
            for rows, (seed, lag) in zip(every_batch[mine], every_draw[mine], strict=True)
        ]
        return _Update(batches, every_draw[mine], symbols, at.epoch, at.index)

    def _batch(self, rows: Rows, seed: int, lag: Lag) -> Batch:
        train, batch = self.config.train, collate(self.data.train, rows)
        if train.source_noise or train.joined:
            rng = np.random.default_rng(seed)
            if rng.random() < train.joined:
                batch = self.typist.join(batch, int(rng.integers(2, MOST_JOINED, endpoint=True)))
            batch = self.typist.retype(batch, train.source_noise, rng)
        if lag != FULL and self.copied:
            batch = self.typist.spell(batch, np.random.default_rng([seed, 1]))
        return batch

    def _next_rows(self, progress: Progress) -> Rows:
        """Return the rows that come next, and count them in `progress`."""
        if progress.index == len(self.order.epoch(progress.epoch)):
            progress.epoch, progress.index = progress.epoch + 1, 0
        rows = self.order.epoch(progress.epoch)[progress.index]
        progress.index += 1
        return rows

    def _loss(self, batch: Batch, lag: Lag) -> Tensor:
        train = self.config.train
        arguments = batch, lag, self.precision, train.label_smoothing, train.char_dropout, self.copied
        return self.loss.of(*arguments)

    def _skip(self, loss: float, norm: float, batches: list[Batch]) -> None:
        """Leave the weights as they are, and say so; NonFiniteError after too many steps of the kind."""
        progress, most = self.progress, self.config.train.skip_nonfinite
        rows = batches[0].rows_B[:SAMPLES].tolist()
        text = "; ".join(self.data.vocabulary.decode(self.data.train.source(row)) for row in rows)
        rate = self.optimisation.learning_rate(progress.step)
        what = (
            f"step {progress.step + 1}: loss {loss}, gradient norm {norm}, learning rate {rate:.3g}, on "
            f"sentences such as: {text}. "
        )
        if progress.skipped_last >= most:
            raise NonFiniteError(
                f"{what}Nothing of this step is saved; start a new run with a lower train.learning_rate or "
                f"train.clip_norm, or resume with a higher train.skip_nonfinite (now {most})"
            )
        self.optimisation.drop_gradients()
        progress.skipped += 1
        progress.skipped_last += 1
        log.warning("%sSkipped: %d in a row, of at most %d", what, progress.skipped_last, most)

    def _log(self, recent: _Recent) -> str:
        """Write what has happened since the last time to the metrics; return a short form for the bar."""
        if not recent.losses:
            return f"{self.progress.skipped_last} steps skipped"
        seconds = time.monotonic() - self.started
        record = {
            "step": self.progress.step,
            "epoch": self.progress.epoch,
            "loss": recent.loss,
            "gradient_norm": recent.norm,
            "learning_rate": self.optimisation.learning_rate(self.progress.step - 1),
            "skipped": self.progress.skipped,
            "chars_per_second": recent.speed,
            "seconds": round(seconds, 1),
        }
        if self.writer:
            self.writer.metrics.add(record)
        budget = self.config.train.max_minutes
        left = "" if budget is None else f", {max(0.0, budget - seconds / 60):.0f} min left"
        return f"loss {recent.loss:.3f}, {recent.speed:,.0f} characters/s{left}"


class _Wish(NamedTuple):
    """What comes next: the end, a stop because of a signal (its number, or 0), a save."""

    finish: int
    stop: int
    save: int


@dataclass(frozen=True)
class _Update:
    """What a process computes in one step.

    Attributes:
        batches: its share of the batches.
        draws: for each a seed and a lag.
        symbols: those that the loss counts, of the batches of all processes.
        epoch, index: where the order of the batches stands after it.
    """

    batches: list[Batch]
    draws: list[tuple[int, Lag]]
    symbols: int
    epoch: int
    index: int


class _Recent:
    """What the next line of the metrics tells of: the steps since the last line, also those before a stop.

    Numbers stay on the device until they are asked for. The speed is that of the steps since `began`.
    """

    def __init__(self, losses: Sequence[Tensor] = (), norms: Sequence[Tensor] = ()) -> None:
        self.losses, self.norms = list(losses), list(norms)
        self.symbols = 0
        self.began = time.monotonic()

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> _Recent:
        """Return that of a training state; older ones hold none.

        Raises:
            CheckpointError: it holds something else.
        """
        recent = state.get("recent", {"losses": [], "norms": []})
        try:
            losses, norms = recent["losses"], recent["norms"]
            fit = len(losses) == len(norms) and all(
                number.shape == () and bool(torch.isfinite(number)) for number in (*losses, *norms)
            )
        except (LookupError, TypeError, AttributeError):
            fit = False
        if not fit:
            raise CheckpointError(f"the recent losses in the state of step {state['step']} are damaged")
        return cls(losses, norms)

    def restart_clock(self) -> None:
        """Leave what has just been done out of the speed."""
        self.symbols, self.began = 0, time.monotonic()

    def state(self) -> dict[str, list[Tensor]]:
        """Return what a resumed run needs of it."""
        return {"losses": self.losses, "norms": self.norms}

    def add(self, loss: Tensor, norm: Tensor, symbols: int) -> None:
        self.losses.append(loss)
        self.norms.append(norm)
        self.symbols += symbols

    @property
    def loss(self) -> float:
        return _mean(self.losses)

    @property
    def norm(self) -> float:
        return _mean(self.norms)

    @property
    def speed(self) -> float:
        return self.symbols / (time.monotonic() - self.began)


def _mean(numbers: list[Tensor]) -> float:
    """The mean of numbers of which some may have come from a training state, and so from the CPU."""
    return float(torch.stack([number.to(numbers[-1].device) for number in numbers]).mean())
