"""`python -m seq2seq`, and the `seq2seq` command."""

from collections.abc import Sequence
from typing import NoReturn

from seq2seq.commands import stopping


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; Ctrl-C is quiet from here on, also while the program is imported."""
    stopping.install()
    from seq2seq.cli import main as run

    run(arguments)


if __name__ == "__main__":
    main()
