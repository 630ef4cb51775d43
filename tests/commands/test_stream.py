"""`translate --stream`: text that is answered while it arrives, and readers that leave."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from commandline import MODEL, Cli, streaming

from seq2seq.translator import Translator


def test_a_slow_writer_is_answered_character_by_character(tiny: Translator) -> None:
    """Text that is due arrives before more is sent, also if a character arrives in two pieces."""
    source = "josé has a dog"
    expected = tiny.translate(source, lag=2)
    assert len(expected) > 8
    with streaming("--lag", 2) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        got = b""
        for count, byte in enumerate(source.encode(), start=1):
            process.stdin.write(bytes([byte]))
            process.stdin.flush()
            # One byte of é says nothing yet, and a character is complete when the next one has come.
            complete = len(source.encode()[:count].decode(errors="ignore")) - 1
            while len(got.decode()) < min(complete - 2, len(expected)):
                got += process.stdout.read1() or pytest.fail("it has ended")  # type: ignore[attr-defined]
        assert len(got.decode()) > 8  # all of it before the end of the input
        process.stdin.close()
        assert (got + process.stdout.read()).decode() == expected + "\n"
        assert process.wait(60) == 0


def test_a_stream_counts_bytes_and_characters_as_batch_does(translate: Cli) -> None:
    text = b"a\xff\xfe b \xf0\x9f c\n\xe7\x8c\xab \x07plain \xf0\x9f\n" + b"i like it " * 40
    stream, batch = translate("--stream", "--lag", "full", stdin=text), translate(stdin=text)
    assert stream.out == batch.out
    assert stream.err == batch.err
    assert "the model left out " in stream.err
    assert "6 bytes that are not UTF-8 were replaced (lines 1, 2)" in stream.err
    assert "1 control character was dropped (U+0007, line 2)" in stream.err
    assert "1 line had a long sentence that was cut (line 3)" in stream.err


def test_a_stream_says_at_which_lag_it_runs_unless_that_was_asked_for(translate: Cli) -> None:
    told = translate("--stream", stdin=b"hi").err
    assert told == (
        "seq2seq: lag full, the model's own: nothing is written before the end of a sentence; "
        "--lag 8 starts 8 characters behind\n"
    )
    assert translate("--stream", "--lag", "full", stdin=b"hi").err == ""


def test_a_fast_writer_is_answered_before_the_end_of_what_it_wrote(tiny: Translator) -> None:
    """A regression: a stream translated a whole megabyte before it wrote anything of it."""
    sentence = "my dog is hungry. "
    with streaming("--lag", 3) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(sentence.encode() * 3000)
        process.stdin.flush()
        first = process.stdout.read(1)
        assert tiny.translate(sentence, lag=3).startswith(first.decode())
        os.set_blocking(process.stdout.fileno(), False)
        assert len(process.stdout.read1() or b"") < 1000  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["> /dev/full", ">&-"])
@pytest.mark.parametrize("options", ["--stream --lag 3", ""])
def test_output_that_cannot_be_written_is_one_line(way: str, options: str) -> None:
    command = f"echo my dog is hungry | {sys.executable} -m seq2seq translate -m {MODEL} {options} {way}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("seq2seq: standard output")


@pytest.mark.parametrize("full", [True, False])
def test_output_that_fails_at_the_very_end_is_no_traceback_either(full: bool) -> None:
    """Short text is in the buffer until the program ends; there is no message about a closed pipe."""
    reader, output = os.pipe()
    os.close(reader)
    if full:
        os.close(output)
        output = os.open("/dev/full", os.O_WRONLY)
    command = [sys.executable, "-m", "seq2seq", "train", "--settings"]
    done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    os.close(output)
    said = "seq2seq: standard output cannot be used: No space left on device\n"
    assert (done.returncode, done.stderr) == ((1, said) if full else (0, ""))


@pytest.mark.parametrize("way", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_messages_that_nobody_reads_change_neither_output_nor_code(way: str) -> None:
    """A regression: with standard error closed, Python printed messages among the results."""
    mistake = f"{sys.executable} -m seq2seq translate -m nowhere a {way}"
    done = subprocess.run(["bash", "-c", mistake], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_reader_of_a_stream_that_stops_is_no_traceback() -> None:
    with streaming("--lag", 0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"my dog is hungry. " * 20)
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""
