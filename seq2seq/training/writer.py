"""What a run leaves in its directory: metrics, the best model, training states, curves.

One process of a run has a writer, however many train.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seq2seq.config.checks import part_name
from seq2seq.config.loading import dump_config
from seq2seq.config.schema import Config, without_paths
from seq2seq.corpus.pairs import fingerprint
from seq2seq.corpus.prepare import read_whole
from seq2seq.corpus.prepared import Prepared
from seq2seq.drawing.plots import draw_curves
from seq2seq.errors import CheckpointError, NonFiniteError, UsageError
from seq2seq.lag import Lag
from seq2seq.measuring.quality import Quality
from seq2seq.models.build import to_weights
from seq2seq.pretrained import MODEL_NAME
from seq2seq.storage.files import check_writable, write_text_atomic
from seq2seq.storage.modelfile import ModelFile, write_model
from seq2seq.storage.runlog import Metrics
from seq2seq.training import checkpoint
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.validation import DevPart, Sample

log = logging.getLogger("seq2seq.training.run")


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
        skipped: steps that left the weights as they were, for a number was not finite.
        skipped_last: how many of these came last, in a row.
    """

    step: int = 0
    epoch: int = 0
    index: int = 0
    seconds: float = 0.0
    best: float = -math.inf
    best_step: int = -1
    evaluated: int = -1
    worse: int = 0
    skipped: int = 0
    skipped_last: int = 0

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Progress:
        """Return that of a training state; what an older version did not count is 0.

        Raises:
            CheckpointError: it holds something else.
        """
        try:
            return cls(**state["progress"])
        except TypeError as error:
            raise CheckpointError(f"the progress in the state of step {state['step']} is damaged") from error


class Writer:
    """Writes what a run leaves.

    Args:
        run_dir: where; it is there, and nobody else writes in it.
        config: all settings.
        data: what is trained on.
        precision: fp32 or bf16, as in training.
        network_size: the number of weights.
        resumed: the training state that the run goes on from, with its path; None for a new run.

    Raises:
        UserError: there is not enough space, a file cannot be written, or the dev part is no good.
        UsageError: TensorBoard is wanted and not installed.
    """

    def __init__(
        self,
        run_dir: Path,
        config: Config,
        data: Prepared,
        precision: str,
        network_size: int,
        resumed: tuple[Path, dict[str, Any]] | None,
    ) -> None:
        self.run_dir, self.config, self.data, self.precision = run_dir, config, data, precision
        state: dict[str, Any] = resumed[1] if resumed else {"run_id": uuid.uuid4().hex, "metrics_bytes": 0}
        self.run_id: str = state["run_id"]
        self.resumed_from = [resumed[0]] if resumed else []  # to go back to, should the rest go wrong
        self.dev = DevPart(data.dev, data.vocabulary, config, precision) if data.dev else None
        self.more = {
            part_name(path): (Sample(pairs, config.train.eval_sentences), fingerprint(pairs))
            for path in config.data.dev_more or ()
            for pairs in [read_whole(path, config.data.reverse)]
        }
        # A state holds each weight four times: itself, its average, and two of AdamW; two states must fit.
        check_writable(run_dir, 2 * 16 * network_size)
        begun = state["metrics_bytes"], config.train.tensorboard, state.get("step", 0)
        self.metrics = Metrics(run_dir / "metrics.jsonl", *begun)
        write_text_atomic(run_dir / "config.yaml", dump_config(config))
        self._prune()  # what a kill left between a save and its end

    def close(self) -> None:
        """Close the metrics."""
        self.metrics.close()

    def evaluate(self, optimisation: Optimisation, progress: Progress) -> None:
        """Measure the averaged weights on the dev part, and keep them if they are the best so far.

        Raises:
            NonFiniteError: their loss is not a finite number; nothing is written.
        """
        if self.dev is None:
            self._write_model(optimisation, progress, {})
            return
        began = time.monotonic()
        loss = self.dev.loss(optimisation.averaged)
        if not math.isfinite(loss):
            raise NonFiniteError(
                f"after step {progress.step} the dev loss is {loss}, and nothing of it is saved; start "
                "a new run with a lower train.learning_rate"
            )
        measured, network = self.dev.quality, optimisation.averaged
        quality, samples = measured(network)
        lags = {lag: measured(network, lag=lag)[0] for lag in self.config.train.eval_lags or ()}
        more = {name: measured(network, sample)[0] for name, (sample, _) in self.more.items()}
        record = {
            "step": progress.step,
            "dev_loss": loss,
            "dev_chrf": quality.chrf,
            "dev_bleu": quality.bleu,
            "dev_exact": quality.exact,
            "dev_seconds": round(time.monotonic() - began, 1),
        }
        self.metrics.add(record | _short("lags", lags) | _short("more", more))
        value = quality.chrf if self.config.train.select_by == "chrf" else -loss
        better = value > progress.best  # false for NaN
        note = " (best so far)" if better else ""
        log.info("step %d: dev loss %.4f, %s%s", progress.step, loss, quality.format(), note)
        for lag, scores in lags.items():
            log.info("    dev at lag %s: %s", lag, scores.format())
        for name, scores in more.items():
            log.info("    %s: %s", name, scores.format())
        for source, text in samples:
            log.info("    %s -> %s", source, text)
        progress.worse += 1
        if better:
            progress.best, progress.best_step, progress.worse = value, progress.step, 0
            self._write_model(optimisation, progress, self._scores(loss, quality, lags, more))
        self._draw()

    def _scores(
        self, loss: float, quality: Quality, lags: dict[Lag, Quality], more: dict[str, Quality]
    ) -> dict[str, Any]:
        """Return what a model file tells of an evaluation."""
        usual, data = self.config.decode.lag, self.data.dev_fingerprint
        scores: dict[str, Any] = {"dev_loss": loss, "dev": self._signed(quality, usual, data)}
        if lags:
            scores["lags"] = {str(lag): self._signed(scored, lag, data) for lag, scored in lags.items()}
        if more:
            scores["more"] = {
                name: self._signed(scored, usual, self.more[name][1]) for name, scored in more.items()
            }
        return scores

    def _signed(self, quality: Quality, lag: Lag, data: str) -> dict[str, Any]:
        """Scores with all it takes to compare them: the lag, how it was decoded, what on."""
        return {**quality.to_dict(), "lag": lag, "beam": 1, "precision": self.precision, "data": data}

    def _draw(self) -> None:
        try:
            draw_curves(self.run_dir)
        except UsageError as error:
            log.info("no curves: %s", error)

    def _write_model(self, optimisation: Optimisation, progress: Progress, scores: dict[str, Any]) -> None:
        info = {
            "step": progress.step,
            "seconds": round(progress.seconds, 1),
            "run_id": self.run_id,
            "train_data": self.data.fingerprint,
            "dev_data": self.data.dev_fingerprint,
            **scores,
        }
        file = ModelFile(
            config=without_paths(self.config).to_dict(),
            characters=list(self.data.vocabulary.characters),
            lags=self.config.lag.train.to_plain(),
            weights=to_weights(optimisation.averaged),
            info=info,
        )
        write_model(self.run_dir / MODEL_NAME, file)

    def save(
        self,
        optimisation: Optimisation,
        progress: Progress,
        recent: dict[str, Any],
        made_with: dict[str, Any],
    ) -> None:
        """Write a training state and delete those that have become superfluous.

        Args:
            recent: losses and norms that the metrics do not tell of yet.
            made_with: what besides the settings decides the last bits of the results.

        Raises:
            NonFiniteError: the last step has made weights that are not finite; nothing is written.
            UserError: the system refused to write; earlier states are as they were.
        """
        if not optimisation.is_finite():
            raise NonFiniteError(
                f"after step {progress.step} not all weights are finite numbers, and nothing of it is saved; "
                "start a new run with a lower train.learning_rate"
            )
        if progress.evaluated < 0:
            self._write_model(optimisation, progress, {})
        state = {
            "run_id": self.run_id,
            "config": self.config.to_dict(),
            "characters": "".join(self.data.vocabulary.characters),
            "data": [self.data.fingerprint, self.data.dev_fingerprint],
            "metrics_bytes": self.metrics.size,
            "made_with": made_with,
            "progress": asdict(progress),
            "recent": recent,
            "optimisation": optimisation.state(),
        }
        checkpoint.save_state(self.run_dir, progress.step, state)
        self._prune()

    def _prune(self) -> None:
        keep = self.config.train.keep_checkpoints
        checkpoint.prune_states(self.run_dir, keep, self.resumed_from, self.run_id, log.warning)

    def finish(self, progress: Progress) -> None:
        """Say where the best model is and draw the curves to their end."""
        if progress.best_step >= 0:
            path = self.run_dir / MODEL_NAME
            log.info("the best evaluation was at step %d: %s", progress.best_step, path)
        self._draw()


def _short(key: str, scores: Mapping[Any, Quality]) -> dict[str, Any]:
    """Return scores for a record of the metrics, below `key`; nothing where there are none."""
    short = {str(name): {"chrf": quality.chrf, "bleu": quality.bleu} for name, quality in scores.items()}
    return {key: short} if short else {}
