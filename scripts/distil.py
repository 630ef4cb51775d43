"""Write pairs that a model teaches itself from: the best of what its own beam finds for sentences it knows.

    python scripts/distil.py train.tsv runs/distilled --model en-es --apart dev.tsv

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

from seq2seq.files import write_text_atomic
from seq2seq.pairs import group_references, read_pairs
from seq2seq.pretrained import SHIPPED
from seq2seq.translator import Translation, Translator

PART = 1000
"""Sentences to a file; a run that was stopped loses less than that."""


def nearest(found: Translation, references: list[str], metric: CHRF) -> str:
    """Return the alternative that is nearest to a reference; of equals the likeliest."""
    texts = [text for text, _ in found.alternatives]
    return max(texts, key=lambda text: metric.sentence_score(text, references).score)


def distil(options: argparse.Namespace) -> None:
    """Translate what is missing, part by part, and put everything together."""
    references = group_references(read_pairs(str(options.train)))
    sources = list(references)
    random.Random(1).shuffle(sources)
    chosen, rest = sources[: options.sources], sources[options.sources :]
    long = [source for source in rest[options.originals :] if len(source) >= options.long]
    others = rest[: options.originals] + long
    translator = Translator.load(options.model, options.device, options.precision)
    options.out.mkdir(parents=True, exist_ok=True)
    about = {"model": str(options.model), "beam": options.beam, "precision": translator.precision}
    note = options.out / "about.json"
    if note.exists() and json.loads(note.read_text("utf-8")) != about:
        raise SystemExit(f"{options.out} was begun with other settings ({note}); name an empty folder")
    write_text_atomic(note, json.dumps(about))
    parts = []
    with tqdm(total=len(chosen), unit="sentence") as bar:
        for first in range(0, len(chosen), PART):
            part = options.out / f"part-{first}.tsv"
            some = chosen[first : first + PART]
            if not part.exists() or part.read_text("utf-8").count("\n") != len(some):
                write_text_atomic(part, taught(translator, options.beam, some, references))
            parts.append(part.read_text("utf-8"))
            bar.update(len(some))
    rows = [line.split("\t") for line in "".join(parts).splitlines()]
    metric = CHRF()
    good = [row for row in rows if metric.sentence_score(row[1], references[row[0]]).score >= options.floor]
    poor = set(chosen) - {source for source, _ in good}
    kept = [[source, text] for source in [*poor, *others] for text in references[source]]
    seen = {side for pair in read_pairs(str(options.apart)) for side in pair} if options.apart else set()
    good, kept = ([row for row in some if seen.isdisjoint(row)] for some in (good, sorted(kept)))
    write_text_atomic(options.out / "pairs.tsv", "".join("\t".join(row) + "\n" for row in good + kept))
    print(f"{options.out / 'pairs.tsv'}: {len(good):,} translations and {len(kept):,} original pairs")


def taught(translator: Translator, beam: int, rows: list[str], references: dict[str, list[str]]) -> str:
    """Translate a part and return its lines."""
    metric = CHRF()
    lines = translator.translate_lines(rows, beam=beam, n_best=beam)
    texts = [nearest(line, references[row], metric) for line, row in zip(lines, rows, strict=True)]
    return "".join(f"{row}\t{text}\n" for row, text in zip(rows, texts, strict=True))


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
    parser.add_argument("--apart", type=Path, help="pairs to share no sentence with: the dev pairs")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default=None)
    distil(parser.parse_args())


if __name__ == "__main__":
    main()
