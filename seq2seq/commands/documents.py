"""Documents for `seq2seq translate`: which format a file has, reading it whole, and translating its text."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from seq2seq.commands.reading import READ_ONLY, read_bytes
from seq2seq.errors import UsageError, UserError
from seq2seq.text.normalise import Counts

if TYPE_CHECKING:
    from seq2seq.formats.document import Translate

DOCUMENTS: Final = {
    "srt": (".srt",),
    "vtt": (".vtt",),
    "html": (".html", ".htm", ".xhtml"),
    "markdown": (".md", ".markdown"),
}
"""The formats of documents, each with the endings of its files."""
_MOST_BYTES = 1 << 26
_UNFIT = ("stream", "show", "plot", "score", "attention", "min_confidence")
"""Options that are about lines."""


def document_format(options: argparse.Namespace) -> str | None:
    """Return the format of the document to translate, by --format or else by the name of the file.

    None means lines.

    Raises:
        UsageError: another option does not go with a document.
    """
    ending = PurePath(options.input or "").suffix.lower()
    named = next((name for name, endings in DOCUMENTS.items() if ending in endings), None)
    kind: str | None = options.format or named
    if kind not in DOCUMENTS:
        return None
    unfit = [name for name in _UNFIT if getattr(options, name)] + ["n_best"] * (options.n_best > 1)
    why = "" if options.format else f" (by its name, {options.input} is {kind}; --format text has lines read)"
    if unfit:
        raise UsageError(f"--{unfit[0].replace('_', '-')} is for lines of text, not for a document{why}")
    if options.text:
        raise UsageError(f"--format {kind} translates a document: name a file with -i or use a pipe")
    if not options.input and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError(f"--format {kind} needs a document: name a file with -i or use a pipe")
    return kind


def read_document(file: str | None) -> str:
    """Return a whole document, from a file or standard input; a bad byte is a lone surrogate in it.

    Raises:
        UserError: it cannot be read, is too large, or is in UTF-16.
    """
    from seq2seq.corpus.encodings import wrong_encoding

    try:
        descriptor = os.open(file, READ_ONLY) if file and file != "-" else sys.stdin.fileno()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    content = bytearray()
    while data := read_bytes(descriptor):
        content += data
        if len(content) > _MOST_BYTES:
            raise UserError(f"a document has at most {_MOST_BYTES:,} bytes; cut it into smaller ones")
    name = file if file and file != "-" else "FILE"
    if encoding := wrong_encoding(bytes(content[:400]), name):
        raise UserError(f"{name}: {encoding}")
    return content.decode("utf-8", "surrogateescape")


def translate_document(
    kind: str, document: str, translate: Translate, counts: Counts
) -> tuple[bytes, list[str]]:
    """Return a document with its text translated, and what there is to say about it.

    Args:
        kind: one of `DOCUMENTS`.
        document: as `read_document` returns it.
        translate: the model.
        counts: counts here what had to be changed in the text.

    Raises:
        UsageError: a package for the format is missing.
    """
    remarks = []
    if kind in ("srt", "vtt"):
        from seq2seq.formats.subtitles import LINES, WIDTH, translate_subtitles

        text, overfull = translate_subtitles(document, translate, kind == "vtt", counts)
        if overfull:
            cues = "1 cue has" if overfull == 1 else f"{overfull:,} cues have"
            remarks.append(f"{cues} more than {LINES} lines of {WIDTH} characters")
    elif kind == "html":
        from seq2seq.formats.webpage import translate_html

        text = translate_html(document, translate, counts)
    else:
        from seq2seq.formats.markdowntext import translate_markdown

        text = translate_markdown(document, translate, counts)
    return text.encode("utf-8", "surrogateescape"), remarks
