"""The half of the day is never lost and never the wrong one, whatever the network makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.times import repair_times


@pytest.mark.parametrize(
    ("source", "text", "repaired"),
    [
        # It is there, in one form or another.
        ("It starts at 5 p.m.", "Empieza a las 5 p.m.", "Empieza a las 5 p.m."),
        ("It starts at 5 p.m.", "Empieza a las 5 p. m.", "Empieza a las 5 p. m."),
        ("It starts at 5 p.m. on Monday.", "Empieza a las 5 de la tarde el lunes.", None),
        ("It starts at 9 p.m.", "Empieza a las 9 de la noche.", None),
        ("I get up at 6 a.m.", "Me levanto a las 6 de la mañana.", None),
        ("It is 12 a.m.", "Son las 12 de la noche.", None),
        ("It is 12 p.m.", "Son las 12 del mediodía.", None),
        ("At 5 p.m. sharp.", "A las 5 en punto de la tarde.", None),
        ("At 5pm.", "A las 5pm.", None),
        ("At 5 PM.", "A las 5 PM.", None),
        ("It starts at 5 a.m. now.", "Empieza a las 5 de a m. ahora.", None),
        # Its dot, which was that of the sentence, was lost.
        ("We eat at 5 p.m.", "A las 5 p.m comemos.", "A las 5 p.m. comemos."),
        ("It's 5 p.m. now.", "Ahora son las 5 p.m..", "Ahora son las 5 p.m."),
        # It was lost.
        ("I get up at 6 a.m.", "Me levanto a las 6.", "Me levanto a las 6 a.m."),
        ("Do you get up at 6 a.m.?", "¿Te levantas a las 6?", "¿Te levantas a las 6 a.m.?"),
        ("It starts at 4 a.m. on Monday.", "Empieza a las 4 el lunes.", "Empieza a las 4 a.m. el lunes."),
        ("It is at 3:30 p.m. tomorrow.", "Es a las 3:30 mañana.", "Es a las 3:30 p.m. mañana."),
        ("At 5 PM.", "A las 5.", "A las 5 PM."),
        ("At 5pm.", "A las 5.", "A las 5 pm."),
        ("She called at 2 a.m.", "Llamó a las 2 .", "Llamó a las 2 a.m."),
        ("Let's meet at 4 pm today.", "Quedemos a las 4 hoy.", "Quedemos a las 4 pm hoy."),
        ("I'll be there at 9 am.", "Estaré allí a las 9.", "Estaré allí a las 9 am."),
        ("Is it open until 4 p.m.?", "¿Está abierto hasta las 4 p.m.", "¿Está abierto hasta las 4 p.m.?"),
        ("Be here at 4 p.m.!", "¡Esté aquí a las 4.", "¡Esté aquí a las 4 p.m.!"),
        ("Is it open until 4 p.m.?", "¿Está abierto? Hasta las 4 p.m.", None),
        # It was the other one.
        ("It starts at 5 p.m.", "Empieza a las 5 a.m.", "Empieza a las 5 p.m."),
        ("It starts at 5 p.m. today.", "Empieza a las 5 de la mañana hoy.", "Empieza a las 5 p.m. hoy."),
        ("I get up at 6 a.m.", "Me levanto a las 6 de la noche.", "Me levanto a las 6 a.m."),
        ("From 10 a.m. to 7 p.m.", "De 7 a 10 p.m.", "De 7 p.m. a 10 a.m."),
        # Not a time, or not clear which.
        ("I am 10.", "Tengo 10.", None),
        ("At 10 am I late?", "A las 10, ¿llego tarde?", None),
        ("At 5 p.m. I had 5.", "A las 5 tuve 5.", None),
        ("At 5 p.m. I left.", "Me fui.", None),
        ("Version 1.5 p.m.", "Versión 1.5.", None),
        ("In 2005 p.m.", "En 2005.", None),
        ("", "A las 5.", None),
    ],
)
def test_the_half_of_the_day_is_that_of_the_source(source: str, text: str, repaired: str | None) -> None:
    expected = text if repaired is None else repaired
    assert repair_times(source, text) == expected


LIKE_TIMES = st.text("0123456789:apm. dela trhnoch,", max_size=40)


@given(LIKE_TIMES, LIKE_TIMES)
def test_a_second_repair_changes_nothing(source: str, text: str) -> None:
    once = repair_times(source, text)
    assert repair_times(source, once) == once
