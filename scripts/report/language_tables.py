"""The numbers of docs/own-language.md: models of other pairs of languages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from scripts.report.tables import table, where, wrapped
from scripts.results import read_results


def language_block(name: str) -> str:
    """Return the scores of a pair of languages at several lags, and what its training took."""
    result = read_results("own_language").get(name)
    if not result:
        return "Not measured yet: `python -m scripts.studies.esperanto measure`."
    scores, trained = result["scores"], result["training"]
    rows = [
        [lag, f"{row['chrf']:.1f}", f"{row['bleu']:.1f}", f"{row['exact']:.1f} %"]
        for lag, row in scores.items()
    ]
    told = (
        f"{scores['full']['sentences']} new sentences, greedy, after {trained['minutes']} minutes "
        f"({trained['steps']:,} steps) on {where(result['machine'])}, beside other work: "
        f"`python -m scripts.studies.esperanto measure {name} RUN TEST`."
    )
    return "\n".join([table(["lag", "chrF", "BLEU", "exactly right"], rows), "", wrapped(told)])


BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "own-language": partial(language_block, "esperanto"),
    "reverse": partial(language_block, "reverse"),
}
