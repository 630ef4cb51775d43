"""Subtitles: sentences are put together from lines and cues, translated, and laid out again over their cues.

Everything but the text stays byte for byte: times, numbers, settings, headers, notes, empty cues. Each cue
has at most two lines of 42 characters if its text allows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from seq2seq.formats.cues import ESCAPES, Cue, add_pieces, find_cues, peel, visible
from seq2seq.formats.document import Translate, translate_marked
from seq2seq.formats.marked import MarkedBuilder, Placed
from seq2seq.text.normalise import Counts

WIDTH: Final = 42
"""The most characters of a line."""
LINES: Final = 2
"""The most lines of a cue."""
_LONGEST = 400
"""The most characters of a sentence that is put together from several cues."""
_ENDED = re.compile(r"[.?!…:][\"”»’')\]]*\s*\Z")
_DASH = re.compile(r"\s*[-–—‐]\s*\S")
_VOICE = re.compile(r"<v[ .>]")
_OWN = re.compile(r"\s*(?:[-–—‐♪♫♬#*(\[]|>>)")
"""How a text begins that does not go on with the one before."""
_ASIDE = re.compile(r"(?:<([A-Za-z]+)[^<>]*>)?(?:\([^()\[\]<>]+\)|\[[^()\[\]<>]+\])(?(1)</\1>)(?=\s|\Z)")
"""A remark in brackets, such as a sound, and the tag around it."""


@dataclass(frozen=True)
class _Part:
    """What one speaker says in one cue, or a remark in brackets.

    Attributes:
        cue: the number of the cue.
        before, after: what stands around the text.
        text: what is translated.
        space: what stands between it and the part before in its cue.
    """

    cue: int
    before: str
    text: str
    after: str
    space: str = "\n"


def translate_subtitles(
    document: str, translate: Translate, vtt: bool, counts: Counts | None = None
) -> tuple[str, int]:
    """Return subtitles with their text translated, and the number of cues with more than two lines of 42.

    Args:
        document: a file of SRT or WebVTT; a lone surrogate stands for a byte that is not UTF-8.
        translate: the model.
        vtt: whether it is WebVTT.
        counts: counts here what had to be changed in the text.
    """
    cues = find_cues(document, vtt)
    chains = [_Chain(parts, vtt, counts, document) for parts in _chains(_parts(cues))]
    worded = [chain for chain in chains if chain.marked.has_words]
    placed = translate_marked([chain.marked for chain in worded], translate, aligned=True)
    texts = [""] * len(cues)
    room = {
        number: sum("\n" in part.space for part in parts)
        for number, parts in enumerate(_by_cue(chains, len(cues)))
    }
    found = iter(placed)
    for chain in chains:
        own = next(found) if chain.marked.has_words else None
        for part, text in zip(chain.parts, chain.lay_out(own, room), strict=True):
            texts[part.cue] = _joined(texts[part.cue], part.space, text)
    out, at, overfull = "", 0, 0
    for cue, text in zip(cues, texts, strict=True):
        shown = visible(text).split("\n")
        overfull += len(shown) > max(LINES, len(cue.lines)) or max(map(len, shown)) > WIDTH
        out += document[at : cue.begin] + text.replace("\n", cue.line_end)
        at = cue.end
    return out + document[at:], overfull


def _by_cue(chains: Sequence[_Chain], count: int) -> list[list[_Part]]:
    cues: list[list[_Part]] = [[] for _ in range(count)]
    for chain in chains:
        for part in chain.parts:
            cues[part.cue].append(part)
    return cues


def _parts(cues: Sequence[Cue]) -> Iterator[_Part]:
    """Yield the texts of cues: those of several speakers, and sounds in brackets, are apart."""
    for number, cue in enumerate(cues):
        groups: list[list[str]] = []
        for line in cue.lines:
            seen = visible(line)
            own = _DASH.match(seen) or _is_sound(seen) or (groups and _is_sound(visible(groups[-1][-1])))
            if own or not groups:
                groups.append([])
            groups[-1].append(line)
        for lines in groups:
            yield from _pieces(number, *peel("\n".join(lines)))


def _pieces(cue: int, before: str, text: str, after: str) -> Iterator[_Part]:
    """Yield a text, or what remarks in brackets divide it into, if they stand between sentences."""
    cuts = [0]
    for match in _ASIDE.finditer(text):
        at = cuts[-1] + len(text[cuts[-1] : match.start()].rstrip())
        if at == cuts[-1] or _ENDED.search(text, 0, at):
            cuts += [at, match.end()]
    cuts.append(len(text))
    pieces = [text[first:last] for first, last in pairwise(cuts) if text[first:last].strip()]
    for number, piece in enumerate(pieces or [text]):
        bare = piece.lstrip() if number else piece
        around = peel(bare) if len(pieces) > 1 else ("", bare, "")
        yield _Part(
            cue,
            ("" if number else before) + around[0],
            around[1],
            around[2] + (after if number >= len(pieces) - 1 else ""),
            piece[: len(piece) - len(bare)] if number else "\n",
        )


def _joined(before: str, space: str, text: str) -> str:
    """Return two texts of a cue in a row: on one line only if they fit there."""
    if not before:
        return text
    last, first = visible(before).rpartition("\n")[2], visible(text).partition("\n")[0]
    return before + (space if len(last + space + first) <= WIDTH or "\n" in space else "\n") + text


def _is_sound(text: str) -> bool:
    text = text.strip()
    return text[:1] + text[-1:] in ("[]", "()")


def _chains(parts: Iterator[_Part]) -> Iterator[list[_Part]]:
    """Yield texts that make up a sentence, or several; most are alone."""
    chain: list[_Part] = []
    for part in parts:
        if chain and not _goes_on(chain, part):
            yield chain
            chain = []
        chain.append(part)
    if chain:
        yield chain


def _goes_on(chain: Sequence[_Part], part: _Part) -> bool:
    """Whether a text goes on with the sentence of those before, which are in earlier cues."""
    before, after = visible(chain[-1].text).strip(), visible(part.text).strip()
    if chain[-1].cue == part.cue or not before or not after or _OWN.match(visible(part.before) + after):
        return False
    if _VOICE.match(part.text):
        return False
    if sum(len(each.text) for each in [*chain, part]) > _LONGEST or chain[-1].before[-1:] in ("[", "("):
        return False
    dots = before.endswith(("...", "…"))
    if _ENDED.search(before) and not dots:
        return False
    first = after.lstrip(".… \"'“¿¡(")
    return first[:1].islower() or re.match(r"I\b|[0-9]", first) is not None or before.endswith((",", ";"))


class _Chain:
    """Texts that are translated as one.

    Attributes:
        parts: the texts, each in another cue.
        marked: all of them in a row.
    """

    def __init__(self, parts: list[_Part], vtt: bool, counts: Counts | None, document: str) -> None:
        self.parts = parts
        self._ends: list[int] = []
        self._raw = [part.before + part.text + part.after for part in parts]
        text, marks = "", []
        for part in parts:
            builder = MarkedBuilder(counts, document, ESCAPES[vtt])
            add_pieces(builder, part.text, vtt)
            piece = builder.finish(part.text)
            text += " " if text and piece.text else ""
            marks += [mark.moved(len(text)) for mark in piece.marks]
            text += piece.text
            self._ends.append(len(text))
        self.marked = replace(piece, text=text, marks=tuple(marks), copied={})

    def lay_out(self, placed: Placed | None, shared: dict[int, int]) -> Iterator[str]:
        """Yield for each part its translation in lines.

        Args:
            placed: the translation of all parts; None leaves them as they are.
            shared: how many texts each cue has.
        """
        if placed is None:
            yield from self._raw
            return
        windows = self._windows(placed, shared)
        for part, window in zip(self.parts, windows, strict=True):
            lead, tail = len(visible(part.before)), len(visible(part.after))
            text = placed.render(window, lambda text, lead=lead, tail=tail: _broken(text, lead, tail))  # type: ignore[misc]
            yield part.before + text + part.after

    def _windows(self, placed: Placed, shared: dict[int, int]) -> list[tuple[int, int]]:
        """Return the tokens of each part: a cut is between words, where attention says if both sides fit."""
        tokens, target = placed.alignment.tokens, placed.alignment.target
        spaces = {number for number in range(1, len(tokens)) if target[tokens[number][0] - 1] == " "}
        windows, first = [], 0
        for number, part in enumerate(self.parts[:-1]):
            rest = self.parts[number + 1 :]
            allowed = sorted(cut for cut in spaces if cut > first)
            allowed = allowed[: max(1, len(allowed) - len(rest) + 1)]
            cuts = placed.alignment.ranked_cuts(self._ends[number], (first, len(tokens)), allowed)
            start = tokens[first][0] if first < len(tokens) else len(target)
            left = sum(_room(each, shared) for each in rest)
            fitting = [
                cut
                for cut in cuts
                if len(target) - tokens[cut][0] <= left
                and _fits(target[start : tokens[cut][0] - 1], part, shared)
            ]
            cut = (fitting or cuts or [len(tokens)])[0]
            windows.append((first, cut))
            first = cut
        return [*windows, (first, len(tokens))]


def _room(part: _Part, shared: dict[int, int]) -> int:
    """Return how many characters a text may have; lines are not full to the last character."""
    lines = _lines_of(part, shared)
    return lines * WIDTH - (12 if lines > 1 else 0) - len(visible(part.before + part.after))


def _lines_of(part: _Part, shared: dict[int, int]) -> int:
    return max(1, LINES // max(1, shared[part.cue]))


def _fits(text: str, part: _Part, shared: dict[int, int]) -> bool:
    lines = _broken(text, len(visible(part.before)), len(visible(part.after))).split("\n")
    return len(lines) <= _lines_of(part, shared) and max(map(len, lines)) <= WIDTH


def _broken(text: str, lead: int, tail: int) -> str:
    """Return a text with line feeds in place of some spaces, so that lines are short and about equally long.

    Args:
        text: on one line.
        lead, tail: the characters that stand before and after it.
    """
    if lead + len(text) + tail <= WIDTH:
        return text
    spaces = [at for at, letter in enumerate(text) if letter == " "]
    halves = [at for at in spaces if lead + at <= WIDTH and len(text) - at - 1 + tail <= WIDTH]
    if halves:
        middle = (len(text) + tail - lead) / 2
        best = min(halves, key=lambda at: abs(at - middle) - (8 if text[at - 1] in ",;:.?!…" else 0))
        return f"{text[:best]}\n{text[best + 1 :]}"
    out, used = text, lead
    for word in re.finditer(r"(?: |\A)([^ ]+)", text):
        width = len(word[0])
        if word.start() and used + width > WIDTH:
            out = f"{out[: word.start()]}\n{out[word.start() + 1 :]}"
            used = width - 1
        else:
            used += width
    return out
