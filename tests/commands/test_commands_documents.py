"""`translate` with documents: by --format, by the name of the file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Cli

from seq2seq.commands.documents import DOCUMENTS

SRT = b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,000\r\n- i like pizza\r\n\r\n"
PARTS = {
    "srt": (SRT[:39], SRT[-4:], SRT),
    "vtt": (
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n",
        b"\n",
        b"WEBVTT\n\n00:01.000 --> 00:02.000\ni like pizza\n",
    ),
    "html": (b"<p class='\xe9'>", b"</p>\n", b"<p class='\xe9'>i like pizza</p>\n"),
    "markdown": (b"# ", b"\n\n`x`\n", b"# i like pizza\n\n`x`\n"),
}


@pytest.mark.parametrize("kind", list(DOCUMENTS))
def test_a_document_is_known_by_its_name_or_by_the_option(translate: Cli, tmp_path: Path, kind: str) -> None:
    if kind == "markdown":
        pytest.importorskip("markdown_it")
    before, after, document = PARTS[kind]
    file, out = tmp_path / f"a{DOCUMENTS[kind][0].upper()}", tmp_path / "out"
    file.write_bytes(document)
    assert translate("-i", file, "-o", out)[0] == 0
    written = out.read_bytes()
    assert written.startswith(before)
    assert written.endswith(after)
    assert b"like" not in written
    piped = translate("--format", kind, "-o", out, stdin=document)
    assert (piped.code, out.read_bytes()) == (0, written)


def test_a_document_can_be_translated_line_by_line(translate: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_bytes(b"i like\npizza\n")
    assert translate("-i", file).out.count("\n") == 1
    assert translate("--format", "text", "-i", file).out.count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (
            ["--format", "srt", "i like pizza"],
            "--format srt translates a document: name a file with -i or use a pipe",
        ),
        (["--format", "srt", "--stream"], "--stream is for lines of text, not for a document"),
        (
            ["-i", "a.vtt", "--n-best", "2", "--beam", "2"],
            "by its name, a.vtt is vtt; --format text has lines read",
        ),
        (["-i", "a.html", "--show"], "--show is for lines of text"),
        (["-i", "none.srt"], "none.srt cannot be read: No such file"),
    ],
)
def test_what_does_not_go_with_a_document_is_refused(
    translate: Cli, arguments: list[str], fault: str
) -> None:
    result = translate(*arguments)
    assert result.code in (1, 2)
    assert fault in result.err


def test_utf_16_is_refused_with_the_remedy(translate: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_bytes(SRT.decode("utf-8-sig").encode("utf-16"))
    result = translate("-i", tmp_path / "a.srt")
    assert result.code == 1
    assert "a.srt: is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8" in result.err
