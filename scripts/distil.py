"""Write pairs that a model teaches itself from: the best of what its own beam finds for sentences it knows.

    python scripts/distil.py train.tsv runs/distilled --apart dev.tsv test.tsv

For each sentence the beam's hypotheses are compared with the sentence's references, and the nearest by chrF
is kept: within reach of the model and close to what people wrote (sequence-level interpolation: Kim and Rush
2016, "Sequence-Level Knowledge Distillation"). What is far from its references even so is mostly wrong: such
sentences keep their original pairs, and those of further sentences, the long ones all, are put beside them. A
run that was stopped goes on where it was. The pairs are in runs/distilled/pairs.tsv, from which
configs/en-es-distil.yaml learns.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from sacrebleu.metrics.chrf import CHRF
from tqdm import tqdm

from seq2seq.corpus.pairs import Pair, fingerprint, group_references, read_pairs, to_lines
from seq2seq.pretrained import SHIPPED, locate
from seq2seq.storage.files import sha256_file, write_text_atomic
from seq2seq.translator import Translator

PART = 1000
"""Sentences to a file; a run that was stopped loses less than that."""


def distil(options: argparse.Namespace) -> None:
    """Translate what is missing, part by part, and put everything together."""
    pairs = list(read_pairs(str(options.train)))
    references = group_references(pairs)
    sources = list(references)
    random.Random(1).shuffle(sources)
    chosen, rest = sources[: options.sources], sources[options.sources :]
    long = [source for source in rest[options.originals :] if len(source) >= options.long]
    translator = Translator.load(options.model, options.device, options.precision)
    options.out.mkdir(parents=True, exist_ok=True)
    about = {
        "model": sha256_file(locate(options.model)),
        "train": fingerprint(pairs),
        "beam": options.beam,
        "precision": translator.precision,
    }
    note = options.out / "about.json"
    if note.exists() and json.loads(note.read_text("utf-8")) != about:
        raise SystemExit(f"{options.out} was begun with other settings ({note}); name an empty folder")
    write_text_atomic(note, json.dumps(about))
    good = []
    with tqdm(total=len(chosen), unit="sentence") as bar:
        for first in range(0, len(chosen), PART):
            part = options.out / f"part-{first}.tsv"
            some = chosen[first : first + PART]
            # The last part is a shorter one when fewer sentences were asked for before.
            if not part.exists() or part.read_text("utf-8").count("\n") != len(some):
                write_text_atomic(part, taught(translator, options.beam, some, references))
            for line in part.read_text("utf-8").splitlines():
                source, text, chrf = line.split("\t")
                if float(chrf) >= options.floor:
                    good.append(Pair(source, text))
            bar.update(len(some))
    poor = set(chosen) - {pair.source for pair in good}
    originals = [*poor, *rest[: options.originals], *long]
    kept = sorted(Pair(source, text) for source in originals for text in references[source])
    seen = {side for file in options.apart for pair in read_pairs(str(file)) for side in pair}
    good = [pair for pair in good if seen.isdisjoint(pair)]
    kept = [pair for pair in kept if seen.isdisjoint(pair)]
    write_text_atomic(options.out / "pairs.tsv", to_lines(good + kept))
    print(f"{options.out / 'pairs.tsv'}: {len(good):,} translations and {len(kept):,} original pairs")


def taught(translator: Translator, beam: int, sources: list[str], references: dict[str, list[str]]) -> str:
    """Translate sentences; return lines of source, the hypothesis nearest to a reference, and its chrF."""
    metric, lines = CHRF(), []
    for source, found in zip(
        sources, translator.translate_lines(sources, beam=beam, n_best=beam), strict=True
    ):
        scores = {
            text: metric.sentence_score(text, references[source]).score for text, _ in found.alternatives
        }
        best = max(scores, key=lambda text: scores[text])  # of equals the likeliest
        lines.append(f"{source}\t{best}\t{scores[best]}\n")
    return "".join(lines)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=SHIPPED)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--sources", type=int, default=36_000, help="sentences to translate")
    parser.add_argument("--originals", type=int, default=12_000, help="other sentences to keep as they are")
    parser.add_argument("--long", type=int, default=90, help="characters of a long sentence")
    parser.add_argument("--floor", type=float, default=50, help="least chrF of a translation to learn from")
    parser.add_argument(
        "--apart", type=Path, nargs="*", default=[], help="pairs to share no sentence with: dev and test"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default=None)
    distil(parser.parse_args())


if __name__ == "__main__":
    main()
