"""Translation while you type: what the screen shows after each key, at a terminal as well."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from argparse import ArgumentParser

import pytest
from tiny import GOLDEN, load_copying, short_pairs

from seq2seq.commands import live as live_module
from seq2seq.commands.live import Live
from seq2seq.commands.prompt import Dials
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.lag import FULL, Lag
from seq2seq.translator import Translator


def type_keys(live: Live, text: str) -> None:
    live.press(live_module._KEY.findall(text))


def screen(printed: str, columns: int = 80) -> list[str]:
    """The lines on a screen after what was printed: new lines, clearing, going up and right."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[\d*[A-Z]|[^\x1b]", printed):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[J":
            lines[row:] = [lines[row][:column]]
        elif part == "\x1b[A":
            row -= 1
        elif part.startswith("\x1b"):
            column += int(part[2:-1])
        else:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + 1 :]
            column += 1
    assert all(len(line) <= columns for line in lines)
    return lines


@pytest.fixture
def live(tiny: Translator) -> Live:
    return with_dials(tiny, DecodingRequest(3))


def with_dials(translator: Translator, request: DecodingRequest) -> Live:
    return Live(Dials(translator, None, request, "cpu", ArgumentParser(), live_module.COMMANDS))


def batch(tiny: Translator, text: str, lag: Lag) -> str:
    return tiny.translate(text, lag=lag)


def test_the_translation_grows_as_one_types(
    live: Live, tiny: Translator, capsys: pytest.CaptureFixture[str]
) -> None:
    source, seen = "my dog is hungry", []
    for key in source:
        type_keys(live, key)
        typed, text = screen(capsys.readouterr().out)
        assert typed == f"> {live.typed}"
        seen.append(text.removeprefix("  "))
    whole = batch(tiny, source, 3)
    assert all(whole.startswith(text) for text in seen)
    assert len(set(seen)) > 8
    type_keys(live, "\n")
    assert screen(capsys.readouterr().out) == [f"> {source}", f"  {whole}", "> ", "  "]


def test_a_beam_is_for_lag_full(tiny: Translator, capsys: pytest.CaptureFixture[str]) -> None:
    """The lag stays the same if the beam does not fit the new one."""
    sources = [pair.source for pair in short_pairs(40)]
    pairs = zip(sources, tiny.translate(sources), tiny.translate(sources, beam=4), strict=True)
    source, wide = next((source, wide) for source, narrow, wide in pairs if narrow != wide)
    type_keys(with_dials(tiny, DecodingRequest(FULL, 4)), f"{source}\n:lag 3\n{source}\n")
    shown = screen(capsys.readouterr().out, columns=200)
    assert shown[1] == shown[-3] == f"  {wide}"
    said = " ".join(line.strip() for line in shown[3:-4])
    assert said == (
        "beam search needs lag full: at lag 3 output is final as soon as it is written; "
        "use :beam 1 or :lag full"
    )


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ("my dogs\x7f", "my dog"),
        ("my dogs\b", "my dog"),
        ("jose\u0301\x7f", "jos"),
        ("my dog is\x17", "my dog "),
        ("my dog\x15the cat", "the cat"),
        ("\x7f\x7fmy", "my"),
        ("my\x1b[D\x1b[1;5C\x1bOA\x1bb dog\x07", "my dog"),
        ("my dog\x1b\x1b[D", "my dog"),
        ("a ❤\ufe0f\x7f", "a "),
        ("my\tdog\u3000is", "my\tdog\u3000is"),
    ],
)
def test_what_is_taken_back_was_never_there(live: Live, tiny: Translator, keys: str, left: str) -> None:
    type_keys(live, keys)
    fresh = tiny.stream(3)
    assert (live.typed, live.text) == (left, fresh.feed(left))
    type_keys(live, " is here")
    assert live.text == tiny.stream(3).feed(f"{left} is here") != ""


def test_a_command_changes_the_lag(live: Live, tiny: Translator, capsys: pytest.CaptureFixture[str]) -> None:
    type_keys(live, ":lag full\nmy dog is hungry")
    assert (live.dials.request.lag, live.text) == ("full", "")
    type_keys(live, "\n:lag 99\n:tau\n:lag 0\nmy dog is hungry\n")
    lines = screen(capsys.readouterr().out)
    assert lines[:2] == ["> :lag full", "  lag full"]
    assert lines[3] == "  " + batch(tiny, "my dog is hungry", "full")
    assert "not trained for lag 99" in lines[5]
    assert "there is no command :tau; :help lists" in lines[7]
    assert lines[9].startswith("  lag 0; below lag 3 the first word is often a guess")
    assert lines[-3] == "  " + batch(tiny, "my dog is hungry", 0) != lines[3]


@pytest.mark.parametrize("line", [":) my dog is hungry", ": my dog is hungry", ":-", "::lag 0"])
def test_a_colon_without_a_word_is_text(live: Live, tiny: Translator, line: str) -> None:
    type_keys(live, line)
    assert (live.typed, live.text) == (line, tiny.stream(3).feed(line))


def test_a_line_wider_than_the_screen_shows_its_end(
    live: Live, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    type_keys(live, "my dog is hungry and my cat is 猫猫")
    typed, text = screen(capsys.readouterr().out, 20)
    assert typed.startswith("> …")
    assert typed.endswith("is 猫猫")
    assert text.startswith("  …")


def test_lag_full_shows_that_it_waits(tiny: Translator, capsys: pytest.CaptureFixture[str]) -> None:
    live = with_dials(tiny, DecodingRequest(FULL))
    type_keys(live, "my")
    assert screen(capsys.readouterr().out)[1] == f"  {live_module.WAITING}"
    type_keys(live, " dog\n")
    assert screen(capsys.readouterr().out)[-3] == "  " + batch(tiny, "my dog", FULL)


@pytest.mark.parametrize("words", [":q", "exit", "quit"])
def test_a_word_ends_it(live: Live, words: str) -> None:
    type_keys(live, f"{words}\n")
    assert live.over


def test_parts_that_were_left_out_are_counted() -> None:
    live = with_dials(load_copying(-50), DecodingRequest(3))
    type_keys(live, "my dog 🦤 is\nhe is 🦤 here")
    assert live.left_out.count == 1  # the second line is not complete yet
    type_keys(live, "\n")
    assert live.left_out.count == 2
    assert list(live.left_out.texts) == ["🦤"]


def test_ctrl_d_ends_only_an_empty_line(live: Live) -> None:
    type_keys(live, "a\x04")
    assert not live.over
    type_keys(live, "\x7f\x04")
    assert live.over


def test_at_a_terminal(tiny: Translator) -> None:
    """The whole program at a pseudo-terminal: keys in pieces, and the terminal as it was afterwards."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    command = [sys.executable, "-m", "seq2seq", "translate", "-m", str(GOLDEN), "--stream", "--lag", "3"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        whole = batch(tiny, "my dog is hungry", 3)
        printed = _until(ours, "> ")
        os.write(ours, b"my dogs\x7f is hungr\xff\x7f\x1b")
        _until(ours, "hungr")
        time.sleep(4 * live_module.ESCAPE_SECONDS)  # by then the escape key is a key of its own
        os.write(ours, b"y\x1b[D\x1a\n")
        printed = _until(ours, f"{whole}\r\n")
        assert "\x1b[D" not in printed
        os.write(ours, b"\x04")
        _until(ours, "1 byte that is not UTF-8 was replaced")
        assert process.wait(60) == 0
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


def _until(descriptor: int, wanted: str) -> str:
    """Read a terminal's output until `wanted` is in it."""
    printed, deadline = b"", time.monotonic() + 60
    while wanted not in printed.decode(errors="ignore"):
        ready, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"{wanted!r} did not come after {printed!r}"
        printed += os.read(descriptor, 4096)
    return printed.decode()
