"""What a run leaves to read: `train.log` for people, `metrics.jsonl` for programs, TensorBoard if wanted."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seq2seq.errors import UsageError, tell
from seq2seq.storage.files import clear_errors

log = logging.getLogger("seq2seq")


class Metrics:
    """Appends one JSON object per line to `metrics.jsonl`.

    Args:
        path: the file.
        size: bytes of it that belong to the run so far: what a resumed run finds beyond them was written
            after the state it resumes from, and will be written again.
        tensorboard: also write event files for TensorBoard below the same directory.
        step: of the state it resumes from; 0 for a new run.

    Raises:
        UserError: the file cannot be written.
        UsageError: TensorBoard is wanted and not installed.
    """

    def __init__(self, path: Path, size: int, tensorboard: bool, step: int) -> None:
        self._board = _open_board(path.parent / "tensorboard", step) if tensorboard else None
        with clear_errors("write", path):
            self._file = path.open("ab")
            self._file.truncate(min(size, self._file.tell()))  # if it has become shorter, let it not grow
            self._file.seek(0, os.SEEK_END)
        self._path = path

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def add(self, record: dict[str, Any]) -> None:
        """Write one record; it must have a `step`. UserError when it cannot be written."""
        with clear_errors("write", self._path):
            self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
        if self._board is not None:
            for name, value in _scalars(record):
                if name != "step":
                    self._board.add_scalar(name, value, record["step"])

    def close(self) -> None:
        """Close the files."""
        with contextlib.suppress(OSError):  # of a record that failed before, and was told of
            self._file.close()
        self._file.raw.close()
        if self._board is not None:
            self._board.close()


def _scalars(record: dict[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a record, those in records within it as `above/name`."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _scalars(value, f"{above}{name}/")
        elif isinstance(value, (int, float)):
            yield above + name, value


def _open_board(directory: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UsageError(
            "train.tensorboard needs TensorBoard: pip install 'seq2seq-lag[tensorboard]', or set it to false"
        ) from None
    # What an interrupted run wrote beyond the step it is resumed from is hidden.
    return SummaryWriter(str(directory), purge_step=step)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the records of a `metrics.jsonl`; a last line cut short by a crash is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines]


class _Stderr(logging.Handler):
    """Writes above a progress bar instead of through it."""

    def emit(self, record: logging.LogRecord) -> None:
        with tqdm.external_write_mode(file=sys.stderr):
            tell(self.format(record))


class _LogFile(logging.FileHandler):
    """A file that must be written: logging itself would print a traceback and go on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        with clear_errors("write", Path(self.baseFilename)):
            raise


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send the package's log to stderr, beside any progress bar, and to a file, while it is entered."""
    to_file = _LogFile(path, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    with _handled_by(_Stderr(), to_file):
        yield


@contextmanager
def logging_nowhere() -> Iterator[None]:
    """Keep the package's log quiet while it is entered: another process says the same."""
    with _handled_by(logging.NullHandler()):
        yield


@contextmanager
def _handled_by(*handlers: logging.Handler) -> Iterator[None]:
    level, log_propagates = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    for handler in handlers:
        log.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            with contextlib.suppress(OSError):  # of a line that failed before, and was told of
                handler.close()
        log.setLevel(level)
        log.propagate = log_propagates
