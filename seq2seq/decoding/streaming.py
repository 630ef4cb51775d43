"""Streaming: decoding while the source is still arriving; each symbol is final when it is written.

Network, `read(t)` and choices are those of batch decoding, with one source symbol at a time. At lag `full`
nothing is written before the end of a sentence, which is then searched as in a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from seq2seq.decoding.clocked import ClockedStream
from seq2seq.decoding.copying import RemainingSpans, after_all, pointed_at
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import check_finite, length_limit
from seq2seq.decoding.left_out import LeftOut
from seq2seq.decoding.lines import is_bare, left_out_spans, spell_whole
from seq2seq.decoding.search import search
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, is_due, read
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.lagged_rnn import NumpyLaggedRNN
from seq2seq.plain.networks import NumpyNetwork
from seq2seq.text.joining import Joiner
from seq2seq.text.pairing import still_open
from seq2seq.text.reader import Event, LineReader, Literal, SentenceEnd, Separator, sentence_of
from seq2seq.text.spans import Item
from seq2seq.text.symbols import Sentence
from seq2seq.text.vocabulary import END, START, Vocabulary


class SentenceStream:
    """One sentence at a lag below `full`: takes source symbols and returns the target symbols that are due.

    Args:
        network: an encoder-decoder.
        options: how to search; greedy.

    Attributes:
        source: the symbols read.
        memory: their encoder states.
        reading, writing: the states of the encoder and of the decoder.
        previous: the symbol written last.
        written: the number of symbols written.
        left: the positions of the spans read and not copied yet; in the end, those left out.
        copied: the positions of the spans copied since the last `take_copied`, in the order of writing.
        ended: whether the end mark has been written; symbols read later are not translated.
    """

    def __init__(self, network: NumpyEncoderDecoder, options: DecodingOptions) -> None:
        self.network, self.lag, self.space = network, options.lag, options.space
        self.source: list[int] = []
        self.memory, self.reading = network.start_reading(1)
        self.writing = network.start(1)
        self.previous = START
        self.written = 0
        self.left: list[int] = []
        self.copied: list[int] = []
        self.ended = False

    def read(self, symbol: int) -> list[int]:
        """Read the next source symbol and return the symbols that are due; after the end mark, all others."""
        is_last = symbol == END
        if symbol in self.network.copied:
            self.left.append(len(self.source))
        self.source.append(symbol)
        out: list[int] = []
        if not self.ended:
            state_1H, self.reading = self.network.read(np.array([symbol]), self.reading)
            self.memory.append(state_1H)
            out = self._write_what_is_due(is_last)
        if is_last and self.space is not None:
            out += after_all(self.source, self.left, self.space, first=self.written == self.ended)
            self.copied += self.left
        return out

    def _write_what_is_due(self, is_last: bool) -> list[int]:
        out: list[int] = []
        while not self.ended and is_due(self.written + 1, self.lag, self.memory.size, is_last):
            self._write()
            if self.previous == END:
                self.ended = True
            else:
                out.append(self.previous)
            if is_last and self.written >= length_limit(self.memory.size):
                break
        return out

    def take_copied(self) -> list[int]:
        """Return the positions of the spans copied since the last call, in order, and forget them."""
        copied, self.copied = self.copied, []
        return copied

    def _write(self) -> None:
        self.written += 1
        read_t = read(self.written, self.lag, self.memory.size)
        there = [place for place in self.left if place < read_t]
        copies = bool(there)
        step = self.network.step(
            np.array([self.previous]), self.memory, np.array([read_t]), self.writing, self.lag, copies, copies
        )
        self.writing = step.states
        log_probs_1V = step.log_probs_NV
        if copies:
            symbols = [self.source[place] for place in there]
            log_probs_1V = RemainingSpans.of_one(symbols, self.network.copied).mask(log_probs_1V)
        self.previous = int(log_probs_1V.argmax())
        check_finite(log_probs_1V[:, self.previous], step.log_probs_NV)
        if self.previous in self.network.copied and step.attention_NS is not None:
            self.copied.append(
                pointed_at(self.left, self.previous, self.source, step.attention_NS[0], read_t)
            )
            self.left.remove(self.copied[-1])


def begin(network: NumpyNetwork, options: DecodingOptions) -> SentenceStream | ClockedStream | None:
    """Return the decoder of a new sentence; None at lag `full`, where it is searched at its end.

    Raises:
        UsageError: the network cannot stream.
    """
    if isinstance(network, NumpyEncoderDecoder):
        return None if options.lag == FULL else SentenceStream(network, options)
    if isinstance(network, NumpyLaggedRNN):
        return ClockedStream(network, options.lag)
    raise UsageError("a feedforward model pads whole sentences: it cannot stream")


class TextStream:
    """A stream of running text, read by the same functions as in batch decoding.

    Memory is bounded by the longest sentence, not by the length of the text.

    Args:
        network: any but the feedforward network.
        vocabulary: of the network.
        reader: normalises the text and cuts it into sentences.
        options: how to search.

    Attributes:
        sentence: the decoder of the current sentence; None at lag `full`.
        items: the symbols of the current sentence so far.
        counts: what had to be changed in the input so far.
        left_out: what the network has left out so far; spans stand at the ends of their sentences.
    """

    def __init__(
        self, network: NumpyNetwork, vocabulary: Vocabulary, reader: LineReader, options: DecodingOptions
    ) -> None:
        self.network, self.vocabulary, self.reader, self.options = network, vocabulary, reader, options
        self.counts, self.left_out = reader.counts, LeftOut()
        self.counts.line = 1
        self._begin_line()

    def _begin_line(self) -> None:
        self.joiner = Joiner()
        self._separator: Separator | None = None
        self._last = ""  # the last character written
        self._opened = ""  # the marks of the line that open a pair which has not ended
        self._begin_sentence()

    def _begin_sentence(self) -> None:
        self.sentence = begin(self.network, self.options)
        self.items: list[Item] = []
        self._bare = True  # whether nothing but marks has been written of it

    def feed(self, text: str) -> str:
        """Take the next characters, any number of them, and return the text that can be written now.

        A line feed ends the line, as `finish` does, and is part of the output.

        Raises:
            TypeError: it is no text.
        """
        if not isinstance(text, str):
            raise TypeError(f"text to translate is a string, not {text!r:.60}")
        first, *others = text.split("\n")
        out = [self._take(self.reader.feed(first))]
        for line in others:
            out += [self.finish(), "\n"]
            self.counts.line += 1
            out.append(self._take(self.reader.feed(line)))
        return "".join(out)

    def finish(self) -> str:
        """End the line and return the rest of its translation; the next characters begin a new line."""
        out = self._take(self.reader.finish())
        self._begin_line()
        return out

    def _take(self, events: list[Event]) -> str:
        return "".join(map(self._take_one, events))

    def _take_one(self, event: Event) -> str:
        if isinstance(event, Separator):
            self._separator = event
            return ""
        if isinstance(event, Literal):
            self._opened = still_open(self._opened + event.text)
            return self._put(event.written)
        if isinstance(event, SentenceEnd):
            return self._end_sentence(event.joined)
        self.items.append(event)
        self.joiner.read(event.text[event.letters :])
        if self.sentence is None:
            return ""
        return self._show(self._spell(self.sentence.read(*self.vocabulary.encode(event.symbol))))

    def _end_sentence(self, joined: bool) -> str:
        text = self._search() if self.sentence is None else self._spell(self.sentence.read(END))
        if isinstance(self.sentence, SentenceStream):
            self._note(sentence_of(self.items), self.sentence.left)
        out = self._show(text) + self._put(self.joiner.end_part(joined))
        self._separator = None
        self._begin_sentence()
        return out

    def _search(self) -> str:
        """Search the translation of the current sentence, which has been read to its end."""
        sentence = sentence_of(self.items).whole()
        source = self.vocabulary.encode(sentence.symbols)
        ((best, *_),) = search(self.network, [source], self.options)
        self._note(sentence, [span.place for span in left_out_spans(sentence, best)])
        text = spell_whole(best, sentence, self.vocabulary, self._opened)
        self._opened = still_open(self._opened + sentence.text)
        return text

    def _note(self, sentence: Sentence, places: Sequence[int]) -> None:
        """Count the spans of a sentence at some places as left out."""
        lost = [span.text for span in sentence.spans if span.place in places]
        self.left_out.add(lost, self.counts.line)

    def _spell(self, ids: list[int]) -> str:
        if not ids:
            return ""
        places = self.sentence.take_copied() if isinstance(self.sentence, SentenceStream) else []
        sentence = sentence_of(self.items)
        before = takewhile(lambda symbol: not self.vocabulary.is_copied(symbol), ids)
        begins = self._bare and is_bare(self.vocabulary.decode(before))
        text = self.vocabulary.decode(ids, sentence.copied(places, begins))
        self._bare = self._bare and is_bare(text)
        return text

    def _show(self, text: str) -> str:
        return self._put(self.joiner.write(text)) if text else ""

    def _put(self, text: str) -> str:
        """Return text, after the separator between it and the text before."""
        if not text:
            return ""
        before = self._separator.after(self._last) if self._separator else ""
        self._separator, self._last = None, text[-1]
        return before + text
