"""Sentence pairs that are composed by rule."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from scripts.release.composed import __main__ as program
from scripts.release.composed import phrasebook
from scripts.release.composed.numbers import clock, date, english, spanish
from scripts.release.spans import spoken_numbers
from seq2seq.corpus.pairs import Pair, read_pairs


def test_a_number_in_words_has_its_value() -> None:
    for number in (*range(2, 1000), 1000, 1001, 1100, 2021, 9999):
        assert [found.value for found in spoken_numbers.english(english(number))] == [number]
        assert [found.value for found in spoken_numbers.spanish(spanish(number))] == [number]


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (1, "m", "un"),
        (21, "m", "veintiún"),
        (21, "f", "veintiuna"),
        (31, "m", "treinta y un"),
        (100, "f", "cien"),
        (101, "f", "ciento una"),
        (500, "f", "quinientas"),
        (723, "f", "setecientas veintitrés"),
        (1201, "m", "mil doscientos un"),
        (21, "", "veintiuno"),
    ],
)
def test_a_number_agrees_with_its_noun(number: int, noun: str, words: str) -> None:
    assert spanish(number, noun) == words


def test_times_of_day() -> None:
    times = dict(clock(Random(seed)) for seed in range(5000))
    assert times["half past five"] == "las cinco y media"
    assert times["a quarter to one"] == "la una menos cuarto"
    assert times["five p.m."] == "las cinco de la tarde"
    assert times["eight o'clock"] == "las ocho"
    assert times["ten PM"] == "las diez de la noche"
    assert times["twelve a.m."] == "las doce de la noche"


def test_dates_have_no_digit_that_the_source_lacks() -> None:
    """Digits of the target are copied, so such a pair would be left out of the training data."""
    dates = [date(Random(seed)) for seed in range(9000)]
    known = dict(dates)
    assert known["Jan. 3"] == "el 3 de enero"
    assert known["the 3 of July"] == "el 3 de julio"
    assert known["July fifth"] == "el cinco de julio"
    assert known["Friday the 13"] == "el viernes 13"
    for source, target in dates:
        lacking = set(re.findall(r"\d+", target)) - set(re.findall(r"\b\d+\b", source))
        assert not lacking, (source, target)


def test_ordinals_agree_with_their_nouns() -> None:
    pairs = dict(program.in_order(Random(seed)) for seed in range(30000))
    assert pairs["She lives on the 3rd floor."] == "Ella vive en el tercer piso."
    assert pairs["This is the 1st time."] == "Es la primera vez."
    assert pairs["It is his 40th birthday."] == "Es su cumpleaños número cuarenta."
    assert pairs["Answer the 22nd question."] == "Responde a la pregunta número veintidós."
    assert pairs["The meeting is on the 21st."] == "La reunión es el veintiuno."
    assert not any(re.search("[0-9<>]", target) for target in pairs.values())


def test_decades_are_written_in_words() -> None:
    pairs = dict(program.in_a_decade(Random(seed)) for seed in range(3000))
    assert pairs["He grew up in the 1980s."] == "Él creció en los años ochenta."
    assert pairs["the '60s were great."] == "los años sesenta fueron geniales."
    assert pairs["It began in the mid-1930s."] == "Empezó a mediados de los años treinta."
    assert not any(re.search("[0-9{}]", target) for target in pairs.values())


def test_lists_keep_their_items() -> None:
    both = {english: spanish for items in program.ITEMS.values() for english, spanish in items}
    for seed in range(500):
        items = Random(seed).sample(program.ITEMS["food"], 4)
        source, target = program.joined(Random(seed), items, bare=True)
        assert [both[word] for word in re.split(r",? (?:and|or) |, ", source)] == re.split(
            r" [yeou] |, ", target
        )


def test_the_link_suits_the_word_behind_it() -> None:
    assert (
        program.joined(Random(1), [("math", "matemáticas"), ("Italian", "italiano")])[1]
        == "matemáticas e italiano"
    )
    assert program.joined(Random(1), [("snow", "nieve"), ("ice", "hielo")])[1] == "nieve y hielo"


def test_every_pair_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real.tsv"
    real.write_text("".join(f"I see {i} dogs.\tVeo {i} perros.\n" for i in range(400)), "utf-8")
    files = [tmp_path / name for name in ("a.tsv", "b.tsv")]
    for file in files:
        monkeypatch.setattr("sys.argv", ["composed", str(real), "--out", str(file), "--number", "3000"])
        program.main()
    assert files[0].read_bytes() == files[1].read_bytes()
    pairs = list(read_pairs(files[0]))
    assert len(pairs) == 3000
    for source, target in pairs:
        assert not re.search(r"[{}]|\.\.|  |\b[ad]e? el\b", source + "\t" + target), (source, target)
        assert source.count("?") == target.count("?")
        assert not source[0].islower() or not target.lstrip("¿")[0].isupper()
        assert target.lstrip("¿")[0].isupper() or not source.endswith((".", "?")) or ".m." in source
    assert ("I SEE 7 DOGS.", "VEO 7 PERROS.") in pairs or ("I SEE 8 DOGS.", "VEO 8 PERROS.") in pairs


def test_pairs_of_the_dev_set_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, dev, out = (tmp_path / name for name in ("real.tsv", "dev.tsv", "out.tsv"))
    real.write_text("".join(f"I see {i} dogs.\tVeo {i} perros.\n" for i in range(400)), "utf-8")
    for module, arguments in ((program, [str(real), "--number", "500"]), (phrasebook, [])):
        monkeypatch.setattr("sys.argv", ["it", *arguments, "--out", str(out)])
        module.main()
        before = list(read_pairs(out))
        chosen = before[7] if module is phrasebook else next(p for p in before if not p.source.isupper())
        dev.write_text(f"Something else.\t{chosen.target}\n", "utf-8")
        monkeypatch.setattr("sys.argv", ["it", *arguments, "--out", str(out), "--apart", str(dev)])
        module.main()
        after = set(read_pairs(out))
        assert chosen in before
        assert chosen not in after


def test_a_phrase_is_spelt_as_people_type_it() -> None:
    def spelt(source: str, target: str) -> list[tuple[str, str]]:
        return list(dict.fromkeys(phrasebook.spellings(Pair(source, target))))

    assert spelt("I'm hungry.", "Tengo hambre.") == [
        ("I'm hungry.", "Tengo hambre."),
        ("I'm hungry", "Tengo hambre"),
        ("I am hungry.", "Tengo hambre."),
        ("I am hungry", "Tengo hambre"),
    ]
    assert spelt("Cheers!", "¡Salud!") == [
        ("Cheers!", "¡Salud!"),
        ("Cheers", "Salud"),
        ("Cheers.", "Salud."),
    ]
    assert spelt("Where's Tom?", "¿Dónde está Tom?")[1:] == [("Where is Tom?", "¿Dónde está Tom?")]
    assert spelt("It's been a long time.", "Ha pasado mucho tiempo.")[-1][0] == "It's been a long time"


def test_the_phrasebook_has_each_phrase_once_in_standard_spelling() -> None:
    phrases = phrasebook.phrases()
    assert len({phrase.source for phrase in phrases}) == len(phrases) > 900
    for source, target in phrases:
        assert source.count("?") == target.count("?") == target.count("¿"), (source, target)
        assert target.count("!") == target.count("¡"), (source, target)
        assert source[0].isupper() == target.lstrip("¿¡")[0].isupper(), (source, target)
        assert (source[-1] in ".?!,") == (target[-1] in ".?!:"), (source, target)
