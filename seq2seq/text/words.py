"""The words of the training data in a trie that reading and writing walk down, symbol by symbol.

    "the ca"   t  h  e  ␣  c  a          each symbol leads to a node: of the prefix of the word so far, or,
    nodes      t  th the W  c  ca        at the first symbol after it, of the whole word (W: "the")

A node is a function of the symbols up to it. The trie consists of three sorted arrays that are searched
directly: nothing is built when a model is loaded.

Shape suffixes: B sentences, L positions, V symbols, P prefixes, W whole words, Q pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import ALPHABET, SPECIALS, UNKNOWN, Ids, StoredIds, Vocabulary

TRIE_ARRAYS: Final = ("keys", "whole", "pair_keys")
"""The names under which the weights of a network hold `keys_P`, `whole_W` and `pairs_Q` of a `WordTrie`."""
OUTSIDE: Final = 0
"""The node between words."""
OFF_TRIE: Final = 1
"""The node of an unknown word and of a span."""
FIRST: Final = 2
"""The node of the first prefix. After the prefixes come the whole words."""
LEAST: Final = 5
"""The least number of occurrences of a prefix, a word or a pair."""
LETTERS: Final = 1 << 16
"""The radix of a key, which is node * LETTERS + letter."""
_ROWS: Final = 4096
"""Sentences that are walked at the same time."""
_CHUNK: Final = 1 << 18
"""Sentences whose words are counted at once."""


@dataclass(frozen=True)
class Place:
    """The state of the walk after a symbol, for B sentences.

    Attributes:
        node_B: the node of that symbol.
        last_B: the number of the last complete word, from 1; 0 for none or an unknown one.
    """

    node_B: Ids
    last_B: Ids

    @classmethod
    def start(cls, batch: int) -> Place:
        """Return the place before the first symbol."""
        return cls(np.zeros(batch, np.int64), np.zeros(batch, np.int64))


@dataclass(frozen=True)
class WordTrie:
    """The prefixes and words of one language, and which words precede which prefixes.

    Attributes:
        letter_V: for each symbol the id of its small letter; 0 for symbols that separate words, -1 for those
            that lead off the trie.
        keys_P: of each prefix, in the order of its nodes: the node of the prefix without its last letter,
            times 65,536, plus the id of that letter; ascending.
        whole_W: the nodes of the prefixes that are whole words, ascending.
        pairs_Q: (a whole word, a node) that occur together: the word's number times the number of nodes, plus
            the node; ascending.
    """

    letter_V: Ids
    keys_P: Ids
    whole_W: Ids
    pairs_Q: Ids

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return FIRST + len(self.keys_P) + len(self.whole_W)

    @property
    def depth(self) -> int:
        """The number of letters of the longest prefix."""
        depth, at = 0, len(self.keys_P) - 1  # longer prefixes come after shorter ones
        while at >= 0:
            depth, at = depth + 1, min(at, int(self.keys_P[at]) // LETTERS - FIRST + 1) - 1
        return depth

    def step(self, symbol_B: npt.NDArray[np.integer[Any]], place: Place) -> tuple[Place, Ids]:
        """Return the place after one more symbol and the number of the pair (last word, node), or 0."""
        first_whole = FIRST + len(self.keys_P)
        letter_B, node_B = self.letter_V[symbol_B], place.node_B
        within_B = (node_B != OUTSIDE) & (node_B < first_whole)
        at_B, found_B = _find(self.keys_P, np.where(within_B, node_B, OUTSIDE) * LETTERS + letter_B)
        word_B, ends_B = _find(self.whole_W, node_B)
        apart_B = letter_B == 0
        node_B = np.where(
            apart_B,
            np.where(ends_B, first_whole + word_B, OUTSIDE),
            np.where(found_B & (letter_B > 0), FIRST + at_B, OFF_TRIE),
        )
        pair_B, paired_B = _find(self.pairs_Q, place.last_B * self.nodes + node_B)
        # The last word stays until another one ends, or something leads off the trie.
        last_B = np.where(
            (apart_B & within_B) | (letter_B < 0), (word_B + 1) * (apart_B & ends_B), place.last_B
        )
        return Place(node_B, last_B), np.where(paired_B, pair_B + 1, 0)

    def walk(self, ids_BL: npt.NDArray[np.integer[Any]]) -> tuple[Ids, Ids]:
        """Return the node and the pair of every position, two arrays (B, L), as `step` does one by one.

        All words are walked at the same time: first their first letters, then their second ones, and so on.
        `tests/models/test_word_walk.py` checks that `step`, `walk` and `WordEmbedding` agree.
        """
        # Padded, so that no word continues in the next row.
        letter_BL = np.pad(self.letter_V[ids_BL], ((0, 0), (1, 1)))
        place_L = np.arange(letter_BL.shape[1])
        nodes_BL = np.where(letter_BL == 0, OUTSIDE, OFF_TRIE)
        letter_X, nodes_X = letter_BL.reshape(-1), nodes_BL.reshape(-1)  # views
        at_N, above = 1 + np.flatnonzero((letter_X[:-1] == 0) & (letter_X[1:] > 0)), np.int64(OUTSIDE)
        while len(at_N):
            prefix_N, found_N = _find(self.keys_P, above * LETTERS + letter_X[at_N])
            at_N, above = at_N[found_N], FIRST + prefix_N[found_N]
            nodes_X[at_N] = above
            goes_on_N = letter_X[at_N + 1] > 0
            at_N, above = at_N[goes_on_N] + 1, above[goes_on_N]
        over_N = 1 + np.flatnonzero((letter_X[:-1] != 0) & (letter_X[1:] == 0))
        word_N, ends_N = _find(self.whole_W, nodes_X[over_N - 1])
        nodes_X[over_N[ends_N]] = FIRST + len(self.keys_P) + word_N[ends_N]
        # The last word stays until another one ends, or something leads off the trie.
        changed_BL, last_BL = letter_BL < 0, np.zeros_like(nodes_BL)
        changed_BL.reshape(-1)[over_N] = True
        last_BL.reshape(-1)[over_N[ends_N]] = word_N[ends_N] + 1
        since_BL = np.maximum.accumulate(np.where(changed_BL, place_L, 0), axis=1)
        before_BL = np.take_along_axis(last_BL, since_BL, axis=1)[:, :-2]
        nodes_BL = nodes_BL[:, 1:-1]
        pair_BL, paired_BL = _find(self.pairs_Q, before_BL * self.nodes + nodes_BL)
        return nodes_BL, np.where(paired_BL, pair_BL + 1, 0)

    @classmethod
    def of_words(cls, words: Mapping[str, float], vocabulary: Vocabulary, limit: int) -> WordTrie:
        """Return the trie of the `limit` most frequent prefixes and words of at least `LEAST` occurrences."""
        counts: dict[tuple[str, bool], float] = defaultdict(float)
        for word, count in words.items():
            counts[word, True] += count
            for end in range(1, len(word) + 1):
                counts[word[:end], False] += count
        # A prefix ranks before the words that begin with it, so no prefix of a kept word is missing.
        ranked = sorted(
            (-count, len(entry), whole, entry) for (entry, whole), count in counts.items() if count >= LEAST
        )[:limit]
        prefixes = sorted(
            (entry for *_, whole, entry in ranked if not whole), key=lambda entry: (len(entry), entry)
        )
        letters = dict(zip(vocabulary.characters, range(SPECIALS, len(vocabulary)), strict=True))
        node, keys = {"": OUTSIDE}, list[int]()
        for length in range(1, max(map(len, prefixes), default=0) + 1):
            level = sorted(
                (node[prefix[:-1]] * LETTERS + letters[prefix[-1]], prefix)
                for prefix in prefixes
                if len(prefix) == length
            )
            for key, prefix in level:
                node[prefix] = FIRST + len(keys)
                keys.append(key)
        whole = sorted(node[entry] for *_, is_whole, entry in ranked if is_whole)
        none = np.zeros(0, np.int64)
        return cls(letter_table(vocabulary), np.array(keys, np.int64), np.array(whole, np.int64), none)

    def with_pairs(self, counts: Mapping[int, float], limit: int) -> WordTrie:
        """Return the trie with the `limit` most frequent pairs that occur at least `LEAST` times."""
        ranked = sorted((-count, pair) for pair, count in counts.items() if count >= LEAST)[:limit]
        pairs = np.array(sorted(pair for _, pair in ranked), np.int64)
        return WordTrie(self.letter_V, self.keys_P, self.whole_W, pairs)

    def has(self, words: Sequence[str], vocabulary: Vocabulary) -> list[bool]:
        """Return for each word, of letters and apostrophes, whether it is a whole word of the trie."""
        nodes_1L, _ = self.walk(vocabulary.encode_array("".join([f"{word} " for word in words]))[None])
        ends_N = np.cumsum([len(word) + 1 for word in words]) - 1
        found: list[bool] = (nodes_1L[0, ends_N] >= FIRST + len(self.keys_P)).tolist()
        return found

    def words(self, vocabulary: Vocabulary) -> list[str]:
        """Return the whole words, in the order of their numbers."""
        prefix = {OUTSIDE: ""}
        for at, key in enumerate(self.keys_P.tolist()):
            prefix[FIRST + at] = prefix[key // LETTERS] + vocabulary.characters[key % LETTERS - SPECIALS]
        return [prefix[node] for node in self.whole_W.tolist()]

    def is_sound(self, symbols: int) -> bool:
        """Whether the arrays are a valid trie over so many symbols."""
        parents_P, letters_P = np.divmod(self.keys_P, LETTERS)
        ascending = all(bool((np.diff(part) > 0).all()) for part in (self.keys_P, self.whole_W, self.pairs_Q))
        prefixes_P = (parents_P >= 0) & (parents_P != OFF_TRIE)
        prefixes_P &= parents_P < FIRST + np.arange(len(self.keys_P))
        letters_P = (letters_P >= SPECIALS) & (letters_P < symbols)
        whole_W = (self.whole_W >= FIRST) & (self.whole_W < FIRST + len(self.keys_P))
        pairs_Q = (self.pairs_Q >= 0) & (self.pairs_Q < (len(self.whole_W) + 1) * self.nodes)
        return ascending and all(bool(part.all()) for part in (prefixes_P, letters_P, whole_W, pairs_Q))


def _find(sorted_N: Ids, wanted_B: Ids) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Return the index of each number in a sorted array, and whether it is there."""
    if not len(sorted_N):
        return np.zeros(wanted_B.shape, np.int64), np.zeros(wanted_B.shape, np.bool_)
    at_B = sorted_N.searchsorted(wanted_B).clip(max=len(sorted_N) - 1)
    return at_B, sorted_N[at_B] == wanted_B


def letter_table(vocabulary: Vocabulary) -> Ids:
    """Return `letter_V` of a vocabulary: capitals count as small letters, ’ as '."""
    table = np.zeros(len(vocabulary), np.int64)
    table[UNKNOWN] = -1
    for symbol, character in enumerate(vocabulary.characters, SPECIALS):
        if character in KINDS:
            table[symbol] = -1
        elif character.isalpha() or character in "'’":
            small = "'" if character == "’" else character.lower()
            known = len(small) == 1 and small in vocabulary
            table[symbol] = vocabulary.encode(small)[0] if known else symbol
    return table


def learnt_characters(vocabulary: Vocabulary, keys_P: Ids | None) -> frozenset[str]:
    """Return the characters that a model has learnt to read.

    Letters such as ö and ñ are in every vocabulary, also where the training data hardly have them. If the
    words of the data lack such a letter, a word with it is a name, and is copied.

    Args:
        vocabulary: of the model.
        keys_P: of the trie of its source words; None for a model without words.
    """
    if keys_P is None or KINDS[0] not in vocabulary:
        return frozenset(vocabulary.characters)
    ends_V = np.bincount(keys_P % LETTERS, minlength=len(vocabulary))
    letters = zip(vocabulary.characters, letter_table(vocabulary)[SPECIALS:].tolist(), strict=True)
    rare = (char for char, small in letters if char in _ACCENTED and ends_V[small] < _LEAST_LEARNT)
    return frozenset(vocabulary.characters) - frozenset(rare)


_ACCENTED: Final = frozenset(c for c in ALPHABET if not c.isascii() and c.lower() != c.upper())
_LEAST_LEARNT: Final = 2
"""The fewest prefixes that end with a letter that has been learnt: one may be a single word (café)."""


EncodedPart: TypeAlias = tuple[StoredIds, Ids, float]
"""One side of a part of a corpus: all ids in a row, offsets of shape (N + 1,), the weight of each sentence.

Sentence i is ids[offsets[i] : offsets[i + 1]].
"""


def learn_trie(parts: Sequence[EncodedPart], vocabulary: Vocabulary, nodes: int, pairs: int) -> WordTrie:
    """Return the trie of the words in a corpus.

    Args:
        parts: one side of all its parts.
        vocabulary: of both sides.
        nodes: the most prefixes and words.
        pairs: the most pairs of a word and what follows it.
    """
    words: dict[str, float] = defaultdict(float)
    for ids, offsets, weight in parts:
        for word, count in _count_words(ids, offsets, vocabulary).items():
            words[word] += weight * count
    trie = WordTrie.of_words(words, vocabulary, nodes)
    if not pairs:
        return trie
    found: dict[int, float] = defaultdict(float)
    for ids, offsets, weight in parts:
        for keys in _walk_corpus(trie, ids, offsets):
            kinds, counts = np.unique(keys, return_counts=True)
            for key, count in zip(kinds.tolist(), counts.tolist(), strict=True):
                found[key] += weight * count
    return trie.with_pairs(found, pairs)


def _count_words(ids: StoredIds, offsets: Ids, vocabulary: Vocabulary) -> Counter[str]:
    """Return how often each word occurs; words with a span or an unknown letter do not count."""
    letter_V = letter_table(vocabulary)
    code_V = np.array([ord(character) for character in " " * SPECIALS + "".join(vocabulary.characters)])
    code_V = np.where(letter_V > 0, code_V[letter_V], np.where(letter_V < 0, ord("\0"), ord(" ")))
    words: Counter[str] = Counter()
    for first in range(0, len(offsets) - 1, _CHUNK):
        places = offsets[first : first + _CHUNK + 1]
        codes = np.insert(code_V[ids[places[0] : places[-1]]], places[:-1] - places[0], ord(" "))
        words.update(codes.astype("<u4").tobytes().decode("utf-32-le").split())
    return Counter({word: count for word, count in words.items() if "\0" not in word})


def _walk_corpus(trie: WordTrie, ids: StoredIds, offsets: Ids) -> Iterator[Ids]:
    """Yield the keys of all pairs of a known word and a known node after it."""
    lengths = np.diff(offsets)
    order = lengths.argsort(kind="stable")
    for first in range(0, len(order), _ROWS):
        rows = order[first : first + _ROWS]
        place, keys = Place.start(len(rows)), list[Ids]()
        for at in range(int(lengths[rows].max(initial=0))):
            here = at < lengths[rows]  # the longest are the last
            symbol_B = np.where(here, ids.take(offsets[rows] + at, mode="clip"), 0)
            last_B = place.last_B
            place, _ = trie.step(symbol_B, place)
            known = here & (last_B > 0) & (place.node_B >= FIRST)
            keys.append((last_B * trie.nodes + place.node_B)[known])
        if keys:
            yield np.concatenate(keys)
