"""Messages of the library, in the words of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from seq2seq.cli import build_parser, run
from seq2seq.commands.options import setting, with_flags
from seq2seq.errors import UsageError


@pytest.mark.parametrize(
    ("command", "message", "expected"),
    [
        (["translate"], "`n_best` 3 needs `beam` 3", "--n-best 3 needs --beam 3"),
        (["evaluate", "-i", "x"], "use `lag` full", "use --lags full"),
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


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("decode.beam", "5", 5),
        ("decode.beam", "0", None),
        ("decode.beam", "101", None),
        ("decode.beam", "2.0", None),
        ("decode.beam", "9" * 5000, None),
        ("decode.length_penalty", ".5", 0.5),
        ("decode.length_penalty", "0", 0.0),
        ("decode.length_penalty", "nan", None),
        ("decode.length_penalty", "10.1", None),
    ],
)
def test_options_are_read_as_their_settings_are(name: str, text: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(argparse.ArgumentTypeError, match=r"expected a (whole )?number from"):
            setting(name)(text)
    else:
        assert setting(name)(text) == value
