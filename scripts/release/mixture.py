"""Make the parts of the training data of the shipped model, and dev sets of other domains.

    python -m scripts.release.mixture MIXTURE TATOEBA OUT [--news]

MIXTURE holds files of English-Spanish pairs with a source, a domain score and a lexical score (`*.tsv.gz`)
and a folder `words` of word lists; TATOEBA holds `train.tsv`, `more.tsv` and `dev.tsv`. README.md in this
folder lists what is written to OUT.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from scripts.results import ROOT
from seq2seq.config.checks import TrainPart
from seq2seq.config.flatyaml import dump
from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config, DataConfig
from seq2seq.corpus.pairs import Pair, align_sentences, read_pairs, sentence_key, to_lines
from seq2seq.corpus.splits import SentenceKeys
from seq2seq.errors import UsageError
from seq2seq.storage.files import sha256_file, write_text_atomic
from seq2seq.text.normalise import normalise

SHARES: Final = {
    "tatoeba": 60.0,
    "everyday": 3.0,
    "games": 14.0,
    "games_other": 4.0,
    "words": 12.0,
    "labels": 2.0,
    "manuals": 4.0,
    "news": 1.0,
}
"""The parts with their shares. A pair of several parts goes into the first of them."""
DEV_SETS: Final = ("news", "games", "interface", "words", "everyday")
DEV_SIZE: Final = 300
"""English sentences of a dev set."""
NEAR: Final = -0.6
"""Pairs with a higher domain score have English like that of Tatoeba."""
LEAST_LEX: Final = -3.0
"""Pairs with a lower lexical score are free translations, or wrong."""
MOST_MANUAL: Final = 90
"""Most English characters of a pair from an interface or a manual."""
KNOWN: Final = (5, 300)
"""Bounds of the count in Tatoeba of a word of the dev set: learnable, but not among the most frequent."""

_ENTITY: Final = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+\d*);")
_WORD: Final = re.compile(r"[^\W\d_]+")


class CandidatePair(NamedTuple):
    """A pair with what is known about it.

    Attributes:
        pair: English and Spanish, normalised.
        source: its origin.
        domain: similarity of the English to that of Tatoeba, in log-odds per word; 0 if unknown.
        lex: mean log probability of its words given those of the other side; 0 if unknown.
    """

    pair: Pair
    source: str
    domain: float = 0.0
    lex: float = 0.0


@dataclass
class MixtureReport:
    """Numbers of kept and dropped rows of a part.

    Attributes:
        kept: number of pairs by source.
        dropped: number of pairs by reason.
    """

    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def scored(path: Path) -> Iterator[CandidatePair]:
    """Yield the rows of a file of five columns: English, Spanish, source, domain, lexical score."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            columns = line.rstrip("\r\n").split("\t")
            if len(columns) != 5:
                raise UsageError(f"{path}:{number}: expected 5 columns, found {len(columns)}")
            english, spanish, source, domain, lex = columns
            yield CandidatePair(
                Pair(normalise(english), normalise(spanish)), source, float(domain), float(lex)
            )


def listed(path: Path) -> Iterator[CandidatePair]:
    """Yield the rows of a file of two columns, without its header if it has one."""
    for pair in read_pairs(path):
        if pair != ("en", "es"):
            yield CandidatePair(pair, path.stem)


def some(rows: Iterable[CandidatePair], of: int) -> Iterator[CandidatePair]:
    """Yield about one row out of `of`, chosen by a hash of the row."""
    return (row for row in rows if _draw(row.pair.source + "\t" + row.pair.target) % of == 0)


def words(directory: Path) -> Iterator[CandidatePair]:
    """Yield the rows that are taken from the word lists.

    Forms of nouns and verbs are regular, so a part of them is enough. Entries with digits or abbreviations of
    units are left out: sentences do not have such abbreviations, and "5 year" is not English.
    """
    yield from (row for row in listed(directory / "words_best_single.tsv") if _is_word(row.pair.source))
    yield from listed(directory / "words_best_multi.tsv")
    yield from some(listed(directory / "noun_forms.tsv"), 2)
    yield from some(listed(directory / "verb_forms.tsv"), 3)
    yield from listed(directory / "synthetic_numbers_dates_names.tsv")
    for row in listed(directory / "cldr_names_dates_units.tsv"):
        if (
            not re.search(r"[\d/.²³°]", "".join(row.pair))
            and min(len(sentence_key(side)) for side in row.pair) > 2
        ):
            yield row
    yield from listed(directory / "apertium_names.tsv")


def _is_word(text: str) -> bool:
    return len(text) > 1 or text in "aI"


def sources(mixture: Path, tatoeba: Path) -> dict[str, Callable[[], Iterator[CandidatePair]]]:
    """Return a function that reads the rows of each part."""

    def games(near: bool) -> Iterator[CandidatePair]:
        return (row for row in scored(mixture / "games.tsv.gz") if (row.domain > NEAR) == near)

    def manuals() -> Iterator[CandidatePair]:
        both = chain(scored(mixture / "interface.tsv.gz"), scored(mixture / "documentation.tsv.gz"))
        return (row for row in both if len(row.pair.source) <= MOST_MANUAL)

    return {
        "tatoeba": lambda: chain(listed(tatoeba / "train.tsv"), listed(tatoeba / "more.tsv")),
        "everyday": lambda: scored(mixture / "everyday.tsv.gz"),
        "games": lambda: games(near=True),
        "games_other": lambda: games(near=False),
        "words": lambda: words(mixture / "words"),
        "labels": lambda: scored(mixture / "games_labels.tsv.gz"),
        "manuals": manuals,
        "news": lambda: scored(mixture / "news.tsv.gz"),
    }


def fault(row: CandidatePair) -> str | None:
    """Return the reason for dropping a pair; None for a good one."""
    english, spanish = row.pair
    short, long = sorted((len(english), len(spanish)))
    if not english or not spanish:
        return "empty side"
    if row.lex < LEAST_LEX:
        return "lexical score"
    if _ENTITY.search(english) or _ENTITY.search(spanish):
        return "HTML entity"
    if english == spanish and len(english.split()) > 3:
        return "equal sides"
    if long > 1.8 * short + 12:
        return "lengths"
    if _twice(english) or _twice(spanish):
        return "one side twice"
    return None


def _twice(text: str) -> bool:
    """Whether a text of more than 20 characters consists of the same text twice."""
    half = len(text) // 2
    return half > 10 and text[:half].strip() == text[-half:].strip()


def _draw(text: str) -> int:
    """Return a pseudo-random number that depends only on the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class Known:
    """The sentences on both sides of some pairs, also those within lines of several sentences."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._keys = SentenceKeys(part for pair in pairs for part in (pair, *align_sentences(pair)))

    def __contains__(self, pair: Pair) -> bool:
        """Whether a side of `pair`, or of a sentence within it, is among them."""
        return any(part in self._keys for part in (pair, *align_sentences(pair)))


def choose(pairs: Iterable[Pair], known: Known, size: int) -> list[Pair]:
    """Return `size` English sentences that are not in `known`, chosen by a hash, with all translations."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(sentence_key(pair.source), []).append(pair)
    chosen: list[Pair] = []
    for name in sorted(groups, key=_draw):
        if size and not any(pair in known for pair in groups[name]):
            chosen += dict.fromkeys(groups[name])
            size -= 1
    return chosen


def dev_words(directory: Path, tatoeba: Iterable[Pair]) -> list[Pair]:
    """Return the candidates of the dev set of single words, with all translations in the lists.

    They occur in training sentences, so a model can learn them. The most frequent words, which users type
    most, are left to training.
    """
    counts = Counter(word for pair in tatoeba for word in _WORD.findall(pair.source.lower()))
    return [
        row.pair
        for row in listed(directory / "words_all.tsv")
        if row.pair.source.isalpha() and KNOWN[0] <= counts[row.pair.source.lower()] <= KNOWN[1]
    ]


def make(mixture: Path, tatoeba: Path, out: Path, news: bool, dev_size: int = DEV_SIZE) -> dict[str, object]:
    """Write everything into `out`; return the report, which is also written there."""
    if out.resolve().is_relative_to(ROOT.resolve()):
        raise UsageError(f"{out} is within the repository, which must not contain texts of others")
    out.mkdir(parents=True, exist_ok=True)
    read = sources(mixture, tatoeba)
    own = [row.pair for row in read["tatoeba"]()]
    own_dev = list(read_pairs(tatoeba / "dev.tsv"))
    known = Known(chain(own, own_dev))

    def good(name: str) -> Iterator[Pair]:
        return (row.pair for row in read[name]() if fault(row) is None)

    interface = (row for row in scored(mixture / "interface.tsv.gz") if len(row.pair.source) <= MOST_MANUAL)
    candidates = {
        "news": good("news"),
        "games": chain(good("games"), good("games_other")),
        "interface": (row.pair for row in interface if fault(row) is None),
        "words": dev_words(mixture / "words", own),
        "everyday": good("everyday"),
    }
    dev = {name: choose(candidates[name], known, dev_size) for name in DEV_SETS}
    for name, pairs in dev.items():
        write_text_atomic(out / f"{name}.dev.tsv", to_lines(pairs))
    held_out = Known(chain(own_dev, *dev.values()))
    shares = {name: share for name, share in SHARES.items() if news or name != "news"}
    for name in SHARES.keys() - shares.keys():  # left by an earlier call
        (out / f"{name}.tsv").unlink(missing_ok=True)
    seen: set[Pair] = set()
    files: dict[str, object] = {}
    for name, share in shares.items():
        pairs, report = select(read[name](), held_out, seen)
        seen.update(pairs)
        write_text_atomic(out / f"{name}.tsv", to_lines(pairs))
        files[name] = {
            "share": share / sum(shares.values()),
            **measure(out / f"{name}.tsv", pairs),
            "sources": dict(sorted(report.kept.items())),
            "dropped": dict(sorted(report.dropped.items())),
        }
    data = settings(out, tatoeba, shares)
    write_text_atomic(out / "mixture.yaml", dump({"data": data}))
    result = {
        "parts": files,
        "dev": {name: measure(out / f"{name}.dev.tsv", pairs) for name, pairs in dev.items()},
        "inputs": {
            str(path.relative_to(folder)): sha256_file(path)
            for folder in (mixture, tatoeba)
            for path in sorted(folder.rglob("*.tsv*"))
        },
    }
    write_text_atomic(out / "mixture.json", json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return result


def select(
    rows: Iterable[CandidatePair], held_out: Known, seen: set[Pair]
) -> tuple[list[Pair], MixtureReport]:
    """Return the good pairs of a part, once each and without those in `seen` and those held out."""
    pairs: dict[Pair, None] = {}
    report = MixtureReport()
    for row in rows:
        reason = fault(row) or ("repeated" if row.pair in seen or row.pair in pairs else None)
        reason = reason or ("shares a side with a dev set" if row.pair in held_out else None)
        if reason:
            report.dropped[reason] += 1
            continue
        pairs[row.pair] = None
        report.kept[row.source] += 1
    return list(pairs), report


def measure(path: Path, pairs: list[Pair]) -> dict[str, object]:
    """Return the entries of the report for a file."""
    return {
        "pairs": len(pairs),
        "english_sentences": len({sentence_key(pair.source) for pair in pairs}),
        "characters": sum(len(side) for pair in pairs for side in pair),
        "sha256": sha256_file(path),
    }


def settings(out: Path, tatoeba: Path, shares: dict[str, float]) -> dict[str, object]:
    """Return the settings of the section `data` that name the files."""
    parts = tuple(TrainPart(str(out.resolve() / f"{name}.tsv"), share) for name, share in shares.items())
    dev_more = tuple(str(out.resolve() / f"{name}.dev.tsv") for name in DEV_SETS)
    data = DataConfig(train=parts, dev=str(tatoeba.resolve() / "dev.tsv"), dev_more=dev_more)
    tree = Config(data=data).to_dict()["data"]
    return {name: tree[name] for name in ("train", "dev", "dev_more")}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mixture", type=Path)
    parser.add_argument("tatoeba", type=Path)
    parser.add_argument("out", type=Path, help="a folder outside the repository")
    parser.add_argument(
        "--news", action="store_true", help="also train on news, whose licence a model card cannot state"
    )
    options = parser.parse_args()
    result = make(options.mixture, options.tatoeba, options.out, options.news)
    for kind in ("parts", "dev"):
        for name, facts in result[kind].items():  # type: ignore[attr-defined]
            share = f"{facts['share']:7.1%}" if "share" in facts else " " * 7
            print(f"{name:12} {share} {facts['pairs']:9,} pairs {facts['characters']:11,} characters")
    config = load_config(options.out / "mixture.yaml").to_dict()["data"]
    print("\nUse the section data of mixture.yaml in a configuration, or:")
    for name in ("train", "dev", "dev_more"):
        print(f"    --set {shlex.quote(f'data.{name}={json.dumps(config[name], ensure_ascii=False)}')}")


if __name__ == "__main__":
    main()
