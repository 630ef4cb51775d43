"""`evaluate`, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import MODEL, Cli, refused
from tiny import GOLDEN, short_pairs
from tinyruns import write_pairs


def test_evaluate_prints_a_table_and_writes_all_that_produced_it(
    cli: Cli, expected: dict[str, str], tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(12))
    out, picture = tmp_path / "scores.json", tmp_path / "curve.png"
    result = cli(
        *("evaluate", "-m", MODEL, "--device", "cpu", "-i", pairs),
        *("--lags", "0, 3,full", "--json", out, "--plot", picture),
    )
    assert result.code == 0
    report = json.loads(out.read_text("utf-8"))
    assert [row["lag"] for row in report["rows"]] == [0, 3, "full"]
    references = {pair.source: pair.target for pair in short_pairs(12)}
    exact = sum(references[source] == text for source, text in expected.items()) / 12
    assert report["rows"][2]["quality"]["exact"] == pytest.approx(100 * exact)
    assert report["decoding"] == {"beam": 1, "length_penalty": 1.0, "repeats": False, "precision": "fp32"}
    assert report["rows"][0]["latency"]["al"] < report["rows"][2]["latency"]["al"]
    table = result.out.splitlines()
    assert [line.split()[0] for line in table[1:4]] == ["0", "3", "full"]
    assert f"{report['rows'][2]['quality']['chrf']:.2f}" in table[3]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_evaluate_streams_and_draws_other_models_beside(cli: Cli, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(12))
    out, picture = tmp_path / "scores.json", tmp_path / "curve.png"
    command = ["evaluate", "-m", GOLDEN, "--device", "cpu", "-i", pairs]
    result = cli(*command, "--lags", "0,full", "--stream", 5, "--json", out)
    assert result.code == 0
    rows = json.loads(out.read_text("utf-8"))["rows"]
    for row, line in zip(rows, result.out.splitlines()[1:], strict=False):
        streaming = row["streaming"]
        assert streaming["sentences"] == 5
        assert streaming["different"] == 0
        assert 0 < streaming["read_ms"] <= streaming["p99_ms"]
        assert f"{streaming['read_ms']:.2f}" in line
    assert rows[0]["streaming"]["write_ms"] > rows[0]["streaming"]["read_ms"]
    assert rows[1]["streaming"]["write_ms"] is None
    # At lag full everything is left to the end; at lag 0 hardly anything is.
    assert rows[1]["streaming"]["last_ms"] > rows[0]["streaming"]["last_ms"]
    assert "streamed 5 sentences at each lag; 0 in all differ" in result.out
    wide = cli(*command, "--stream", 5, "--beam", 3)
    assert wide.code == 0
    assert "streamed 5 sentences at each lag; 0 in all differ" in wide.out
    assert cli(*command, "--plot", picture, "--beside", out).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_evaluate_takes_a_beam_and_the_lag_of_the_model(cli: Cli, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(3))
    result = cli("evaluate", "-m", GOLDEN, "--device", "cpu", "-i", pairs, "--beam", 2)
    assert result.code == 0
    assert result.out.splitlines()[1].split()[0] == "full"
    assert "beam 2" in result.out


@pytest.mark.parametrize(
    ("options", "content", "code", "parts"),
    [
        (["--lags", "0,13"], "a\tb\n", 2, ["not trained for lag 13"]),
        (["--lags", "0,,3"], "a\tb\n", 2, ["a lag is a whole number", "not ''"]),
        ([], "", 1, ["there are no pairs to score"]),
        ([], "a\n", 1, ["pairs.tsv:1: one column"]),
        (["--lags", "3", "--beam", "2"], "a\tb\n", 2, ["beam search needs lag full"]),
        (["--stream", "2", "--lags", "3", "--beam", "2"], "a\tb\n", 2, ["beam search needs lag full"]),
        (["--plot", "nowhere/x.png"], "a\tb\n", 1, ["cannot write nowhere/x.png", "no directory nowhere"]),
        (["--json", "."], "a\tb\n", 1, ["cannot write .", "is a directory"]),
        (["--beside", "x.json"], "a\tb\n", 2, ["--beside needs --plot"]),
        (["--plot", "x.png", "--beside", "x.json"], "a\tb\n", 1, ["cannot read x.json"]),
        (["--plot", "x.png", "--beside", MODEL], "a\tb\n", 1, ["is not a report"]),
    ],
)
def test_evaluate_refuses(
    options: list[str], content: str, code: int, parts: list[str], cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "pairs.tsv").write_text(content)
    command = ["evaluate", "-m", MODEL, "--device", "cpu", "-i", tmp_path / "pairs.tsv", *options]
    refused(cli(*command), code, *parts)


def test_translations_are_saved_and_pairs_with_an_empty_side_left_out(
    cli: Cli, expected: dict[str, str], tmp_path: Path
) -> None:
    pairs = short_pairs(3)
    whole = write_pairs(tmp_path / "whole.tsv", pairs)
    broken = tmp_path / "broken.tsv"
    broken.write_text(whole.read_text("utf-8") + "\tnada\nnothing\t\n", encoding="utf-8")
    out = tmp_path / "out.tsv"
    command = ["evaluate", "-m", MODEL, "--device", "cpu"]
    clean = cli(*command, "-i", whole)
    result = cli(*command, "-i", broken, "--output", out, "--lags", "full,3")
    assert result.code == 0
    assert result.err == "seq2seq: left out 2 pairs of 5 with an empty side\n"
    assert "left out: 2 pairs with an empty side" in result.out
    assert result.out.splitlines()[1].split()[:5] == clean.out.splitlines()[1].split()[:5]
    rows = [line.split("\t") for line in out.read_text("utf-8").splitlines()]
    assert rows[:3] == [["full", pair.source, expected[pair.source], pair.target] for pair in pairs]
    assert [row[0] for row in rows[3:]] == ["3"] * 3


@pytest.mark.parametrize(
    ("content", "said"), [("", "there are no pairs to score"), ("\tnada\n", "every pair has an empty side")]
)
def test_a_file_without_pairs_is_named(content: str, said: str, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "empty.tsv"
    path.write_text(content)
    refused(cli("evaluate", "-m", MODEL, "--device", "cpu", "-i", path), 1, str(path), said)


def test_pairs_come_from_standard_input_as_from_a_file(cli: Cli, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(3))
    command = ["evaluate", "-m", MODEL, "--device", "cpu", "--lags", "3"]
    from_file, from_pipe = (
        cli(*command, "-i", name, "--json", tmp_path / f"{number}.json", stdin=pairs.read_bytes())
        for number, name in enumerate((pairs, "-"))
    )
    assert from_file.code == from_pipe.code == 0
    quality = [json.loads((tmp_path / f"{n}.json").read_text())["rows"][0]["quality"] for n in range(2)]
    assert quality[0] == quality[1]
    refused(cli(*command, "-i", "-"), 1, "standard input: there are no pairs to score")
    refused(cli(*command, "-i", "-", stdin=b"a\n"), 1, "standard input:1: one column")


def test_the_help_explains_the_columns_of_the_table(cli: Cli, tmp_path: Path) -> None:
    text = cli("evaluate", "--help").out
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(1))
    head = cli("evaluate", "-m", MODEL, "--device", "cpu", "-i", pairs).out.splitlines()[0]
    assert [column for column in head.split() if column not in text] == ["lag", "sentences/s"][1:]


def test_the_search_of_no_lag_is_refused(cli: Cli, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(1))
    command = ["evaluate", "-m", MODEL, "--device", "cpu", "-i", pairs, "--length-penalty", "2"]
    refused(cli(*command, "--lags", "0,3"), 2, "--length-penalty needs lag full")
    assert cli(*command, "--lags", "3,full").code == 0
