"""The dev part during training: the loss on all of it, and translations of some of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from seq2seq.config.schema import Config
from seq2seq.corpus.batching import BatchOrder, collate
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair, group_references
from seq2seq.corpus.prepared import encode_pairs
from seq2seq.errors import UserError
from seq2seq.lag import Lag
from seq2seq.measuring.quality import Quality, score
from seq2seq.models.build import Network
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.training.loss import batch_loss
from seq2seq.translator import Translator

SAMPLES = 3
"""Translations shown at each evaluation."""


class Sample:
    """Sentences of a part that stand for all of it: chosen evenly, and the same each time.

    Args:
        pairs: whole lines, normalised; at least one.
        most: the most sentences.

    Attributes:
        sources: different ones.
        references: for each source, all that the part has.
    """

    def __init__(self, pairs: Sequence[Pair], most: int) -> None:
        references = list(group_references(pairs).items())
        count = min(most, len(references))
        chosen = [references[i * len(references) // count] for i in range(count)]
        self.sources = [source for source, _ in chosen]
        self.references = [targets for _, targets in chosen]


class DevPart:
    """The dev part, ready to be measured on again and again.

    Args:
        pairs: whole lines, normalised; at least one.
        vocabulary: of the network.
        config: all settings; the lag is the one that decoding uses.
        precision: fp32 or bf16, as in training.

    Raises:
        UserError: all pairs are longer than `data.max_chars`.
    """

    def __init__(self, pairs: Sequence[Pair], vocabulary: Vocabulary, config: Config, precision: str) -> None:
        self.vocabulary, self.config, self.precision = vocabulary, config, precision
        limit = config.data.max_chars
        short = [pair for pair in pairs if max(map(len, pair)) <= limit]
        if not short:
            raise UserError(
                f"all of data.dev is longer than data.max_chars ({limit}); raise it, or set data.dev to null"
            )
        if KINDS[0] in vocabulary:
            known = frozenset(vocabulary.characters)
            short = [pair for pair in (as_symbols(pair, known) for pair in short) if pair] or short
        self.encoded = encode_pairs(short, vocabulary)
        self.sample = Sample(pairs, config.train.eval_sentences)

    @torch.no_grad()
    def loss(self, network: Network) -> float:
        """Return the cross-entropy in nats per target symbol, without smoothing."""
        lengths = np.diff(self.encoded.source_offsets), np.diff(self.encoded.target_offsets)
        order = BatchOrder(*lengths, batch_chars=self.config.train.batch_chars, seed=0)
        total, symbols = 0.0, 0
        for rows in order.epoch(0):
            batch = collate(self.encoded, rows)
            total += float(batch_loss(network, batch, self.config.decode.lag, self.precision))
            symbols += batch.target_symbols
        return total / symbols

    def quality(
        self, network: Network, sample: Sample | None = None, lag: Lag | None = None
    ) -> tuple[Quality, list[tuple[str, str]]]:
        """Translate greedily; return the scores and a few sources with their translations.

        Args:
            network: what translates.
            sample: sentences of another part; by default those of this one.
            lag: by default that of decoding.
        """
        sample = sample or self.sample
        translator = Translator.of_network(network, self.vocabulary, self.config, self.precision)
        translator.repeats = True  # a young network says all twice, and searching again would take long
        texts = translator.translate(sample.sources, lag, beam=1)
        stride = max(1, len(texts) // SAMPLES)
        samples = list(zip(sample.sources, texts, strict=True))[::stride][:SAMPLES]
        return score(texts, sample.references), samples
