"""`seq2seq page`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from seq2seq.commands.destination import Destination
from seq2seq.commands.options import Subparsers, add_command, add_model, find_model
from seq2seq.errors import UsageError, print_error
from seq2seq.pretrained import MODEL_NAME

if TYPE_CHECKING:
    from pathlib import Path

USUAL_PORT = 8017
"""Where the page is served if no port is given; 0 takes a free one."""


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "page",
        run,
        "write one HTML file that translates as you type",
        "The file holds the model. It works in a browser, without a server and without a network, with the "
        "lag as a slider.",
    )
    add_model(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the HTML file; - is standard output")
    parser.add_argument(
        "--serve",
        nargs="?",
        const=USUAL_PORT,
        type=_port,
        metavar="PORT",
        help=f"serve the page to this machine alone, and open it in the browser (port {USUAL_PORT})",
    )
    parser.add_argument(
        "--table-bits",
        type=int,
        choices=(8, 4),
        default=8,
        help="bits of a number in the tables of words: 4 makes the file smaller and less exact (8)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the page, serve it, or both."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    if options.output is None and options.serve is None and is_terminal:
        raise UsageError("a page is a file of many megabytes: name it with `output`, or use `serve`")
    path = find_model(options.model)
    destination = None
    if options.output is not None or options.serve is None:
        destination = Destination(options.output)

    from seq2seq.page.bundle import page
    from seq2seq.storage.modelfile import read_model

    data = page(read_model(path), model_name(path), options.table_bits)
    if destination is not None:
        destination.write([data])
        destination.finish()
        if destination.path is not None:
            print_error(f"the page is in {destination.path} ({len(data) / 1e6:.1f} MB); open it in a browser")
    if options.serve is not None:
        from seq2seq.page.serving import serve

        serve(data, options.serve)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) < 65536):
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65,535, not {text!r}")
    return int(text)


def model_name(path: Path) -> str:
    """Return the name of a model for a reader: that of its folder or of its file."""
    folder = path.resolve().parent.name
    return folder if path.name == MODEL_NAME and folder else path.stem
