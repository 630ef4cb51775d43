"""The training loop: when to step, to evaluate, to save and to stop.

A run can be stopped after any step, and a resumed run gives the same bits as one that was never stopped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from seq2seq.config.schema import Config
from seq2seq.devices import is_out_of_memory, trim_memory
from seq2seq.errors import Interrupted, UserError
from seq2seq.pretrained import MODEL_NAME
from seq2seq.training.parallel import join
from seq2seq.training.progress import Progress
from seq2seq.training.run_directory import hold_run_directory
from seq2seq.training.setup import Setup, check_schedule, check_shares, set_up, set_up_torch
from seq2seq.training.signals import Abandoned, Requests
from seq2seq.training.state import RecentSteps
from seq2seq.training.writer import Writer

log = logging.getLogger(__name__)


def train(config: Config, run_dir: Path, resume: bool = False, device: str = "auto") -> Path:
    """Train a model and return the path of the model file.

    Args:
        config: all settings.
        run_dir: where all files go; it must not hold a run yet, unless `resume`.
        resume: go on from the newest training state in `run_dir`; without one, start a new run and log that.
        device: cpu, cuda, or auto.

    Raises:
        UserError: the data, the directory or the device cannot be used, or memory ran out.
        UsageError: there is a run in `run_dir` already, or it was started with other settings.
        CheckpointError: no training state in `run_dir` can be used.
        NonFiniteError: the loss or a gradient is not finite, more often than `train.skip_nonfinite` allows.
        Interrupted: a signal asked to stop; everything is saved.
    """
    started = time.monotonic()
    with join(device) as processes:
        check_shares(config, processes)
        check_schedule(config)
        set_up_torch(config, processes.device)
        with hold_run_directory(run_dir, resume, processes):
            # A signal until here ends the run at once: large data take long to prepare, and nothing is lost.
            setup = set_up(config, run_dir, processes, resume)
            with Requests() as requests:
                run = Run(setup, requests, started)
                try:
                    return run.loop()
                finally:
                    run.close()


class Run:
    """The loop of one training run, in one process.

    Args:
        setup: the parts of the run.
        requests: the signals that were received.
        started: the time, by `time.monotonic`, at which this process began.
    """

    def __init__(self, setup: Setup, requests: Requests, started: float) -> None:
        self.config, self.run_dir, self.processes = setup.config, setup.run_dir, setup.processes
        self.optimisation, self.updater = setup.optimisation, setup.updater
        self.validator, self.writer = setup.validator, setup.writer
        self.progress, self.recent = setup.progress, setup.recent
        self.saved = setup.saved, self.progress.evaluated
        self.made_with, self.requests = setup.made_with, requests
        self.started = started - self.progress.seconds

    def close(self) -> None:
        """Close the files."""
        if self.writer:
            self.writer.close()

    def loop(self) -> Path:
        """Step until the end of the run; evaluate and save on the way and at the end.

        Returns:
            the path of the model file.
        """
        with self._enough_memory():
            if not self._agree().finish:
                self.updater.try_largest_batch()
            self._go_on()
        path = self.run_dir / MODEL_NAME
        if self.writer:
            if self.progress.best_step >= 0:
                log.info("the best evaluation was at step %d: %s", self.progress.best_step, path)
            self.writer.write_csv()
            self.writer.draw_curves()
        return path

    def _go_on(self) -> None:
        train = self.config.train
        begin, silent = self.progress.step, None if self.writer else True  # None: silent without a terminal
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
                    # A signal during the save needs no second one.
                    wish = wish._replace(stop=self._agree().stop)
                if wish.finish and self.progress.evaluated == self.progress.step:
                    break
                if wish.stop:
                    raise Interrupted(
                        f"stopped after step {self.progress.step}; everything is saved", wish.stop
                    )
                self._step()
                bar.update()
                if self.progress.step % train.log_every == 0:
                    bar.set_postfix_str(self._log())
                    self.recent = RecentSteps()
                    trim_memory()

    @contextmanager
    def _enough_memory(self) -> Iterator[None]:
        """Name the settings to lower if memory runs out within the block."""
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise UserError(
                f"memory ran out on {self.processes.device} after step {self.progress.step}, with batches of "
                f"up to {self.config.train.batch_chars:,} characters; start a new run with a lower "
                "train.batch_chars (and a higher train.accumulate), data.max_chars or model.hidden"
            ) from error

    def _seconds(self) -> float:
        """Return the training time so far, summed over all stops."""
        return time.monotonic() - self.started

    def _agree(self) -> _Decision:
        """Return what any of the processes wants: they know different things, and must do the same."""
        stop = self.requests.stop or 0
        return _Decision(*self.processes.largest(self._is_finished(), stop, self.requests.save))

    def _is_finished(self) -> bool:
        train, progress = self.config.train, self.progress
        out_of_time = train.max_minutes is not None and self._seconds() >= 60 * train.max_minutes
        out_of_patience = train.patience is not None and progress.worse >= train.patience
        return progress.step >= train.max_steps or out_of_time or out_of_patience

    def _is_time_to_evaluate(self, wish: _Decision) -> bool:
        step = self.progress.step
        due = step > 0 and step % self.config.train.eval_every == 0
        return self.progress.evaluated != step and bool(due or wish.finish)

    def _is_time_to_save(self) -> bool:
        step = self.progress.step
        return step > 0 and step % self.config.train.checkpoint_every == 0

    def _step(self) -> None:
        result = self.updater.step(self.progress)
        self.progress = result.progress
        if not result.skipped:
            self.recent.add(result.loss, result.norm, result.symbols)

    def _evaluate(self) -> None:
        """Evaluate the averaged weights, and write them as the model file if they are the best so far."""
        progress = replace(self.progress, evaluated=self.progress.step, seconds=self._seconds())
        if self.writer:
            with self.optimisation.up_to_date(progress.step):
                progress = self._measure(self.writer, progress)
        real = self.processes.from_writer(progress.best, progress.lowest_loss)
        self.progress = replace(progress, best=real[0], lowest_loss=real[1])
        for name in ("best_step", "worse", "evaluated", "stalled", "cuts"):
            (count,) = self.processes.from_writer(getattr(progress, name))
            self.progress = replace(self.progress, **{name: int(count)})

    def _measure(self, writer: Writer, progress: Progress) -> Progress:
        """Write the results of an evaluation; return the progress after it.

        A signal ends it without a result; a resumed run evaluates first.
        """
        if self.validator is None:
            writer.write_model(progress, {})
            return progress
        try:
            with self.requests.abandoning():
                evaluation = self.validator.evaluate(self.optimisation.averaged, progress.step)
        except Abandoned:
            return self.progress
        writer.add_metrics(evaluation.metrics(progress.step))
        value = evaluation.value(self.config.train.select_by)
        is_best = value > progress.best  # false for NaN
        first, *more = evaluation.lines()
        log.info("step %d: %s%s", progress.step, first, " (best so far)" if is_best else "")
        for line in more:
            log.info("%s", line)
        progress = self._cut_rate(progress, evaluation.loss)
        if is_best:
            progress = replace(progress, best=value, best_step=progress.step, worse=0)
            writer.write_model(progress, self.validator.scores(evaluation))
        else:
            progress = replace(progress, worse=progress.worse + 1)
        writer.write_csv()
        writer.draw_curves()
        return progress

    def _cut_rate(self, progress: Progress, loss: float) -> Progress:
        """Return the progress after a dev loss; log it if the plateau schedule cuts the learning rate."""
        after = progress.after_dev_loss(loss, self.config.train)
        if after.cuts > progress.cuts:
            rate = self.optimisation.learning_rate(after.step, after.cuts)
            log.info("the dev loss has not fallen for long: the learning rate is %.3g from here on", rate)
        return after

    def _save(self) -> None:
        """Write a training state, unless there is one of this step and its evaluation."""
        self.requests.save = False
        now = self.progress.step, self.progress.evaluated
        if self.saved == now:
            return
        self.saved = now
        self.progress = replace(self.progress, seconds=self._seconds())
        if self.writer:
            self.writer.save(self.progress, self.recent, self.made_with)
        self.processes.wait()  # if a process ended now, torchrun would end the writer, too

    def _log(self) -> str:
        """Write a record of the recent steps to the metrics; return a short form for the progress bar."""
        progress, recent = self.progress, self.recent
        if not recent.losses:
            return f"{progress.skipped_last} steps skipped"
        seconds = self._seconds()
        record = {
            "step": progress.step,
            "epoch": progress.epoch,
            "loss": recent.loss,
            "gradient_norm": recent.norm,
            "learning_rate": self.optimisation.learning_rate(progress.step - 1, progress.cuts),
            "skipped": progress.skipped,
            "chars_per_second": recent.speed,
            "seconds": round(seconds, 1),
        }
        if self.writer:
            self.writer.add_metrics(record)
        budget = self.config.train.max_minutes
        left = "" if budget is None else f", {max(0.0, budget - seconds / 60):.0f} min left"
        line = f"loss {record['loss']:.3f}, {record['chars_per_second']:,.0f} characters/s{left}"
        log.debug("step %d of %d: %s", progress.step, self.config.train.max_steps, line)
        return line


class _Decision(NamedTuple):
    """What comes next: the end, a stop because of a signal (its number, or 0), a save."""

    finish: int
    stop: int
    save: int
