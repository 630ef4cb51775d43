"""The words that a model has met: the walk down the trie is a function of what has been read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.models.layers import WordEmbedding
from seq2seq.text.spans import scan
from seq2seq.text.symbols import KINDS, NAME, NUMBER
from seq2seq.text.vocabulary import ALPHABET, END, PAD, SPECIALS, START, UNKNOWN, Vocabulary, code_points
from seq2seq.text.words import (
    FIRST,
    LEAST,
    LETTERS,
    OFF_TRIE,
    OUTSIDE,
    Place,
    WordTrie,
    learn_trie,
    learnt_characters,
    letter_table,
)

VOCABULARY = Vocabulary(tuple(" ,.'’abcdehistABCé" + NUMBER + NAME))
WORDS = {"a": 9, "the": 9, "cat": 9, "cats": 9, "bat": 9, "that": 9, "it's": 9, "aé": 9}
SOME_PAIRS = ["the cat", "a bat", "a b", "that it's", "cats the", "cat a"]


def encoded(text: str) -> np.ndarray:
    """Ids of a text, (1, L); U+FFFD stands for a character that is not known."""
    return np.array([VOCABULARY.encode(text)], np.int64)


def names(trie: WordTrie) -> list[str]:
    """What each node stands for: a prefix, a whole word with a | behind it, "?" off the trie, "" outside."""
    known = ["", "?"]
    for key in trie.keys_P.tolist():
        parent, letter = divmod(key, LETTERS)
        known.append(known[parent] + VOCABULARY.characters[letter - SPECIALS])
    return known + [f"{known[node]}|" for node in trie.whole_W.tolist()]


def pairs_of(texts: Iterable[str], trie: WordTrie) -> dict[int, int]:
    """The keys of pairs of a whole word and what comes after it, a prefix or a word with a | behind it."""
    known, keys = names(trie), {}
    for text in texts:
        word, after = text.split(" ")
        keys[(known.index(f"{word}|") - FIRST - len(trie.keys_P) + 1) * trie.nodes + known.index(after)] = 9
    return keys


def small_trie() -> WordTrie:
    trie = WordTrie.of_words(WORDS, VOCABULARY, 1000)
    return trie.with_pairs(pairs_of(SOME_PAIRS, trie), 1000)


TRIE = small_trie()
NAMES = names(TRIE)


def walked(text: str, trie: WordTrie = TRIE) -> list[str]:
    """The names of the nodes along a text."""
    nodes_1L, _ = trie.walk(encoded(text))
    known = names(trie)
    return [known[node] for node in nodes_1L[0]]


def paired(text: str, trie: WordTrie = TRIE) -> list[str]:
    """For each character the pair that it ends, as "word prefix"; "" for none."""
    _, pairs_1L = trie.walk(encoded(text))
    known, keys = names(trie), [0, *trie.pairs_Q.tolist()]
    out = []
    for pair in pairs_1L[0]:
        word, node = divmod(keys[pair], trie.nodes)
        whole = known[FIRST + len(trie.keys_P) + word - 1][:-1]
        out.append(f"{whole} {known[node]}" if pair else "")
    return out


# The trie.


def test_the_trie_holds_prefixes_and_whole_words() -> None:
    prefixes = {word[:end] for word in WORDS for end in range(1, len(word) + 1)}
    assert sorted(NAMES[FIRST : FIRST + len(TRIE.keys_P)]) == sorted(prefixes)
    assert sorted(NAMES[FIRST + len(TRIE.keys_P) :]) == sorted(f"{word}|" for word in WORDS)
    assert TRIE.nodes == len(NAMES) == FIRST + len(prefixes) + len(WORDS)
    assert TRIE.depth == 4
    assert WordTrie.of_words({}, VOCABULARY, 1000).depth == 0


def test_its_arrays_are_ready_to_be_searched() -> None:
    for array in (TRIE.keys_P, TRIE.whole_W, TRIE.pairs_Q):
        assert array.dtype == np.int64
        assert (np.diff(array) > 0).all()


def test_the_words_come_in_the_order_of_their_numbers() -> None:
    listed = TRIE.words(VOCABULARY)
    assert [f"{word}|" for word in listed] == NAMES[FIRST + len(TRIE.keys_P) :]
    assert sorted(listed) == sorted(WORDS)


def test_what_occurs_too_rarely_is_left_out() -> None:
    counts = {"cat": LEAST - 1, "cab": 1, "bat": LEAST, "the": LEAST - 1e-9}
    trie = WordTrie.of_words(counts, VOCABULARY, 1000)
    assert sorted(names(trie)[FIRST:]) == ["b", "ba", "bat", "bat|", "c", "ca"]


@pytest.mark.parametrize("most", range(12))
def test_of_many_the_most_frequent_are_kept_and_there_are_no_gaps(most: int) -> None:
    counts = {"cat": 7, "cats": 9, "the": 30, "a": 8}
    trie = WordTrie.of_words(counts, VOCABULARY, most)
    kept = set(names(trie)[FIRST:])
    assert len(kept) == min(most, 11)
    assert all(name[:-1] in {*kept, ""} for name in kept if name[-1] != "|")
    assert {name[:-1] for name in kept if name[-1] == "|"} <= kept
    in_order = ["t", "th", "the", "the|", "c", "ca", "cat", "cats", "cats|", "a", "a|"]
    assert most > 4 or kept == set(in_order[:most])


def test_pairs_are_the_most_frequent_too() -> None:
    keys = list(pairs_of(SOME_PAIRS, TRIE))
    counts = dict(zip(keys, (9, 4, 5, 7, 30, 6), strict=True))
    assert TRIE.with_pairs(counts, 1000).pairs_Q.tolist() == sorted({*keys} - {keys[1]})
    assert TRIE.with_pairs(counts, 2).pairs_Q.tolist() == sorted([keys[4], keys[0]])
    assert TRIE.with_pairs(counts, 2).keys_P is TRIE.keys_P


# The walk.


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("the cat", ["t", "th", "the", "the|", "c", "ca", "cat"]),
        ("cats, a", ["c", "ca", "cat", "cats", "cats|", "", "a"]),
        ("cath ", ["c", "ca", "cat", "?", ""]),  # a word that has not been met
        ("ca ", ["c", "ca", ""]),  # a prefix is no word
        ("it's.", ["i", "it", "it'", "it's", "it's|"]),
        ("The Cat", ["?", "?", "?", "", "c", "ca", "cat"]),  # T is not in the vocabulary, C is
        (f"a{NUMBER}a a", ["a", "?", "?", "", "a"]),  # what stands at a span is no word
        (f"{NUMBER} a", ["?", "", "a"]),
        ("\ufffdat bat", ["?", "?", "?", "", "b", "ba", "bat"]),
        ("  a", ["", "", "a"]),
        ("", []),
    ],
)
def test_each_symbol_leads_to_its_node(text: str, nodes: list[str]) -> None:
    assert walked(text) == nodes


def test_capitals_and_curly_apostrophes_are_taken_for_plain_ones() -> None:
    assert walked("CAts BAt it’s AÉ") == [*walked("cats bat it's a"), "?"]
    table = letter_table(VOCABULARY)
    for one, other in ("Aa", "Bb", "Cc", "’'"):
        assert table[VOCABULARY.encode(one)] == VOCABULARY.encode(other)
    odd = Vocabulary(tuple("İiXé"))
    assert letter_table(odd)[SPECIALS:].tolist() == [4, 5, 6, 7]  # no small letter, or none that is known
    assert letter_table(odd)[:SPECIALS].tolist() == [0, 0, 0, -1]


def test_marks_separate_words_and_so_do_the_edges_of_a_sentence() -> None:
    ids = np.array([[START, *VOCABULARY.encode("cat"), END, PAD]])
    assert [NAMES[node] for node in TRIE.walk(ids)[0][0]] == ["", "c", "ca", "cat", "cat|", ""]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("the cat", [*[""] * 6, "the cat"]),
        ("a bat ", ["", "", "a b", "", "a bat", ""]),
        ("A, bat", ["", "", "", "a b", "", "a bat"]),  # marks between do not count
        ("the a cat", [""] * 9),
        ("that x it's", [""] * 11),  # a word that is not known stands between
        (f"a {NUMBER} bat", [""] * 7),  # a span, too
        ("cat a bat", ["", "", "", "", "cat a", "", "a b", "", "a bat"]),
    ],
)
def test_pairs_are_of_the_last_word_and_what_comes_after_it(text: str, pairs: list[str]) -> None:
    assert paired(text) == pairs


def by_definition(text: str) -> list[tuple[str, str]]:
    """The node of each character and the last word before it, from the characters alone."""
    table = letter_table(VOCABULARY)
    letters = table[VOCABULARY.encode(text)].tolist()
    out, run, last = [], "", ""
    for letter in letters:
        before = last
        if letter < 0:
            run, node, last = run + "?", "?", ""
        elif letter:
            run += VOCABULARY.characters[letter - SPECIALS]
            node = run if run in NAMES[FIRST:] else "?"
        else:
            node = f"{run}|" if run in WORDS else ""
            last = (run if run in WORDS else "") if run else last
            run = ""
        out.append((node, before))
    return out


texts = st.text(st.sampled_from(" ,'’abcehistABé\ufffd" + NUMBER), max_size=30) | st.lists(
    st.sampled_from([*WORDS, "A", "ca", "x,", NUMBER, "The", "\ufffd"]), max_size=9
).map(" ".join)


@given(texts)
@example("a bat a b cat")
def test_the_walk_is_what_its_definition_says(text: str) -> None:
    nodes_1L, pairs_1L = TRIE.walk(encoded(text).reshape(1, -1))
    expected = by_definition(text)
    assert [NAMES[node] for node in nodes_1L[0]] == [node for node, _ in expected]
    keys = [0, *TRIE.pairs_Q.tolist()]
    known = pairs_of(SOME_PAIRS, TRIE)
    for pair, node, (_, last) in zip(pairs_1L[0], nodes_1L[0], expected, strict=True):
        key = (TRIE.words(VOCABULARY).index(last) + 1) * TRIE.nodes + node if last else 0
        assert keys[pair] == (key if key in known else 0)


@given(st.lists(texts, min_size=1, max_size=4))
def test_step_by_step_and_side_by_side_in_both_libraries_are_the_same(rows: list[str]) -> None:
    width = max(map(len, rows))
    ids_BL = np.array([[*VOCABULARY.encode(row), END, *[PAD] * (width - len(row))] for row in rows])
    nodes_BL, pairs_BL = TRIE.walk(ids_BL)
    place, steps = Place.start(len(rows)), []
    for symbol_B in ids_BL.T:
        place, pair_B = TRIE.step(symbol_B, place)
        steps.append((place.node_B, pair_B))
    np.testing.assert_array_equal(nodes_BL, np.array([node_B for node_B, _ in steps]).T)
    np.testing.assert_array_equal(pairs_BL, np.array([pair_B for _, pair_B in steps]).T)
    on_a_device = WordEmbedding(TRIE, 2, 0.0).walk(torch.from_numpy(ids_BL))
    np.testing.assert_array_equal(on_a_device[0].numpy(), nodes_BL)
    np.testing.assert_array_equal(on_a_device[1].numpy(), pairs_BL)


@given(texts, texts)
def test_what_follows_changes_no_node_and_no_pair(text: str, more: str) -> None:
    if text:
        one, other = (TRIE.walk(encoded(each)) for each in (text, text + more))
        np.testing.assert_array_equal(other[0][:, : len(text)], one[0])
        np.testing.assert_array_equal(other[1][:, : len(text)], one[1])


def test_a_change_shows_at_once() -> None:
    assert [a == b for a, b in zip(walked("the cats"), walked("the bats"), strict=True)] == [
        *[True] * 4,
        *[False] * 4,
    ]


def test_words_are_found_in_the_trie() -> None:
    assert (
        TRIE.has([*WORDS, "ca", "thecat", "xyz", "b", "é"], VOCABULARY) == [True] * len(WORDS) + [False] * 5
    )
    assert all(TRIE.has(TRIE.words(VOCABULARY), VOCABULARY))


def test_a_trie_without_words_knows_what_is_outside_of_words() -> None:
    empty = WordTrie.of_words({}, VOCABULARY, 0)
    assert empty.nodes == FIRST
    assert walked("the cat", empty) == ["?", "?", "?", "", "?", "?", "?"]
    place, _ = empty.step(encoded("t")[:, 0], Place.start(1))
    assert (place.node_B.tolist(), place.last_B.tolist()) == ([OFF_TRIE], [0])
    assert empty.step(encoded(" ")[:, 0], place)[0].node_B.tolist() == [OUTSIDE]


# Learning from a corpus.


def part(sentences: list[str], weight: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Sentences in a row, with other text around them that is not theirs."""
    ids = VOCABULARY.encode_array("".join(["bat ", *sentences, " bat"]))
    return ids, np.cumsum([4, *map(len, sentences)]), weight


def test_the_words_of_a_corpus_are_learned_with_what_comes_after_them() -> None:
    sentences = ["the cat", "The cat, a b"] * 2 + ["the cat", "ca", "ts"]
    trie = learn_trie([part(sentences, 1.0)], VOCABULARY, 1000, 1000)
    assert sorted(names(trie)[FIRST:]) == sorted(["c", "ca", "cat", "cat|"])  # no T, so 3 times "the"
    assert len(trie.pairs_Q) == 0
    trie = learn_trie([part(["the cat ", "the cat"] * 3, 1.0)], VOCABULARY, 1000, 1000)
    assert paired("the cat", trie) == ["", "", "", "", "the c", "the ca", "the cat"]
    assert paired("the cat ", trie)[-1] == ""  # "the cat " comes three times
    assert len(learn_trie([part(["the cat "] * 6, 1.0)], VOCABULARY, 1000, 2).pairs_Q) == 2
    assert len(learn_trie([part(["the cat "] * 6, 1.0)], VOCABULARY, 1000, 0).pairs_Q) == 0


def test_sentences_that_stand_side_by_side_are_no_words_together() -> None:
    trie = learn_trie([part(["ca", "ts"] * 9, 1.0)], VOCABULARY, 1000, 9)
    assert sorted(names(trie)[FIRST:]) == ["c", "ca", "ca|", "t", "ts", "ts|"]
    assert len(trie.pairs_Q) == 0


def test_what_a_span_or_an_unknown_letter_stands_in_is_no_word() -> None:
    trie = learn_trie([part([f"cat{NUMBER} bat", "\ufffdab cat"] * 9, 1.0)], VOCABULARY, 1000, 9)
    assert sorted(names(trie)[FIRST:]) == ["b", "ba", "bat", "bat|", "c", "ca", "cat", "cat|"]


def test_parts_count_by_their_weights() -> None:
    parts = [part(["cat"] * 2, 2.0), part(["bat"] * 20, 0.2), part(["cat", "that"], 1.0)]
    trie = learn_trie(parts, VOCABULARY, 1000, 0)
    assert sorted(names(trie)[FIRST:]) == ["c", "ca", "cat", "cat|"]  # 5, and 4 of the bats
    pair = [part(["cat the"] * 3, 1.5), part(["cat the"], 0.6)]
    assert len(learn_trie(pair, VOCABULARY, 1000, 9).pairs_Q) == 3
    assert len(learn_trie(pair[:1], VOCABULARY, 1000, 9).pairs_Q) == 0


def test_the_order_of_lengths_and_the_size_of_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = ["the cat sits", "a bat", "", "that cat, the cat", "a", "it's the cat"] * 7
    whole = learn_trie([part(sentences, 1.0)], VOCABULARY, 30, 20)
    monkeypatch.setattr("seq2seq.text.words._CHUNK", 5)
    monkeypatch.setattr("seq2seq.text.words._ROWS", 4)
    pieces = learn_trie([part(sentences[::-1], 1.0)], VOCABULARY, 30, 20)
    assert len(whole.pairs_Q) == 20
    for name in ("keys_P", "whole_W", "pairs_Q", "letter_V"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


def test_the_code_of_a_letter_is_below_what_keys_are_multiplied_by() -> None:
    assert code_points("\uffff")[0] < LETTERS
    assert UNKNOWN < SPECIALS < LETTERS


def test_an_accented_letter_that_no_words_have_has_not_been_learnt() -> None:
    """One prefix may be a single word (café); two may not."""
    vocabulary = Vocabulary(tuple(ALPHABET) + KINDS)
    counts = {"cat": 9, "café": 9, "caño": 9, "baño": 9}
    keys_P = WordTrie.of_words(counts, vocabulary, 1000).keys_P
    learnt = learnt_characters(vocabulary, keys_P)
    assert set("ñÑzZª€" + KINDS[0]) < learnt
    assert not learnt & set("éÉöÖøß")
    assert [item.symbol for item in scan("El Niño, Søren", learnt)][-1] == NAME
    assert "".join(item.symbol for item in scan("El Niño", learnt)) == "El Niño"


def test_without_words_or_spans_all_characters_are_read() -> None:
    with_spans, without = Vocabulary(tuple(ALPHABET) + KINDS), Vocabulary(tuple(ALPHABET))
    keys_P = WordTrie.of_words({"cat": 9}, without, 1000).keys_P
    assert learnt_characters(with_spans, None) == frozenset(with_spans.characters)
    assert learnt_characters(without, keys_P) == frozenset(ALPHABET)
