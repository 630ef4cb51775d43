"""Training meets sentences as people type them; what they should become stays as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seq2seq.corpus import augment as noise
from seq2seq.corpus.augment import Augmenter
from seq2seq.corpus.batching import Batch, collate
from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepared import encode_pairs
from seq2seq.text.vocabulary import PAD, UNKNOWN, Vocabulary

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
CORPUS = encode_pairs(PAIRS, VOCABULARY)
BATCH = collate(CORPUS, np.arange(len(PAIRS), dtype=np.int32))


def retyped(share: float, seed: int) -> Batch:
    return Augmenter(VOCABULARY, CORPUS).retype(BATCH, share, np.random.default_rng(seed))


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


def test_several_sentences_are_made_into_one() -> None:
    pairs = [
        Pair("I like pizza.", "Me gusta la pizza."),
        Pair("It is hot.", "Hace calor."),
        Pair("I know Tom.", "Conozco a Tom."),
        Pair("Mary is here.", "María está aquí."),
        Pair("Who is it?", "¿Quién es?"),
        Pair("I'm old.", "Soy viejo."),
        Pair("Yes.", "Sí."),
        Pair("Who is it?", "¿Quién es?"),
        Pair("Tom is old.", "Tom es viejo."),
        Pair("I know it.", "Lo sé."),
        Pair("And it is who is here.", "Y lo es."),  # tells which words are written small
    ]
    corpus = encode_pairs(pairs, ALL)
    augmenter = Augmenter(ALL, corpus)
    batch = collate(corpus, np.arange(10, dtype=np.int32))
    order, names = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9], ("source_BS", "target_BT", "lengths_B")
    by_place = replace(batch, **{name: getattr(batch, name)[order] for name in names})
    joined = augmenter.join(by_place, 2)
    texts = [[ALL.decode(ids) for ids in side] for side in (joined.source_BS, joined.target_BT)]
    assert list(zip(*texts, strict=True)) == [
        ("I like pizza, it is hot.", "Me gusta la pizza, hace calor."),
        ("I know Tom, Mary is here.", "Conozco a Tom, María está aquí."),
        ("Who is it? I'm old.", "¿Quién es? Soy viejo."),
        ("Yes, who is it?", "Sí, ¿quién es?"),
        ("Tom is old, I know it.", "Tom es viejo, lo sé."),
    ]
    assert joined.target_symbols == by_place.target_symbols
    assert [len(augmenter.join(by_place, number).lengths_B) for number in (3, 4, 9)] == [3, 2, 1]
    assert augmenter.join(by_place, 3).target_symbols == by_place.target_symbols


def test_signs_that_the_vocabulary_lacks_are_not_written() -> None:
    plain = Vocabulary(()).extend("I don't\".,aeioubcdfghjklmnpqrstvwxyz")
    corpus = encode_pairs([Pair('"I don\'t."', "a")] * 2, plain)
    batch = collate(corpus, np.arange(2, dtype=np.int32))
    for seed in range(50):
        found = Augmenter(plain, corpus).retype(batch, 1.0, np.random.default_rng(seed))
        np.testing.assert_array_equal(
            (found.source_BS == UNKNOWN).sum(axis=1), (found.target_BT == UNKNOWN).sum(axis=1)
        )


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
