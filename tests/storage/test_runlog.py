"""The logs of a run: one line per record, no line twice, and handlers that are removed at the end."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import resource
import sys
from pathlib import Path
from typing import Any

import pytest

from seq2seq.errors import UsageError, UserError
from seq2seq.storage.runlog import Metrics, logging_to, read_metrics, to_csv

log = logging.getLogger("seq2seq.somewhere")


def test_each_record_is_a_line_that_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = Metrics(path, 0, False, 0)
    assert metrics.size == 0
    for step in (1, 2):
        metrics.add({"step": step, "text": "ñ\n"})
        assert [json.loads(line)["step"] for line in path.read_text("utf-8").splitlines()][-1] == step
        assert metrics.size == path.stat().st_size
    metrics.close()
    assert read_metrics(path) == [{"step": 1, "text": "ñ\n"}, {"step": 2, "text": "ñ\n"}]


def test_what_came_after_the_state_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = Metrics(path, 0, False, 0)
    metrics.add({"step": 1})
    size = metrics.size
    metrics.add({"step": 2})
    metrics.close()
    with path.open("ab") as file:
        file.write(b'{"step": 3, "lo')
    assert [record["step"] for record in read_metrics(path)] == [1, 2]
    again = Metrics(path, size, False, 1)
    assert again.size == size
    again.add({"step": 20})
    again.close()
    assert [record["step"] for record in read_metrics(path)] == [1, 20]


def test_records_that_were_lost_are_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = Metrics(path, 100, False, 5)
    assert metrics.size == 0
    metrics.add({"step": 6})
    metrics.close()
    assert read_metrics(path) == [{"step": 6}]


def test_a_new_run_begins_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 7}\n')
    Metrics(path, 0, False, 0).close()
    assert read_metrics(path) == []


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot write .*metrics\.jsonl"):
        Metrics(tmp_path / "missing" / "metrics.jsonl", 0, False, 0)


def test_a_disk_that_is_full_is_told_of_with_the_file(tmp_path: Path) -> None:
    """The message named standard output, and logging printed a traceback for each line."""
    words = r"cannot write .*{}: file too large; raise the limit"
    metrics = Metrics(tmp_path / "metrics.jsonl", 0, False, 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, hard))
    try:
        with pytest.raises(UserError, match=words.format(r"metrics\.jsonl")):
            metrics.add({"step": 1})
        metrics.close()
        with (
            pytest.raises(UserError, match=words.format(r"train\.log")),
            logging_to(tmp_path / "train.log"),
        ):
            log.info("it is one")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_metrics(tmp_path / "metrics.jsonl") == []


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO])
def test_a_terminal_that_is_gone_does_not_stop_a_run(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGHUP asks for a save, but the next line of the log used to end the run before it."""

    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(number, "gone")

        def fileno(self) -> int:
            return spare

    spare = os.open(os.devnull, os.O_WRONLY)
    monkeypatch.setattr(sys, "stderr", Gone())
    with logging_to(tmp_path / "train.log"):
        log.info("it is one")
        log.info("it is two")
    os.close(spare)
    assert [line.split(" ", 2)[2] for line in (tmp_path / "train.log").read_text("utf-8").splitlines()] == [
        "INFO it is one",
        "INFO it is two",
    ]


def test_tensorboard_is_asked_for_by_name_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match=r"pip install 'seq2seq-lag\[tensorboard\]'"):
        Metrics(tmp_path / "metrics.jsonl", 0, True, 0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_gets_the_numbers(tmp_path: Path) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for size, step, loss in ((0, 1, 0.5), (0, 1, 0.25)):
        metrics = Metrics(tmp_path / "metrics.jsonl", size, True, step)
        metrics.add({"step": step, "loss": loss, "note": "text"})
        metrics.close()
    accumulator = events.EventAccumulator(str(tmp_path / "tensorboard"))
    accumulator.Reload()
    assert accumulator.Tags()["scalars"] == ["loss"]
    # Step 1 was written before and after the resumption: the second one counts.
    assert [(event.step, event.value) for event in accumulator.Scalars("loss")] == [(1, 0.25)]


def test_the_log_goes_to_stderr_and_the_file_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train.log"
    for text in ("one", "two"):
        with logging_to(path):
            log.info("it is %s", text)
            log.debug("step 1")
    log.info("nobody listens")
    captured = capsys.readouterr()
    assert captured.err == "it is one\nstep 1\nit is two\nstep 1\n"
    assert captured.out == ""
    lines = path.read_text("utf-8").splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        *("INFO it is one", "DEBUG step 1", "INFO it is two", "DEBUG step 1")
    ]


def test_lines_about_steps_are_left_to_the_bar_of_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with logging_to(tmp_path / "train.log"):
        log.info("an evaluation")
        log.debug("step 1")
    assert capsys.readouterr().err == "an evaluation\n"
    assert "DEBUG step 1" in (tmp_path / "train.log").read_text("utf-8")


def test_the_logger_is_left_as_it_was_found(tmp_path: Path) -> None:
    logger = logging.getLogger("seq2seq")
    before = (logger.level, logger.propagate, list(logger.handlers))
    with logging_to(tmp_path / "train.log"):
        assert len(logger.handlers) == len(before[2]) + 2
    assert (logger.level, logger.propagate, logger.handlers) == before
    with pytest.raises(RuntimeError), logging_to(tmp_path / "train.log"):
        raise RuntimeError
    assert (logger.level, logger.propagate, logger.handlers) == before


def test_a_table_has_a_row_for_each_step_and_a_column_for_each_number() -> None:
    records: list[dict[str, Any]] = [
        {"step": 5, "loss": 1.5, "seconds": 2},
        {"step": 10, "loss": 1.25, "seconds": 4},
        {"step": 10, "dev_loss": 2.0, "more": {"a, b": {"chrf": 30.5}}, "note": "text"},
    ]
    assert to_csv(records).splitlines() == [
        'step,loss,seconds,dev_loss,"more/a, b/chrf"',
        "5,1.5,2,,",
        "10,1.25,4,2.0,30.5",
    ]
    assert to_csv([]) == "step\n"
