"""Evaluation of a model: quality and latency at one or more lags, with the signatures of the scores."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from seq2seq.corpus.pairs import Pair, fingerprint, group_references
from seq2seq.decoding.decoding_options import DecodingOptions, DecodingRequest
from seq2seq.decoding.lines import Translation
from seq2seq.errors import UserError, counted
from seq2seq.lag import FULL, Lag
from seq2seq.measuring.latency import Latency, corpus_latency, sentence_latency
from seq2seq.measuring.quality import Quality, closest_reference, score
from seq2seq.pretrained import locate
from seq2seq.storage.files import read_bytes, sha256_file, write_text_atomic
from seq2seq.translator import Translator


@dataclass(frozen=True)
class StreamScores:
    """Speed of streaming, one source character at a time, and agreement with batch decoding.

    Attributes:
        sentences: number of sentences streamed.
        read_ms: median time for a source character after which nothing is written, in milliseconds; None
            if there was none.
        write_ms: median time for a source character after which something is written, in milliseconds; None
            if there was none.
        p99_ms: 99th percentile over both kinds, in milliseconds.
        last_ms: median time for the end of a sentence, when the rest is written, in milliseconds.
        different: number of sentences whose translation differs from that of batch decoding.
    """

    sentences: int
    read_ms: float | None
    write_ms: float | None
    p99_ms: float
    last_ms: float
    different: int


@dataclass(frozen=True)
class LagScores:
    """The scores at one lag.

    Attributes:
        lag: the lag.
        quality: BLEU, chrF, character error rate and exact match.
        latency: the mean over sentences; None if nothing was written.
        cut: number of translations that reached the length limit before their end mark.
        seconds: time spent translating.
        streaming: speed and agreement of streaming, if asked for.
    """

    lag: Lag
    quality: Quality
    latency: Latency | None
    cut: int
    seconds: float
    streaming: StreamScores | None = None


@dataclass(frozen=True)
class Report:
    """Scores of a model on sentence pairs.

    Attributes:
        model: SHA-256 of the model file.
        data: fingerprint of the pairs.
        decoding: beam size (it applies at lag `full`), length penalty, repeats and precision.
        rows: the scores, one record for each lag.
        skipped: number of pairs with an empty side, which were left out.
    """

    model: str
    data: str
    decoding: dict[str, Any]
    rows: tuple[LagScores, ...]
    skipped: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain types."""
        return asdict(self)

    def table(self) -> str:
        """Return the scores as a table of text, with the signatures below it."""
        streamed = [row.streaming for row in self.rows if row.streaming]
        head = "  lag   chrF   BLEU    CER  exact     AL   LAAL    DAL     AP  sentences/s"
        lines = [head + ("  ms: read  write   99 %    end" if streamed else "")]
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
            if s := row.streaming:
                lines[-1] += "    " + " ".join(map(_ms, (s.read_ms, s.write_ms, s.p99_ms, s.last_ms)))
        quality = self.rows[0].quality
        decoding = ", ".join(f"{key} {value}" for key, value in self.decoding.items())
        cut = sum(row.cut for row in self.rows)
        lines += [
            f"{counted(quality.sentences, 'sentence')}; {decoding}; "
            f"{counted(cut, 'translation')} cut off, over all lags",
            f"chrF {quality.chrf_signature}",
            f"BLEU {quality.bleu_signature}",
        ]
        if self.skipped:
            lines.append(f"left out: {counted(self.skipped, 'pair')} with an empty side")
        if streamed:
            different = sum(s.different for s in streamed)
            lines.append(
                f"streamed {streamed[0].sentences} sentences at each lag; "
                f"{different} in all differ from batch decoding"
            )
        return "\n".join(lines)


def evaluate(
    translator: Translator,
    model_path: Path,
    pairs: Sequence[Pair],
    lags: Sequence[Lag | str],
    request: DecodingRequest | None = None,
    stream: int = 0,
    keep: Callable[[Lag, list[Translation], list[list[str]]], object] | None = None,
) -> Report:
    """Translate the distinct sources of `pairs` at each lag and score the result against all their targets.

    Args:
        translator: of the model in the file at `model_path`.
        model_path: a model file, or the directory of its run.
        pairs: every target of a source is a reference of it.
        lags: the lags to try.
        request: how to translate, but for the lag; by default with the model's own options.
        stream: number of sentences to stream as well, at each lag.
        keep: called with each lag, its translations, and the references of each.

    Raises:
        UserError: there are no pairs, or none with text on both sides.
        UsageError: the model does not serve one of the lags, or cannot translate or stream with these
            options. This is found before anything is translated.
    """
    asked = request or DecodingRequest()
    checked = [translator.served_lag(lag.strip() if isinstance(lag, str) else lag) for lag in lags]
    requests = {lag: replace(asked, lag=lag) for lag in checked}
    options = {lag: translator.options(request) for lag, request in requests.items()}
    scored = scorable(pairs)
    references = group_references(scored)
    first = options[checked[0]]
    decoding = {
        "beam": _beam(options),
        "length_penalty": first.length_penalty,
        "repeats": translator.config.decode.repeats if asked.repeats is None else asked.repeats,
        "precision": first.precision,
    }
    if stream:
        translator.decode_stream(requests[checked[0]])  # raises before anything is translated
    rows = []
    for lag, request in requests.items():
        began = time.monotonic()
        with tqdm(total=len(references), desc=f"lag {lag}", unit=" lines", disable=None, leave=False) as bar:
            found = translator.decode(list(references), request, bar.update)
        if keep:
            keep(lag, found, list(references.values()))
        row = _score_lag(lag, found, list(references.values()), time.monotonic() - began)
        rows.append(replace(row, streaming=_stream(translator, found, stream, request)) if stream else row)
    file = sha256_file(locate(model_path))
    return Report(file, fingerprint(scored), decoding, tuple(rows), len(pairs) - len(scored))


def scorable(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with text on both sides.

    A translation can be compared with nothing else. UserError if there are none.
    """
    scored = [pair for pair in pairs if pair.source and pair.target]
    if not scored:
        raise UserError("there are no pairs to score" if not pairs else "every pair has an empty side")
    return scored


def _beam(options: Mapping[Lag, DecodingOptions]) -> int | str:
    """Return the beam size, which may be another at lag `full` than at the other lags."""
    beams = {one.beam for one in options.values()}
    return beams.pop() if len(beams) == 1 else f"{options[FULL].beam} at lag full, else 1"


def _score_lag(lag: Lag, found: list[Translation], references: list[list[str]], seconds: float) -> LagScores:
    latencies = (
        sentence_latency(t.delays, len(t.source), closest_reference(t.text, targets).length)
        for t, targets in zip(found, references, strict=True)
    )
    return LagScores(
        lag=lag,
        quality=score([t.text for t in found], references),
        latency=corpus_latency(latencies),
        cut=sum(not t.ended for t in found),
        seconds=seconds,
    )


def _stream(
    translator: Translator, found: list[Translation], count: int, request: DecodingRequest
) -> StreamScores:
    """Stream `count` of the sources, evenly spaced, and compare with their translations."""
    count = min(count, len(found))
    chosen = [found[i * len(found) // count] for i in range(count)]
    reading: list[float] = []
    writing: list[float] = []
    last: list[float] = []
    different = 0
    for translation in chosen:
        stream, text = translator.decode_stream(request), ""
        for character in translation.source:
            began = time.perf_counter()
            written = stream.feed(character)
            (writing if written else reading).append(1000 * (time.perf_counter() - began))
            text += written
        began = time.perf_counter()
        text += stream.finish()
        last.append(1000 * (time.perf_counter() - began))
        different += text != translation.text
    every = sorted(reading + writing)
    return StreamScores(
        sentences=count,
        read_ms=median(reading) if reading else None,
        write_ms=median(writing) if writing else None,
        p99_ms=every[int(0.99 * len(every))],
        last_ms=median(last),
        different=different,
    )


def _ms(value: float | None) -> str:
    return "     -" if value is None else f"{value:6.2f}"


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON."""
    write_text_atomic(path, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")


def read_report(path: Path) -> dict[str, Any]:
    """Read a report that `write_report` wrote, as plain types.

    Raises:
        UserError: the file cannot be read or is not such a report.
    """
    content = read_bytes(path)
    try:
        report: dict[str, Any] = json.loads(content)
        numbers = [row["quality"][name] for row in report["rows"] for name in ("chrf", "bleu")]
        numbers += [row["latency"]["al"] for row in report["rows"] if row["latency"]]
        good = bool(numbers) and all(isinstance(number, (int, float)) for number in numbers)
        good = good and all(isinstance(row["lag"], (int, str)) for row in report["rows"])
        good = good and isinstance(report["data"], str)
    except (ValueError, LookupError, TypeError):
        good = False
    if not good:
        raise UserError(f"{path} is not a report of an evaluation")
    return report
