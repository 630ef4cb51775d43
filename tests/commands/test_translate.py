"""`translate`: arguments, files and pipes give the same answers, line by line."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from commandline import SOURCES, Cli, Result
from tiny import GOLDEN

from seq2seq.commands.reading import read_lines
from seq2seq.decoding.hypothesis import Hypothesis


def test_arguments_files_and_pipes_give_the_same_answer(
    translate: Cli, expected: dict[str, str], tmp_path: Path
) -> None:
    text = "".join(f"{source}\n" for source in SOURCES)
    file, out = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_text(text, encoding="utf-8")
    answer = Result(0, "".join(f"{line}\n" for line in expected.values()), "")
    assert len(set(expected.values())) > 8
    assert translate(*SOURCES) == answer
    assert translate(stdin=text.encode()) == answer
    assert translate(stdin=text.encode().removesuffix(b"\n")) == answer
    assert translate("-i", file) == answer
    assert translate("-i", file, "-o", out) == Result(0, "", "")
    assert out.read_text("utf-8") == answer.out
    assert translate("-o", out, *SOURCES[:1]) == Result(0, "", "")
    assert out.read_text("utf-8") == expected[SOURCES[0]] + "\n"
    assert translate("--stream", "--lag", "full", stdin=text.encode()) == answer


def test_a_stream_is_the_same_at_every_lag(translate: Cli) -> None:
    text = "\n".join(SOURCES[:5]).encode()
    for lag in (0, 5):
        assert translate("--stream", "--lag", lag, stdin=text) == translate("--lag", lag, stdin=text)
    assert translate("--lag", 0, stdin=text) != translate("--lag", 5, stdin=text)


def test_a_run_directory_stands_for_its_model(cli: Cli, expected: dict[str, str]) -> None:
    result = cli("translate", "-m", GOLDEN, "--device", "cpu", SOURCES[0])
    assert result.lines == [expected[SOURCES[0]]]


ODD_LINES: list[bytes] = [
    b"",
    SOURCES[0].encode(),
    b"   \t ",
    b"\xef\xbb\xbf" + SOURCES[1].encode() + b"\r",
    "\u2028\u2029\x85".encode(),
    f"{SOURCES[2]}\u2028{SOURCES[3]}\x0b\x0c\x1c{SOURCES[4]}".encode(),
    "🦤 👩‍👩‍👧 ñandú 猫".encode(),
    b"\xff\xfe\x00",
    b"\x1b[31mred\x1b[0m \x07",
    b"\r",
    ("the red house is big. " * 15).encode(),
    ("x" * 250).encode(),
    "\u0301\u0301 \u200b\u202e\ufeff".encode(),
    b"\xed\xa0\x80 \xf0\x9f",
    SOURCES[5].encode(),
]


def test_as_many_lines_come_out_as_went_in(translate: Cli, expected: dict[str, str]) -> None:
    results = [translate(*way, stdin=b"\n".join(ODD_LINES)) for way in ([], ["--lag", "2"], ["--stream"])]
    for result in results:
        assert result.code == 0
        assert len(result.lines) == len(ODD_LINES)
        # White space stays, but what could end a line or steer a terminal does not.
        assert [result.lines[place] for place in (0, 2, 4, 9)] == ["", "   \t ", "   ", "\r"]
        kept = set(result.out) - set("\n\r\t\ufeff\u200b\u200d")
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in kept)
    whole = results[0].lines
    assert [whole[place] for place in (1, 14)] == [expected[SOURCES[place]] for place in (0, 5)]
    assert whole[3] == f"\ufeff{expected[SOURCES[1]]}\r"


def test_one_warning_at_the_end_counts_what_was_odd(translate: Cli) -> None:
    lines = [b"a\xff\xfe", b"\0\x1b[31mb\x07", b"i like it. " * 40, "猫".encode(), b"plain"]
    result = translate(stdin=b"\n".join(lines))
    assert result.code == 0
    assert result.err == (
        "seq2seq: in the input, 2 bytes that are not UTF-8 were replaced (line 1), "
        "3 control characters were dropped (U+0000, U+001B, U+0007, line 2), "
        "1 line had a long sentence that was cut (line 3); "
        "the model left out 42 parts of the input (spans or unknown characters: “\ufffd\ufffd”, “[31”, “.”, "
        "lines 1, 2, 3)\n"
    )
    assert translate(stdin=b"plain\r\n\n").err == ""


def test_text_in_another_encoding_is_named(translate: Cli, tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes("hi\nhi\n".encode("utf-16"))
    result = translate("-i", path)
    assert len(result.lines) == 3  # of the bytes, as ever
    assert (
        f"; the input is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8 {path} > NEW" in result.err
    )
    assert "looks like UTF-16LE" in translate(stdin="hello\n".encode("utf-16-le")).err
    assert "UTF-16" not in translate(stdin=b"a\0b\n").err


def test_composed_and_decomposed_text_are_the_same(translate: Cli) -> None:
    text = "¿dónde está el niño? mañana."
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert composed != decomposed
    results = [translate("--format", "jsonl", one) for one in (composed, decomposed)]
    assert results[0] == results[1]


@pytest.mark.slow
def test_a_line_of_a_million_characters_is_one_line(translate: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the network: the line is cut and joined in little time."""
    seen: list[list[int]] = []

    def echo(_: object, sources: list[list[int]], *__: object) -> list[list[Hypothesis]]:
        seen.extend(sources)
        return [[Hypothesis(ids, [0.0] * (len(ids) + 1), 0.0, True)] for ids in sources]

    monkeypatch.setattr("seq2seq.translator.search", echo)
    line = ("where is the dog? " * 60_000)[:1_000_000].strip()
    result = translate(stdin=f"{line}\n\n{line[:100]}".encode())
    assert result.lines == [line, "", line[:100].strip()]
    assert max(map(len, seen)) <= 200
    assert result.err == ""  # each of its sentences is short enough


@pytest.mark.slow
def test_a_million_characters_go_through_the_network(translate: Cli) -> None:
    result = translate(stdin=("where is the dog? " * 60_000)[:1_000_000].encode())
    assert result.code == 0
    assert len(result.lines) == 1
    assert len(result.out) > 500_000


def test_whole_lines_are_there_before_the_next_are_sent() -> None:
    receive, send = os.pipe()
    lines = read_lines(receive)
    os.write(send, b"one\ntwo\nthr")
    assert next(lines) == [b"one", b"two"]
    os.write(send, b"ee")
    os.write(send, b"\n\n\xc3")
    assert next(lines) == [b"three", b""]
    os.write(send, b"\xb1")
    os.close(send)
    assert list(lines) == [["ñ".encode()]]
    os.close(receive)
