"""The directory of a run: one process holds it and logs there; a run that does not start leaves nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seq2seq.errors import UsageError
from seq2seq.storage.files import make_directory, sweep_temporaries
from seq2seq.storage.lock import run_lock
from seq2seq.storage.runlog import logging_nowhere, logging_to
from seq2seq.training.checkpoint import latest_state
from seq2seq.training.parallel import Processes


@contextmanager
def hold_run_directory(run_dir: Path, resume: bool, processes: Processes) -> Iterator[None]:
    """Within the block, hold the run directory and log into it; processes other than the writer do neither.

    What was created for a run is deleted again if the block raises before the run has started, which the
    file of its settings shows.

    Raises:
        UsageError: the directory holds a run, and `resume` is false.
        UserError: the directory cannot be written to, or another process holds it.
    """
    if not processes.is_writer:
        with logging_nowhere():
            yield
        return
    if not resume and ((run_dir / "config.yaml").exists() or latest_state(run_dir)):
        raise UsageError(
            f"there is a run in {run_dir} already: set `resume` to continue it, or choose another directory"
        )
    new = [directory for directory in (run_dir, *run_dir.parents) if not directory.exists()]
    before = set(run_dir.iterdir()) if run_dir.is_dir() else set()
    make_directory(run_dir)
    with run_lock(run_dir):
        try:
            with logging_to(run_dir / "train.log"):
                sweep_temporaries(run_dir)
                yield
        except BaseException:
            if not ((run_dir / "config.yaml").exists() or latest_state(run_dir)):
                _delete(set(run_dir.iterdir()) - before, new)
            raise


def _delete(files: set[Path], directories: list[Path]) -> None:
    """Delete files and then directories, the inner ones first; leave what the system does not delete."""
    with suppress(OSError):
        for path in files:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for directory in directories:
            directory.rmdir()
