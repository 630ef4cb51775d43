"""Greedy decoding while the source is still arriving: each symbol is written when its turn comes, for good.

The same network, the same `read(t)` and the same choice as in batch decoding, one source symbol at a time.
"""

from __future__ import annotations

import torch

from seq2seq.decoding import length_limit, log_probabilities
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, read
from seq2seq.models.encoder_decoder import EncoderDecoder, Memory
from seq2seq.models.layers import State
from seq2seq.text import END, START, Normaliser, SentenceCutter, Vocabulary


class SentenceStream:
    """One sentence: takes source symbols and gives back the target symbols whose turn has come.

    Args:
        model: in evaluation mode; not bidirectional, since that reads to the end before it starts.
        lag: τ.

    Attributes:
        ended: whether the end mark has been written; what is read from then on is dropped.
    """

    def __init__(self, model: EncoderDecoder, lag: Lag) -> None:
        if model.backward_encoder is not None:
            raise UsageError("a bidirectional model reads each sentence to its end first: it cannot stream")
        self.model, self.lag = model, lag
        self.reading: list[State] = [layer.start(1) for layer in model.encoder]  # type: ignore[operator]
        self.writing = model.start(1)
        self.memory = Memory(model.output.weight.new_zeros(1, 0, model.config.hidden))
        self.previous = START
        self.written = 0
        self.ended = False

    @torch.inference_mode()
    def read(self, symbol: int) -> list[int]:
        """Read the next source symbol and return what is due: after the end mark, all the rest."""
        if self.ended:
            return []
        device = self.model.output.weight.device
        state_BH, self.reading = self.model.read_step(torch.tensor([symbol], device=device), self.reading)
        self.memory = Memory(torch.cat([self.memory.states_BSH, state_BH[:, None]], dim=1))
        is_last = symbol == END
        out: list[int] = []
        while not self.ended and self._is_due(is_last):
            written = self._write()
            out += [written] if written != END else []
            if is_last and self.written >= length_limit(self.memory.states_BSH.shape[1]):
                self.ended = True
        return out

    def _is_due(self, is_last: bool) -> bool:
        """Whether read(t) of the next symbol is known and reached; S is known only at the end."""
        count = self.memory.states_BSH.shape[1]
        return is_last or (self.lag != FULL and self.written + 1 + self.lag <= count)

    def _write(self) -> int:
        self.written += 1
        count = self.memory.states_BSH.shape[1]
        device = self.model.output.weight.device
        read_B = torch.tensor([read(self.written, self.lag, count)], device=device)
        previous_B = torch.tensor([self.previous], device=device)
        step = self.model.step(previous_B, self.memory, read_B, self.writing, self.lag)
        self.writing = step.states
        self.previous = int(log_probabilities(step.logits_BV).argmax(dim=-1))
        self.ended = self.previous == END
        return self.previous


class TextStream:
    """Running text: cut into sentences by the function that batch decoding uses, each one streamed.

    Memory is bounded by the longest sentence, however long the text.

    Args:
        model: in evaluation mode.
        vocabulary: the characters it knows.
        lag: τ.
        limit: the most characters that a sentence may have.
    """

    def __init__(self, model: EncoderDecoder, vocabulary: Vocabulary, lag: Lag, limit: int) -> None:
        self.model, self.vocabulary, self.lag = model, vocabulary, lag
        self.normaliser, self.cutter = Normaliser(), SentenceCutter(limit)
        self.sentence = SentenceStream(model, lag)
        self.joins = ""  # the space that comes before the next character, if that begins a sentence
        self.wrote = False  # whether this line has any text yet

    def feed(self, text: str) -> str:
        """Take the next characters, any number of them, and return what can be written now.

        A line feed ends the line, as `finish` does, and is written too.
        """
        first, *others = text.split("\n")
        out = [self._read(self.normaliser.feed(first))]
        for line in others:
            out += [self.finish(), "\n", self._read(self.normaliser.feed(line))]
        return "".join(out)

    def finish(self) -> str:
        """End the line: return all that is still to be written. The next characters begin a new line."""
        out = self._read(self.normaliser.finish())
        if self.cutter.finish():
            out += self._end_sentence()
        self.joins, self.wrote = "", False
        return out

    def _read(self, clean: str) -> str:
        return "".join(map(self._read_character, clean))

    def _read_character(self, character: str) -> str:
        out = ""
        if self.cutter.feed(character):
            out = self._end_sentence()
            if character == " ":
                return out
        return out + self._spell(self.sentence.read(self.vocabulary.encode(character)[0]))

    def _end_sentence(self) -> str:
        out = self._spell(self.sentence.read(END))
        self.sentence = SentenceStream(self.model, self.lag)
        self.joins = " " if self.wrote else ""
        return out

    def _spell(self, ids: list[int]) -> str:
        if not ids:
            return ""
        text = self.joins + self.vocabulary.decode(ids)
        self.joins, self.wrote = "", True
        return text
