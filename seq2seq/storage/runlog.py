"""The logs of a run: `train.log` for people, `metrics.jsonl` for programs, CSV, and TensorBoard if wanted."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seq2seq.errors import UsageError, print_error
from seq2seq.storage.files import clear_errors

log = logging.getLogger("seq2seq")


class Metrics:
    """Appends records to `metrics.jsonl`, one JSON object per line.

    Args:
        path: the file.
        size: the bytes of the file to keep. A resumed run drops the records that were written after its
            training state, and writes them again.
        tensorboard: whether to write event files for TensorBoard in the same directory, too.
        step: the step of the training state that is resumed from; 0 for a new run.

    Raises:
        UserError: the file cannot be written.
        UsageError: TensorBoard is wanted and not installed.
    """

    def __init__(self, path: Path, size: int, tensorboard: bool, step: int) -> None:
        self._board = _open_board(path.parent / "tensorboard", step) if tensorboard else None
        with clear_errors("write", path):
            self._file = path.open("ab")
            # The minimum, because truncating must not make a shorter file longer.
            self._file.truncate(min(size, self._file.tell()))
            self._file.seek(0, os.SEEK_END)
        self._path = path

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self._file.tell()

    def add(self, record: dict[str, Any]) -> None:
        """Append one record, which has a `step`; UserError if it cannot be written."""
        with clear_errors("write", self._path):
            self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
        if self._board is not None:
            for name, value in _scalars(record):
                if name != "step":
                    self._board.add_scalar(name, value, record["step"])

    def close(self) -> None:
        """Close the files."""
        with contextlib.suppress(OSError):  # a record whose write has failed and been reported
            self._file.close()
        self._file.raw.close()
        if self._board is not None:
            self._board.close()


def _scalars(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a record by name, those of nested records as `prefix/name`."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _scalars(value, f"{prefix}{name}/")
        elif isinstance(value, (int, float)):
            yield prefix + name, value


def _open_board(directory: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UsageError(
            "train.tensorboard needs TensorBoard: pip install 'seq2seq-lag[tensorboard]', or set it to false"
        ) from None
    # TensorBoard hides what an interrupted run wrote after the step that is resumed from.
    return SummaryWriter(str(directory), purge_step=step)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the records of a `metrics.jsonl`; an incomplete last line, as a crash leaves it, is skipped."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines]


def to_csv(records: Iterable[dict[str, Any]]) -> str:
    """Return the records of the metrics as CSV, with one row for each step.

    The columns are all numbers that occur, those of nested records as `prefix/name`, the step first; a cell
    is empty where a step has no such number.
    """
    rows: dict[int, dict[str, float]] = {}
    for record in records:
        rows.setdefault(record["step"], {}).update(_scalars(record))
    columns = list(dict.fromkeys(["step", *(name for row in rows.values() for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    return text.getvalue()


class _Stderr(logging.Handler):
    """Writes to stderr above a progress bar, not across it.

    The lines about recent steps, which have the level DEBUG, are left to the progress bar of a terminal.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO if sys.stderr.isatty() else logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        with tqdm.external_write_mode(file=sys.stderr):
            print_error(self.format(record))


class _LogFile(logging.FileHandler):
    """A log file whose write errors end the run; the base class prints a traceback and goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        with clear_errors("write", Path(self.baseFilename)):
            raise


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send the log of the package to stderr and to a file within the block."""
    to_file = _LogFile(path, encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    with _handled_by(_Stderr(), to_file):
        yield


@contextmanager
def logging_nowhere() -> Iterator[None]:
    """Silence the log of the package within the block: another process writes the same log."""
    with _handled_by(logging.NullHandler()):
        yield


@contextmanager
def _handled_by(*handlers: logging.Handler) -> Iterator[None]:
    level, log_propagates = log.level, log.propagate
    log.setLevel(logging.DEBUG)
    log.propagate = False
    for handler in handlers:
        log.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            with contextlib.suppress(OSError):  # a line whose write has failed and been reported
                handler.close()
        log.setLevel(level)
        log.propagate = log_propagates
