"""`seq2seq translate`: text from arguments, a file, a pipe or a terminal, with the same result for all."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.destination import Destination, is_stdout
from seq2seq.commands.documents import DOCUMENTS, document_format, read_document, translate_document
from seq2seq.commands.options import (
    GOOD_LAG,
    SMALL_LAGS,
    Subparsers,
    add_beam,
    add_command,
    add_computation,
    add_model,
    check_picture,
    check_search,
    load_translator,
    request_of,
    setting,
)
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
        "Without TEXT and -i, standard input is read line by line; in a terminal there is a prompt, whose "
        f":help lists its commands. A small lag costs quality: {SMALL_LAGS}. Lag {GOOD_LAG} is a good start.",
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
    parser.add_argument(
        "-i", "--input", metavar="FILE", help="translate the lines of a file; - is standard input"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to this file, which may be that of -i; it appears at the end; - is standard output",
    )


def run(options: argparse.Namespace) -> None:
    """Translate."""
    for name in ("input", "output"):
        if getattr(options, name) == "":
            raise UsageError(f"--{name} needs a file name, not an empty string")
    if options.output is not None and is_stdout(options.output):
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
        check_picture(Path(options.plot))
    typed = not options.text and options.input in (None, "-") and sys.stdin is not None and sys.stdin.isatty()
    prompt = typed and options.input is None and options.output is None
    groups = iter(()) if prompt or document else open_lines(options.text, options.input)
    content = read_document(options.input) if document else ""
    translator, _ = load_translator(options.model, options.device)
    session = Session(translator, options)
    check_search(options, [translator.options(session.request).lag])  # raises before anything is read
    check_confidence(translator, options)
    if typed and not prompt:
        where = f"; the translations go to {session.output.path}" if session.output.path else ""
        print_error(f"Type English; Ctrl-D on an empty line ends{where}.")
    if document:
        session.translate_document(document, content)
    elif prompt:
        session.prompt()
    else:
        session.translate(groups)
        if options.plot and session.last:
            draw(session.last, Path(options.plot))
    warn(session.counts, [*session.remarks.sentences(), *session.about_input])


class Session:
    """A loaded model and the options for its use.

    Attributes:
        request: how to translate; a command may change its lag.
        counts: what had to be changed in the input so far.
        remarks: what there is to say at the end about lines, and about what was left out.
        about_input: what there is to say about the input as a whole.
        last: the translation of the last line.
    """

    def __init__(self, translator: Translator, options: argparse.Namespace) -> None:
        self.translator, self.options = translator, options
        self.output = Destination(options.output)
        self.request = replace(
            request_of(options),
            n_best=options.n_best,
            attention=bool(options.show or options.plot or options.attention),
            glossary=glossary_of(options),
            sampling=sampling_of(options),
        )
        self.counts = Counts()
        self.remarks = Remarks(translator, options.min_confidence)
        self.progress = self._progress()
        self.about_input: list[str] = []
        self.last: Translation | None = None

    def translate(self, groups: Iterator[list[bytes]]) -> None:
        """Translate all input, given in groups of lines, to the output."""
        self.output.write_all(map(self._answers, self._watched(groups)))

    def _watched(self, groups: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
        """Yield the groups, and note if the first shows that the input is in UTF-16 or UTF-32."""
        for number, lines in enumerate(groups):
            if number == 0 and b"\0" in lines[0]:
                from seq2seq.corpus.encodings import wrong_encoding

                file = "FILE" if self.options.input in (None, "-") else self.options.input
                if problem := wrong_encoding(b"\n".join(lines)[:400], file):
                    self.about_input.append(f"the input {problem}")
            yield lines

    def translate_document(self, kind: str, document: str) -> None:
        """Translate a document of a format to the output."""

        def translate(lines: Sequence[str], attention: bool) -> list[Translation]:
            request = replace(self.request, attention=attention)
            translations = self.translator.decode(lines, request, self.progress, self.counts)
            for translation in translations:
                self.remarks.add_left_out(translation)
            return translations

        written, remarks = translate_document(kind, document, translate, self.counts)
        self.counts.lines.clear()  # what was translated at once are parts of a document and no lines
        self.about_input = remarks
        self.output.write([written])
        self.output.finish()

    def prompt(self) -> None:
        """Translate typed lines until Ctrl-D; commands such as `:lag N` change how."""
        from seq2seq.commands.prompt import Dials, run_prompt

        options = self.options
        dials = Dials(self.translator, options.model, self.request, options.device, options.parser)

        def answer(line: str) -> bytes:
            self.translator, self.request = dials.translator, dials.request
            self.remarks.translator = dials.translator
            return b"".join(self._answers([os.fsencode(line)]))

        run_prompt(dials, answer)

    def _answers(self, raw: list[bytes]) -> list[bytes]:
        """Return the output lines for input lines."""
        begun, lines = self.remarks.lines, []
        for self.counts.line, line in enumerate(raw, start=begun + 1):
            lines.append(decode_line(line, self.counts))
        self.counts.line = begun
        options = self.options
        request = self.request
        if request.sampling is not None:
            request = replace(request, sampling=replace(request.sampling, first_line=self.remarks.lines))
        translations = self.translator.decode(lines, request, self.progress, self.counts)
        self.remarks.add(translations)
        self.last = translations[-1] if translations else None
        drawn = self.request.attention and (options.show or not options.plot)
        render = as_json if options.format == "jsonl" else as_drawing if drawn else as_text
        return [f"{render(translation, options.min_confidence)}\n".encode() for translation in translations]

    def _progress(self) -> Callable[[int], object] | None:
        """Return what advances a progress bar on stderr, unless results are shown in the same terminal."""
        options = self.options
        if not options.output and (not options.input or sys.stdout.isatty()):
            return None
        from tqdm import tqdm

        bar = tqdm(unit=" sentences", disable=None, dynamic_ncols=True)
        return lambda done: bar.update(done)
