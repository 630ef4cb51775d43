"""`seq2seq translate`: text in the arguments, a file, a pipe or a terminal; all give the same answer."""

from __future__ import annotations

import argparse
import codecs
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.options import (
    Subparsers,
    add_beam,
    add_command,
    add_model,
    check_parent,
    count,
    dial,
    is_command,
)
from seq2seq.errors import UsageError, UserError, tell
from seq2seq.pretrained import locate
from seq2seq.text.normalise import REPLACEMENT, Counts, decode_line

if TYPE_CHECKING:
    from seq2seq.lag import Lag
    from seq2seq.translator import Translation, Translator

READ_BYTES = 1 << 20
"""What is taken from a file or pipe at once; its complete lines are translated side by side."""


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "translate",
        run,
        "translate text",
        "Without TEXT and -i, standard input is read line by line; in a terminal there is a prompt.",
    )
    parser.add_argument("text", nargs="*", metavar="TEXT", help="each argument is a line")
    add_model(parser)
    parser.add_argument(
        "--lag", metavar="N", help="characters to stay behind: a number, or full (the model's own)"
    )
    add_beam(parser)
    parser.add_argument(
        "--n-best", type=count, default=1, metavar="N", help="alternatives on each line, between tabs"
    )
    parser.add_argument(
        "--format", choices=("text", "jsonl"), default="text", help="jsonl tells all about each line"
    )
    parser.add_argument(
        "--show", action="store_true", help="also draw what had been read when each character was written"
    )
    parser.add_argument("--plot", metavar="FILE", help="draw the same as PNG, for one TEXT")
    parser.add_argument(
        "--stream",
        action="store_true",
        help="write each character as soon as enough has been read: of standard input, or of what you type",
    )
    parser.add_argument("-i", "--input", metavar="FILE", help="translate the lines of a file")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write there; the file appears when all is done"
    )


def run(options: argparse.Namespace) -> None:
    """Translate."""
    for name in ("input", "output"):
        if getattr(options, name) == "":
            raise UsageError(f"--{name} names no file: its value is empty")
    if options.text and options.input:
        raise UsageError("give either TEXT or -i FILE, not both")
    if options.stream:
        return _stream(options)
    if options.plot and len(options.text) != 1:
        raise UsageError("--plot draws one sentence: give one TEXT")
    if options.show and options.format != "text":
        raise UsageError("--show draws for people: leave out --format jsonl")
    if options.plot:
        check_parent(Path(options.plot))
    given = options.text or options.input or options.output
    prompt = not given and sys.stdin is not None and sys.stdin.isatty()
    chunks = iter(()) if prompt else _chunks(options)
    translator, _ = load_translator(options)
    session = Session(translator, options)
    session.check()
    if prompt:
        session.prompt()
    else:
        session.translate(chunks)
        if options.plot and session.last:
            _plot(session.last, Path(options.plot))
    _tell(session.counts)


def _stream(options: argparse.Namespace) -> None:
    """Translate standard input as it comes; what is written is never taken back."""
    others = {
        "TEXT": options.text,
        "-i": options.input,
        "-o": options.output,
        "--show": options.show,
        "--plot": options.plot,
        "--format jsonl": options.format != "text",
        "--length-penalty": options.length_penalty is not None,
        "--n-best": options.n_best > 1,
    }
    if named := [name for name, given in others.items() if given]:
        raise UsageError(
            f"--stream reads standard input and writes text as it goes: leave out {', '.join(named)}"
        )
    if options.precision == "bf16":
        raise UsageError("--stream computes in fp32: leave out --precision bf16")
    translator, _ = load_translator(options)
    if is_terminal():
        from seq2seq.commands.live import Live

        counts = Counts()
        Live(translator, options.lag, options.beam).run(_decoder(counts))
        return _tell(counts)
    stream = translator.stream(options.lag, options.beam)
    counts = stream.counts
    decoder = _decoder(counts)
    descriptor = -1 if sys.stdin is None else sys.stdin.fileno()
    last = b"\n"
    while data := _read(descriptor) if descriptor >= 0 else b"":
        for character in decoder.decode(
            data
        ):  # a fast writer's reader, too, gets each when its turn has come
            _put(stream.feed(character))
        last = data[-1:]
    rest = stream.feed(decoder.decode(b"", final=True)) + stream.finish()
    _put(rest if last == b"\n" else rest + "\n")
    _tell(counts)


def is_terminal() -> bool:
    """Whether a person types and reads here, at a terminal that can move its cursor."""
    ends = (sys.stdin, sys.stdout)
    return all(end is not None and end.isatty() for end in ends) and os.environ.get("TERM") != "dumb"


def _put(text: str) -> None:
    if text:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()


def _decoder(counts: Counts) -> codecs.IncrementalDecoder:
    """Decodes bytes as they come; those that are not UTF-8 are counted and become U+FFFD."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        counts.replaced += error.end - error.start
        return REPLACEMENT, error.end

    codecs.register_error("seq2seq", replace)
    return codecs.getincrementaldecoder("utf-8")("seq2seq")


def _tell(counts: Counts) -> None:
    if message := str(counts):
        tell(f"seq2seq: {message}")


def load_translator(options: argparse.Namespace) -> tuple[Translator, Path]:
    """Return the model that the options name, and its path."""
    path = locate(options.model)
    if not path.exists():
        raise UserError(f"there is no model {path}; train one, or name another with --model")

    from seq2seq.translator import Translator

    translator = Translator.load(path, options.device, options.precision)
    if getattr(options, "repeats", None) is not None:
        translator.repeats = options.repeats
    return translator, path


def _chunks(options: argparse.Namespace) -> Iterator[list[bytes]]:
    """The input in pieces of whole lines. A missing file is noticed here, before the model is loaded."""
    if options.text:
        return iter([[os.fsencode(text.replace("\n", " ")) for text in options.text]])
    if not options.input:
        return _lines(sys.stdin.fileno()) if sys.stdin is not None else iter(())
    try:
        return _lines(os.open(options.input, os.O_RDONLY))
    except OSError as error:
        raise UserError(f"{options.input} cannot be read: {error.strerror}") from None


def _lines(descriptor: int) -> Iterator[list[bytes]]:
    """Yield the lines that have come, as soon as there are any; only a line feed ends a line."""
    begun: list[bytes] = []
    while data := _read(descriptor):
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join((*begun, lines[0]))
            begun = []
            yield lines
        if rest:
            begun.append(rest)
    if begun:
        yield [b"".join(begun)]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError as error:
        raise UserError(
            f"the input cannot be read: {error.strerror}; give a file or a pipe of text"
        ) from None


class Session:
    """A loaded model, the options for its use, and a count of what was odd in the input."""

    def __init__(self, translator: Translator, options: argparse.Namespace) -> None:
        self.translator, self.options = translator, options
        self.lag: Lag | str | None = options.lag
        self.counts = Counts()
        self.progress = self._progress()
        self.last: Translation | None = None

    def check(self) -> None:
        """Refuse options that the model cannot serve, before anything is read."""
        decode = self.translator.config.decode
        lag = self.translator.check_lag(decode.lag if self.lag is None else self.lag)
        beam, n_best = self.options.beam or (decode.beam if lag == "full" else 1), self.options.n_best
        if n_best > beam:
            raise UsageError(f"--n-best {n_best} needs --beam {n_best} or more")
        if lag != "full" and beam > 1:
            raise UsageError(
                f"a beam needs lag full (what is written at lag {lag} is never taken back); use --beam 1"
            )

    def translate(self, chunks: Iterator[list[bytes]]) -> None:
        """Translate all input to the output."""
        if self.options.output is None:
            for chunk in chunks:
                for line in self._answers(chunk):
                    sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            return

        from seq2seq.storage.files import write_bytes_atomic

        written = [line for chunk in chunks for line in self._answers(chunk)]
        write_bytes_atomic(Path(self.options.output), b"".join(written))

    def prompt(self) -> None:
        """Translate what is typed, line by line, until Ctrl-D. `:lag N` turns the dial."""
        import readline  # noqa: F401 - gives input() a history and editing keys

        print("Type English, or :lag N to change the lag; Ctrl-D ends.", file=sys.stderr)
        while True:
            try:
                line = _ask()
            except EOFError:
                print(file=sys.stderr)
                return
            except UnicodeDecodeError:
                print("that was not UTF-8: set the terminal to it", file=sys.stderr)
                continue
            if is_command(line):
                self._command(line)
            else:
                sys.stdout.buffer.write(b"".join(self._answers([os.fsencode(line)])))
                sys.stdout.buffer.flush()

    def _command(self, line: str) -> None:
        before = self.lag
        try:
            self.lag = dial(self.translator, line)
            self.check()
        except UsageError as error:
            self.lag = before
            tell(str(error))
        else:
            print(f"lag {self.lag}", file=sys.stderr)

    def _answers(self, raw: list[bytes]) -> list[bytes]:
        """Return the output lines for input lines."""
        lines = [decode_line(line, self.counts) for line in raw]
        options = self.options
        translations = self.translator.translate_lines(
            lines,
            self.lag,
            options.beam,
            options.n_best,
            options.length_penalty,
            self.progress,
            attention=bool(options.show or options.plot),
            counts=self.counts,
        )
        self.last = translations[-1] if translations else None
        render = _as_json if options.format == "jsonl" else _as_drawing if options.show else _as_text
        return [f"{render(translation)}\n".encode() for translation in translations]

    def _progress(self) -> Callable[[int], object] | None:
        """A bar on stderr for long work, if that is a terminal and results do not go there too."""
        options = self.options
        if not options.output and (not options.input or sys.stdout.isatty()):
            return None
        from tqdm import tqdm

        bar = tqdm(unit=" sentences", disable=None, dynamic_ncols=True)
        return lambda done: bar.update(done)


def _ask() -> str:
    """Read a typed line. The prompt goes to the terminal, and never among results that go elsewhere."""
    if sys.stdout.isatty():
        return input("> ")
    print("> ", end="", file=sys.stderr, flush=True)
    return input()


def _as_text(translation: Translation) -> str:
    texts = [text for text, _ in translation.alternatives]
    return "\t".join(texts) if len(texts) > 1 else translation.text


def _as_drawing(translation: Translation) -> str:
    from seq2seq.drawing.timeline import draw_timeline

    return f"{_as_text(translation)}\n\n{draw_timeline(translation)}\n"


def _plot(translation: Translation, path: Path) -> None:
    from seq2seq.drawing.plots import draw_attention

    title = f"lag {translation.lag}"
    draw_attention(
        translation.source, translation.text, translation.delays, translation.attention, title, path
    )


def _as_json(translation: Translation) -> str:
    record = {
        "source": translation.source,
        "translation": translation.text,
        "lag": translation.lag,
        "score": translation.score,
        "confidence": round(translation.confidence, 4),
        "ended": translation.ended,
        "copied": translation.copied,
        "uncopied": translation.uncopied,
        "delays": translation.delays,
        "log_probs": [round(value, 4) for value in translation.log_probs],
        "alternatives": [{"translation": text, "score": score} for text, score in translation.alternatives],
    }
    return json.dumps(record, ensure_ascii=False)
