"""`seq2seq translate`: text from arguments, a file, a pipe or a terminal, with the same result for all."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.documents import DOCUMENTS, document_format, read_document, translate_document
from seq2seq.commands.options import (
    Subparsers,
    add_beam,
    add_command,
    add_computation,
    add_model,
    check_parent,
    is_command,
    load_translator,
    parse_lag_command,
    request_of,
    setting,
    with_flags,
)
from seq2seq.commands.output import STDOUT_NAMES
from seq2seq.commands.reading import open_lines, warn
from seq2seq.commands.remarks import Remarks
from seq2seq.commands.rendering import as_drawing, as_json, as_text, draw
from seq2seq.commands.score import score
from seq2seq.commands.stream import stream
from seq2seq.commands.translation_options import (
    add_translation_options,
    check_confidence,
    glossary_of,
    sampling_of,
)
from seq2seq.errors import UsageError, print_error
from seq2seq.text.normalise import Counts, decode_line

if TYPE_CHECKING:
    from seq2seq.decoding.lines import Translation
    from seq2seq.translator import Translator


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
    add_computation(parser)
    parser.add_argument(
        "--lag", metavar="N", help="characters to read ahead: a number, or full (the model's own)"
    )
    add_beam(parser)
    parser.add_argument(
        "--n-best",
        type=setting("decode.beam"),
        default=1,
        metavar="N",
        help="alternatives on each line, separated by tabs (1)",
    )
    parser.add_argument(
        "--format",
        choices=("text", "jsonl", *DOCUMENTS),
        help="text: lines (the default); jsonl: scores, delays and spans, too; srt, vtt, html, markdown: a "
        "document whose text is translated while all else stays (the default for a file with such a name)",
    )
    add_translation_options(parser)
    parser.add_argument(
        "--show", action="store_true", help="also draw the source read at each output character"
    )
    parser.add_argument("--plot", metavar="FILE", help="draw the same as a PNG file, for one TEXT")
    parser.add_argument(
        "--stream",
        action="store_true",
        help="translate standard input, or what you type, character by character as it arrives",
    )
    parser.add_argument("-i", "--input", metavar="FILE", help="translate the lines of a file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to this file, which appears once everything is translated; - is stdout",
    )


def run(options: argparse.Namespace) -> None:
    """Translate."""
    for name in ("input", "output"):
        if getattr(options, name) == "":
            raise UsageError(f"--{name} needs a file name, not an empty string")
    if options.output in STDOUT_NAMES:
        options.output = None
    if options.text and options.input:
        raise UsageError("give either TEXT or -i FILE, not both")
    document = document_format(options)
    options.format = document or options.format or "text"
    if options.score:
        score(options)
        return
    if options.stream:
        stream(options)
        return
    if options.attention and options.format != "jsonl":
        raise UsageError("--attention needs --format jsonl; --show draws the weights as text")
    if options.plot and len(options.text) != 1:
        raise UsageError("--plot draws one sentence: give exactly one TEXT")
    if options.show and options.format != "text":
        raise UsageError("--show draws a picture of text: leave out --format jsonl")
    if options.plot:
        check_parent(Path(options.plot))
    given = options.text or options.input or options.output
    prompt = not given and sys.stdin is not None and sys.stdin.isatty()
    groups = iter(()) if prompt or document else open_lines(options.text, options.input)
    content = read_document(options.input) if document else ""
    translator, _ = load_translator(options.model, options.device)
    session = Session(translator, options)
    translator.options(session.request)  # raises before anything is read
    check_confidence(translator, options)
    if document:
        session.translate_document(document, content)
    elif prompt:
        session.prompt()
    else:
        session.translate(groups)
        if options.plot and session.last:
            draw(session.last, Path(options.plot))
    warn(session.counts, session.uncopied, [*session.remarks.sentences(), *session.about_document])


class Session:
    """A loaded model and the options for its use.

    Attributes:
        request: how to translate; a command may change its lag.
        counts: what had to be changed in the input so far.
        uncopied: how many spans the model has left out so far.
        remarks: what there is to say at the end about lines.
        about_document: what there is to say about a document.
        last: the translation of the last line.
    """

    def __init__(self, translator: Translator, options: argparse.Namespace) -> None:
        self.translator, self.options = translator, options
        self.request = replace(
            request_of(options),
            n_best=options.n_best,
            attention=bool(options.show or options.plot or options.attention),
            glossary=glossary_of(options),
            sampling=sampling_of(options),
        )
        self.counts, self.uncopied = Counts(), 0
        self.remarks = Remarks(translator, options.min_confidence)
        self.progress = self._progress()
        self.about_document: list[str] = []
        self.last: Translation | None = None

    def translate(self, groups: Iterator[list[bytes]]) -> None:
        """Translate all input, given in groups of lines, to the output."""
        if self.options.output is None:
            for lines in groups:
                for line in self._answers(lines):
                    sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            return

        from seq2seq.storage.files import write_bytes_atomic

        written = [line for lines in groups for line in self._answers(lines)]
        write_bytes_atomic(Path(self.options.output), b"".join(written))

    def translate_document(self, kind: str, document: str) -> None:
        """Translate a document of a format to the output."""

        def translate(lines: Sequence[str], attention: bool) -> list[Translation]:
            request = replace(self.request, attention=attention)
            translations = self.translator.decode(lines, request, self.progress, self.counts)
            self.uncopied += sum(translation.uncopied for translation in translations)
            return translations

        written, remarks = translate_document(kind, document, translate, self.counts)
        self.about_document = remarks
        if self.options.output is None:
            sys.stdout.buffer.write(written)
            sys.stdout.buffer.flush()
            return

        from seq2seq.storage.files import write_bytes_atomic

        write_bytes_atomic(Path(self.options.output), written)

    def prompt(self) -> None:
        """Translate typed lines until Ctrl-D; `:lag N` changes the lag."""
        import readline  # noqa: F401 - adds a history and editing keys to input()

        print("Type English, or :lag N to change the lag; Ctrl-D ends.", file=sys.stderr)
        while True:
            try:
                line = _ask()
            except EOFError:
                print(file=sys.stderr)
                return
            except UnicodeDecodeError:
                print("this line is not UTF-8; set the terminal's encoding to UTF-8", file=sys.stderr)
                continue
            if is_command(line):
                self._command(line)
            else:
                sys.stdout.buffer.write(b"".join(self._answers([os.fsencode(line)])))
                sys.stdout.buffer.flush()

    def _command(self, line: str) -> None:
        try:
            request = replace(self.request, lag=parse_lag_command(self.translator, line))
            self.translator.options(request)  # raises an error if the beam does not fit
        except UsageError as error:
            print_error(with_flags(error, self.options.parser))
        else:
            self.request = request
            print(f"lag {request.lag}", file=sys.stderr)

    def _answers(self, raw: list[bytes]) -> list[bytes]:
        """Return the output lines for input lines."""
        lines = [decode_line(line, self.counts) for line in raw]
        options = self.options
        request = self.request
        if request.sampling is not None:
            request = replace(request, sampling=replace(request.sampling, first_line=self.remarks.lines))
        translations = self.translator.decode(lines, request, self.progress, self.counts)
        self.remarks.add(translations)
        self.uncopied += sum(translation.uncopied for translation in translations)
        self.last = translations[-1] if translations else None
        render = as_json if options.format == "jsonl" else as_drawing if options.show else as_text
        return [f"{render(translation, options.min_confidence)}\n".encode() for translation in translations]

    def _progress(self) -> Callable[[int], object] | None:
        """Return what advances a progress bar on stderr, unless results are shown in the same terminal."""
        options = self.options
        if not options.output and (not options.input or sys.stdout.isatty()):
            return None
        from tqdm import tqdm

        bar = tqdm(unit=" sentences", disable=None, dynamic_ncols=True)
        return lambda done: bar.update(done)


def _ask() -> str:
    """Read a typed line. The prompt goes to stderr if results are written to a file or pipe."""
    if sys.stdout.isatty():
        return input("> ")
    print("> ", end="", file=sys.stderr, flush=True)
    return input()
