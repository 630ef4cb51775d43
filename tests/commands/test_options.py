"""Messages of the library, in the words of the command line."""

from __future__ import annotations

import pytest

from seq2seq.cli import build_parser
from seq2seq.commands.options import with_flags


@pytest.mark.parametrize(
    ("command", "message", "expected"),
    [
        (["translate"], "`n_best` 3 needs `beam` 3", "--n-best 3 needs --beam 3"),
        (["train", "x.yaml"], "use `device` cpu", "use --device cpu"),
        (["train", "x.yaml"], "use `precision` fp32", "use `precision` fp32"),  # there it is a setting
        (["evaluate", "-i", "x"], "a lag is a number or `full`", "a lag is a number or `full`"),
        (["data", "fetch", "x"], "or `force` it; `data.out`", "or --force it; `data.out`"),
    ],
)
def test_parameters_are_named_by_the_flags_of_the_command(
    command: list[str], message: str, expected: str
) -> None:
    parser = build_parser().parse_args(command).parser
    assert with_flags(message, parser) == expected
