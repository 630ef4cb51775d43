"""The files of a run: metrics, the best model, training states, curves.

One process of a run has a writer, however many train.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from pathlib import Path
from typing import Any

from seq2seq.config.loading import dump_config
from seq2seq.config.schema import Config
from seq2seq.corpus.prepared import Prepared
from seq2seq.drawing.plots import draw_curves
from seq2seq.errors import NonFiniteError, UsageError
from seq2seq.models.build import to_weights
from seq2seq.pretrained import MODEL_NAME
from seq2seq.storage.files import make_directory, write_text_atomic
from seq2seq.storage.modelfile import ModelFile, write_model
from seq2seq.storage.runlog import Metrics, read_metrics, to_csv
from seq2seq.training.checkpoint import belongs, prune_states, state_files
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.progress import Progress
from seq2seq.training.space import FilesThere, file_sizes, needed_space
from seq2seq.training.state import RecentSteps, TrainingState, model_info

log = logging.getLogger(__name__)


class Writer:
    """Writes the files of a run.

    Args:
        run_dir: an existing directory that no other process writes to.
        config: all settings.
        data: the training and dev data.
        optimisation: the network, its averaged weights, and the optimiser.
        resumed: the training state that the run goes on from, with its path; None for a new run.

    Raises:
        UserError: there is not enough space, or a file cannot be written.
        UsageError: TensorBoard is wanted and not installed.
    """

    def __init__(
        self,
        run_dir: Path,
        config: Config,
        data: Prepared,
        optimisation: Optimisation,
        resumed: tuple[Path, TrainingState] | None,
    ) -> None:
        self.run_dir, self.config, self.data, self.optimisation = run_dir, config, data, optimisation
        self.run_id = resumed[1].run_id if resumed else uuid.uuid4().hex
        self.resumed_from: list[Path] = []
        self._reserve(resumed)
        begun = (resumed[1].metrics_bytes, resumed[1].progress.step) if resumed else (0, 0)
        self._metrics = Metrics(run_dir / "metrics.jsonl", begun[0], config.train.tensorboard, begun[1])
        write_text_atomic(run_dir / "config.yaml", dump_config(config))
        self._prune()  # states that a run killed during a save did not delete

    def _reserve(self, resumed: tuple[Path, TrainingState] | None) -> None:
        """Check that there is space for the rest of the run.

        If there is space for one more, the state that the run goes on from is kept, in case it goes wrong.
        """
        train, sizes = self.config.train, file_sizes(self.optimisation.network)
        if resumed is None:
            make_directory(self.run_dir, needed_space(train, sizes))
            return
        states = sum(belongs(path, self.run_id) for path in state_files(self.run_dir))
        there = FilesThere(states, (self.run_dir / MODEL_NAME).exists())
        needed = needed_space(train, sizes, resumed[1].progress.step, there)
        make_directory(self.run_dir, needed)
        if shutil.disk_usage(self.run_dir).free >= needed + sizes.state:
            self.resumed_from = [resumed[0]]
        else:
            log.warning("too little space to keep %s when newer states are written", resumed[0])

    def close(self) -> None:
        """Close the metrics."""
        self._metrics.close()

    def add_metrics(self, record: dict[str, Any]) -> None:
        """Append a record, which has a `step`, to the metrics."""
        self._metrics.add(record)

    def write_model(self, progress: Progress, scores: dict[str, Any]) -> None:
        """Write the averaged weights as the model file.

        Args:
            progress: how far the run has come.
            scores: those of the evaluation, in plain types.

        Raises:
            NonFiniteError: a weight is not a finite number; nothing is written.
            UserError: the system refused; the old file is unchanged.
        """
        info = model_info(self.run_id, progress, self.data.fingerprints) | scores
        weights = to_weights(self.optimisation.averaged)
        file = ModelFile.of(self.config, self.data.vocabulary, weights, info)
        write_model(self.run_dir / MODEL_NAME, file)

    def save(self, progress: Progress, recent: RecentSteps, made_with: dict[str, Any]) -> None:
        """Write a training state and delete old ones; before the first evaluation, write the model file, too.

        Args:
            progress: how far the run has come.
            recent: the steps that no record of the metrics counts yet.
            made_with: what besides the settings decides the last bits of the results.

        Raises:
            NonFiniteError: the last step has made weights that are not finite; nothing is written.
            UserError: the system refused; earlier states are unchanged.
        """
        if not self.optimisation.is_finite():
            raise NonFiniteError(
                f"after step {progress.step} not all weights are finite numbers, and nothing of it is saved; "
                "start a new run with a lower train.learning_rate"
            )
        if progress.evaluated < 0:
            self.write_model(progress, {})
        state = TrainingState(
            run_id=self.run_id,
            config=self.config,
            vocabulary=self.data.vocabulary,
            data=self.data.fingerprints,
            metrics_bytes=self._metrics.size,
            made_with=made_with,
            progress=progress,
            losses=tuple(recent.losses),
            norms=tuple(recent.norms),
            optimisation=self.optimisation.state(),
        )
        state.write(self.run_dir)
        self._prune()

    def _prune(self) -> None:
        keep = self.config.train.keep_checkpoints
        prune_states(self.run_dir, keep, self.resumed_from, self.run_id, log.warning)

    def write_csv(self) -> None:
        """Write the metrics so far as a table for spreadsheets.

        It is made of `metrics.jsonl` anew each time, so a resumed run has no rows of steps that it undid.
        """
        table = to_csv(read_metrics(self.run_dir / "metrics.jsonl"))
        write_text_atomic(self.run_dir / "metrics.csv", table)

    def draw_curves(self) -> None:
        """Draw the curves of the run, unless Matplotlib is missing."""
        try:
            draw_curves(self.run_dir)
        except UsageError as error:
            log.info("no curves: %s", error)
