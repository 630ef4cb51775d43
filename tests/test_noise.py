"""Training meets sentences as people type them; what they should become stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq import noise
from seq2seq.batching import Batch, collate
from seq2seq.corpus import encode_pairs
from seq2seq.noise import Typist
from seq2seq.pairs import Pair
from seq2seq.text import PAD, UNKNOWN, Vocabulary

PAIRS = [
    Pair("Where is Tom's station?", "¿Dónde está la estación de Tom?"),
    Pair("I like pizza.", "Me gusta la pizza."),
    Pair("Go", "Ve"),
    Pair("A", "B"),
    Pair('"I," he said, "know"', '"Yo", dijo, "sé"'),
]
TEXT = "’“”" + "".join(side for pair in PAIRS for side in (pair.source, pair.target))
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = Vocabulary(()).extend(TEXT + TEXT.lower() + TEXT.upper() + LETTERS + LETTERS.upper())
ALL = Vocabulary(()).extend("".join(chr(code) for code in range(32, 256)) + "’“”")
BATCH = collate(encode_pairs(PAIRS, VOCABULARY), np.arange(len(PAIRS), dtype=np.int32))


def retyped(share: float, seed: int) -> Batch:
    return Typist(VOCABULARY).retype(BATCH, share, np.random.default_rng(seed))


def sides(batch: Batch) -> list[tuple[str, str]]:
    texts = ([VOCABULARY.decode(ids) for ids in side] for side in (batch.source_BS, batch.target_BT))
    return list(zip(*texts, strict=True))


def test_no_share_changes_nothing() -> None:
    same = retyped(0.0, 1)
    for name in ("rows_B", "source_BS", "lengths_B", "previous_BT", "target_BT"):
        np.testing.assert_array_equal(getattr(same, name), getattr(BATCH, name))


def test_the_share_is_that_of_sentences_and_the_seed_decides() -> None:
    changed = [
        a != b for seed in range(300) for a, b in zip(sides(retyped(0.3, seed)), sides(BATCH), strict=True)
    ]
    assert 0.15 < np.mean(changed) < 0.3  # some of those meant meet no change
    assert sides(retyped(0.5, 7)) == sides(retyped(0.5, 7)) != sides(retyped(0.5, 8))


def test_sources_are_typed_in_haste_and_targets_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "FOREIGN", 0)
    seen: list[set[str]] = [set() for _ in PAIRS]
    for seed in range(400):
        batch = retyped(1.0, seed)
        for found, (source, target), pair, length in zip(
            seen, sides(batch), PAIRS, batch.lengths_B.tolist(), strict=True
        ):
            found.add(source)
            assert target == pair.target
            assert length == len(source) + 1
    assert {"i like pizza", "I like pizza", "i like pizza.", "I LIKE PIZZA."} < seen[1]
    assert {sentence.lower() for sentence in seen[2]} == {"go", "og"}  # a slip swaps two letters
    assert seen[3] == {"A", "a"}  # and nothing is ever empty
    assert {"Where is Tom’s station?", "Where is Toms station", "where is tom’s station"} < seen[0]
    assert {"“I,” he said, “know”", '"I," he said, "know"'} < seen[4]


def test_two_sentences_are_made_into_one() -> None:
    pairs = [
        Pair("I like pizza.", "Me gusta la pizza."),
        Pair("I know Tom.", "Conozco a Tom."),
        Pair("Who is it?", "¿Quién es?"),
        Pair("It is hot.", "Hace calor."),
        Pair("Tom is here.", "Tom está aquí."),
        Pair("I'm old.", "Soy viejo."),
        Pair("Go!", "¡Ve!"),
    ]
    batch = collate(encode_pairs(pairs, ALL), np.arange(len(pairs), dtype=np.int32))
    joined = Typist(ALL).join(batch, 2)
    texts = [[ALL.decode(ids) for ids in side] for side in (joined.source_BS, joined.target_BT)]
    assert list(zip(*texts, strict=True)) == [
        ("I like pizza, it is hot.", "Me gusta la pizza, hace calor."),
        ("I know Tom, Tom is here.", "Conozco a Tom, Tom está aquí."),
        ("Who is it? I'm old.", "¿Quién es? Soy viejo."),
    ]
    (twice,) = Typist(ALL).join(joined, 2).source_BS
    assert ALL.decode(twice) == "I like pizza, it is hot, I know Tom, Tom is here."


def test_marks_and_padding_stay_where_they_belong() -> None:
    for seed in range(50):
        batch = retyped(1.0, seed)
        for ids, length in zip(batch.source_BS, batch.lengths_B, strict=True):
            assert (ids[:length] != PAD).all()
            assert (ids[length:] == PAD).all()
        np.testing.assert_array_equal(batch.previous_BT[:, 1:] != PAD, batch.target_BT[:, :-1] > 2)


def test_what_nobody_knows_stands_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "FOREIGN", 1)
    monkeypatch.setattr(noise, "SLIP", 0)
    named, signs, made_up = set(), set(), 0
    for seed in range(200):
        batch = retyped(1.0, seed)
        counts = [(side == UNKNOWN).sum(axis=1) for side in (batch.source_BS, batch.target_BT)]
        np.testing.assert_array_equal(*counts)
        assert (counts[0][1:] > 0).all()
        (source, target), texts = sides(batch)[0], sides(batch)
        named.add(target)
        signs.add(texts[1][1])
        if not counts[0][0]:
            name = target.removeprefix("¿Dónde está la estación de ").removesuffix("?")
            assert name.lower() in source.lower()
            assert name.istitle()
            made_up += name != "Tom"
    assert signs == {"Me gusta la pizza. \ufffd", "Me gusta la pizza \ufffd."}  # no name is on both sides
    assert "¿Dónde está la estación de T\ufffdm?" in named
    assert "¿Dónde está la estación de \ufffd\ufffd?" in named
    assert made_up > 50
