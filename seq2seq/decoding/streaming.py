"""Greedy decoding while the source is still arriving: each symbol is written when its turn comes, for good.

The same network, the same `read(t)` and the same choice as in batch decoding, one source symbol at a time. At
lag `full` nothing is shown before the end, and a sentence may be searched again, as in batches.
"""

from __future__ import annotations

import numpy as np

from seq2seq.decoding import length_limit
from seq2seq.decoding.beam import AGAIN, beam_search
from seq2seq.decoding.clocked import ClockedStream
from seq2seq.decoding.copying import pointed_at
from seq2seq.decoding.repetition import Words
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, is_due, read
from seq2seq.plain.encoder_decoder import EncoderDecoder
from seq2seq.plain.lagged_rnn import LaggedRNN
from seq2seq.plain.networks import PlainNetwork
from seq2seq.text import END, START, UNKNOWN, Normaliser, SentenceCutter, Vocabulary


class SentenceStream:
    """One sentence: takes source symbols and gives back the target symbols whose turn has come.

    Args:
        network: not bidirectional, since that reads to the end before it starts.
        lag: τ.
        words: those of the vocabulary, for nothing to be said twice in a row at lag `full`; None lets it.
        length_penalty: for what is then searched again.

    Attributes:
        source: the symbols read, while they may be wanted again.
        memory: encoder states of what has been read.
        reading, writing: the layers' states.
        previous: the symbol written last.
        written: how many have been.
        unknown: the places of the unknown characters read and not carried over yet.
        copied: of those carried over and not taken yet, in the order of writing.
        ended: whether the end mark has been written; what is read from then on is dropped.
    """

    def __init__(
        self, network: EncoderDecoder, lag: Lag, words: Words | None = None, length_penalty: float = 1.0
    ) -> None:
        if network.backward_encoder is not None:
            raise UsageError("a bidirectional model reads each sentence to its end first: it cannot stream")
        self.network, self.lag = network, lag
        self.words, self.length_penalty = (words if lag == FULL else None), length_penalty
        self.source: list[int] = []
        self.memory, self.reading = network.start_reading(1)
        self.writing = network.start(1)
        self.previous = START
        self.written = 0
        self.unknown: list[int] = []
        self.copied: list[int] = []
        self.ended = False

    def read(self, symbol: int) -> list[int]:
        """Read the next source symbol and return what is due: after the end mark, all the rest."""
        if self.ended:
            return []
        state_1H, self.reading = self.network.read(np.array([symbol]), self.reading)
        if symbol == UNKNOWN:
            self.unknown.append(self.memory.size)
        self.memory.append(state_1H)
        is_last = symbol == END
        out: list[int] = []
        while not self.ended and is_due(self.written + 1, self.lag, self.memory.size, is_last):
            written = self._write()
            out += [written] if written != END else []
            if is_last and self.written >= length_limit(self.memory.size):
                self.ended = True
        if self.words is not None:
            self.source += [] if is_last else [symbol]
            if is_last and self.words.circles(self.source, out, self.previous == END):
                out = self._search_again(self.words) or out  # a circle is better than nothing
        return out

    def _search_again(self, words: Words) -> list[int]:
        """Return what a beam finds for the whole sentence, to take the place of what was just written."""
        ((best,),) = beam_search(self.network, [self.source], FULL, AGAIN, self.length_penalty, words=words)
        if not (best.ended and best.ids):
            return []
        self.written = len(best.log_probs)
        self.copied = list(best.copied)
        self.previous = END
        return best.ids

    def take_copied(self) -> list[int]:
        """Return the places of the unknown characters carried over since the last call, in order."""
        copied, self.copied = self.copied, []
        return copied

    def _write(self) -> int:
        self.written += 1
        read_t = read(self.written, self.lag, self.memory.size)
        copies = any(place < read_t for place in self.unknown)
        step = self.network.step(
            np.array([self.previous]), self.memory, np.array([read_t]), self.writing, self.lag, copies, copies
        )
        self.writing = step.states
        self.previous = int(step.log_probs_NV.argmax())
        if self.previous == UNKNOWN and step.attention_NS is not None:
            self.copied.append(pointed_at(self.unknown, step.attention_NS[0], read_t))
            self.unknown.remove(self.copied[-1])
        self.ended = self.previous == END
        return self.previous


def begin(
    network: PlainNetwork, lag: Lag, words: Words | None = None, length_penalty: float = 1.0
) -> SentenceStream | ClockedStream:
    """Begin a sentence; the arguments are those of `SentenceStream`.

    Raises:
        UsageError: the network cannot stream.
    """
    if isinstance(network, EncoderDecoder):
        return SentenceStream(network, lag, words, length_penalty)
    if isinstance(network, LaggedRNN):
        return ClockedStream(network, lag)
    raise UsageError("a feedforward model pads each sentence when it is there as a whole: it cannot stream")


class TextStream:
    """Running text: cut into sentences by the function that batch decoding uses, each one streamed.

    Memory is bounded by the longest sentence, however long the text.

    Args:
        network: not bidirectional.
        vocabulary: the characters it knows.
        lag: τ.
        limit: the most characters that a sentence may have.
        words, length_penalty: as for `SentenceStream`.

    Attributes:
        normaliser, cutter: what they hold back of the line and of the sentence.
        length: characters of the line so far.
        ahead: whether the space that ended the last sentence is still held back by the normaliser.
        sentence: the sentence that is being read and written.
        place: how many of its characters have been read.
        unknown: those of them that the vocabulary does not hold, by place.
        joins: the space that comes before the next character, if that begins a sentence.
        wrote: whether this line has any text yet.
        counts: what had to be changed in the input so far.
    """

    def __init__(
        self,
        network: PlainNetwork,
        vocabulary: Vocabulary,
        lag: Lag,
        limit: int,
        words: Words | None = None,
        length_penalty: float = 1.0,
    ) -> None:
        self.network, self.vocabulary, self.lag = network, vocabulary, lag
        self.words, self.length_penalty = words, length_penalty
        self.normaliser, self.cutter = Normaliser(), SentenceCutter(limit)
        self.sentence = self._begin()
        self.place, self.unknown = 0, dict[int, str]()
        self.limit, self.length, self.ahead = limit, 0, False
        self.joins, self.wrote = "", False
        self.counts = self.normaliser.counts

    def _begin(self) -> SentenceStream | ClockedStream:
        return begin(self.network, self.lag, self.words, self.length_penalty)

    def feed(self, text: str) -> str:
        """Take the next characters, any number of them, and return what can be written now.

        A line feed ends the line, as `finish` does, and is written too.
        """
        first, *others = text.split("\n")
        out = [self._read(self.normaliser.feed(first))]
        for line in others:
            out += [self.finish(), "\n", self._read(self.normaliser.feed(line))]
        return "".join([*out, self._look_ahead()])

    def _look_ahead(self) -> str:
        """End the sentence at a space that is held back for what may follow: what follows does not matter."""
        if self.ahead or not self.normaliser.holds_space or not self.cutter.is_over():
            return ""
        self.cutter.finish()
        self.ahead = True
        return self._end_sentence()

    def finish(self) -> str:
        """End the line: return all that is still to be written. The next characters begin a new line."""
        out = self._read(self.normaliser.finish())
        if self.cutter.finish():
            out += self._end_sentence()
        self.joins, self.wrote, self.length, self.ahead = "", False, 0, False
        return out

    def _read(self, clean: str) -> str:
        return "".join(map(self._read_character, clean))

    def _read_character(self, character: str) -> str:
        out = ""
        self.length += 1
        self.counts.cut += self.length == self.limit + 1
        if self.ahead:  # this is the space
            self.ahead = False
            return out
        if self.cutter.feed(character):
            out = self._end_sentence()
            if character == " ":
                return out
        (symbol,) = self.vocabulary.encode(character)
        if symbol == UNKNOWN:
            self.counts.unknown += 1
            self.unknown[self.place] = character
        self.place += 1
        return out + self._spell(self.sentence.read(symbol))

    def _end_sentence(self) -> str:
        out = self._spell(self.sentence.read(END))
        self.sentence = self._begin()
        self.place, self.unknown = 0, {}
        self.joins = " " if self.wrote else ""
        return out

    def _spell(self, ids: list[int]) -> str:
        if not ids:
            return ""
        copied = self.sentence.take_copied() if isinstance(self.sentence, SentenceStream) else []
        text = self.joins + self.vocabulary.decode(ids, (self.unknown[place] for place in copied))
        self.joins, self.wrote = "", True
        return text
