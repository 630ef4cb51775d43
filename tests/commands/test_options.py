"""Messages of the library, in the words of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.cli import build_parser, run
from seq2seq.commands.options import with_flags
from seq2seq.errors import UsageError


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
    assert with_flags(UsageError(message), parser) == expected


def test_the_keys_of_a_configuration_are_not_taken_for_flags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("device", "out", "resume"):  # flags of the command
        path = tmp_path / f"{key}.yaml"
        path.write_text(f"{key}: 1\n")
        assert run(["train", str(path)]) == 2
        error = capsys.readouterr().err
        assert f"{key}.yaml:1: `{key}`" in error
        assert f"--{key}" not in error
