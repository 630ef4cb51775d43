"""Make a run the model of the package, score it, and write the figures of its model card.

    python -m scripts.release.ship RUN DEV.tsv [--pack int8] [--dev-more MORE.tsv ...] [--data mixture.json]
                                               [--after EARLIER [--share 0.7]]

The weights of the run's model file, or their mean with those of an earlier run, go to
seq2seq/pretrained/en-es, in float16 or with large matrices in int8, with the decoding settings that are best
on the dev pairs, a calibration of confidence, and the training curves. The published scores are those of the
shipped file: docs/results/en-es.json and calibration.json, which `scripts.report.render` puts into the card
and the documents. Nine minutes on two cores; evaluations run beside each other (`scripts.release.measured`).
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scripts.release.measured import (
    Evaluated,
    Pool,
    at_all_lags,
    by_length,
    by_rarity,
    examples,
    in_domains,
    long_pairs,
    of_domains,
    rounding,
    spread,
    together,
    word_counts,
    write_pairs,
)
from scripts.release.packing import FORMS, packed_as
from scripts.release.sources import describe_data, notice
from scripts.results import (
    RESULTS,
    ROOT,
    evaluations,
    machine,
    run_seq2seq,
    training,
    with_settings,
    write_results,
)
from seq2seq.config.building import config_from_dict
from seq2seq.config.loading import dump_config, load_config
from seq2seq.corpus.pairs import fingerprint, read_pairs
from seq2seq.decoding.confidence import INFO_KEY
from seq2seq.errors import UserError, print_error
from seq2seq.pretrained import MODEL_NAME, SHIPPED
from seq2seq.storage.int8 import Weight
from seq2seq.storage.modelfile import ModelFile, read_model, to_bytes, write_model

PLACE = ROOT / "seq2seq" / "pretrained" / SHIPPED
PENALTIES = (1.0, 1.2, 1.4, 1.6)
"""Length penalties tried with a beam of 5; the one with the best mean of chrF and BLEU is taken."""
PENALTY_SENTENCES = 500
"""Dev sentences on which `PENALTIES` are compared."""
LIMITS = (80, 120, 160, 240)
"""Values of `data.max_chars` tried: longer sentences are cut at a comma."""
LONG, MOST_LONG = 90, 200
"""Least characters of the sentences on which `LIMITS` are compared, and the most sentences."""
LARGEST = 25_000_000
"""Most bytes of a shipped model file."""


def check_size(file: ModelFile) -> None:
    """Exit if a model is too large to be shipped."""
    size = len(to_bytes(file))
    if size > LARGEST:
        raise SystemExit(
            f"the model file would have {size / 1e6:.1f} MB, more than the limit of {LARGEST / 1e6:.0f} MB: "
            "--pack int8 makes it smaller"
        )


def mean(file: ModelFile, other: ModelFile, share: float) -> ModelFile:
    """Return the mean of two models of the same words, with weight `share` for the second."""
    weights: dict[str, Weight] = {}
    for name, ours in file.weights.items():
        theirs = other.weights[name]
        if ours.dtype != np.int64:
            ours, theirs = (np.asarray(array, np.float32) for array in (ours, theirs))
            weights[name] = np.float32(1 - share) * ours + np.float32(share) * theirs
        elif np.array_equal(ours, theirs):
            weights[name] = ours
        else:
            raise SystemExit("the two runs have different words: start the later one with train.init_from")
    return replace(file, weights=weights)


class Candidate:
    """A model file with other settings, written where evaluations can read it."""

    def __init__(self, file: ModelFile, directory: Path) -> None:
        self.file, self.directory = file, directory

    def written(self, name: str, **settings: dict[str, Any]) -> Path:
        """Write the model with changed settings; return its path."""
        path = self.directory / f"{name}.safetensors"
        write_model(path, with_settings(self.file, **settings))
        return path


def choose_settings(
    pool: Pool, model: Candidate, dev: Path, more: Sequence[Path]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the best limit and length penalty as settings, and the scores by which they were chosen."""
    long = spread(long_pairs([dev, *more], LONG), MOST_LONG)
    long_file = write_pairs(model.directory / "long.tsv", long)
    some = write_pairs(model.directory / "some.tsv", spread(list(read_pairs(str(dev))), PENALTY_SENTENCES))
    limits = {
        limit: pool.evaluate(
            model.written(f"limit{limit}", data={"max_chars": limit}), long_file, "--beam", "1"
        )
        for limit in LIMITS
    }
    penalties = {
        value: pool.evaluate(
            model.written(f"penalty{value}", decode={"length_penalty": value}), some, "--beam", "5"
        )
        for value in PENALTIES
    }
    of_limits = {limit: one.quality["chrf"] for limit, one in limits.items()}
    of_penalties = {value: _scores(one) for value, one in penalties.items()}
    settings: dict[str, dict[str, Any]] = {
        "data": {"max_chars": max(of_limits, key=lambda limit: of_limits[limit])},
        "decode": {"length_penalty": max(of_penalties, key=lambda one: sum(of_penalties[one].values()))},
    }
    return settings, {
        "limits": {"sentences": len({pair.source for pair in long}), "chrf": of_limits},
        "penalties": of_penalties,
        "penalty_sentences": penalties[PENALTIES[0]].quality["sentences"],
    }


def _scores(one: Evaluated) -> dict[str, float]:
    return {name: one.quality[name] for name in ("chrf", "bleu")}


def calibrate(model: Path, dev: Path, directory: Path) -> dict[str, Any]:
    """Return the calibration of a model's confidence for its `info`; write its check and the diagram."""
    out = directory / "calibrated.safetensors"
    check, picture = RESULTS / "calibration.json", ROOT / "docs" / "reliability_diagram.png"
    run_seq2seq(
        *("checkpoint", "calibrate", str(model), str(dev), str(out), "--device", "cpu"),
        *("--json", str(check), "--plot", str(picture)),
    )
    info: dict[str, Any] = read_model(out).info[INFO_KEY]
    return info


def with_scores(file: ModelFile, lags: dict[str, Any]) -> ModelFile:
    """Return a model file that tells its scores at all lags, of which the page draws a curve.

    Args:
        file: the model.
        lags: the report of an evaluation at these lags.
    """
    scores = {str(row["lag"]): {"lag": row["lag"], **row["quality"]} for row in lags["rows"]}
    return replace(file, info={**file.info, "dev": scores["full"], "lags": scores})


def ship(
    run: Path,
    dev: Path,
    earlier: Path | None = None,
    share: float = 0.0,
    form: str = "float16",
    more: Sequence[Path] = (),
    mixture: Path | None = None,
) -> None:
    """Choose the decoding settings, write the model of the package, and measure it."""
    began = time.monotonic()

    def say(what: str) -> None:
        print_error(f"[{time.monotonic() - began:.0f} s] {what}")

    file, config = read_model(run / MODEL_NAME), load_config(run / "config.yaml")
    where = machine()  # before the pool sets the number of threads
    if earlier and share:
        file = mean(file, read_model(earlier / MODEL_NAME), share)
    parts = describe_data(config, mixture)
    shipped = replace(
        file, weights=packed_as(form, file.weights), info={**file.info, "notice": notice(parts)}
    )
    check_size(shipped)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        pool = Pool(directory)
        candidate = Candidate(shipped, directory)
        counts = pool.run(word_counts, config)
        confidence = pool.run(calibrate, candidate.written("uncalibrated"), dev, directory)
        say("comparing settings and calibrating")
        settings, chosen_by = choose_settings(pool, candidate, dev, more)
        shipped = with_settings(
            replace(shipped, info={**shipped.info, INFO_KEY: confidence.result()}), **settings
        )
        PLACE.mkdir(parents=True, exist_ok=True)
        write_model(PLACE / MODEL_NAME, shipped)
        text = dump_config(config_from_dict(shipped.config, "the model"))
        (PLACE / "config.yaml").write_text(text, encoding="utf-8")
        shutil.copy(run / "curves.png", PLACE / "curves.png")
        say(f"{PLACE / MODEL_NAME} is written; measuring it")
        exact = Candidate(replace(shipped, weights=file.weights), directory).written("exact")
        unrounded = pool.evaluate(exact, dev, "--beam", "1")
        lags = at_all_lags(pool, PLACE, dev)
        write_model(PLACE / MODEL_NAME, with_scores(shipped, together(lags)))
        beam = pool.evaluate(PLACE, dev, "--beam", "5")
        domains = in_domains(pool, exact, PLACE, more)
        results = {
            "machine": where,
            "training": training(run),
            "evaluations": evaluations(run),
            "earlier": {"training": training(earlier), "share": share} if earlier else None,
            "bytes": (PLACE / MODEL_NAME).stat().st_size,
            "data": {
                "train": file.info["train_data"],
                "dev": fingerprint(list(read_pairs(str(dev)))),
                "parts": parts,
            },
            **chosen_by,
            form: rounding(unrounded, lags[-1]),
            "more": of_domains(domains),
            "lags": together(lags),
            "beam5": beam.report,
            "lengths": by_length(beam.lines),
            "rarity": by_rarity(beam.lines, counts.result()),
            "examples": examples(beam.lines),
        }
    write_results(SHIPPED, results)
    say("done; next: python -m scripts.release.refresh")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--after", type=Path, metavar="EARLIER", help="the run that this one continued")
    parser.add_argument("--share", type=float, default=0.0, help="weight of EARLIER in the mean (0)")
    parser.add_argument("--pack", choices=FORMS, default="float16", help="form of the weights (%(default)s)")
    parser.add_argument(
        "--dev-more", nargs="+", type=Path, default=[], metavar="MORE.tsv", help="pairs of other domains"
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="the mixture.json of the data, for origins and licences"
    )
    options = parser.parse_args()
    if options.share and options.after is None:
        parser.error("--share needs --after")
    try:
        ship(
            *(options.run, options.dev, options.after, options.share),
            *(options.pack, options.dev_more, options.data),
        )
    except UserError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
