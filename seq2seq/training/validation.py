"""Evaluation during training: the loss on the whole dev part, and the scores of translations of a sample."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from seq2seq.config.checks import part_name
from seq2seq.config.schema import Config
from seq2seq.corpus.batching import BatchOrder, collate
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair, fingerprint, group_references
from seq2seq.corpus.prepare import read_whole
from seq2seq.corpus.prepared import encode_pairs
from seq2seq.errors import NonFiniteError, UserError
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
    """Sentences of a file, spread evenly over it and the same at each evaluation.

    Args:
        pairs: whole lines, normalised; at least one.
        most: the largest number of sentences.

    Attributes:
        sources: different source sentences.
        references: for each source, all its translations in the file.
    """

    def __init__(self, pairs: Sequence[Pair], most: int) -> None:
        references = list(group_references(pairs).items())
        count = min(most, len(references))
        chosen = [references[i * len(references) // count] for i in range(count)]
        self.sources = [source for source, _ in chosen]
        self.references = [targets for _, targets in chosen]


class DevPart:
    """The dev part, ready to be evaluated again and again.

    Args:
        pairs: whole lines, normalised; at least one.
        vocabulary: of the network.
        config: all settings; the lag is that of decoding.
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
                f"every pair of data.dev is longer than data.max_chars ({limit}); raise it, or set data.dev "
                "to null"
            )
        if KINDS[0] in vocabulary:
            known = frozenset(vocabulary.characters)
            short = [pair for pair in (as_symbols(pair, known) for pair in short) if pair] or short
        self.encoded = encode_pairs(short, vocabulary)
        self.sample = Sample(pairs, config.train.eval_sentences)

    @torch.no_grad()
    def loss(self, network: Network) -> float:
        """Return the cross-entropy in nats per target symbol, without label smoothing."""
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
        """Translate with greedy search; return the scores and a few sources with their translations.

        Args:
            network: the network that translates.
            sample: sentences of another file; by default those of the dev part.
            lag: τ; by default that of decoding.
        """
        sample = sample or self.sample
        translator = Translator.of_network(network, self.vocabulary, self.config, self.precision)
        # A network repeats itself early in training, and searching again would take long.
        found = translator.translate_lines(sample.sources, lag, beam=1, repeats=True)
        texts = [translation.text for translation in found]
        stride = max(1, len(texts) // SAMPLES)
        samples = list(zip(sample.sources, texts, strict=True))[::stride][:SAMPLES]
        return score(texts, sample.references), samples


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation measured.

    Attributes:
        loss: on the dev part, in nats per target symbol.
        dev: the scores of the sample of the dev part, at the lag of decoding.
        lags: its scores at each of `train.eval_lags`.
        more: the scores of a sample of each further dev file, by name.
        samples: a few sources with their translations.
        seconds: how long it took.
    """

    loss: float
    dev: Quality
    lags: Mapping[Lag, Quality]
    more: Mapping[str, Quality]
    samples: Sequence[tuple[str, str]]
    seconds: float

    def value(self, select_by: str) -> float:
        """Return the number by which the best evaluation is chosen; higher is better.

        Args:
            select_by: chrf or loss, as `train.select_by`.
        """
        return self.dev.chrf if select_by == "chrf" else -self.loss

    def metrics(self, step: int) -> dict[str, Any]:
        """Return the record for the metrics."""
        record = {
            "step": step,
            "dev_loss": self.loss,
            "dev_chrf": self.dev.chrf,
            "dev_bleu": self.dev.bleu,
            "dev_exact": self.dev.exact,
            "dev_seconds": round(self.seconds, 1),
        }
        return record | _short("lags", self.lags) | _short("more", self.more)

    def lines(self) -> list[str]:
        """Return the lines for the log."""
        return [
            f"dev loss {self.loss:.4f}, {self.dev.format()}",
            *(f"    dev at lag {lag}: {quality.format()}" for lag, quality in self.lags.items()),
            *(f"    {name}: {quality.format()}" for name, quality in self.more.items()),
            *(f"    {source} -> {text}" for source, text in self.samples),
        ]


def _short(key: str, scores: Mapping[Any, Quality]) -> dict[str, Any]:
    """Return chrF and BLEU under `key`; an empty dictionary without scores."""
    short = {str(name): {"chrf": quality.chrf, "bleu": quality.bleu} for name, quality in scores.items()}
    return {key: short} if short else {}


class DevEvaluator:
    """Evaluates a network on the dev part and on the further dev files.

    Args:
        pairs: the dev part, whole lines, normalised; at least one.
        dev_fingerprint: the fingerprint of the dev part.
        vocabulary: of the network.
        config: all settings.
        precision: fp32 or bf16, as in training.

    Raises:
        UserError: all pairs are longer than `data.max_chars`, or a further dev file cannot be read.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        dev_fingerprint: str,
        vocabulary: Vocabulary,
        config: Config,
        precision: str,
    ) -> None:
        self.config, self.precision, self.dev_fingerprint = config, precision, dev_fingerprint
        self.dev = DevPart(pairs, vocabulary, config, precision)
        self.more = {
            part_name(path): (Sample(lines, config.train.eval_sentences), fingerprint(lines))
            for path in config.data.dev_more or ()
            for lines in [read_whole(path, config.data.reverse)]
        }

    def evaluate(self, network: Network, step: int) -> Evaluation:
        """Evaluate a network in evaluation mode.

        Args:
            network: the network.
            step: the optimiser steps that it has been trained for, for the message.

        Raises:
            NonFiniteError: the loss is not a finite number.
        """
        began = time.monotonic()
        loss = self.dev.loss(network)
        if not math.isfinite(loss):
            raise NonFiniteError(
                f"after step {step} the dev loss is {loss}, and nothing of it is saved; start a new run with "
                "a lower train.learning_rate"
            )
        quality, samples = self.dev.quality(network)
        lags = {lag: self.dev.quality(network, lag=lag)[0] for lag in self.config.train.eval_lags or ()}
        more = {name: self.dev.quality(network, sample)[0] for name, (sample, _) in self.more.items()}
        return Evaluation(loss, quality, lags, more, samples, time.monotonic() - began)

    def scores(self, evaluation: Evaluation) -> dict[str, Any]:
        """Return an evaluation in plain types for a model file, with all that a comparison must know."""
        usual, data = self.config.decode.lag, self.dev_fingerprint
        scores: dict[str, Any] = {
            "dev_loss": evaluation.loss,
            "dev": self._signed(evaluation.dev, usual, data),
        }
        if evaluation.lags:
            scores["lags"] = {
                str(lag): self._signed(quality, lag, data) for lag, quality in evaluation.lags.items()
            }
        if evaluation.more:
            scores["more"] = {
                name: self._signed(quality, usual, self.more[name][1])
                for name, quality in evaluation.more.items()
            }
        return scores

    def _signed(self, quality: Quality, lag: Lag, data: str) -> dict[str, Any]:
        return {**quality.to_dict(), "lag": lag, "beam": 1, "precision": self.precision, "data": data}
