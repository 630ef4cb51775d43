"""The engine in a headless Chromium, compared with Python: text layer, translations, and what is changed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny

from scripts.chromium import chromium, missing_browser
from scripts.studies.page_equality import compare, is_tie
from scripts.studies.page_in_browser import PageInBrowser
from seq2seq.lag import FULL
from seq2seq.page.bundle import ENGINE
from seq2seq.page.packing import page_model
from seq2seq.page.script_modules import joined_script
from seq2seq.page.text_tables import text_tables
from seq2seq.plain.weights import weight_shapes
from seq2seq.pretrained import locate
from seq2seq.storage.content import read_settings
from seq2seq.storage.int8 import Int8Rows
from seq2seq.storage.modelfile import read_model
from seq2seq.text.glossary import NO_TERMS
from seq2seq.text.pairing import repair_pairs, still_open
from seq2seq.text.reader import Event, LineReader, Literal, SentenceEnd, Separator
from seq2seq.text.span_table import SPAN_PATTERNS
from seq2seq.text.symbols import KINDS
from seq2seq.text.times import repair_times
from seq2seq.text.vocabulary import ALPHABET
from seq2seq.translator import Translator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

GOLDEN = Path(__file__).parents[1] / "golden"
KNOWN = ALPHABET + "".join(KINDS)
LIMIT = 120
READ = """
const [lines, known, spans, limit, lists] = arguments;
return lines.map((pieces) => {
  const reader = new $reader.LineReader(new Set(known), spans, limit, lists);
  return [...pieces.flatMap((piece) => reader.feed(piece)), ...reader.finish()];
});
"""
HOSTILE = [
    "", " ", "\t\t", "a\tb\t", "\r\n", "e\u0301\u0327 n\u0303", "\ufeffHello\u200b there\u200d!",
    "👩\u200d👩\u200d👧 hi 🏴\U000e0067\U000e0062\U000e007f", "a" + "\u0300" * 60, "x" * 700, "🙂" * 300,
    "1" * 1200 + " 5 €", "\u202eevil\u2066", "가\u1100\u1161", "ＡＢ ｆｕｌｌ", "((((" * 90, "'''\"“„«" * 30,
    '<b translate="no">keep me</b> and go on.', "EUR 5 and 1 234 567 €.", "`open code that never ends",
    "{{ a {{ b", "<a href='x' checked disabled", "http://" + "a." * 400 + "com", "ASP.NET C# F#.",
    "-5 −5 ±5 .5 ½ 1½", "word" * 200 + ". Next.", "I'm tired.I want to sleep.Really?What now",
    "At 5 p.m. we go, at 10:30 A. M. She came.", "From 1 pm to 9 am I sleep.", "9-5 p.m.) 1:30 am. 5 pmx",
    "On May 12th, the 5th of July or 22nd June.", "Jan. 1st, 2nd-4th and the 5th MAY. the 6th may",
    "milk, eggs, ice cream, tea, and salt.", "Buy: a, b, c, d or é\tred, blue, 5, x, y",
    "a, b, c, d, e. f, g, h, i, j", "- ones, twos, threes, fours, f" + "ives, sixes" * 20,
    "one, two, three, four, Five, the 6th, May 5th",
    "\U000f0000 \U000f0003 \ufffd", "İ ı ß ẞ ǅ ª º",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    driver = chromium()
    driver.get("about:blank")
    modules = ("reader", "tables", "pairing", "times", "worker")
    names = "\n".join(f"window.${name} = ${name};" for name in modules)
    driver.execute_script(f"{joined_script(ENGINE / 'worker.js')}\n{names}")
    driver.execute_script("window.$tables.install(arguments[0])", dict(text_tables()))
    yield driver
    driver.quit()


def plain(event: Event) -> dict[str, Any]:
    """Return an event as the engine has it."""
    if isinstance(event, Literal):
        return {"type": "literal", "text": event.written}
    if isinstance(event, Separator):
        return {"type": "separator", "source": event.text, "text": event.copy}
    if isinstance(event, SentenceEnd):
        return {"type": "end", "joined": event.joined}
    return {"type": "item", **event._asdict()}


def read(pieces: list[str], spans: bool, lists: bool) -> list[dict[str, Any]]:
    glossary = NO_TERMS if spans else None
    reader = LineReader(frozenset(KNOWN), spans, LIMIT, glossary=glossary, lists=lists)
    return [plain(event) for piece in pieces for event in reader.feed(piece)] + [
        plain(event) for event in reader.finish()
    ]


def rows(name: str) -> list[list[str]]:
    """Return the columns of a golden file."""
    lines = (GOLDEN / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if "\t" in line]


def golden_lines() -> list[str]:
    lines = [row[1] for row in rows("spans.tsv")]
    lines += [json.loads(line)["line"] for line in (GOLDEN / "edges.jsonl").read_text("utf-8").splitlines()]
    for name in ("letterless.txt", "long.txt", "prepared.txt"):
        lines += (GOLDEN / name).read_text("utf-8").split("\n")
    return lines


def fuzzed(count: int, seed: int) -> list[str]:
    """Return lines that are put together from pieces of others, with characters dropped and added."""
    rng = random.Random(seed)
    given = [*golden_lines(), *HOSTILE]
    characters = sorted(set("".join(given)))
    lines = []
    for _ in range(count):
        parts = [rng.choice(given) for _ in range(rng.randint(1, 3))]
        line = rng.choice(["", " ", ". ", "\t"]).join(part[: rng.randint(1, 80)] for part in parts)
        for _ in range(rng.randint(0, 4)):
            at = rng.randint(0, len(line))
            line = line[:at] + rng.choice([rng.choice(characters), ""]) + line[at + rng.randint(0, 2) :]
        lines.append(line.replace("\n", " "))
    return lines


def in_pieces(line: str, rng: random.Random) -> list[str]:
    places = sorted(rng.sample(range(len(line) + 1), min(3, len(line) + 1)))
    return [line[a:b] for a, b in zip([0, *places], [*places, len(line)], strict=True)]


@pytest.mark.parametrize(("spans", "lists"), [(True, True), (True, False), (False, False)])
def test_lines_are_read_as_python_reads_them(browser: Any, spans: bool, lists: bool) -> None:
    rng = random.Random(3)
    lines = [*golden_lines(), *HOSTILE, *fuzzed(2500, 7)]  # a lone surrogate cannot be sent
    pieces = [in_pieces(line.replace("\n", " "), rng) for line in lines]
    found = browser.execute_script(READ, pieces, KNOWN, spans, LIMIT, lists)
    wrong = [
        (line, expected, there)
        for line, expected, there in zip(
            pieces, (read(line, spans, lists) for line in pieces), found, strict=True
        )
        if expected != there
    ]
    assert wrong[:1] == []


def test_every_span_pattern_matches_where_python_matches(browser: Any) -> None:
    texts = {*golden_lines(), *fuzzed(400, 11)}
    pieces = sorted({text[at : at + 60] for text in texts for at in range(0, len(text), 7)})[:4000]
    script = """
    const [pattern, pieces] = arguments;
    const compiled = new RegExp(pattern, "vy");
    return pieces.map((text) => { compiled.lastIndex = 0; return compiled.exec(text)?.[0] ?? null; });
    """
    for row, given in zip(SPAN_PATTERNS, text_tables()["spans"], strict=True):
        found = browser.execute_script(script, given["pattern"], pieces)
        matches = [row.pattern.match(piece) for piece in pieces]
        assert [match and match[0] for match in matches] == found, row.expression


def test_translations_are_repaired_as_in_python(browser: Any) -> None:
    pairs = [(row[0], row[1]) for row in rows("pairs_of_marks.tsv")]
    pairs += [("Is it open until 4 p.m.?", "¿Está abierto hasta las 4 p. m."), ("At 4 pm!", "¡A las 4.")]
    pairs += [("We eat at 5 p.m.", "A las 5 p.m comemos."), ("It's 5 p.m. now.", "Son las 5 p.m..")]
    pairs += [("At 10:30 am and 5 p.m. we go.", "A las 10:30 y a las 5 de la mañana vamos.")]
    pairs += [(one, other) for (one, _), (_, other) in pairwise(pairs)]
    script = """
    return arguments[0].map(([source, text]) => [
      $pairing.repairPairs(source, text), $times.repairTimes(source, text),
      $pairing.stillOpen(source.slice(0, 20)), $pairing.repairPairs(source, text, '"'),
      $pairing.repairPairs(source, text, "(“")]);
    """
    found = browser.execute_script(script, pairs)
    assert found == [
        [
            repair_pairs(*pair),
            repair_times(*pair),
            still_open(pair[0][:20]),
            repair_pairs(*pair, '"'),
            repair_pairs(*pair, "(“"),
        ]
        for pair in pairs
    ]


def lines_of(count: int) -> list[str]:
    spans = [line for line in golden_lines() if 0 < len(line) < 100]
    return spans[:: max(1, len(spans) // count)][:count]


@pytest.mark.parametrize("model", ["en-es", "tiny"])
def test_translations_are_those_of_python(model: str) -> None:
    path = locate() if model == "en-es" else tiny.GOLDEN / "model.safetensors"
    found = compare(read_model(path), lines_of(40 if model == "en-es" else 120), (0, 8, FULL))
    apart = [row for at_lag in found["lags"].values() for row in at_lag["different"]]
    assert [row for row in apart if not is_tie(row)] == []
    assert sum(at_lag["equal"] for at_lag in found["lags"].values()) > 0


def test_beam_search_is_that_of_python() -> None:
    file = read_model(tiny.GOLDEN / "model.safetensors")
    config = {**file.config, "decode": {**file.config["decode"], "beam": 4, "repeats": False}}
    found = compare(replace(file, config=config), lines_of(50), (FULL,))
    assert found["lags"]["full, beam 4"]["lines"] == 10
    assert found["lags"]["full, beam 4"]["different"] == []


def test_a_sentence_that_is_being_typed_is_searched_quickly_and_then_as_by_python() -> None:
    file = read_model(locate())
    translator = Translator.from_file(page_model(file), "the model", "cpu", "int8")
    first = "Where is the station?"
    candidates = (
        "I was wondering whether you could lend me your old bicycle",
        "I was wondering whether you could help me with my new bicycle",
        "The house where my grandfather was born is next to the river",
        "She asked me if I could lend her some money for the bus",
    )
    second = next(one for one in candidates if translator.translate(one) != translator.translate(one, beam=1))
    settings = {"lag": "full", "over": False, "search": "beam"}
    with PageInBrowser(file) as page:
        quick, best = (
            page.ask("translate", f"{first} {second}", {**settings, "quick": quick})["output"]
            for quick in (True, False)
        )
    firm = [[item["text"] for item in output if item["firm"]] for output in (quick, best)]
    assert firm[0] == firm[1]
    beam, greedy = (
        f"{translator.translate(first)} {translator.translate(second, beam=k)}" for k in (None, 1)
    )
    texts = ["".join(item["text"] for item in output) for output in (quick, best)]
    assert texts == [greedy, beam]


def test_a_weight_that_is_changed_is_found() -> None:
    file = read_model(locate())
    weights = dict(file.weights)
    output = np.array(weights["output.bias"], np.float32)
    output[file.characters.index("a") + 4] += 3
    weights["output.bias"] = output
    found = compare(file, lines_of(8), (8,), other=replace(file, weights=weights), draws=10)
    assert any(not is_tie(row) for row in found["lags"]["8"]["different"])


def test_one_row_of_a_matrix_that_is_changed_is_found() -> None:
    file = read_model(locate())
    name = "encoder.0.fused.weight_hh_l0"
    matrix = Int8Rows.of(np.asarray(file.weights[name]))
    values = matrix.values_RC.copy()
    values[::7] = -values[::7]
    changed = {**file.weights, name: Int8Rows(values, matrix.scale_R)}
    found = compare(file, lines_of(8), (8,), other=replace(file, weights=changed), draws=10)
    assert any(not is_tie(row) for row in found["lags"]["8"]["different"])


def test_what_is_typed_letter_by_letter_is_what_is_pasted() -> None:
    text = "The train leaves at 10:30. Call me at +34 600 123 456, please!"
    with PageInBrowser(read_model(locate())) as page:
        whole = page.ask("translate", text, {"lag": 8})["output"]
        for end in range(1, len(text) + 1):
            page.ask("translate", text[:end], {"lag": 8, "over": False})
        typed = page.ask("translate", text, {"lag": 8})["output"]
        page.ask("translate", text[:20] + "x" + text[20:], {"lag": 8, "over": False})
        again = page.ask("translate", text, {"lag": 8})
    texts = [[item["text"] for item in items] for items in (whole, typed, again["output"])]
    assert texts[0] == texts[1] == texts[2]
    for symbol in again["source"]:
        assert text[symbol["start"] : symbol["end"]] == symbol["text"]


def test_the_items_of_a_list_are_read_where_they_stand() -> None:
    text = "milk, eggs, ice cream, tea, and salt. We leave on the 5th of May."
    file = read_model(locate())
    (expected,) = Translator.from_file(page_model(file), "the model", "cpu", "int8").translate([text], FULL)
    with PageInBrowser(file) as page:
        found = page.ask("translate", text, {"lag": FULL})
    assert "".join(item["text"] for item in found["output"]) == expected
    read = [text[symbol["start"] : symbol["end"]] for symbol in found["source"]]
    assert read == [symbol["text"] for symbol in found["source"]]
    assert "".join(read).replace(", ", "").startswith("milkeggsice creamteaand salt.We")


def test_no_request_and_no_error_is_in_the_log() -> None:
    with PageInBrowser(read_model(tiny.GOLDEN / "model.safetensors")) as page:
        page.translate(["i like pizza"], FULL)
        assert page.info["fast"] is True
        assert [entry for entry in page.driver.get_log("browser") if "favicon" not in entry["message"]] == []
        blocked = page.driver.execute_async_script(
            "const [done] = arguments; fetch('https://example.org').then(() => done(1), () => done('no'))"
        )
    assert blocked == "no"


@pytest.mark.parametrize(
    "changed",
    [
        {"cell": "gru"},
        {"cell": "rnn", "encoder_layers": 1},
        {"cell": "lstm_peephole", "decoder_layers": 3},
        {"attention": "none"},
        {"attention": "mlp", "heads": 4, "position_bias": True},
        {"heads": 2, "bidirectional": True, "lag_embedding": False},
    ],
    ids=str,
)
def test_every_cell_and_attention_is_that_of_python(changed: dict[str, Any]) -> None:
    """The weights are drawn at random, large enough for clear choices."""
    file = read_model(tiny.GOLDEN / "model.safetensors")
    config = {**file.config, "model": {**file.config["model"], **changed}}
    settings, vocabulary = read_settings(config, file.characters, "the model")
    shapes = weight_shapes(settings.model, len(vocabulary), settings.lag.train.largest, {})
    rng = np.random.default_rng(5)
    weights = {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    for name, weight in weights.items():
        if "norms" in name and name.endswith("weight"):
            weight += 1
    weights["output.weight"] *= 5
    found = compare(replace(file, config=config, weights=weights), lines_of(12), (3, FULL))
    assert [at_lag["equal"] for at_lag in found["lags"].values()] == [12, 12], found


def test_what_is_firm_is_what_a_stream_has_written_so_far() -> None:
    text = "Where is the station? I am late, and it costs $5.50 to go by bus."
    file = read_model(locate())
    translator = Translator.from_file(page_model(file), "the model", "cpu", "int8")
    with PageInBrowser(file) as page:
        for lag in (0, 8):
            stream, written = translator.stream(lag), ""
            for end in range(1, len(text) + 1):
                written += stream.feed(text[end - 1])
                output = page.ask("translate", text[:end], {"lag": lag, "over": False})["output"]
                assert "".join(item["text"] for item in output if item["firm"]) == written
            whole = page.ask("translate", text, {"lag": lag})["output"]
            assert "".join(item["text"] for item in whole) == written + stream.finish()
            assert all(item["firm"] for item in whole)


def numbers(array: Any) -> list[float]:
    """Return the numbers of a typed array, which arrives as a list or by place."""
    return list(array.values()) if isinstance(array, dict) else list(array)


def test_each_letter_says_what_it_was_made_from() -> None:
    with PageInBrowser(read_model(locate())) as page:
        settings = {"lag": 4, "details": True, "gates": True}
        answer = page.ask("translate", "Where is the station?", settings)
    source, output = answer["source"], answer["output"]
    assert [symbol["text"] for symbol in source] == list("Where is the station?")
    for place, item in enumerate(output):
        assert item["read"] == min(place + 1 + 4, len(source))
        looked = sum(numbers(item["attention"]))
        assert looked < 1.001
        assert looked > 0.999 or item["read"] == len(source), "the end mark has the rest"
        chances = [chance for _, chance in item["candidates"]]
        assert item["candidates"][0][0] == item["text"]
        assert chances == sorted(chances, reverse=True)
        assert len(numbers(item["gates"]["forget"])) == 64
    assert len(numbers(source[0]["gates"]["input"])) == 64


def test_a_newer_text_ends_the_work_on_an_older_one() -> None:
    script = """
    const done = arguments[0];
    const { worker } = window.desk;
    const finished = [];
    worker.addEventListener("message", ({ data }) => {
      if (data.type === "written" && data.done) finished.push(data.id);
      if (data.type === "written" && data.done && data.id === 9002) done(finished);
    });
    const say = (id, text) => worker.postMessage(
      { type: "translate", id, text, lag: "full", over: true, details: false });
    say(9001, "This is a long text, and it is not waited for. ".repeat(40));
    setTimeout(() => say(9002, "I like pizza."), 50);
    """
    with PageInBrowser(read_model(locate())) as page:
        assert page.driver.execute_async_script(script) == [9002]
