"""The translation of marked texts in batches, and of documents made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from seq2seq.decoding.lines import Translation
from seq2seq.formats.alignment import Alignment
from seq2seq.formats.marked import Marked, Placed
from seq2seq.text.sentences import split_sentences

Translate: TypeAlias = Callable[[Sequence[str], bool], Sequence[Translation]]
"""Translates lines; the second argument says whether attention is wanted."""

_BATCH = 64
"""Texts translated at once: their attention is in memory together."""
_MOST_ALIGNED = 1500
"""The most characters translated at once with attention, which takes memory for each pair of characters."""


def translate_marked(texts: Sequence[Marked], translate: Translate, aligned: bool = False) -> list[Placed]:
    """Return the translations of texts, with their tags placed.

    Args:
        texts: each has words.
        translate: the model.
        aligned: whether texts without tags need attention, too.
    """
    placed: list[Placed] = []
    for at in range(0, len(texts), _BATCH):
        batch = texts[at : at + _BATCH]
        wanted = aligned or any(each.marks for each in batch)
        lines = [list(_lines(each.text)) if wanted else [each.text] for each in batch]
        found = iter(translate([line for each in lines for line in each], wanted))
        placed += [
            _place(each, own, [next(found) for _ in own]) for each, own in zip(batch, lines, strict=True)
        ]
    return placed


def _lines(text: str) -> Iterator[str]:
    """Yield a text in pieces of whole sentences, so that each is short if its sentences are."""
    if len(text) <= _MOST_ALIGNED:
        yield text
        return
    piece = ""
    for sentence in split_sentences(text, limit=2 * len(text) + 1):
        if piece and len(piece) + len(sentence) > _MOST_ALIGNED:
            yield piece
            piece = ""
        piece = f"{piece} {sentence}" if piece else sentence
    if piece:
        yield piece


def _place(marked: Marked, lines: Sequence[str], translations: Sequence[Translation]) -> Placed:
    pieces, target, at = [], "", 0
    for line, translation in zip(lines, translations, strict=True):
        at = max(at, marked.text.find(line, at))
        target += " " if target else ""
        pieces.append((at, len(target), translation))
        target += translation.text
        at += len(line)
    if target.endswith(".") and not target.endswith("..") and marked.text[-1].isalnum():
        target = target[:-1]  # a heading or a cell has no full stop, but the model writes sentences
    left_out = [letter for letter in marked.copied if letter not in target]
    target = " ".join(filter(None, [target, *left_out]))
    return Placed(marked, Alignment(marked.text, pieces, target))


def translate_parts(parts: Sequence[str | Marked], translate: Translate) -> str:
    """Return a document of which the marked parts are translated.

    Args:
        parts: literal text and texts to translate, in their order.
        translate: the model.
    """
    marked = [part for part in parts if isinstance(part, Marked) and part.has_words]
    placed = iter(translate_marked(marked, translate))
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif not part.has_words:
            out.append(part.raw)
        else:
            out.append(next(placed).render())
    return "".join(out)
