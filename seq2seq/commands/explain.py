"""`seq2seq explain`."""

from __future__ import annotations

import argparse
from pathlib import Path

from seq2seq.commands.destination import Destination
from seq2seq.commands.options import (
    Subparsers,
    add_command,
    add_model,
    check_picture,
    find_model,
    load_translator,
)
from seq2seq.commands.page import model_name
from seq2seq.errors import print_error


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "explain",
        run,
        "draw the unrolled network for one sentence",
        "Prints what is read and written at each time step, and draws that, the attention, and gates. "
        "Always uses greedy search, even where `translate` would search again with a beam.",
    )
    parser.add_argument("text", metavar="TEXT", help="one sentence")
    add_model(parser)
    parser.add_argument(
        "--lag", metavar="N", help="characters to read ahead: a number, or full (the model's own)"
    )
    parser.add_argument("--plot", default="explain.png", metavar="FILE", help="the PNG file (explain.png)")
    parser.add_argument(
        "--html",
        metavar="FILE",
        help="also write the page that `seq2seq page` writes, with this sentence and lag in it",
    )


def run(options: argparse.Namespace) -> None:
    """Print and draw the unrolled network."""
    from seq2seq.drawing.explain import draw, to_text, unroll

    path = Path(options.plot)
    check_picture(path)
    destination = None if options.html is None else Destination(options.html)
    translator, _ = load_translator(options.model, "cpu")
    unrolled = unroll(translator, options.text, options.lag)
    print(to_text(unrolled))
    draw(unrolled, path)
    print_error(f"the figure is in {path}")
    if destination is not None:
        from seq2seq.page.bundle import page
        from seq2seq.storage.modelfile import read_model

        file = find_model(options.model)
        start = {"text": options.text, "lag": unrolled.lag}
        destination.write([page(read_model(file), model_name(file), start=start)])
        destination.finish()
        if destination.path is not None:
            print_error(f"the page is in {destination.path}; open it in a browser")
