"""`explain`, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

from commandline import MODEL, Cli, refused


def test_the_figure_is_named_and_is_a_png(cli: Cli, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    result = cli("explain", "-m", MODEL, "i like pizza", "--lag", 3, "--plot", picture)
    assert result.code == 0
    assert result.out.startswith("time ")
    assert result.err == f"the figure is in {picture}\n"
    assert picture.read_bytes().startswith(b"\x89PNG")
    refused(cli("explain", "-m", MODEL, "i like pizza", "--plot", tmp_path / "x.jpg"), 2, "ends in .png")


def test_the_page_begins_with_the_sentence(cli: Cli, tmp_path: Path) -> None:
    picture, page = tmp_path / "picture.png", tmp_path / "page.html"
    result = cli("explain", "-m", MODEL, "i like </script>", "--lag", 3, "--plot", picture, "--html", page)
    assert result.code == 0
    assert result.err.endswith(f"the page is in {page}; open it in a browser\n")
    text = page.read_text("utf-16")
    block = text.partition('id="start">')[2].partition("</script>")[0]
    assert json.loads(block) == {"text": "i like </script>", "lag": 3}
