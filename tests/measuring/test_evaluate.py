"""Scoring a model: a row for each lag, numbers that can be checked by hand, and plain types to publish."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import pytest
from tiny import GOLDEN, short_pairs

from seq2seq.corpus.pairs import Pair, fingerprint
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.errors import UsageError, UserError
from seq2seq.lag import FULL
from seq2seq.measuring.evaluate import Report, evaluate, write_report
from seq2seq.measuring.quality import score
from seq2seq.storage.files import sha256_file
from seq2seq.text.vocabulary import END
from seq2seq.translator import Translator


@pytest.fixture(scope="module")
def pairs(tiny: Translator) -> list[Pair]:
    """Eight pairs, one of whose sources has a second target: what the model itself makes of it."""
    found = short_pairs(8)
    return [*found, Pair(found[0].source, tiny.translate(found[0].source))]


@pytest.fixture(scope="module")
def report(tiny: Translator, pairs: list[Pair]) -> Report:
    return evaluate(tiny, GOLDEN, pairs, ["0", " 3", FULL])


def test_a_row_for_each_lag_in_the_order_asked_for(report: Report) -> None:
    assert [row.lag for row in report.rows] == [0, 3, FULL]
    assert all(row.seconds > 0 for row in report.rows)


def test_quality_is_that_of_the_translations(tiny: Translator, pairs: list[Pair], report: Report) -> None:
    sources = [pair.source for pair in pairs[:8]]
    references = [[pair.target] for pair in pairs[:8]]
    if pairs[8].target != pairs[0].target:
        references[0].append(pairs[8].target)
    for row in report.rows:
        assert row.quality == score(tiny.translate(sources, row.lag), references)
    assert report.rows[-1].quality.exact >= 12.5  # the second target of the first source
    assert report.rows[-1].quality.sentences == 8


def test_latency_grows_with_the_lag_up_to_the_whole_source(pairs: list[Pair], report: Report) -> None:
    latencies = [row.latency for row in report.rows]
    assert all(latencies)
    lagging = [latency.al for latency in latencies if latency]
    assert lagging == sorted(lagging)
    assert lagging[-1] == pytest.approx(fmean(len(pair.source) for pair in pairs[:8]))
    assert latencies[-1] is not None
    assert latencies[-1].ap == 1.0


def test_what_was_cut_is_counted(
    tiny: Translator, pairs: list[Pair], report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert report.rows[-1].cut == 0
    monkeypatch.setattr("seq2seq.decoding.greedy.length_limit", lambda size: 2)  # noqa: ARG005
    cut = evaluate(tiny, GOLDEN, pairs, [FULL], DecodingRequest(repeats=True))  # without a second search
    assert cut.rows[0].cut == 8
    assert "8 translations cut off" in cut.table()


def test_model_data_and_decoding_are_named(tiny: Translator, pairs: list[Pair], report: Report) -> None:
    file = GOLDEN / "model.safetensors"
    assert report.model == sha256_file(file)
    assert report.data == fingerprint(pairs)
    assert report.decoding == {"beam": 1, "length_penalty": 1.0, "repeats": False, "precision": "fp32"}
    wide = evaluate(tiny, file, pairs[:8], [FULL], DecodingRequest(beam=4, length_penalty=3.0))
    assert wide.model == report.model
    assert wide.decoding == {"beam": 4, "length_penalty": 3.0, "repeats": False, "precision": "fp32"}
    texts, plain = (
        [t.text for t in tiny.translate_lines([p.source for p in pairs[:8]], beam=4, length_penalty=penalty)]
        for penalty in (3.0, 1.0)
    )
    assert texts != plain
    assert wide.rows[0].quality == score(texts, [[p.target] for p in pairs[:8]])


def test_a_report_is_plain_json(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report.json")
    read = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(report.to_dict()))
    assert [row["lag"] for row in read["rows"]] == [0, 3, "full"]
    assert read["rows"][0]["quality"]["chrf"] == report.rows[0].quality.chrf
    assert read["rows"][0]["latency"].keys() == {"ap", "al", "laal", "dal"}


def test_the_table_holds_the_numbers_and_their_signatures(report: Report) -> None:
    header, *rows, summary, chrf, bleu = report.table().splitlines()
    assert header.split()[:3] == ["lag", "chrF", "BLEU"]
    for line, row in zip(rows, report.rows, strict=True):
        cells = line.split()
        assert len(cells) == len(header.split())
        assert cells[0] == str(row.lag)
        assert cells[1] == f"{row.quality.chrf:.2f}"
        assert row.latency is not None
        assert cells[5] == f"{row.latency.al:.2f}"
    assert summary.startswith(
        "8 sentences; beam 1, length_penalty 1.0, repeats False, precision fp32; 0 translations"
    )
    assert chrf == f"chrF {report.rows[0].quality.chrf_signature}"
    assert bleu == f"BLEU {report.rows[0].quality.bleu_signature}"


def test_a_lag_that_is_not_served_is_refused_before_anything_is_translated(
    tiny: Translator, pairs: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Translator, "translate_lines")
    with pytest.raises(UsageError, match="not trained for lag 99"):
        evaluate(tiny, GOLDEN, pairs, [0, "99"])


def test_nothing_written_has_no_latency(tiny: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    bias = tiny.networks.numpy.output_bias_V.copy()
    bias[END] = 1e9
    monkeypatch.setattr(tiny.networks.numpy, "output_bias_V", bias)
    report = evaluate(tiny, GOLDEN, [Pair("the table", "la mesa")], [FULL])
    assert report.rows[0].latency is None
    assert report.rows[0].quality.chrf == 0
    assert len(report.table().splitlines()[1].split()) == len(report.table().splitlines()[0].split())


def test_no_pairs_are_refused(tiny: Translator) -> None:
    with pytest.raises(UserError, match="no pairs to score"):
        evaluate(tiny, GOLDEN, [], [FULL])
