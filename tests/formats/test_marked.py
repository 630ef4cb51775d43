"""Tags are taken out of a text and put back around the same words."""

from __future__ import annotations

import pytest
from echoing import backwards, blind, capitals

from seq2seq.formats.document import Translate, translate_marked
from seq2seq.formats.marked import Marked, MarkedBuilder


def built(*pieces: str) -> Marked:
    """Return a text of pieces: "<b" opens, "/b" closes, "!x" is a point, "=x" is copied, others are text."""
    builder = MarkedBuilder()
    for piece in pieces:
        if piece.startswith("<"):
            builder.open(piece[1:], f"<{piece[1:]}>")
        elif piece.startswith("/"):
            builder.close(piece[1:], f"</{piece[1:]}>")
        elif piece.startswith("!"):
            builder.point(f"[{piece[1:]}]")
        elif piece.startswith("="):
            builder.copy(piece[1:])
        else:
            builder.text(piece)
    return builder.finish("".join(pieces))


def rendered(marked: Marked, translate: Translate) -> str:
    (placed,) = translate_marked([marked], translate)
    return placed.render()


@pytest.mark.parametrize(
    ("pieces", "forwards", "turned"),
    [
        (["one ", "<b", "two", "/b", " three"], "ONE <b>TWO</b> THREE", "THREE <b>TWO</b> ONE"),
        (["<b", "one two", "/b", " three"], "<b>ONE TWO</b> THREE", "THREE <b>TWO ONE</b>"),
        (["<b", "one ", "<i", "two", "/i", "/b"], "<b>ONE <i>TWO</i></b>", "<b><i>TWO</i> ONE</b>"),
        (["<b", "<i", "one", "/i", "/b", " two"], "<b><i>ONE</i></b> TWO", "TWO <b><i>ONE</i></b>"),
        (["a ", "<b", " two ", "/b", "c"], "A <b>TWO</b> C", "C <b>TWO</b> A"),
        (["<b", "one", "/b", "<i", " two", "/i"], "<b>ONE</b> <i>TWO</i>", "<i>TWO</i> <b>ONE</b>"),
        (["!x", "one two", "!y"], "[x]ONE TWO[y]", "[x]TWO ONE[y]"),
        (["one", "/b", " two"], "ONE </b>TWO", "</b>TWO ONE"),
        (["see ", "=`x y`", " now"], "SEE `x y` NOW", "NOW `x y` SEE"),
        (["one ", "<b", "=X", "/b"], "ONE <b>X</b>", "<b>X</b> ONE"),
        (["one ", "<b", "/b", "two"], "ONE <b></b>TWO", "<b></b>TWO ONE"),
    ],
)
def test_tags_stay_around_their_words(pieces: list[str], forwards: str, turned: str) -> None:
    assert rendered(built(*pieces), capitals) == forwards
    assert rendered(built(*pieces), blind) == forwards
    found = rendered(built(*pieces), backwards)
    if "[" not in turned and "</b>TWO" not in turned:
        assert found == turned
    assert sorted(found) == sorted(forwards)


def test_an_unclosed_tag_and_a_foreign_one_are_kept() -> None:
    assert rendered(built("<b", "one ", "<i", "two", "/b"), capitals) == "<b>ONE <i>TWO</b>"


def test_a_copied_piece_that_the_model_leaves_out_is_added() -> None:
    def forgetful(lines: object, attention: bool) -> list[object]:
        del lines
        return list(capitals(["one two"], attention))

    assert rendered(built("one ", "=x", " two"), forgetful) == "ONE TWO x"  # type: ignore[arg-type]


def test_a_long_text_is_translated_in_pieces_that_fit_the_memory() -> None:
    most = []

    def counting(lines: list[str], attention: bool) -> list[object]:
        most.extend(map(len, lines))
        return list(capitals(lines, attention))

    marked = built("It is a house. " * 400, "<b", "The end is here.", "/b")
    assert rendered(marked, counting).endswith("IT IS A HOUSE. <b>THE END IS HERE.</b>")  # type: ignore[arg-type]
    assert max(most) <= 1500
    assert sum(most) > 5900
