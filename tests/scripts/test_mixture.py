"""The parts of the shipped model's data and its dev sets, from a few pairs made up for it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pytest

from scripts.release import mixture
from scripts.results import ROOT
from seq2seq.config.loading import load_config
from seq2seq.corpus.pairs import Pair, read_pairs, sentence_key
from seq2seq.corpus.prepare import prepare
from seq2seq.corpus.splits import leaks
from seq2seq.errors import UsageError

PARTS = ("tatoeba", "everyday", "games", "games_other", "words", "labels", "manuals")
DEV_SETS = ("news", "games", "interface", "words", "everyday")
LEMMAS = ("amber", "birch", "cedar", "dune", "ember", "fjord", "gorge", "hazel")


def put(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join("\t".join(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def scored(name: str, *domains: float) -> list[tuple[str, ...]]:
    """Return good rows: six for each domain score."""
    return [
        (f"The {name} number {d} {n}.", f"El {name} número {d} {n}.", f"{name}_source", str(d), "-1.5")
        for d in domains
        for n in range(6)
    ]


BAD = {
    "lexical score": ("A free translation.", "Otra cosa.", "s", "0.5", "-3.01"),
    "HTML entity": ("Salt &amp; pepper.", "Sal y pimienta.", "s", "0.5", "-1"),
    "equal sides": ("one two three four", "one two three four", "s", "0.5", "-1"),
    "lengths": ("Sure.", "Por supuesto que sí, señora mía.", "s", "0.5", "-1"),
    "one side twice": ("I will look at it at once.", "Ya lo miro ahora.Ya lo miro ahora.", "s", "0.5", "-1"),
    "empty side": ("Nothing.", "", "s", "0.5", "-1"),
}
"""Rows that are dropped, each with the reason."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return folders of the form of the true ones."""
    root = tmp_path_factory.mktemp("data")
    pairs, tatoeba = root / "mixture", root / "tatoeba"
    put(pairs / "everyday.tsv.gz", [*scored("story", 0.2), *BAD.values()])
    put(pairs / "games.tsv.gz", scored("game", 0.5, -2.0))
    put(pairs / "games_labels.tsv.gz", scored("label", 0.0))
    put(pairs / "news.tsv.gz", scored("paper", 0.0))
    long = ("x" * 91, "y" * 91, "s", "0", "-1")
    put(pairs / "interface.tsv.gz", [*scored("button", 0.0), long])
    put(pairs / "documentation.tsv.gz", scored("manual", 0.0))
    words = [(word, f"{word}o") for word in LEMMAS]
    put(pairs / "words" / "words_best_single.tsv", [*words, ("s", "segundo"), ("the", "el")])
    put(pairs / "words" / "words_all.tsv", [*words, *((word, f"{word}a") for word in LEMMAS), ("the", "el")])
    put(pairs / "words" / "words_best_multi.tsv", [("so that", "de modo que")])
    forms = [(f"the thing{n}", f"la cosa{n}") for n in range(40)]
    put(pairs / "words" / "noun_forms.tsv", forms)
    put(pairs / "words" / "verb_forms.tsv", [(f"I thing{n}", f"yo cosa{n}") for n in range(40)])
    put(pairs / "words" / "synthetic_numbers_dates_names.tsv", [("zero", "cero"), ("Zero.", "Cero.")])
    units = [("en", "es"), ("Afar", "afar"), ("5 year ago", "hace 5 año"), ("mi/hr", "mi/h"), ("pm", "pm")]
    put(pairs / "words" / "cldr_names_dates_units.tsv", units)
    put(pairs / "words" / "apertium_names.tsv", [("Alsace", "Alsacia")])
    told = [(f"{word} in the sun {n}.", f"{word} al sol {n}.") for word in LEMMAS[:6] for n in range(5)]
    # Of what could be chosen, one sentence stands in Tatoeba as part of a line.
    line = ("Here. The story number 0.2 0.", "Aquí. Toma la historia de ayer.")
    put(tatoeba / "train.tsv", [*told, line])
    put(tatoeba / "more.tsv", [("Hello there.", "Hola."), ("Good night to you.", "Buenas noches.")])
    put(tatoeba / "dev.tsv", [("Good night, to you!", "Que descanses."), ("New.", "Nuevo.")])
    return pairs, tatoeba


@pytest.fixture(scope="module")
def made(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    mixture.make(*folders, out, news=False, dev_size=2)
    return out


def pairs_of(made: Path, name: str) -> list[Pair]:
    return list(read_pairs(made / f"{name}.tsv"))


def test_parts_are_drawn_by_their_shares_and_can_be_trained_on(made: Path, tmp_path: Path) -> None:
    data = load_config(made / "mixture.yaml").data
    assert [Path(str(part.path)).name for part in data.parts] == [f"{name}.tsv" for name in PARTS]
    assert [part.share for part in data.parts] == [share / 99 for share in (60, 3, 14, 4, 12, 2, 4)]
    assert [Path(path).name for path in data.dev_more or ()] == [f"{name}.dev.tsv" for name in DEV_SETS]
    prepared = prepare(data, tmp_path / "cache")
    assert prepared.shared == prepared.report.filtered.duplicate == 0
    assert not (made / "news.tsv").exists()


def test_no_pair_shares_a_side_with_a_dev_set(made: Path, folders: tuple[Path, Path]) -> None:
    training = list(chain.from_iterable(pairs_of(made, name) for name in PARTS))
    held_out = [pair for name in DEV_SETS for pair in pairs_of(made, f"{name}.dev")]
    held_out += read_pairs(folders[1] / "dev.tsv")
    assert leaks(training, held_out).shared == ()
    assert len(training) == len(set(training))
    assert Pair("Good night to you.", "Buenas noches.") not in training  # the dev part of Tatoeba has it
    assert Pair("Hello there.", "Hola.") in training


def test_dev_sets_have_all_translations_and_nothing_of_tatoeba(made: Path) -> None:
    for name in DEV_SETS:
        pairs = pairs_of(made, f"{name}.dev")
        assert len({sentence_key(pair.source) for pair in pairs}) == 2
    words = pairs_of(made, "words.dev")
    assert len(words) == 4
    assert {pair.source for pair in words} <= set(LEMMAS[:6])  # the last two are in no sentence
    assert all(pair.target in (f"{pair.source}o", f"{pair.source}a") for pair in words)
    everyday = {pair.source for pair in chain(pairs_of(made, "everyday"), pairs_of(made, "everyday.dev"))}
    assert everyday == {f"The story number 0.2 {n}." for n in range(6)}
    assert "The story number 0.2 0." not in {pair.source for pair in pairs_of(made, "everyday.dev")}


def test_parts_have_what_belongs_there_and_the_report_says_what_was_dropped(made: Path) -> None:
    report = json.loads((made / "mixture.json").read_text(encoding="utf-8"))
    parts = report["parts"]
    assert parts["everyday"]["dropped"] == dict.fromkeys(BAD, 1) | {"shares a side with a dev set": 2}
    assert {pair.source.split()[-2] for pair in pairs_of(made, "games")} == {"0.5"}
    assert {pair.source.split()[-2] for pair in pairs_of(made, "games_other")} == {"-2.0"}
    assert parts["manuals"]["sources"] == {"button_source": 4, "manual_source": 6}
    words = {pair.source for pair in pairs_of(made, "words")}
    assert {"the", "so that", "zero", "Zero.", "Afar", "Alsace", *LEMMAS[6:]} <= words
    assert {"s", "en", "5 year ago", "mi/hr", "pm"} & words == set()
    forms = [sum(word.startswith(start) for word in words) for start in ("the thing", "I thing")]
    assert 10 < forms[0] < 30
    assert 5 < forms[1] < forms[0]
    for name in PARTS:
        content = (made / f"{name}.tsv").read_bytes()
        assert parts[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert parts[name]["pairs"] == len(content.splitlines()) == sum(parts[name]["sources"].values())
    assert set(report["inputs"]) >= {"words/words_all.tsv", "games.tsv.gz", "dev.tsv"}


def test_it_does_the_same_again_and_news_are_asked_for_by_name(
    folders: tuple[Path, Path], made: Path, tmp_path: Path
) -> None:
    mixture.make(*folders, tmp_path, news=True, dev_size=2)
    same = [path.name for path in made.iterdir() if path.suffix == ".tsv"]
    assert len(same) == len(PARTS) + len(DEV_SETS)
    for name in same:
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()
    assert len(pairs_of(tmp_path, "news")) == 4
    assert [part.share for part in load_config(tmp_path / "mixture.yaml").data.parts][-1] == 0.01
    mixture.make(*folders, tmp_path, news=False, dev_size=2)
    assert not (tmp_path / "news.tsv").exists()


def test_nothing_is_written_into_the_repository(folders: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="is within the repository"):
        mixture.make(*folders, ROOT / "runs" / "mixture", news=False)
