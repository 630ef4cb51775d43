"""Quotation marks and brackets are mended where it is plain what was meant, and else left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.pairing import repair_pairs, still_open


@pytest.mark.parametrize(
    ("source", "text", "mended"),
    [
        # In pairs, in the style of the source.
        ('He said "no".', 'Dijo "no".', 'Dijo "no".'),
        ('He said "no".', "Dijo «no».", 'Dijo "no".'),
        ("“A” and “b”.", '"A" y "b".', "“A” y “b”."),
        ("He said “no”.", 'Dijo "no" y "no".', 'Dijo "no" y "no".'),
        ('He said "no".', "Dijo que no.", "Dijo que no."),
        ("He (Tom) left.", "Él (Tom) se fue.", "Él (Tom) se fue."),
        ("He left.", "Se fue (él).", "Se fue (él)."),
        # The closing mark is missing at the end, inside or outside of the stop as in the source.
        ('He said "no".', 'Dijo "no.', 'Dijo "no".'),
        ('He said "no."', 'Dijo "no.', 'Dijo "no."'),
        ('He said "no"', 'Dijo "no', 'Dijo "no"'),
        ('Did he say "no"?', '¿Dijo "no?', '¿Dijo "no"?'),
        ("He said “no.”", "Dijo “no.", "Dijo “no.”"),
        ("He said “no.”", 'Dijo "no.', "Dijo “no.”"),
        ("He said «no».", "Dijo «no.", "Dijo «no»."),
        ("It rained (in May).", "Llovió (en mayo.", "Llovió (en mayo)."),
        ("It rained (in May.)", "Llovió (en mayo.", "Llovió (en mayo.)"),
        ("See [1].", "Ver [1.", "Ver [1]."),
        # The opening one at the beginning.
        ('"No," he said.', 'No", dijo.', '"No", dijo.'),
        ('"No."', 'No."', '"No."'),
        ("(He left.)", "Se fue.)", "(Se fue.)"),
        # Both are missing around the whole.
        ("(Going home)", "Va a casa.", "(Va a casa.)"),
        ("(He left.)", "Se fue.", "(Se fue.)"),
        ("[Music].", "Música.", "[Música]."),
        ("(He left)!", "¡Se fue!", "(¡Se fue)!"),
        ("(He) (left)", "Se fue", "Se fue"),
        ("(a [b])", "c", "(c)"),
        ("(a", "c", "c"),
        ("()", "c", "c"),
        ("(a)", "", ""),
        # Two styles in one pair.
        ("“Hi,” he said.", '“Hola", dijo.', "“Hola”, dijo."),
        ('"Hi," he said.', '«Hola", dijo.', '"Hola", dijo.'),
        # A mark alone, of which the source has none.
        ("Hello.", '"Hola.', "Hola."),
        ("Hello.", 'Hola".', "Hola."),
        ("Hello there.", 'Hola " a todos.', "Hola a todos."),
        ("Hello.", "Hola).", "Hola."),
        ("Hello.", "(Hola.", "Hola."),
        ("Hello.", "«Hola.", "Hola."),
        # Somewhere inside: as many words stand between the marks as in the source.
        ('He "said" no.', 'Él "dijo no.', 'Él "dijo" no.'),
        ("He (Tom) left.", "Él (Tom se fue.", "Él (Tom) se fue."),
        ("He (Tom) left.", "Él Tom) se fue.", "Él (Tom) se fue."),
        ("He (my son), left.", "Él (mi hijo, se fue.", "Él (mi hijo), se fue."),
        ('A "b" c "d".', 'A "b" c "d.', 'A "b" c "d".'),
        ('A "b" c "d e" f.', 'A "b" c d e" f.', 'A "b" c "d e" f.'),
        ("Ask (Tom) or (a very old man).", "Di (Tom o (un hombre.", "Di (Tom) o (un hombre)."),
        # More than the source has.
        ("The boy (in it) ran.", "El chico (el (en él) corrió.", "El chico el (en él) corrió."),
        ("It [the ship] sank.", "Se hundió [el barco] de]", "Se hundió [el barco] de"),
        ("Hello.", '"Hola" y "adiós.', '"Hola" y adiós.'),
        # In several styles: each pair in that of its mark.
        ("“A” and «b».", "“A” y «b.", "“A” y «b»."),
        ('The "A" and “b” c.', 'El "a y c.', 'El "a" y c.'),
        ("“Who said «now»?” he asked.", '“¿Quién dijo ahora?" preguntó.', "“¿Quién dijo ahora?” preguntó."),
        # In doubt, nothing.
        ('Stop!" he said.', '¡Alto!" dijo.', '¡Alto!" dijo.'),
        ("a) b", "a) b", "a) b"),
        ("a)", "b", "b"),
        ('A 5" pipe', 'Un tubo de 5"', 'Un tubo de 5"'),
        ("Hello.", "Hola.", "Hola."),
        ("", '"', ""),
        ("", "", ""),
    ],
)
def test_pairs_are_mended(source: str, text: str, mended: str) -> None:
    assert repair_pairs(source, text) == mended
    assert repair_pairs(source, mended) == mended


@pytest.mark.parametrize(
    ("opened", "source", "text", "mended"),
    [
        # The line begins with a quotation mark, which stands before the sentence.
        ("“", "Leave it on,” he said.", "Déjala, dijo.", "Déjala, dijo”."),
        ('"', 'Leave it on," he said.', 'Déjala", dijo.', 'Déjala", dijo.'),
        ('"', 'Come," he said, "and sit.', 'Ven, dijo, "y siéntate.', 'Ven", dijo, "y siéntate.'),
        ("(", "he left) and came.", "se fue y vino.", "se fue) y vino."),
        # The pair ends in a later sentence.
        ("“", "I am tired.", "Estoy cansado.", "Estoy cansado."),
        ("“", "He “ran”.", "Él “corrió.", "Él “corrió."),
        ("(", "He left.", "", ""),
    ],
)
def test_pairs_that_began_before_the_sentence_are_mended(
    opened: str, source: str, text: str, mended: str
) -> None:
    assert repair_pairs(source, text, opened) == mended


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Hello.", ""),
        ("“I am tired. ", "“"),
        ("“I am tired.” He (", "("),
        ('"A (b', '"('),
        ("a) b”", ""),
        ("((((((a", "(((("),
    ],
)
def test_marks_that_are_still_open(text: str, marks: str) -> None:
    assert still_open(text) == marks


texts = st.text(st.sampled_from('a .?"“”«»()[] ¿'), max_size=14)


@given(texts, texts)
def test_mending_changes_marks_alone(source: str, text: str) -> None:
    mended = repair_pairs(source, text)

    def bare(text: str) -> str:
        return "".join(char for char in text if char not in ' "“”«»()[]')

    assert bare(mended) == bare(text)
    assert abs(len(mended) - len(text)) <= 2 * max(map(len, (source, text)))


@given(texts, texts)
def test_no_mark_stands_alone_where_the_source_has_none(source: str, text: str) -> None:
    mended = repair_pairs(source, text)
    for opening, closing in ("()", "[]"):
        if source.count(opening) == source.count(closing) == 0:
            assert mended.count(opening) == mended.count(closing)
    if not any(mark in source + text for mark in "“”«»") and source.count('"') == 0:
        assert mended.count('"') % 2 == 0
