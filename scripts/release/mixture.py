"""Make the parts of the training data of the shipped model, and dev sets of other domains than its own.

    python -m scripts.release.mixture MIXTURE TATOEBA OUT [--news]

MIXTURE holds files of English-Spanish pairs with a source, a domain and a lexical score (`*.tsv.gz`) and a
folder `words` with lists of words; TATOEBA holds `train.tsv`, `more.tsv` and `dev.tsv`. Both are read where
they lie. README.md beside this file tells what is written to OUT.
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

from seq2seq.config.checks import TrainPart
from seq2seq.config.flatyaml import dump
from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config, DataConfig
from seq2seq.corpus.pairs import Pair, align_sentences, key, read_pairs, to_lines
from seq2seq.corpus.splits import SentenceKeys
from seq2seq.errors import UsageError
from seq2seq.storage.files import sha256_file, write_text_atomic
from seq2seq.text.normalise import normalise

ROOT: Final = Path(__file__).resolve().parents[2]
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
"""The parts in their order, of which an earlier one keeps what two have, with their shares."""
DEV_SETS: Final = ("news", "games", "interface", "words", "everyday")
DEV_SIZE: Final = 300
"""English sentences of a dev set."""
NEAR: Final = -0.6
"""Domain scores above this are English as it is in Tatoeba."""
LEAST_LEX: Final = -3.0
"""Below this the sides of a pair are free translations of one another, or wrong."""
MOST_MANUAL: Final = 90
"""English characters of a sentence of an interface or a manual."""
KNOWN: Final = (5, 300)
"""How often a word of the dev set occurs in Tatoeba: it can be known, and it is none of the commonest."""

_ENTITY: Final = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+\d*);")
_WORD: Final = re.compile(r"[^\W\d_]+")


class Row(NamedTuple):
    """A pair with what is known about it.

    Attributes:
        pair: English and Spanish, normalised.
        source: where it comes from.
        domain: how much the English looks like Tatoeba's, in log-odds per word; 0 where nobody has counted.
        lex: mean log probability of its words, given those of the other side; 0 likewise.
    """

    pair: Pair
    source: str
    domain: float = 0.0
    lex: float = 0.0


@dataclass
class Report:
    """What became of the rows of a part.

    Attributes:
        kept: pairs by source.
        dropped: pairs by reason.
    """

    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def scored(path: Path) -> Iterator[Row]:
    """Yield the rows of a file of five columns: English, Spanish, source, domain, lexical score."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            columns = line.rstrip("\r\n").split("\t")
            if len(columns) != 5:
                raise UsageError(f"{path}:{number}: {len(columns)} columns and not 5")
            english, spanish, source, domain, lex = columns
            yield Row(Pair(normalise(english), normalise(spanish)), source, float(domain), float(lex))


def listed(path: Path) -> Iterator[Row]:
    """Yield the rows of a file of two columns without the names of the columns, should it have any."""
    for pair in read_pairs(path):
        if pair != ("en", "es"):
            yield Row(pair, path.stem)


def some(rows: Iterable[Row], of: int) -> Iterator[Row]:
    """Yield one row out of `of`, the same ones always."""
    return (row for row in rows if _draw(row.pair.source + "\t" + row.pair.target) % of == 0)


def words(directory: Path) -> Iterator[Row]:
    """Yield what is taken of the lists of words.

    Forms of nouns and verbs follow rules, so that a part of them teaches the rules. Units are abbreviated in
    ways that no sentence has, and "5 year" is no English.
    """
    yield from (row for row in listed(directory / "words_best_single.tsv") if _is_word(row.pair.source))
    yield from listed(directory / "words_best_multi.tsv")
    yield from some(listed(directory / "noun_forms.tsv"), 2)
    yield from some(listed(directory / "verb_forms.tsv"), 3)
    yield from listed(directory / "synthetic_numbers_dates_names.tsv")
    for row in listed(directory / "cldr_names_dates_units.tsv"):
        if not re.search(r"[\d/.²³°]", "".join(row.pair)) and min(len(key(side)) for side in row.pair) > 2:
            yield row
    yield from listed(directory / "apertium_names.tsv")


def _is_word(text: str) -> bool:
    return len(text) > 1 or text in "aI"


def sources(mixture: Path, tatoeba: Path) -> dict[str, Callable[[], Iterator[Row]]]:
    """Return for each part what reads its rows."""

    def games(near: bool) -> Iterator[Row]:
        return (row for row in scored(mixture / "games.tsv.gz") if (row.domain > NEAR) == near)

    def manuals() -> Iterator[Row]:
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


def fault(row: Row) -> str | None:
    """Return why a pair teaches nothing good; None for a good one."""
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
    """Whether a text of some length is the same thing twice in a row."""
    half = len(text) // 2
    return half > 10 and text[:half].strip() == text[-half:].strip()


def _draw(text: str) -> int:
    """Return a large number that is as good as drawn, and the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class Known:
    """The sentences of either side that some pairs have, also those cut out of lines of several sentences."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._keys = SentenceKeys(part for pair in pairs for part in (pair, *align_sentences(pair)))

    def __contains__(self, pair: Pair) -> bool:
        """Whether a side of `pair`, or of a sentence cut out of it, is among them."""
        return any(part in self._keys for part in (pair, *align_sentences(pair)))


def choose(pairs: Iterable[Pair], known: Known, size: int) -> list[Pair]:
    """Choose `size` English sentences by a hash, with all their translations; `known` has no side of them."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(key(pair.source), []).append(pair)
    chosen: list[Pair] = []
    for name in sorted(groups, key=_draw):
        if size and not any(pair in known for pair in groups[name]):
            chosen += dict.fromkeys(groups[name])
            size -= 1
    return chosen


def dev_words(directory: Path, tatoeba: Iterable[Pair]) -> list[Pair]:
    """Return the single words that may be in the dev set, with every translation that the lists have.

    They occur in sentences of the training part, so that a good model can know them; the commonest are left
    to training, for they are what people type.
    """
    counts = Counter(word for pair in tatoeba for word in _WORD.findall(pair.source.lower()))
    return [
        row.pair
        for row in listed(directory / "words_all.tsv")
        if row.pair.source.isalpha() and KNOWN[0] <= counts[row.pair.source.lower()] <= KNOWN[1]
    ]


def make(mixture: Path, tatoeba: Path, out: Path, news: bool, dev_size: int = DEV_SIZE) -> dict[str, object]:
    """Write everything into `out`; return the report that is written there as well."""
    if out.resolve().is_relative_to(ROOT):
        raise UsageError(f"{out} is within the repository, of which other people's texts are no part")
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
    for name in SHARES.keys() - shares.keys():  # from another time
        (out / f"{name}.tsv").unlink(missing_ok=True)
    seen: set[Pair] = set()
    files: dict[str, object] = {}
    for name, share in shares.items():
        pairs, report = select(read[name](), held_out, seen)
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


def select(rows: Iterable[Row], held_out: Known, seen: set[Pair]) -> tuple[list[Pair], Report]:
    """Return the pairs of a part that are good, new and not held out; add them to `seen`."""
    pairs, report = [], Report()
    for row in rows:
        reason = fault(row) or ("repeated" if row.pair in seen else None)
        reason = reason or ("shares a side with a dev set" if row.pair in held_out else None)
        if reason:
            report.dropped[reason] += 1
            continue
        seen.add(row.pair)
        pairs.append(row.pair)
        report.kept[row.source] += 1
    return pairs, report


def measure(path: Path, pairs: list[Pair]) -> dict[str, object]:
    """Return what the report says of every file."""
    return {
        "pairs": len(pairs),
        "english_sentences": len({key(pair.source) for pair in pairs}),
        "characters": sum(len(side) for pair in pairs for side in pair),
        "sha256": sha256_file(path),
    }


def settings(out: Path, tatoeba: Path, shares: dict[str, float]) -> dict[str, object]:
    """Return the settings of `data` that name the files."""
    parts = tuple(TrainPart(str(out.resolve() / f"{name}.tsv"), share) for name, share in shares.items())
    dev_more = tuple(str(out.resolve() / f"{name}.dev.tsv") for name in DEV_SETS)
    data = DataConfig(train=parts, dev=str(tatoeba.resolve() / "dev.tsv"), dev_more=dev_more)
    tree = Config(data=data).to_dict()["data"]
    return {name: tree[name] for name in ("train", "dev", "dev_more")}


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mixture", type=Path)
    parser.add_argument("tatoeba", type=Path)
    parser.add_argument("out", type=Path, help="a folder outside the repository")
    parser.add_argument(
        "--news", action="store_true", help="train on news, too, whose licence a model's card cannot state"
    )
    options = parser.parse_args()
    result = make(options.mixture, options.tatoeba, options.out, options.news)
    for kind in ("parts", "dev"):
        for name, facts in result[kind].items():  # type: ignore[attr-defined]
            share = f"{facts['share']:7.1%}" if "share" in facts else " " * 7
            print(f"{name:12} {share} {facts['pairs']:9,} pairs {facts['characters']:11,} characters")
    config = load_config(options.out / "mixture.yaml").to_dict()["data"]
    print("\nIn the section data of a configuration, as in mixture.yaml; or:")
    for name in ("train", "dev", "dev_more"):
        print(f"    --set {shlex.quote(f'data.{name}={json.dumps(config[name], ensure_ascii=False)}')}")


if __name__ == "__main__":
    main()
