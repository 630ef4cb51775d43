"""`translate`: a glossary, scores, sampling, confidence, and remarks about lines in other languages."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import MODEL, SOURCES, Cli, refused
from tiny import copying_file

from seq2seq.config.loading import parse_config
from seq2seq.decoding.confidence import INFO_KEY
from seq2seq.models.build import build, to_weights
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.text.words import WordTrie


@pytest.fixture
def copying(tmp_path: Path) -> Path:
    """Return a model that likes to copy."""
    path = tmp_path / "copying.safetensors"
    write_model(path, copying_file(50))
    return path


@pytest.fixture
def calibrated(tmp_path: Path) -> Path:
    """Return the tiny model with a calibration."""
    path = tmp_path / "calibrated.safetensors"
    file = read_model(Path(MODEL))
    curve = {"good_chrf": 60, "curves": {"full": [2.0, 10.0]}}
    write_model(path, replace(file, info=file.info | {INFO_KEY: curve}))
    return path


def test_a_glossary_works_for_arguments_files_and_streams(cli: Cli, copying: Path, tmp_path: Path) -> None:
    terms, text = tmp_path / "terms.tsv", tmp_path / "in.txt"
    terms.write_text("pizza\tla PIZZA\n")
    text.write_text("i like pizza\npizza\n\n")
    options = ["translate", "-m", copying, "--device", "cpu", "--glossary", terms]
    lines = cli(*options, "i like pizza", "pizza", "").lines
    assert "la PIZZA" in lines[0]
    assert lines[1:] == ["la PIZZA", ""]
    assert cli(*options, "-i", text).lines == lines
    streamed = cli(*options, "--stream", "--lag", 3, stdin=text.read_bytes())
    assert streamed.lines == cli(*options, "--lag", 3, "-i", text).lines
    (record,) = map(json.loads, cli(*options, "--format", "jsonl", "i like pizza").lines)
    told = {"kind": "placeholder", "begin": 7, "text": "pizza", "written": "la PIZZA", "left_out": False}
    assert record["spans"] == [told]


def test_a_glossary_that_cannot_be_used_is_refused(
    cli: Cli, translate: Cli, copying: Path, tmp_path: Path
) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text("pizza\tla pizza\npie tarta\n")
    options = ["translate", "-m", copying, "--glossary"]
    refused(cli(*options, terms, "x"), 2, "terms.tsv:2: expected a term, a tab")
    refused(cli(*options, tmp_path / "none", "x"), 1, "none cannot be read")
    terms.write_text("pizza\tla pizza\n")
    refused(translate("--glossary", terms, "x"), 2, "trained without spans", "--glossary needs")


def test_given_translations_are_scored(translate: Cli, tmp_path: Path) -> None:
    (record,) = map(json.loads, translate("--beam", 1, "--format", "jsonl", SOURCES[0]).lines)
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(f"{SOURCES[0]}\t{record['translation']}\n{SOURCES[0]}\tzzzzz\r\n")
    result = translate("--score", "-i", pairs)
    good, bad = map(float, result.lines)
    assert good > bad
    assert translate("--score", stdin=pairs.read_bytes()).lines == result.lines
    told = [json.loads(line) for line in translate("--score", "--format", "jsonl", "-i", pairs).lines]
    assert [one["log_probability"] for one in told] == pytest.approx([good, bad], abs=1e-3)
    assert told[0]["mean_probability"] == pytest.approx(record["mean_probability"], abs=1e-3)
    assert math.exp(good / told[0]["symbols"]) == pytest.approx(record["mean_probability"], abs=1e-3)
    out = tmp_path / "scores"
    assert translate("--score", "-i", pairs, "-o", out).out == ""
    assert out.read_text().split() == result.lines
    assert translate("--score", "-i", pairs, "-o", os.devnull) == (0, "", "")


def test_what_cannot_be_scored_is_refused(cli: Cli, translate: Cli, copying: Path) -> None:
    refused(translate("--score", "no tab"), 1, "line 1 of the input is no pair", "there is none")
    refused(translate("--score", stdin=b"a\tb\na\tb\tc\n"), 1, "line 2 of the input", "there are 2")
    refused(translate("--score", "--beam", 2, "--temperature", 1, "a\tb"), 2, "--beam, --temperature")
    options = ["translate", "-m", copying, "--device", "cpu", "--score"]
    assert cli(*options, "it is 12:30\tson las 12:31").lines == ["-inf"]
    (told,) = map(json.loads, cli(*options, "--format", "jsonl", "it is 12:30\tson las 12:31").lines)
    assert told["log_probability"] is None


def test_sampling_is_repeatable_and_does_not_depend_on_groups_of_lines(translate: Cli) -> None:
    options = ["--temperature", 2, "--seed", 5]
    lines = translate(*options, *SOURCES[:4]).lines
    assert lines == translate(*options, *SOURCES[:4]).lines
    assert lines != translate("--temperature", 2, "--seed", 6, *SOURCES[:4]).lines
    assert lines[:2] == translate(*options, *SOURCES[:2]).lines
    assert (
        translate("--top-p", 1e-6, *SOURCES[:2]).lines
        == translate("--beam", 1, "--repeats", *SOURCES[:2]).lines
    )
    refused(translate("--seed", 5, "x"), 2, "--seed needs --temperature")
    hopeless = translate("--temperature", 0, "x")
    assert hopeless.code == 2
    assert "expected a number from 0.01 to 100, not '0'" in hopeless.err
    refused(translate("--temperature", 1, "--beam", 3, "x"), 2, "use --beam 1")
    refused(translate("--stream", "--lag", 3, "--temperature", 1), 2, "cannot be combined with --temperature")


def test_doubtful_lines_are_marked(cli: Cli, translate: Cli, calibrated: Path) -> None:
    options = ["translate", "-m", calibrated, "--device", "cpu"]
    plain = cli(*options, "--format", "jsonl", *SOURCES[:4], "").lines
    confidences = [json.loads(line)["confidence"] for line in plain]
    assert confidences[4] == 1.0
    least = sorted(confidences)[2]
    marked = cli(*options, "--min-confidence", least, *SOURCES[:4], "")
    texts = [json.loads(line)["translation"] for line in plain]
    assert marked.lines == [
        f"{text}\t[?]" if confidence < least else text
        for text, confidence in zip(texts, confidences, strict=True)
    ]
    assert marked.err == f"seq2seq: 2 of 5 translations have a confidence below {least:g}\n"
    told = cli(*options, "--min-confidence", least, "--format", "jsonl", *SOURCES[:4], "").lines
    assert [json.loads(line)["doubtful"] for line in told] == [one < least for one in confidences]
    assert "confidence" in cli(*options, "--show", SOURCES[0]).lines[-2]
    refused(translate("--min-confidence", 0.5, "x"), 2, "is not", "`seq2seq checkpoint calibrate`")
    assert cli(*options, "--min-confidence", 2, "x").code == 2
    refused(cli(*options, "--min-confidence", 0.5, "--beam", 3, "--n-best", 2, "x"), 2, "both add columns")


def test_attention_is_told_where_it_is_asked_for(translate: Cli) -> None:
    (record,) = map(json.loads, translate("--format", "jsonl", "--attention", SOURCES[0]).lines)
    rows = record["attention"]
    assert len(rows) == len(record["translation"])
    assert {len(row) for row in rows} == {len(record["source"])}
    assert all(0 <= weight <= 1 for row in rows for weight in row)
    assert all(sum(row) < 1.01 for row in rows)
    refused(translate("--attention", "x"), 2, "--attention needs --format jsonl")


def test_lines_in_other_languages_are_named_at_the_end(cli: Cli, tmp_path: Path) -> None:
    config = parse_config("model: {embedding: 4, hidden: 6, word_nodes: 99}\ndata: {spans: false}", "test")
    vocabulary = Vocabulary(tuple(" abcdehilmorstuñ"))
    tries = [
        WordTrie.of_words(dict.fromkeys(words.split(), 9.0), vocabulary, 99)
        for words in ("the house is old", "la casa es roma")
    ]
    network = build(config, vocabulary, (tries[0], tries[1]))
    path = tmp_path / "model.safetensors"
    write_model(
        path, ModelFile(config.to_dict(), list(vocabulary.characters), "full", to_weights(network), {})
    )
    options = ["translate", "-m", path, "--device", "cpu", "--beam", 1, "--repeats"]
    assert cli(*options, "the house is old", "").err == ""
    one = cli(*options, "the house is old", "la casa").err
    assert one == (
        "seq2seq: 1 line seems not to be in the language that the model translates from (line 2)\n"
    )
    five = cli(*options, stdin=b"la casa\n" * 5).err
    assert "5 lines seem not to be in the language" in five
    assert "translates from (lines 1, 2, 3, 4, 5)" in five


def test_a_model_is_calibrated(cli: Cli, tmp_path: Path) -> None:
    pairs, out, told = tmp_path / "pairs.tsv", tmp_path / "out.safetensors", tmp_path / "check.json"
    lines = [f"{source} {n}\tx {n}\n" for source in SOURCES[:8] for n in "abcdefg"]
    pairs.write_text("".join(lines))
    plot = tmp_path / "check.png"
    result = cli(
        "checkpoint", "calibrate", MODEL, pairs, out, "--json", told, "--plot", plot, "--device", "cpu"
    )
    assert result.code == 0
    assert "fitted on 28 sentences, checked on 28 others" in result.out
    assert "translating at lag full" in result.err
    record = json.loads(told.read_text())
    assert [check["lag"] for check in record["checks"]] == [0, 4, 8, 12, "full"]
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert cli("checkpoint", "verify", out).code == 0
    inspected = json.loads(cli("checkpoint", "inspect", out).out)["info"][INFO_KEY]
    assert inspected["curves"] == record["curves"]
    (line,) = map(json.loads, cli("translate", "-m", out, "--format", "jsonl", SOURCES[0]).lines)
    assert 0 <= line["confidence"] <= 1
    refused(cli("checkpoint", "calibrate", MODEL, pairs, tmp_path / "no" / "out"), 1, "there is no directory")
