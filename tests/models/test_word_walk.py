"""Looking up nodes of the word trie for whole batches: the same numbers as symbol by symbol."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepared import encode_pairs
from seq2seq.models.layers import WordEmbedding
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import END, PAD, START, UNKNOWN, Vocabulary
from seq2seq.text.words import FIRST, OFF_TRIE, OUTSIDE, Place, WordTrie, learn_trie, letter_table

VOCABULARY = Vocabulary(()).extend("abcdeABCDE'’ .-1" + "".join(KINDS))
TEXT = "a cab bed. Add a bad bead, dad's bed. a bad cab ced' aa bb ace. " * 6


def learned(pairs: int = 40) -> WordTrie:
    corpus = encode_pairs([Pair(TEXT, TEXT)] * 3, VOCABULARY)
    trie = learn_trie([(corpus.source_ids, corpus.source_offsets, 1.0)], VOCABULARY, 50, pairs)
    assert len(trie.keys_P) > 15
    assert len(trie.whole_W) > 5
    return trie


def one_by_one(trie: WordTrie, ids_BL: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    place, nodes, pairs = Place.start(len(ids_BL)), [], []
    for symbol_B in ids_BL.T:
        place, pair_B = trie.step(symbol_B, place)
        nodes.append(place.node_B)
        pairs.append(pair_B)
    return np.stack(nodes, axis=1), np.stack(pairs, axis=1)


def embedding(trie: WordTrie) -> WordEmbedding:
    return WordEmbedding(trie, 4, dropout=0.0)


TRIES = {
    "with pairs": learned(),
    "without pairs": learned(0),
    "of nothing": WordTrie(letter_table(VOCABULARY), *(np.zeros(0, np.int64) for _ in range(3))),
}
letters = VOCABULARY.encode("abcde")
symbols = st.integers(0, len(VOCABULARY) - 1) | st.sampled_from([*letters, *VOCABULARY.encode(" ' ")])
batches = st.integers(1, 12).flatmap(
    lambda length: st.lists(st.lists(symbols, min_size=length, max_size=length), min_size=1, max_size=4)
)


@pytest.mark.parametrize("name", TRIES)
@given(rows=batches)
def test_a_batch_is_walked_as_one_symbol_after_another(name: str, rows: list[list[int]]) -> None:
    trie, ids_BL = TRIES[name], np.array(rows, np.int64)
    expected = one_by_one(trie, ids_BL)
    on_a_device = embedding(trie).walk(torch.from_numpy(ids_BL))
    for found, device, right in zip(trie.walk(ids_BL), on_a_device, expected, strict=True):
        np.testing.assert_array_equal(found, right)
        np.testing.assert_array_equal(device.numpy(), right)


def test_real_sentences_meet_every_kind_of_node() -> None:
    trie = TRIES["with pairs"]
    text = "A bad bed, a dad’s bead\ue000 edc cab" + KINDS[0] + "a bed."
    ids = np.array([[START, *VOCABULARY.encode(text), END, PAD]])
    nodes, pairs = trie.walk(ids)
    first_whole = FIRST + len(trie.keys_P)
    assert {OUTSIDE, OFF_TRIE} <= set(nodes[0].tolist())
    assert (nodes >= first_whole).any()
    assert ((nodes >= FIRST) & (nodes < first_whole)).any()
    assert (pairs > 0).any()
    assert nodes[0, -1] == pairs[0, 0] == OUTSIDE
    assert UNKNOWN in ids


def test_the_depth_is_that_of_the_longest_prefix() -> None:
    assert TRIES["of nothing"].depth == 0
    assert TRIES["with pairs"].depth == len("bead")
    alone = WordTrie.of_words({"abacab": 9, "b": 9}, VOCABULARY, 100)
    assert alone.depth == 6
    assert WordTrie.of_words({"abacab": 9, "b": 9}, VOCABULARY, 4).depth == 2


@pytest.mark.parametrize("hidden", [0.0, 0.3])
def test_embeddings_are_those_of_the_nodes_and_pairs(hidden: float) -> None:
    trie = TRIES["with pairs"]
    words = WordEmbedding(trie, 4, hidden).eval()
    assert words.pairs is not None
    ids = torch.tensor([VOCABULARY.encode("a bad bed"), VOCABULARY.encode("aa cab be")])
    nodes, pairs = (torch.from_numpy(part) for part in trie.walk(ids.numpy()))
    torch.testing.assert_close(words(ids), words.nodes.weight[nodes] + words.pairs.weight[pairs])


@pytest.mark.cuda
def test_a_gpu_walks_as_the_cpu_does_and_nothing_is_fetched_from_it() -> None:
    trie, words = TRIES["with pairs"], embedding(TRIES["with pairs"]).to("cuda")
    ids = np.random.default_rng(1).integers(0, len(VOCABULARY), (50, 40))
    on_gpu = torch.from_numpy(ids).to("cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = words.walk(on_gpu)
        words(on_gpu)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for part, right in zip(found, trie.walk(ids), strict=True):
        np.testing.assert_array_equal(part.cpu().numpy(), right)
