"""Where results go: standard output under all its names, devices, and files that appear whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commandline import SOURCES, Cli

from seq2seq.translator import Translator


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("".join(f"{line}\n" for line in SOURCES[:3]), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_has_several_names(
    name: str, translate: Cli, source: Path, expected: dict[str, str]
) -> None:
    assert translate("-i", source, "-o", name).lines == [expected[line] for line in SOURCES[:3]]


def test_a_dash_is_standard_input(translate: Cli, source: Path, expected: dict[str, str]) -> None:
    result = translate("-i", "-", stdin=source.read_bytes())
    assert result.lines == [expected[line] for line in SOURCES[:3]]


def test_devices_and_pipes_are_written_to(
    translate: Cli, source: Path, tmp_path: Path, expected: dict[str, str]
) -> None:
    assert translate("-i", source, "-o", os.devnull) == (0, "", "")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert translate("-i", source, "-o", pipe).code == 0
    assert os.read(reader, 10_000).decode().splitlines() == [expected[line] for line in SOURCES[:3]]
    os.close(reader)


def test_a_file_may_be_translated_in_place(translate: Cli, source: Path, expected: dict[str, str]) -> None:
    assert translate("-i", source, "-o", source) == (0, "", "")
    assert source.read_text("utf-8").splitlines() == [expected[line] for line in SOURCES[:3]]


def interrupt_after(groups: int) -> Callable[..., Any]:
    """Return a `Translator.decode` that is interrupted after some groups of lines."""
    decode, calls = Translator.decode, []

    def interrupted(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) > groups:
            raise KeyboardInterrupt
        return decode(*arguments)

    return interrupted


def test_what_was_translated_before_ctrl_c_is_kept(
    translate: Cli,
    source: Path,
    tmp_path: Path,
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = [expected[SOURCES[0]], expected[SOURCES[1]]]
    monkeypatch.setattr("seq2seq.commands.reading.FIRST_BYTES", len("\n".join(SOURCES[:2])) + 1)
    monkeypatch.setattr(Translator, "decode", interrupt_after(1))
    result = translate("-i", source)
    assert (result.code, result.lines) == (130, done)
    assert result.err == "seq2seq: stopped after 2 lines\n"
    monkeypatch.undo()
    monkeypatch.setattr("seq2seq.commands.reading.FIRST_BYTES", len("\n".join(SOURCES[:2])) + 1)
    monkeypatch.setattr(Translator, "decode", interrupt_after(1))
    out = tmp_path / "out.txt"
    result = translate("-i", source, "-o", out)
    assert (result.code, result.out) == (130, "")
    assert result.err == f"seq2seq: stopped after 2 lines, which are in {out}.part\n"
    assert not out.exists()
    assert Path(f"{out}.part").read_text("utf-8").splitlines() == done


def test_the_first_results_of_a_large_file_come_before_the_last_are_read(
    source: Path, monkeypatch: pytest.MonkeyPatch, translate: Cli
) -> None:
    source.write_text("".join(f"{line}\n" for line in SOURCES * 400), encoding="utf-8")
    groups: list[int] = []
    decode = Translator.decode

    def counted(translator: Translator, lines: list[str], *arguments: Any) -> Any:
        groups.append(len(lines))
        return decode(translator, ["1"] * len(lines), *arguments)

    monkeypatch.setattr(Translator, "decode", counted)
    assert len(translate("-i", source).lines) == len(SOURCES) * 400 == sum(groups)
    assert groups[0] < 1200
    assert groups[0] < groups[1] < groups[2]
