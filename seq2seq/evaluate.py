"""Scoring a model: quality and latency at one lag or many, each number with what it takes to compare it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seq2seq.files import sha256_file, write_text_atomic
from seq2seq.lag import Lag
from seq2seq.metrics.latency import Latency, corpus_latency, sentence_latency
from seq2seq.metrics.quality import Quality, closest_reference, score
from seq2seq.pairs import Pair, fingerprint, group_references
from seq2seq.translator import Translation, Translator


@dataclass(frozen=True)
class Row:
    """The scores at one lag.

    Attributes:
        latency: None if nothing was written.
        cut: translations that did not end by themselves.
        seconds: spent translating.
    """

    lag: Lag
    quality: Quality
    latency: Latency | None
    cut: int
    seconds: float


@dataclass(frozen=True)
class Report:
    """Scores of a model on sentence pairs.

    Attributes:
        model: sha256 of the model file.
        data: fingerprint of the pairs.
        decoding: beam, length penalty and precision.
    """

    model: str
    data: str
    decoding: dict[str, Any]
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain types."""
        return asdict(self)

    def table(self) -> str:
        """Return the scores as a table for people, with the signatures below it."""
        lines = ["  lag   chrF   BLEU    CER  exact     AL   LAAL    DAL     AP  sentences/s"]
        for row in self.rows:
            q, latency = row.quality, row.latency
            waits = (
                f"{latency.al:6.2f} {latency.laal:6.2f} {latency.dal:6.2f} {latency.ap:6.2f}"
                if latency
                else "     -      -      -      -"
            )
            speed = q.sentences / row.seconds
            scores = f"{q.chrf:6.2f} {q.bleu:6.2f} {q.cer:6.1f} {q.exact:6.1f}"
            lines.append(f"{row.lag:>5} {scores} {waits} {speed:12.1f}")
        quality = self.rows[0].quality
        decoding = ", ".join(f"{key} {value}" for key, value in self.decoding.items())
        cut = sum(row.cut for row in self.rows)
        lines += [
            f"{quality.sentences:,} sentences; {decoding}; {cut} translations cut off",
            f"chrF {quality.chrf_signature}",
            f"BLEU {quality.bleu_signature}",
        ]
        return "\n".join(lines)


def evaluate(
    translator: Translator,
    model_path: Path,
    pairs: Sequence[Pair],
    lags: Sequence[Lag | str],
    beam: int | None = None,
    length_penalty: float | None = None,
) -> Report:
    """Translate the distinct sources of `pairs` at each lag and score the result against all their targets.

    Raises:
        UsageError: the model does not serve one of the lags; nothing has been translated then.
    """
    checked = [translator.check_lag(lag.strip() if isinstance(lag, str) else lag) for lag in lags]
    references = group_references(pairs)
    decode = translator.config.decode
    decoding = {
        "beam": decode.beam if beam is None else beam,
        "length_penalty": decode.length_penalty if length_penalty is None else length_penalty,
        "precision": translator.precision,
    }
    rows = []
    for lag in checked:
        began = time.monotonic()
        with tqdm(total=len(references), desc=f"lag {lag}", unit=" lines", disable=None, leave=False) as bar:
            found = translator.translate_lines(
                list(references), lag, beam, length_penalty=length_penalty, progress=bar.update
            )
        rows.append(_row(lag, found, list(references.values()), time.monotonic() - began))
    file = model_path / "model.safetensors" if model_path.is_dir() else model_path
    return Report(sha256_file(file), fingerprint(pairs), decoding, tuple(rows))


def _row(lag: Lag, found: list[Translation], references: list[list[str]], seconds: float) -> Row:
    latencies = (
        sentence_latency(t.delays, len(t.source), closest_reference(t.text, targets).length)
        for t, targets in zip(found, references, strict=True)
    )
    return Row(
        lag=lag,
        quality=score([t.text for t in found], references),
        latency=corpus_latency(latencies),
        cut=sum(not t.ended for t in found),
        seconds=seconds,
    )


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON."""
    write_text_atomic(path, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")
