"""Translation memories: what is read of them, and what is refused."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from seq2seq.corpus.pairs import Pair, read_pairs, scan_pairs
from seq2seq.errors import UserError

GO, WHO = Pair("Go.", "Ve."), Pair("Who is it?", "¿Quién es?")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'
    '<tmx version="1.4"><header/><body>\n'
)
TAIL = "</body></tmx>\n"


def unit(english: str, spanish: str, en: str = "en", es: str = "es") -> str:
    first = f'<tuv xml:lang="{en}"><prop type="x">no</prop><seg>{english}</seg></tuv>'
    return f'<tu>{first}<tuv xml:lang="{es}"><seg>{spanish}</seg></tuv></tu>\n'


def put(tmp_path: Path, content: str | bytes, name: str = "a.tmx") -> Path:
    raw = content.encode() if isinstance(content, str) else content
    path = tmp_path / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


UNITS = unit("Go.", "Ve.", "EN-US", "es_ES") + unit("Who\n  is it?", "¿Qui&#233;n es?")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tmx", HEAD + UNITS + TAIL),
        ("a.tmx.gz", HEAD + UNITS + TAIL),
        ("a.tmx", (HEAD.replace("UTF-8", "UTF-16") + UNITS + TAIL).encode("utf-16")),
        ("a.tmx", (HEAD.replace("UTF-8", "ISO-8859-1") + UNITS + TAIL).encode("latin-1")),
        ("a.tmx", HEAD + UNITS.replace("xml:lang", "lang") + TAIL),
        (
            "a.tmx",
            HEAD + UNITS.replace("Go.", '<bpt i="1">&lt;b></bpt><hi>Go</hi><ph>{<sub>x</sub>}</ph>.') + TAIL,
        ),
    ],
)
def test_units_become_pairs(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert list(read_pairs(put(tmp_path, content, name))) == [GO, WHO]


def test_a_unit_without_both_languages_is_named_by_its_line(tmp_path: Path) -> None:
    content = (
        HEAD + unit("Go.", "Ve.") + unit("Go.", "Va.", es="fr") + unit("Who is it?", "¿Quién es?") + TAIL
    )
    first, problem, last = scan_pairs(put(tmp_path, content))
    assert (first, last) == (GO, WHO)
    assert str(problem).endswith("a.tmx:5: a unit without a segment in `en` and one in `es`: it has en, fr")


BOMB = '<!DOCTYPE tmx [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (f"{BOMB}]>\n<tmx><tu>&j;</tu></tmx>", "declares the entity 'a'"),
        ('<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx>&a;</tmx>', "declares the entity 'a'"),
        ('<!DOCTYPE tmx [<!ENTITY % a SYSTEM "http://x.example">%a;]><tmx/>', "declares the entity 'a'"),
        (HEAD + unit("caf&eacute;", "x") + TAIL, "entity 'eacute' is not defined"),
        (HEAD + unit("Go.", "Ve."), "not well-formed XML: no element found"),
        (HEAD + "<tu>\n\n</body>", "a.tmx:6: not well-formed XML: mismatched tag"),
        (HEAD + unit("a\x01", "b") + TAIL, "a.tmx:4: not well-formed XML"),
        (HEAD.encode() + b"<tu>caf\xe9</tu>", "not well-formed XML"),
        ("<html></html>", "a.tmx:1: the file is XML, but no TMX: it begins with <html>"),
        ("", "not well-formed XML"),
        (HEAD + "<a>" * 100_000, "more than 64 elements"),
        ('<?xml version="1.0" encoding="x-klingon"?><tmx/>', "unknown encoding"),
    ],
)
def test_what_is_no_safe_tmx_is_refused(tmp_path: Path, content: str | bytes, fault: str) -> None:
    with pytest.raises(UserError, match=fault.replace("(", r"\(")):
        list(read_pairs(put(tmp_path, content)))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = put(tmp_path, HEAD + unit("Go. " * 20, "Ve. " * 20) * 20_000 + TAIL, "a.tmx.gz")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_pairs(path)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("content", ["<seg>" + "a" * (1 << 25), '<seg x="' + "a" * (1 << 25)])
def test_an_endless_segment_or_tag_is_refused(tmp_path: Path, content: str) -> None:
    path = put(tmp_path, f"{HEAD}<tu><tuv>{content}", "a.tmx.gz")
    with pytest.raises(UserError, match=r"more than 16,777,216"):
        list(read_pairs(path))
