"""`seq2seq translate --stream`: standard input, translated while it arrives."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from seq2seq.commands.options import GOOD_LAG, load_translator, request_of
from seq2seq.commands.reading import incremental_decoder, read_bytes, warn
from seq2seq.commands.remarks import left_out
from seq2seq.commands.translation_options import glossary_of
from seq2seq.errors import UsageError, print_error
from seq2seq.lag import FULL, Lag
from seq2seq.text.normalise import Counts

if TYPE_CHECKING:
    from seq2seq.decoding.streaming import TextStream


def stream(options: argparse.Namespace) -> None:
    """Translate standard input as it arrives; what is written is never taken back.

    Raises:
        UsageError: with options that a stream does not have.
    """
    _check(options)
    translator, _ = load_translator(options.model, "cpu")
    request = replace(request_of(options), glossary=glossary_of(options))
    text_stream = translator.decode_stream(request)
    if options.lag is None:
        _tell(text_stream.options.lag)
    if is_terminal():
        from seq2seq.commands.live import COMMANDS, Live
        from seq2seq.commands.prompt import Dials

        counts = Counts()
        live = Live(Dials(translator, options.model, request, "cpu", options.parser, COMMANDS))
        live.run(incremental_decoder(counts))
        warn(counts, left_out(live.left_out, translator.copies))
        return
    _copy(text_stream)
    warn(text_stream.counts, left_out(text_stream.left_out, translator.copies))


def _tell(lag: Lag) -> None:
    """Say at which lag a stream runs to which none was given."""
    if lag == FULL:
        start = f"nothing is written before the end of a sentence; --lag {GOOD_LAG} starts {GOOD_LAG} "
        print_error(f"seq2seq: lag full, the model's own: {start}characters behind")
    else:
        print_error(f"seq2seq: lag {lag}, the model's own")


def _check(options: argparse.Namespace) -> None:
    others = {
        "TEXT": options.text,
        "-i": options.input not in (None, "-"),
        "-o": options.output not in (None, "-"),
        "--show": options.show,
        "--plot": options.plot,
        "--format jsonl": options.format != "text",
        "--length-penalty": options.length_penalty is not None,
        "--n-best": options.n_best > 1,
        "--attention": options.attention,
        "--min-confidence": options.min_confidence is not None,
        "--temperature": options.temperature is not None,
        "--top-p": options.top_p is not None,
        "--seed": options.seed is not None,
    }
    if named := [name for name, given in others.items() if given]:
        raise UsageError(
            "--stream translates standard input to standard output; "
            f"it cannot be combined with {', '.join(named)}"
        )
    if options.precision == "bf16":
        raise UsageError("--stream computes in fp32 or int8: leave out --precision bf16")
    if options.device not in ("auto", "cpu"):
        raise UsageError(f"--stream computes on the CPU: leave out --device {options.device}")


def _copy(text_stream: TextStream) -> None:
    """Feed standard input to the stream and write what it returns to standard output."""
    decoder = incremental_decoder(text_stream.counts)
    descriptor = -1 if sys.stdin is None else sys.stdin.fileno()
    last = b"\n"
    while data := read_bytes(descriptor) if descriptor >= 0 else b"":
        # One character at a time, so that each translated character is written at once.
        # And one line at a time, so that a byte that is no UTF-8 is counted in its line.
        for line in data.splitlines(keepends=True):
            for character in decoder.decode(line):
                _write(text_stream.feed(character))
        last = data[-1:]
    rest = text_stream.feed(decoder.decode(b"", final=True)) + text_stream.finish()
    _write(rest if last == b"\n" else rest + "\n")


def is_terminal() -> bool:
    """Whether input and output are a terminal that can move its cursor."""
    ends = (sys.stdin, sys.stdout)
    if importlib.util.find_spec("termios") is None:  # Windows
        return False
    return all(end is not None and end.isatty() for end in ends) and os.environ.get("TERM") != "dumb"


def _write(text: str) -> None:
    if text:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
