"""`translate`: what is printed and drawn of each line."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from commandline import SOURCES, Cli
from tiny import copying_file

from seq2seq.storage.modelfile import write_model


def test_jsonl_tells_all_about_each_line(translate: Cli, expected: dict[str, str]) -> None:
    sources = [*SOURCES[:3], "", "猫 \x07"]
    result = translate("--format", "jsonl", "--lag", "4", *sources)
    records = [json.loads(line) for line in result.lines]
    assert [record["source"] for record in records] == [*SOURCES[:3], "", "猫 "]
    assert [record["translation"] for record in records[3:]] == ["", "猫 "]
    assert [record["translation"] for record in records] == translate("--lag", "4", *sources).lines
    for record in records:
        text, source = record["translation"], record["source"]
        assert record["lag"] == 4
        assert record["delays"] == [min(t + 4, len(source)) for t in range(1, len(text) + 1)]
        assert (record["copied"], record["uncopied"]) == ([], 0)
        assert len(record["log_probs"]) == len(text)
        assert all(value <= 0 for value in record["log_probs"])
        assert 0 < record["mean_probability"] <= 1
        assert record["confidence"] is None  # the model is not calibrated
        assert record["spans"] == []
        assert "attention" not in record
        assert record["ended"] in (True, False)
        assert record["alternatives"] == [{"translation": text, "score": record["score"]}]
    full = [json.loads(line) for line in translate("--format", "jsonl", *SOURCES[:3]).lines]
    assert [record["lag"] for record in full] == ["full"] * 3
    assert [record["translation"] for record in full] == [expected[source] for source in SOURCES[:3]]
    assert all(record["score"] < 0 for record in full)
    for record in full:  # the end mark counts as well, so it is near the mean of the characters and not equal
        characters = math.exp(sum(record["log_probs"]) / len(record["log_probs"]))
        assert record["mean_probability"] == pytest.approx(math.exp(record["score"]), abs=1e-4)
        assert record["mean_probability"] == pytest.approx(characters, abs=0.1)


def test_jsonl_tells_what_was_copied_and_what_was_left_out(cli: Cli, tmp_path: Path) -> None:
    text = "see me@here.org at 7"
    for liking, uncopied in ((50, 0), (-50, 2)):
        model = tmp_path / f"{liking}.safetensors"
        write_model(model, copying_file(liking, ending=4))
        result = cli("translate", "-m", model, "--device", "cpu", "--format", "jsonl", text)
        (record,) = map(json.loads, result.lines)
        assert sorted(record["copied"]) == ["7", "me@here.org"]
        assert record["uncopied"] == uncopied
        assert all(copied in record["translation"] for copied in record["copied"])
        assert record["translation"].endswith(" me@here.org 7") == bool(uncopied)


def test_spans_that_were_left_out_are_counted_at_the_end(cli: Cli, tmp_path: Path) -> None:
    """By a batch and by a stream; at lag 3, where no sentence is searched again."""
    text = b"see me@here.org at 7\n\nit is 12:30"
    for liking, warning in (
        (50, ""),
        (
            -50,
            "seq2seq: 3 parts of the input that the model left out stand at the ends of their sentences "
            "(spans or unknown characters: “me@here.org”, “7”, “12:30”, lines 1, 3)\n",
        ),
    ):
        model = tmp_path / f"{liking}.safetensors"
        write_model(model, copying_file(liking))
        for options in ([], ["--stream"]):
            result = cli("translate", "-m", model, "--device", "cpu", "--lag", 3, *options, stdin=text)
            assert result.err == warning
            assert result.lines[0].endswith(" me@here.org 7") == bool(warning)


def test_alternatives_come_best_first(translate: Cli) -> None:
    beam = translate("--beam", 4, *SOURCES[:4]).lines
    result = translate("--beam", 4, "--n-best", 3, *SOURCES[:4])
    columns = [line.split("\t") for line in result.lines]
    assert [len(set(texts)) for texts in columns] == [3] * 4
    assert [texts[0] for texts in columns] == beam
    told = translate("--beam", 4, "--n-best", 3, "--format", "jsonl", *SOURCES[:4]).lines
    for line, texts in zip(told, columns, strict=True):
        alternatives = json.loads(line)["alternatives"]
        assert [one["translation"] for one in alternatives] == texts
        scores = [one["score"] for one in alternatives]
        assert scores == sorted(scores, reverse=True)


def test_the_length_penalty_reaches_the_search(translate: Cli) -> None:
    short, long = (translate("--beam", 4, "--length-penalty", p, *SOURCES).lines for p in (0, 10))
    assert sum(map(len, short)) < sum(map(len, long))


@pytest.mark.usefixtures("bf16")
def test_precision_reaches_the_network(translate: Cli) -> None:
    fine, rough = (
        translate("--precision", p, "--format", "jsonl", *SOURCES[:3]).lines for p in ("fp32", "bf16")
    )
    assert fine != rough
    assert [json.loads(line)["source"] for line in rough] == SOURCES[:3]


def test_show_draws_what_had_been_read_for_each_character(translate: Cli, tmp_path: Path) -> None:
    source = SOURCES[0]
    (text,) = translate("--lag", 3, source).lines
    result = translate("--lag", 3, "--show", "--plot", tmp_path / "out.png", source)
    assert result.lines[:3] == [text, "", "    " + source.replace(" ", "␣")]
    rows = result.lines[3 : 3 + len(text)]
    assert [row[0] for row in rows] == list(text.replace(" ", "␣"))
    assert [len(row) - 4 for row in rows] == [min(t + 3, len(source)) for t in range(1, len(text) + 1)]
    assert any(shade in "".join(rows) for shade in "▒▓█")
    assert "lag 3" in result.lines[3 + len(text)]
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_nothing_to_draw_of_nothing(translate: Cli, tmp_path: Path) -> None:
    result = translate("--plot", tmp_path / "out.png", "")
    assert result.code == 1
    assert "the translation is empty" in result.err
    assert translate("--show", "").code == 0


def test_a_line_without_a_letter_is_not_drawn(translate: Cli, tmp_path: Path) -> None:
    assert "nothing was translated" in translate("--show", "12").out
    result = translate("--plot", tmp_path / "out.png", "12")
    assert (result.code, result.out) == (1, "12\n")
    assert "nothing was translated, so there is nothing to draw: the line has no letter" in result.err
    assert not (tmp_path / "out.png").exists()


def test_what_is_too_long_to_draw_is_translated_all_the_same(translate: Cli, tmp_path: Path) -> None:
    result = translate("--plot", tmp_path / "out.png", "pizza " * 80)
    assert result.code == 1
    assert len(result.lines) == 1
    assert "give a sentence of at most 400" in result.err
    assert not (tmp_path / "out.png").exists()
