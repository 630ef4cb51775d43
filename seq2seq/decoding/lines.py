"""From sentences to lines: the text of a translation, and for each character its score and delay.

Shape suffixes: S source characters, T characters written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis, normalised
from seq2seq.decoding.traced_text import TracedText
from seq2seq.lag import FULL, Lag, delays
from seq2seq.text.joining import Joiner
from seq2seq.text.normalise import REPLACEMENT
from seq2seq.text.pairing import repair_pairs, still_open
from seq2seq.text.reader import Line, Literal, ReadSentence, Separator
from seq2seq.text.symbols import KIND_NAMES, Sentence, Span
from seq2seq.text.times import repair_times
from seq2seq.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class SpanRecord:
    """A span of a line, and what became of it.

    Attributes:
        kind: its name, as in `text.symbols.KIND_NAMES`.
        begin: where it begins in the source of the line.
        text: of the source.
        written: what was written for it.
        left_out: whether the network left it out, so that it stands at the end of its sentence, if anywhere.
    """

    kind: str
    begin: int
    text: str
    written: str
    left_out: bool


@dataclass(frozen=True)
class Translation:
    """The translation of one line.

    Attributes:
        source: the line as read: normalised, with its edges unchanged.
        text: its translation.
        lag: the lag.
        score: log-probability of the translation, divided by its length to the power of the length penalty.
        mean_probability: geometric mean of the probabilities of all symbols, end marks included; in (0, 1].
        confidence: the probability that the translation is good, by the model's calibration
            (`decoding.confidence`); None if it has none.
        log_probs: for each character of `text`, the natural logarithm of its probability; 0 for characters
            that the network did not choose: the space between two sentences, literal text, and all characters
            of a copied span but the first.
        delays: for each character of `text`, how many characters of `source` had been read by then.
        ended: False if the decoder did not write an end mark and was stopped at the length limit.
        uncopied: how many spans of `source` the network left out; if the model knows spans, they stand at the
            ends of their sentences.
        copied: the text of the copied spans, in the order of `text`.
        spans: all spans of `source` that were read by the network, in their order.
        alternatives: with n-best, all hypotheses, the best first, as (text, score); each has all spans.
        attention: (T, S), if asked for: for each character of `text` the weights of the characters of
            `source`, without those of end marks, so a row may sum to less than 1.
    """

    source: str
    text: str
    lag: Lag
    score: float
    mean_probability: float
    confidence: float | None
    log_probs: tuple[float, ...]
    delays: tuple[int, ...]
    ended: bool
    uncopied: int
    copied: tuple[str, ...]
    spans: tuple[SpanRecord, ...]
    alternatives: tuple[tuple[str, float], ...]
    attention: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


def check_lines(lines: object) -> None:
    """Raise a TypeError that says what is wrong, unless `lines` are a list of strings, or the like."""
    if isinstance(lines, str):
        raise TypeError(f"lines to translate are a list of strings, not one string: write [{lines!r:.60}]")
    if not isinstance(lines, Sequence):
        raise TypeError(f"lines to translate are a list of strings, not {lines!r:.60}")
    if wrong := [line for line in lines if not isinstance(line, str)]:
        raise TypeError(f"a line to translate is a string, not {wrong[0]!r:.60}")


def as_read(sentence: Sentence, lag: Lag) -> Sentence:
    """Return a sentence as the network reads it at a lag."""
    return sentence.whole() if lag == FULL else sentence


def spell_whole(hypothesis: Hypothesis, sentence: Sentence, vocabulary: Vocabulary, opened: str) -> str:
    """Return the text of a hypothesis at lag `full`; what is plainly wrong in it is mended.

    Args:
        opened: as for `repair_pairs`.
    """
    text = vocabulary.decode(hypothesis.ids, copied_texts(hypothesis, sentence, vocabulary))
    return _repaired(sentence.text, text, opened)


def _repaired(source: str, text: str, opened: str) -> str:
    """Return a whole translation with its marks in pairs and its times in the right half of the day."""
    return repair_times(source, repair_pairs(source, text, opened))


def copied_texts(hypothesis: Hypothesis, sentence: Sentence, vocabulary: Vocabulary) -> list[str]:
    """Return what is written for the spans that a hypothesis copies, in its order."""
    if not hypothesis.copied:
        return []
    ids = hypothesis.ids
    first = next((t for t, symbol in enumerate(ids) if vocabulary.is_copied(symbol)), 0)
    return sentence.copied(hypothesis.copied, is_bare(vocabulary.decode(ids[:first])))


def left_out_spans(sentence: Sentence, hypothesis: Hypothesis) -> list[Span]:
    """Return the spans of a sentence that the network left out of a hypothesis."""
    chosen = hypothesis.copied[: len(sentence.spans) - hypothesis.uncopied]
    return [span for span in sentence.spans if span.place not in chosen]


def is_bare(text: str) -> bool:
    """Whether a text has neither letters nor digits: what follows begins the sentence."""
    return not any(map(str.isalnum, text))


def _write(
    number: int, part: ReadSentence, best: Hypothesis, vocabulary: Vocabulary, lag: Lag, opened: str
) -> TracedText:
    """Return the translation of one sentence of a line; `opened` is as for `repair_pairs`."""
    sentence = as_read(part.sentence, lag)
    copied = iter(copied_texts(best, sentence, vocabulary))
    waits = delays(len(best.ids) - best.added, lag, len(sentence.symbols) + 1)
    waits += [len(sentence.symbols)] * best.added
    texts = [
        next(copied, REPLACEMENT) if vocabulary.is_copied(symbol) else vocabulary.character(symbol)
        for symbol in best.ids
    ]
    places = [(t, i) for t, text in enumerate(texts) for i in range(len(text))]
    out = TracedText(
        text="".join(texts),
        log_probs=[0.0 if i else best.log_probs[t] for t, i in places],
        delays=[part.begin + sentence.read[waits[t]] for t, _ in places],
        looked=[(number, t) for t, _ in places],
    )
    return out.changed(_repaired(sentence.text, out.text, opened)) if lag == FULL else out


def to_translation(
    line: Line, found: Sequence[Sequence[Hypothesis]], vocabulary: Vocabulary, options: DecodingOptions
) -> Translation:
    """Join the translated sentences of one line.

    Args:
        line: the line as it was read.
        found: the hypotheses of each of its sentences, the best first.
        vocabulary: of the network.
        options: of the search.
    """
    lag, penalty = options.lag, options.length_penalty
    best = [hypotheses[0] for hypotheses in found]
    written = _assemble(
        line, lambda number, part, opened: _write(number, part, best[number], vocabulary, lag, opened)
    )
    sentences = [as_read(part.sentence, lag) for part in line.sentences]
    pairs = list(zip(best, sentences, strict=True))
    mean = float(np.exp(_score(best, 1.0)))
    return Translation(
        source=line.source,
        text=written.text,
        lag=lag,
        score=_score(best, penalty),
        mean_probability=mean,
        confidence=_confidence(mean, bool(best), options),
        log_probs=tuple(written.log_probs),
        delays=tuple(written.delays),
        ended=all(hypothesis.ended for hypothesis in best),
        uncopied=sum(hypothesis.uncopied for hypothesis in best),
        copied=tuple(
            text for hypothesis, sentence in pairs for text in copied_texts(hypothesis, sentence, vocabulary)
        ),
        spans=tuple(
            record
            for part, (hypothesis, sentence) in zip(line.sentences, pairs, strict=True)
            for record in _span_records(part.begin, sentence, hypothesis, vocabulary)
        ),
        alternatives=(
            (written.text, _score(best, penalty)),
            *_others(line, found, vocabulary, lag, penalty),
        ),
        attention=_attention(line, best, written, lag),
    )


def _confidence(mean: float, is_translated: bool, options: DecodingOptions) -> float | None:
    """Return the confidence of a line; what is not translated is certain."""
    if options.calibration is None:
        return None
    return options.calibration.confidence(mean, options.lag) if is_translated else 1.0


def _span_records(
    begin: int, sentence: Sentence, hypothesis: Hypothesis, vocabulary: Vocabulary
) -> Iterable[SpanRecord]:
    """Yield the spans of a sentence that begins at `begin`."""
    texts = copied_texts(hypothesis, sentence, vocabulary)
    written = dict(zip(hypothesis.copied, texts, strict=True))
    lost = left_out_spans(sentence, hypothesis)
    for span in sentence.spans:
        yield SpanRecord(
            kind=KIND_NAMES[sentence.symbols[span.place]],
            begin=begin + sentence.read[span.place + 1] - len(span.text),
            text=span.text,
            written=written.get(span.place, ""),
            left_out=span in lost,
        )


def _assemble(line: Line, write: Callable[[int, ReadSentence, str], TracedText]) -> TracedText:
    """Join the parts of a line: literal text as it is, sentences as `write` returns them."""
    out, joiner = TracedText(), Joiner()
    place, number, opened = 0, 0, ""
    separator: Separator | None = None
    for part in line.parts:
        if isinstance(part, Separator):
            place, separator = place + len(part.text), part
            continue
        if isinstance(part, Literal):
            place += len(part.text)
            opened = still_open(opened + part.text)
            out.add((separator.after(out.text) if separator else "") + part.written, place)
            separator = None
            continue
        written = write(number, part, opened)
        written = written.changed(_joined(joiner, part, written))
        if separator and written.text:
            out.add(separator.after(out.text), written.delays[0])
        separator = None
        out.extend(written)
        place, number = part.begin + len(part.sentence.text), number + 1
        opened = still_open(opened + part.sentence.text)
    return out


def _joined(joiner: Joiner, part: ReadSentence, written: TracedText) -> str:
    """Return the text of a part as the joiner writes it; it sees no more of the source than had been read."""
    source, seen, place, out = part.sentence.text, 0, 0, []
    for delay, together in groupby(written.delays):
        joiner.read(source[seen : delay - part.begin])
        seen, before = delay - part.begin, place
        place += sum(1 for _ in together)
        out.append(joiner.write(written.text[before:place]))
    joiner.read(source[seen:])
    return "".join(out) + joiner.end_part(part.joined)


def _others(
    line: Line,
    found: Sequence[Sequence[Hypothesis]],
    vocabulary: Vocabulary,
    lag: Lag,
    penalty: float,
) -> Iterable[tuple[str, float]]:
    """Yield the alternatives of a line: of the i-th hypotheses of its sentences, or the last ones."""
    for i in range(1, max(map(len, found), default=0)):
        row = [hypotheses[min(i, len(hypotheses) - 1)] for hypotheses in found]

        def write(number: int, part: ReadSentence, opened: str, row: list[Hypothesis] = row) -> TracedText:
            return _write(number, part, row[number], vocabulary, lag, opened)

        yield _assemble(line, write).text, _score(row, penalty)


def _attention(
    line: Line, best: Sequence[Hypothesis], written: TracedText, lag: Lag
) -> NDArray[np.float32] | None:
    """Return the attention weights of a line, (T, S), from those of its sentences."""
    if all(hypothesis.attention_TS is None for hypothesis in best):
        return None
    weights_TS = np.zeros((len(written.text), len(line.source)), np.float32)
    parts = line.sentences
    for row, looked in enumerate(written.looked):
        if looked is None:
            continue
        part, hypothesis = parts[looked[0]], best[looked[0]]
        if hypothesis.attention_TS is None:
            continue
        sentence = as_read(part.sentence, lag)
        widths = np.array(sentence.widths, np.int64)
        share_S = np.repeat(hypothesis.attention_TS[looked[1], : len(widths)] / widths.clip(1), widths)
        weights_TS[row, part.begin : part.begin + len(share_S)] = share_S
    return weights_TS


def _score(hypotheses: Iterable[Hypothesis], penalty: float) -> float:
    """Return the score of the sentences of a line, without symbols that the network did not choose."""
    hypotheses = list(hypotheses)
    length = sum(len(hypothesis.log_probs) - hypothesis.added for hypothesis in hypotheses)
    total = sum(sum(hypothesis.log_probs) for hypothesis in hypotheses)
    return normalised(total, length, penalty) if length else 0.0
