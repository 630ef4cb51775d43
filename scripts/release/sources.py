"""Where the training data come from, and under which licence, for the card of the model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from seq2seq.config.checks import part_name
from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import read_pairs
from seq2seq.errors import UserError

_BY_PACKAGE: Final = "GPL, LGPL, MPL and others, by package"
_WORDS: Final = "Apertium, FreeDict, Wiktionary, WordNet", "GPL-2, GPL-2+, CC BY-SA 3.0, CC BY 3.0"
TATOEBA: Final = "Tatoeba", "CC BY 2.0 FR"
ORIGINS: Final[Mapping[str, tuple[str, str]]] = {
    "train": TATOEBA,
    "more": TATOEBA,
    "apertium_names": ("Apertium", "GPL-2"),
    "cldr_names_dates_units": ("Unicode CLDR", "Unicode-3.0"),
    "debian_descriptions": ("package descriptions of Debian", "by package, free"),
    "debian_games_fragments": ("games in Debian", "GPL-2+, GPL-3+; Cataclysm CC BY-SA 3.0"),
    "debian_games_sentences": ("games in Debian", "GPL-2+, GPL-3+; Cataclysm CC BY-SA 3.0"),
    "debian_ui_sentences": ("programs in Debian", _BY_PACKAGE),
    "dspace": ("DSpace", "BSD-3-Clause"),
    "firefox": ("Firefox and Thunderbird", "MPL-2.0"),
    "freeorion": ("FreeOrion", "GPL-2, CC BY-SA 3.0"),
    "freeorion_frag": ("FreeOrion", "GPL-2, CC BY-SA 3.0"),
    "games_misc_fragments": ("GCompris, Flare, SuperTux and other games", "GPL, AGPL, MIT, by package"),
    "games_misc_sentences": ("GCompris, Flare, SuperTux and other games", "GPL, AGPL, MIT, by package"),
    "gimp_help": ("GIMP manual", "GFDL-1.2"),
    "gnome_help": ("GNOME help", "CC BY-SA 3.0, GFDL, GPL, by package"),
    "hedy": ("Hedy", "EUPL-1.2"),
    "home_assistant": ("Home Assistant", "Apache-2.0"),
    "kde_handbooks": ("KDE handbooks", "GFDL, GPL"),
    "libreoffice_help": ("LibreOffice help", "MPL-2.0"),
    "login_gov": ("login.gov", "CC0"),
    "mediawiki": ("MediaWiki", "GPL-2+"),
    "mgsm": ("MGSM", "CC BY 4.0"),
    "mozilla_www": ("Mozilla web pages", "MPL-2.0"),
    "mycroft": ("Mycroft", "Apache-2.0"),
    "noun_forms": ("Apertium", "GPL-2"),
    "opensource_guide": ("opensource.guide", "CC BY 4.0"),
    "osm_id_editor": ("OpenStreetMap iD", "ISC"),
    "osm_website": ("OpenStreetMap website", "GPL-2.0"),
    "python_docs": ("Python documentation", "PSF licence, translations CC0"),
    "python_web_apps": ("Django, JupyterLab, Weblate and others", "AGPL, GPL, BSD, MIT, by package"),
    "qt_ui_sentences": ("Qt programs in Debian", "GPL, by package"),
    "react_docs": ("React documentation", "CC BY 4.0"),
    "scratch": ("Scratch", "AGPL-3.0"),
    "shattered_pixel_dungeon": ("Shattered Pixel Dungeon", "GPL-3.0"),
    "shattered_pixel_dungeon_frag": ("Shattered Pixel Dungeon", "GPL-3.0"),
    "storybooks_cc_by": ("Storybooks (African Storybook)", "CC BY"),
    "synthetic_numbers_dates_names": ("made for this project", "that of the project"),
    "tldr": ("tldr pages", "CC BY 4.0"),
    "verb_forms": ("Apertium", "GPL-2"),
    "vita_min": ("VITA-MIN", "MIT"),
    "words_best_multi": _WORDS,
    "words_best_single": (
        "Apertium, FreeDict, Wiktionary, WordNet",
        "GPL-2, GPL-2+, CC BY-SA 3.0, CC BY 3.0",
    ),
    "zero_ad_fragments": ("0 A.D.", "GPL-2+, CC BY-SA 3.0"),
    "zero_ad_sentences": ("0 A.D.", "GPL-2+, CC BY-SA 3.0"),
}
"""For each source in the report of `scripts.release.mixture`: what it is, and its licence."""
MADE_OF: Final = {
    "spans": TATOEBA,
    "composed": ("made for this project, and Tatoeba in capital letters", TATOEBA[1]),
    "phrasebook": ("made for this project", "that of the project"),
}
"""The origin of the parts of `scripts.release.spans`, `scripts.release.composed` and its `phrasebook`."""
NOTICE: Final = (
    "Trained on sentence pairs by the contributors of Tatoeba (https://tatoeba.org), "
    "CC BY 2.0 FR (https://creativecommons.org/licenses/by/2.0/fr/)"
)
"""What every shipped model file says."""


class Origin(NamedTuple):
    """Pairs of one origin.

    Attributes:
        name, licence: as in `ORIGINS`.
        pairs: how many were made of it.
    """

    name: str
    licence: str
    pairs: int


def origins(counts: Mapping[str, int]) -> list[Origin]:
    """Return the origins of a part, the largest first.

    Raises:
        UserError: the licence of a source is unknown.
    """
    if unknown := sorted(counts.keys() - ORIGINS.keys()):
        raise UserError(f"scripts/release/sources.py does not know the licence of {', '.join(unknown)}")
    found: dict[tuple[str, str], int] = {}
    for source, pairs in counts.items():
        found[ORIGINS[source]] = found.get(ORIGINS[source], 0) + pairs
    rows = [Origin(name, licence, pairs) for (name, licence), pairs in found.items()]
    return sorted(rows, key=lambda origin: (-origin.pairs, origin.name))


def describe_data(config: Config, report: Path | None) -> list[dict[str, Any]]:
    """Return each part of the training data with its share of the batches, its size and its origins.

    Args:
        config: of the run.
        report: the `mixture.json` of the data; without it, only shares and names are known.

    Raises:
        UserError: a part comes from a source whose licence is unknown.
    """
    told = json.loads(report.read_text(encoding="utf-8"))["parts"] if report else {}
    rows = []
    for part in config.data.parts:
        names = [part_name(path) for path in ([part.path] if isinstance(part.path, str) else part.path)]
        row: dict[str, Any] = {"part": ", ".join(names), "share": part.share}
        if all(name in told for name in names):
            row["pairs"] = sum(told[name]["pairs"] for name in names)
            counts = sum((Counter(told[name]["sources"]) for name in names), Counter[str]())
            row["origins"] = [origin._asdict() for origin in origins(counts)]
        elif report and row["part"] in MADE_OF:
            row["pairs"] = sum(1 for _ in read_pairs(part.path))
            row["origins"] = [Origin(*MADE_OF[row["part"]], row["pairs"])._asdict()]
        rows.append(row)
    return rows


def notice(parts: list[dict[str, Any]]) -> str:
    """Return the notice of a model file trained on these parts."""
    others = any(
        (origin["name"], origin["licence"]) != TATOEBA for part in parts for origin in part.get("origins", [])
    )
    also = ", and on texts and word lists of other projects, which its card names with their licences"
    return NOTICE + (also if others else "")
