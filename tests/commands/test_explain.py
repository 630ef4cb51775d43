"""`explain`, through the command line."""

from __future__ import annotations

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
