"""Fetching: a server on the loopback stands for the web, and archives are made to be hostile."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import http.server
import io
import lzma
import random
import socketserver
import stat
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from seq2seq.corpus import fetch as fetch_module
from seq2seq.corpus.download import Archive
from seq2seq.corpus.fetch import fetch
from seq2seq.corpus.pairs import read_pairs
from seq2seq.errors import UsageError, UserError

PAIRS = "Go.\tVe.\tCC-BY 2.0\r\nWho?\t¿Quién?\tCC-BY 2.0\n"


def make_zip(**members: str) -> bytes:
    return zip_of(
        [(zipfile.ZipInfo(name.replace("__", "/") + ".txt"), text) for name, text in members.items()]
    )


def zip_of(members: list[tuple[zipfile.ZipInfo, str]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, text in members:
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode())
    return buffer.getvalue()


GOOD = make_zip(**{"spa-eng__spa": PAIRS, "spa-eng___about": "Tatoeba, \x1b[31mCC BY 2.0 FR\nbye\n"})


class Web(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves `pages`: bytes, of which it may declare another number or send only a part, or redirections."""

    daemon_threads = True
    pages: dict[str, bytes | str]
    hang_up_after: int | None = None
    declared_length: int | None = 0
    """0 for the true one, None to declare none."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path)
        if page is None:
            self.send_error(404)
        elif isinstance(page, str):
            self.send_response(302)
            self.send_header("Location", page)
            self.end_headers()
        else:
            self.send_response(200)
            if self.server.declared_length is not None:
                self.send_header("Content-Length", str(self.server.declared_length or len(page)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(page[: self.server.hang_up_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("no_proxy", "*")
    with Web(("127.0.0.1", 0), Handler) as server:
        server.pages = {"/spa.zip": GOOD}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "fetched" / "pairs.tsv"


def left_behind(out: Path) -> list[str]:
    return [path.name for path in out.parent.iterdir()] if out.parent.exists() else []


def local(tmp_path: Path, content: bytes, name: str = "spa.zip") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


def test_known_archive_gives_its_pairs_and_the_notes_on_its_origin(
    web: Web, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Archive(f"{web.url}/spa.zip", len(GOOD), hashlib.sha256(GOOD).hexdigest())
    monkeypatch.setitem(fetch_module.ARCHIVES, "tatoeba", known)
    report = fetch("tatoeba", out)
    assert out.read_text(encoding="utf-8") == "Go.\tVe.\nWho?\t¿Quién?\n"
    assert [pair.target for pair in read_pairs(out)] == ["Ve.", "¿Quién?"]
    assert report.about is not None
    assert report.about.read_text(encoding="utf-8") == "Tatoeba, [31mCC BY 2.0 FR\nbye\n"
    assert (report.pairs, report.problems.count) == (2, 0)
    assert known.sha256 in str(report)
    assert str(report.about) in str(report)
    assert sorted(left_behind(out)) == ["pairs.about.txt", "pairs.tsv"]


def test_wrong_hash_deletes_the_download_and_names_both_hashes(web: Web, out: Path) -> None:
    expected, actual = "0" * 64, hashlib.sha256(GOOD).hexdigest()
    with pytest.raises(UserError, match=f"{actual} and should be {expected}; it was deleted"):
        fetch(f"{web.url}/spa.zip", out, sha256=expected)
    assert left_behind(out) == []
    assert fetch(f"{web.url}/spa.zip", out, sha256=actual.upper()).pairs == 2


def test_wrong_hash_leaves_a_local_file_alone(tmp_path: Path, out: Path) -> None:
    source = local(tmp_path, GOOD)
    with pytest.raises(UserError, match="use another copy"):
        fetch(source, out, sha256="0" * 64)
    assert Path(source).read_bytes() == GOOD


def test_dropped_connection_leaves_nothing_and_the_next_try_works(web: Web, out: Path) -> None:
    web.hang_up_after = len(GOOD) // 2
    with pytest.raises(UserError, match=f"ended after {len(GOOD) // 2} of {len(GOOD)} bytes"):
        fetch(f"{web.url}/spa.zip", out)
    assert left_behind(out) == []
    web.hang_up_after = None
    assert fetch(f"{web.url}/spa.zip", out).pairs == 2


def test_download_that_declares_too_much_is_not_begun(web: Web, out: Path) -> None:
    web.declared_length = fetch_module.MOST_DOWNLOADED + 1
    with pytest.raises(UserError, match="exceeds the limit"):
        fetch(f"{web.url}/spa.zip", out)
    assert left_behind(out) == []


def test_endless_download_is_stopped_at_the_limit(
    web: Web, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.declared_length = None
    web.pages["/spa.zip"] = bytes(64 * 2**20)
    monkeypatch.setattr(fetch_module, "MOST_DOWNLOADED", 1000)
    monkeypatch.setattr(fetch_module, "_checked", None)
    with pytest.raises(UserError, match="exceeds the limit of 1,000 bytes"):
        fetch(f"{web.url}/spa.zip", out)
    assert left_behind(out) == []


def test_local_file_larger_than_the_limit_is_refused(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, "MOST_DOWNLOADED", len(GOOD) - 1)
    with pytest.raises(UserError, match="exceeds the limit"):
        fetch(local(tmp_path, GOOD), out)


def test_redirect_within_the_host_is_followed(web: Web, out: Path) -> None:
    web.pages["/old.zip"] = "/spa.zip"
    assert fetch(f"{web.url}/old.zip", out).pairs == 2


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/spa.zip",
        "https://127.0.0.1/spa.zip",
        "http://localhost:1/spa.zip",
    ],
)
def test_redirect_to_another_scheme_or_host_is_refused(web: Web, out: Path, target: str) -> None:
    web.pages["/away.zip"] = target
    with pytest.raises(UserError, match=r"redirects to .* if you trust that|is not allowed"):
        fetch(f"{web.url}/away.zip", out)
    assert left_behind(out) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/spa.zip",
        "http://127.0.0.1.example.org/spa.zip",
        "http://localhost@example.org/spa.zip",
        "file:///etc/passwd",
        "ftp://example.org/spa.zip",
        "data://text/plain,a",
        "https:///spa.zip",
        "https://[::1/spa.zip",
        "https://[/",
    ],
)
def test_address_that_is_not_https_is_refused(url: str, out: Path) -> None:
    with pytest.raises(UsageError, match=r"only https|not an address"):
        fetch(url, out)


def test_without_network_the_message_tells_how_to_bring_the_file(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as closed:
        url = f"http://127.0.0.1:{closed.server_address[1]}/data/spa.zip"
    with pytest.raises(UserError, match="refused") as caught:
        fetch(url, out, sha256="ab" * 32)
    for part in (url, "ab" * 32, f"save it as {out.parent / 'spa.zip'}"):
        assert part in str(caught.value)
    assert left_behind(out) == []


def test_page_that_is_not_there_is_named_with_its_status(web: Web, out: Path) -> None:
    with pytest.raises(UserError, match="404"):
        fetch(f"{web.url}/nothing.zip", out)


def test_local_archive_and_plain_texts_are_read_too(tmp_path: Path, out: Path) -> None:
    for name, content in (
        ("a.zip", GOOD),
        ("b.txt", PAIRS.encode()),
        ("c.tsv", b"\xef\xbb\xbf" + PAIRS.encode()),
    ):
        report = fetch(local(tmp_path, content, name), out, force=True)
        assert out.read_text(encoding="utf-8") == "Go.\tVe.\nWho?\t¿Quién?\n"
        assert report.pairs == 2


def test_bad_lines_are_left_out_and_the_first_is_named(tmp_path: Path, out: Path) -> None:
    source = local(tmp_path, make_zip(spa=PAIRS + "one column\n" + "a\x00\tb\n" + PAIRS))
    report = fetch(source, out)
    assert (report.pairs, report.problems.count) == (4, 2)
    assert f"{source}:spa.txt:3: one column" in str(report)


def test_web_page_instead_of_pairs_is_refused(tmp_path: Path, out: Path) -> None:
    page = b"<html>\n<body>\n\t<p>Sign in</p>\n</body>\n</html>\n"
    with pytest.raises(UserError, match="not a text of sentence pairs: 1 of 5 lines"):
        fetch(local(tmp_path, page, "spa.txt"), out)
    assert left_behind(out) == []


def test_existing_file_is_not_replaced_unless_forced(tmp_path: Path, out: Path) -> None:
    out.parent.mkdir()
    out.write_text("mine")
    with pytest.raises(UsageError, match="`force`"):
        fetch(local(tmp_path, GOOD), out)
    assert out.read_text() == "mine"
    assert fetch(local(tmp_path, GOOD), out, force=True).pairs == 2


def test_failed_replacement_leaves_the_old_file(tmp_path: Path, out: Path) -> None:
    out.parent.mkdir()
    out.write_text("mine")
    with pytest.raises(UserError, match="sha256"):
        fetch(local(tmp_path, GOOD), out, sha256="0" * 64, force=True)
    assert out.read_text() == "mine"


def test_output_of_another_kind_and_missing_input_are_clear_errors(tmp_path: Path, out: Path) -> None:
    with pytest.raises(UsageError, match=r"\.tsv"):
        fetch("tatoeba", out.with_suffix(".zip"))
    with pytest.raises(UserError, match=r"none\.zip"):
        fetch(str(tmp_path / "none.zip"), out)
    with pytest.raises(UserError, match="cannot read"):
        fetch(str(tmp_path), out)


@pytest.mark.parametrize(
    "name", ["../x.txt", "a/../../x.txt", "/x.txt", "C:\\x.txt", "..\\x.txt", "x\0.txt", ""]
)
def test_member_with_a_hostile_name_is_refused(tmp_path: Path, out: Path, name: str) -> None:
    hostile = zipfile.ZipInfo()
    hostile.orig_filename = hostile.filename = name
    content = zip_of([(zipfile.ZipInfo("spa.txt"), PAIRS), (hostile, PAIRS)])
    with pytest.raises(UserError, match=r"outside the archive|no name"):
        fetch(local(tmp_path, content), out)
    assert left_behind(out) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_link_or_device_is_refused(tmp_path: Path, out: Path, kind: int) -> None:
    link = zipfile.ZipInfo("spa.txt")
    link.external_attr = (kind | 0o777) << 16
    with pytest.raises(UserError, match="link or a device"):
        fetch(local(tmp_path, zip_of([(link, "/etc/passwd")])), out)


def test_member_that_unpacks_too_far_is_refused(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="would unpack from"):
        fetch(local(tmp_path, make_zip(spa="a\tb\n" * 1_000_000)), out)
    monkeypatch.setattr(fetch_module, "MOST_UNPACKED", len(PAIRS.encode()) - 1)
    with pytest.raises(UserError, match="would unpack from"):
        fetch(local(tmp_path, GOOD), out)
    assert left_behind(out) == []


def test_member_larger_than_it_declares_is_refused(tmp_path: Path, out: Path) -> None:
    lines = "".join(f"{i}\t{i}\n" for i in range(10_000))
    size = len(lines).to_bytes(4, "little")
    content = make_zip(spa=lines)
    assert content.count(size) == 2
    with pytest.raises(UserError, match="damaged zip archive"):
        fetch(local(tmp_path, content.replace(size, (1000).to_bytes(4, "little"))), out)
    assert left_behind(out) == []


@pytest.mark.parametrize(("offset", "value", "fault"), [(8, 1, "encrypted"), (10, 14, "unusual method")])
def test_member_of_an_unusual_form_is_refused(
    tmp_path: Path, out: Path, offset: int, value: int, fault: str
) -> None:
    content = bytearray(make_zip(spa=PAIRS))
    content[content.index(b"PK\x01\x02") + offset] = value
    with pytest.raises(UserError, match=fault):
        fetch(local(tmp_path, bytes(content)), out)


def test_archive_without_exactly_one_text_is_refused(tmp_path: Path, out: Path) -> None:
    for content in (make_zip(_about="x"), make_zip(a=PAIRS, b=PAIRS)):
        with pytest.raises(UserError, match=r"one \.txt or \.tsv file is expected"):
            fetch(local(tmp_path, content), out)


def test_two_texts_of_one_name_are_two(tmp_path: Path, out: Path) -> None:
    """The last one was taken in silence."""
    content = make_zip(**{"train__pairs": PAIRS, "test__pairs": PAIRS})
    with pytest.raises(UserError, match=r"and it has 2 \(train/pairs.txt, test/pairs.txt\)"):
        fetch(local(tmp_path, content), out)


def test_notes_of_another_folder_are_not_those_of_the_text(tmp_path: Path, out: Path) -> None:
    content = make_zip(**{"a__spa": PAIRS, "a___about": "mine", "b___about": "other"})
    report = fetch(local(tmp_path, content), out)
    assert report.about is not None
    assert report.about.read_text() == "mine\n"


def test_endless_notes_are_refused(tmp_path: Path, out: Path) -> None:
    notes = "".join(f"{n} " for n in range(200_000))
    with pytest.raises(UserError, match=r"its notes, _about\.txt, have more than"):
        fetch(local(tmp_path, make_zip(spa=PAIRS, _about=notes)), out)


def test_many_texts_are_not_all_named(tmp_path: Path, out: Path) -> None:
    content = make_zip(**{f"text{n}": "" for n in range(2000)})
    with pytest.raises(UserError, match="it has 2,000") as caught:
        fetch(local(tmp_path, content), out)
    assert "text4.txt, and 1,995 more" in str(caught.value)
    assert "text5.txt" not in str(caught.value)


def test_archives_of_other_kinds_are_named(tmp_path: Path, out: Path) -> None:
    """They were read as text: "0 of 12 lines are a source, a tab and a target"."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(local(tmp_path, PAIRS.encode(), "spa.txt"))
    contents = {
        "a tar archive": buffer.getvalue(),
        "a gzip file": gzip.compress(PAIRS.encode()),
        "a bzip2 file": bz2.compress(PAIRS.encode()),
        "an xz file": lzma.compress(PAIRS.encode()),
    }
    for kind, content in contents.items():
        with pytest.raises(UserError, match=f"is {kind}; only zip archives and plain text are read"):
            fetch(local(tmp_path, content), out)
    assert left_behind(out) == []


def test_bad_lines_of_an_archive_take_no_memory(tmp_path: Path, out: Path) -> None:
    """An archive of 92 kB took 3.5 GB and 43 seconds: an error was kept for each line."""
    lines = b"\n" * 300_000 + random.Random(1).randbytes(3000).replace(b"\n", b"x")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pairs.txt", lines)
    source = local(tmp_path, buffer.getvalue())
    tracemalloc.start()
    with pytest.raises(UserError, match=r"0 of 10,000 lines are .* the first that is not: .*:1: one column"):
        fetch(source, out)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000


def test_bad_lines_before_the_pairs_do_not_end_the_reading(tmp_path: Path, out: Path) -> None:
    pairs = "".join(f"a{n}\tb{n}\n" for n in range(9000))
    text = "\n" * 8000 + pairs
    assert fetch(local(tmp_path, text.encode(), "a.txt"), out).pairs == 9000


def test_device_is_not_fetched(out: Path) -> None:
    with pytest.raises(UserError, match="not a regular file"):
        fetch("/dev/zero", out)


def test_archive_with_an_impossible_offset_is_damaged(tmp_path: Path, out: Path) -> None:
    content = bytearray(GOOD)
    content[content.index(b"PK\x05\x06") + 17] += 100
    with pytest.raises(UserError, match="damaged zip archive"):
        fetch(local(tmp_path, bytes(content)), out)


def test_damaged_archives_end_in_one_clear_error(tmp_path: Path, out: Path) -> None:
    rng = random.Random(1)
    refused = 0
    for _ in range(200):
        content = bytearray(GOOD[: rng.choice((len(GOOD), rng.randrange(3, len(GOOD))))])
        for _ in range(rng.randrange(1, 4)):
            content[rng.randrange(2, len(content))] = rng.randrange(256)
        try:
            fetch(local(tmp_path, bytes(content)), out, force=True)
        except UserError:
            refused += 1
    assert refused > 150
