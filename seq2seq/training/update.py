"""One optimiser step: its batches, lags, loss, gradient and clipping, without access to files.

What a step draws at random (lags, dropout masks) is a function of the seed, the number of the step and the
place of the batch in it; its batches are a function of the seed, the epoch and an index. So a training state
needs no random generators, and the results do not depend on how many processes share the batches of a step.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from seq2seq.config.schema import Config
from seq2seq.corpus.augment import MOST_JOINED, Augmenter
from seq2seq.corpus.batching import Batch, Rows, collate, make_order, target_symbols
from seq2seq.corpus.prepared import Prepared
from seq2seq.errors import CheckpointError, NonFiniteError
from seq2seq.lag import FULL, Lag
from seq2seq.plain.step import copied_symbols
from seq2seq.training.loss import batch_loss
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.parallel import Processes
from seq2seq.training.progress import Progress

log = logging.getLogger(__name__)

SHOWN = 3
"""Sentences shown in the message about a loss that is not finite."""


@dataclass(frozen=True)
class StepBatches:
    """The batches that one process computes in one step.

    Attributes:
        batches: its share of the batches.
        draws: a seed and a lag for each batch.
        symbols: the number of target symbols in the batches of all processes.
        epoch, index: the place in the order of batches after the step.
    """

    batches: list[Batch]
    draws: list[tuple[int, Lag]]
    symbols: int
    epoch: int
    index: int


@dataclass(frozen=True)
class StepResult:
    """What a step did.

    Attributes:
        progress: the progress after it.
        loss: the mean loss in nats per target symbol, a scalar on the device.
        norm: the norm of the gradient before clipping, a scalar on the device.
        symbols: the number of target symbols in the batches of all processes.
        skipped: whether the weights were left unchanged because loss or norm is not finite.
    """

    progress: Progress
    loss: Tensor
    norm: Tensor
    symbols: int
    skipped: bool


class Updater:
    """Takes optimiser steps over the batches of a corpus.

    Args:
        config: all settings.
        data: the training data.
        optimisation: the network and its optimiser.
        processes: those that share the batches of a step.
        precision: fp32 or bf16.
        progress: where the run is.

    Raises:
        CheckpointError: there is no such place in the order of batches.
    """

    def __init__(
        self,
        config: Config,
        data: Prepared,
        optimisation: Optimisation,
        processes: Processes,
        precision: str,
        progress: Progress,
    ) -> None:
        self.config, self.data, self.optimisation = config, data, optimisation
        self.processes, self.precision = processes, precision
        corpus, train = data.train, config.train
        lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
        self.order = make_order(*lengths, train.batch_chars, train.seed, data.parts)
        if progress.index > len(self.order.epoch(progress.epoch)):
            raise CheckpointError("the progress in the training state is of another corpus, or damaged")
        self.copied = copied_symbols(data.vocabulary)[1:]  # the order of unknown characters says nothing
        self._next: StepBatches | None = None

    @cached_property
    def augmenter(self) -> Augmenter:
        """What changes sentences of the corpus into the form in which people type them."""
        return Augmenter(self.data.vocabulary, self.data.train)

    def try_largest_batch(self) -> None:
        """Compute the gradients of the largest batch and drop them, so that memory runs out now or never.

        The results do not change, since every step seeds its own random draws.
        """
        buffers = self.optimisation.adamw_buffers()
        batches = [collate(self.data.train, self.order.largest())]
        if self.config.train.joined:  # fewer and longer sentences: attention takes more memory
            batches += [self.augmenter.join(batches[0], number) for number in range(2, MOST_JOINED + 1)]
        for batch in batches:
            self._loss(batch, self.config.decode.lag).backward()  # type: ignore[no-untyped-call]
            self.optimisation.drop_gradients()
        del buffers

    def step(self, progress: Progress) -> StepResult:
        """Take the optimiser step that follows `progress`, of which each process computes its share.

        Raises:
            NonFiniteError: loss or gradient are not finite, and more steps in a row would be skipped than
                `train.skip_nonfinite` allows.
        """
        processes = self.processes
        update = self._next or self._gather(progress)
        progress = replace(progress, epoch=update.epoch, index=update.index)
        total = torch.zeros((), device=processes.device)
        for batch, (seed, lag) in zip(update.batches, update.draws, strict=True):
            torch.manual_seed(seed)
            loss = self._loss(batch, lag) / update.symbols
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        processes.add_gradients(self.optimisation.network)
        # A GPU is still computing; meanwhile the processor prepares the next batches.
        self._next = self._gather(replace(progress, step=progress.step + 1))
        total, norm = processes.total(total), self.optimisation.clip()
        finite = bool(
            torch.isfinite(total) & torch.isfinite(norm)
        )  # the only synchronisation point of a step
        if finite:
            self.optimisation.step(progress.step, progress.cuts)
            progress = replace(progress, step=progress.step + 1, skipped_last=0)
        else:
            progress = self._skip(progress, float(total), float(norm), update.batches[0])
        return StepResult(progress, total, norm, update.symbols, not finite)

    def _gather(self, progress: Progress) -> StepBatches:
        """Return the batches of the step that follows `progress`; they depend on nothing else."""
        train, processes = self.config.train, self.processes
        places = list(islice(self._rows_after(progress.epoch, progress.index), train.accumulate))
        symbols = sum(target_symbols(self.data.train, rows) for rows, _, _ in places)
        rng = np.random.default_rng([train.seed, progress.step])
        draws = [(int(rng.integers(2**62)), self.config.lag.train.sample(rng)) for _ in places]
        mine = slice(processes.rank, None, processes.size)
        batches = [
            self._batch(rows, seed, lag)
            for (rows, _, _), (seed, lag) in zip(places[mine], draws[mine], strict=True)
        ]
        _, epoch, index = places[-1]
        return StepBatches(batches, draws[mine], symbols, epoch, index)

    def _rows_after(self, epoch: int, index: int) -> Iterator[tuple[Rows, int, int]]:
        """Yield the rows of each batch after a place in the order, with the epoch and index after it."""
        while True:
            batches = self.order.epoch(epoch)
            for place in range(index, len(batches)):
                yield batches[place], epoch, place + 1
            epoch, index = epoch + 1, 0

    def _batch(self, rows: Rows, seed: int, lag: Lag) -> Batch:
        train, batch = self.config.train, collate(self.data.train, rows)
        if train.source_noise or train.joined:
            rng = np.random.default_rng(seed)
            if rng.random() < train.joined:
                batch = self.augmenter.join(batch, int(rng.integers(2, MOST_JOINED, endpoint=True)))
            batch = self.augmenter.retype(batch, train.source_noise, rng)
        if lag != FULL and self.copied:
            batch = self.augmenter.prefix_spans(batch, np.random.default_rng([seed, 1]))
        return batch

    def _loss(self, batch: Batch, lag: Lag) -> Tensor:
        train = self.config.train
        network, smoothing, dropout = self.optimisation.network, train.label_smoothing, train.char_dropout
        return batch_loss(network, batch, lag, self.precision, smoothing, dropout, self.copied)

    def _skip(self, progress: Progress, loss: float, norm: float, batch: Batch) -> Progress:
        """Leave the weights unchanged with a warning; return the progress after the step.

        Raises:
            NonFiniteError: too many steps in a row would be skipped.
        """
        most = self.config.train.skip_nonfinite
        rows = batch.rows_B[:SHOWN].tolist()
        text = "; ".join(self.data.vocabulary.decode(self.data.train.source(row)) for row in rows)
        rate = self.optimisation.learning_rate(progress.step, progress.cuts)
        what = (
            f"step {progress.step + 1}: loss {loss}, gradient norm {norm}, learning rate {rate:.3g}, on "
            f"sentences such as: {text}. "
        )
        if progress.skipped_last >= most:
            raise NonFiniteError(
                f"{what}This update was discarded; start a new run with a lower train.learning_rate or "
                f"train.clip_norm, or resume with a higher train.skip_nonfinite (now {most})"
            )
        self.optimisation.drop_gradients()
        log.warning("%sSkipped: %d in a row, of at most %d", what, progress.skipped_last + 1, most)
        return replace(
            progress,
            step=progress.step + 1,
            skipped=progress.skipped + 1,
            skipped_last=progress.skipped_last + 1,
        )
