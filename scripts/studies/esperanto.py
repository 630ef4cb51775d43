"""Another pair of languages, from nothing: English sentences and Esperanto ones, made from a hundred words.

    python -m scripts.studies.esperanto make runs/esperanto/pairs.tsv
    python -m scripts.studies.esperanto measure esperanto runs/esperanto/model runs/esperanto/test.tsv

The first writes pairs; docs/own-language.md has the commands between the two, which are those for any pairs.
The second, also for other pairs, writes docs/results/own_language.json. Esperanto is regular, has letters of
its own (ĉ ĝ ĵ ŝ ŭ), and marks the object, so a word's ending depends on its place in the sentence.
"""

from __future__ import annotations

import argparse
import itertools
import random
from pathlib import Path
from typing import Final

from scripts.results import evaluation, machine, read_results, training, write_results

NOUNS: Final = dict(
    pair.split("=")
    for pair in """
        dog=hundo cat=kato horse=ĉevalo bird=birdo house=domo garden=ĝardeno tree=arbo apple=pomo book=libro
        letter=letero friend=amiko teacher=instruisto doctor=kuracisto boy=knabo girl=knabino king=reĝo
        queen=reĝino river=rivero ship=ŝipo picture=bildo key=ŝlosilo window=fenestro road=vojo flower=floro
    """.split()  # noqa: SIM905
)
ADJECTIVES: Final = dict(
    pair.split("=")
    for pair in """
        big=granda small=malgranda old=malnova new=nova good=bona bad=malbona white=blanka black=nigra
        beautiful=bela strong=forta =
    """.split()  # noqa: SIM905
)
PLACES: Final = {
    "in the garden": "en la ĝardeno",
    "on the table": "sur la tablo",
    "near the river": "ĉe la rivero",
    "behind the house": "malantaŭ la domo",
    "": "",
}
TIMES: Final = {"today": ("hodiaŭ", "as"), "yesterday": ("hieraŭ", "is"), "tomorrow": ("morgaŭ", "os")}
VERBS: Final = {
    "see": ("sees", "saw", "vid"),
    "find": ("finds", "found", "trov"),
    "buy": ("buys", "bought", "aĉet"),
    "draw": ("draws", "drew", "desegn"),
    "like": ("likes", "liked", "ŝat"),
    "look for": ("looks for", "looked for", "serĉ"),
    "forget": ("forgets", "forgot", "forges"),
    "sell": ("sells", "sold", "vend"),
}
"""In the third person, in the past, and the root in Esperanto."""
PAIRS: Final = 30_000


def pairs(count: int = PAIRS, seed: int = 1) -> list[tuple[str, str]]:
    """Return so many different pairs (English, Esperanto), drawn from about thirty million."""
    nouns = [*NOUNS.items(), *((f"{english}s", f"{esperanto}j") for english, esperanto in NOUNS.items())]
    phrases = [
        (" ".join(f"the {adjective} {english}".split()), _phrase(ADJECTIVES[adjective], esperanto))
        for adjective, (english, esperanto) in itertools.product(ADJECTIVES, nouns)
    ]
    rng, found = random.Random(seed), dict[str, str]()
    while len(found) < count:
        (subject, subjekto), (thing, objekto) = rng.choice(phrases), rng.choice(phrases)
        verb, time, place = rng.choice(list(VERBS)), rng.choice(list(TIMES)), rng.choice(list(PLACES))
        third, past, root = VERBS[verb]
        when, ending = TIMES[time]
        said = {
            "today": verb if subjekto.endswith("j") else third,
            "yesterday": past,
            "tomorrow": f"will {verb}",
        }[time]
        english = " ".join(f"{subject} {said} {thing} {place} {time}".split())
        # The object has an -n at its noun and at its adjective.
        objekto = " ".join(word if word == "la" else f"{word}n" for word in objekto.split())
        found[english] = f"{when} {subjekto} {root}{ending} {objekto} {PLACES[place]}".strip()
    return list(found.items())


def _phrase(adjective: str, noun: str) -> str:
    plural = "j" if noun.endswith("j") else ""
    return f"la {adjective + plural + ' ' if adjective else ''}{noun}"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make")
    make.add_argument("file", type=Path)
    measure = commands.add_parser("measure")
    measure.add_argument("name")
    measure.add_argument("run", type=Path)
    measure.add_argument("test", type=Path)
    options = parser.parse_args()
    if options.command == "make":
        options.file.parent.mkdir(parents=True, exist_ok=True)
        options.file.write_text("".join(f"{en}\t{eo}\n" for en, eo in pairs()), encoding="utf-8")
        return
    rows = evaluation(options.run, options.test, "--lags", "0,4,8,16,full", "--beam", "1")["rows"]
    scores = {
        str(row["lag"]): {key: row["quality"][key] for key in ("chrf", "bleu", "exact", "sentences")}
        for row in rows
    }
    result = {"machine": machine(), "training": training(options.run), "scores": scores}
    write_results("own_language", {**read_results("own_language"), options.name: result})


if __name__ == "__main__":
    main()
