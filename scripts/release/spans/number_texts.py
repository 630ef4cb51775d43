"""Random texts of numbers, quantities, prices, times and dates: a function for each sort."""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random

from scripts.release.spans.words import digits, pick

# Numbers


def one(_: Random) -> str:
    """The number 1."""
    return "1"


def small_number(rng: Random) -> str:
    """From 2 to 12."""
    return str(rng.randint(2, 12))


def count(rng: Random) -> str:
    """A plain number from 2 to 999, small ones most often."""
    return str(rng.randint(2, rng.choice((9, 20, 99, 999))))


def big_number(rng: Random) -> str:
    """A number of four digits or more, mostly with separators; never one that could be a year."""
    number = rng.randint(2100, rng.choice((9_999, 99_999, 999_999, 9_999_999)))
    sign = rng.choice((",", ",", ".", ""))
    # Two points in a number are read as those of a version.
    if sign == "" or (sign == "." and number > 999_999):
        return str(number)
    return f"{number:,}".replace(",", sign)


def decimal(rng: Random) -> str:
    """2.5, 3,14, 0.75."""
    whole = rng.choice((rng.randint(0, 9), rng.randint(2, 99)))
    return f"{whole}{rng.choice('..,')}{digits(rng, rng.choice((1, 1, 2)))}"


def number(rng: Random) -> str:
    """Any number whose noun is in the plural."""
    return rng.choices((count, big_number, decimal), (75, 18, 7))[0](rng)


def odd_number(rng: Random) -> str:
    """A number that counts nothing: 007, -5, +3, 3/4, 70443, 10-15."""
    form = pick(rng, "00{}:10 -{}:12 +{}:8 {}/{}:6 long:30 big:8 plain:16 {}-{}:10")
    if form in ("long", "big", "plain"):
        return {"long": digits(rng, rng.randint(5, 8)), "big": big_number(rng), "plain": count(rng)}[form]
    if form == "{}/{}":
        return rng.choice(("1/2", "1/3", "1/4", "3/4", "2/3", "1/5"))
    low = rng.randint(2, 9 if form == "00{}" else 40)
    return form.format(low, low + rng.randint(1, 20))


def score(rng: Random) -> str:
    """The result of a game: 3-1."""
    return f"{rng.randint(0, 7)}{rng.choice('--–')}{rng.randint(0, 7)}"


def year(rng: Random) -> str:
    """From 1000 to 2099, mostly of our time."""
    first, last = rng.choices(((1990, 2030), (1900, 2035), (1000, 2099)), (50, 35, 15))[0]
    return str(rng.randint(first, last))


# Measures and money


def percent(rng: Random) -> str:
    """30%, 12.5 %."""
    value = str(rng.randint(2, 100)) if rng.random() < 0.6 else f"{rng.randint(0, 99)}{_fraction(rng)}"
    return value + rng.choice(("%", "%", "%", " %"))


def _fraction(rng: Random) -> str:
    return rng.choice(".,") + str(rng.randint(1, 9))


def _measure(rng: Random, most: int, units: str) -> str:
    return f"{rng.randint(2, most)}{_fraction(rng) if rng.random() < 0.15 else ''}{rng.choice(units.split())}"


def distance(rng: Random) -> str:
    """5km, 300m."""
    return _measure(rng, rng.choice((9, 40, 900)), "km km km m m mi")


def length(rng: Random) -> str:
    """30cm, 2m."""
    return _measure(rng, 200, "cm cm mm m ft")


def temperature(rng: Random) -> str:
    """20°C, -5 °C, 70°F, 30°."""
    return (
        rng.choice(("", "", "", "-"))
        + str(rng.randint(2, 40))
        + pick(rng, "°C:60 _°C:20 °F:10 °:10").replace("_", " ")
    )


def weight(rng: Random) -> str:
    """5kg, 200g."""
    return _measure(rng, rng.choice((9, 90, 900)), "kg kg g g lb mg oz")


def kitchen(rng: Random) -> str:
    """200g, 50ml."""
    return f"{rng.randint(2, 90) * 5}{rng.choice(('g', 'g', 'g', 'ml', 'ml'))}"


def volume(rng: Random) -> str:
    """500ml, 2l."""
    return f"{rng.randint(2, 95) * 10}ml" if rng.random() < 0.6 else f"{rng.randint(2, 9)}{rng.choice('lL')}"


def data_size(rng: Random) -> str:
    """16GB, 500MB."""
    return _measure(rng, rng.choice((16, 128, 900)), "GB GB MB MB KB TB GiB")


def speed(rng: Random) -> str:
    """120km/h, 30mph."""
    return f"{rng.randint(2, 300)}{rng.choice(('km/h', 'km/h', 'mph', 'm/s'))}"


def quantity(rng: Random) -> str:
    """A number with a unit of any sort."""
    return rng.choice((percent, distance, temperature, weight, volume, data_size, speed, length))(rng)


def money(rng: Random) -> str:
    """$12.50, 12 €, US$ 40, £1,200, 300 EUR."""
    amount = rng.choice(
        (
            str(rng.randint(2, 99)),
            str(rng.randint(2, 99)),
            str(rng.randint(100, 999)),
            str(rng.randint(5, 50) * 10),
            f"{rng.randint(1, 99)}.{rng.randint(0, 99):02}",
            f"{rng.randint(1, 99)},{rng.randint(0, 99):02}",
            f"{rng.randint(1, 99)}{rng.choice(',,.')}{rng.randint(0, 999):03}",
            f"{rng.randint(1, 9)},{rng.randint(0, 999):03}.{rng.randint(0, 99):02}",
        )
    )
    form = pick(
        rng,
        "${}:30 €{}:8 £{}:10 {}€:12 {}_€:14 US$_{}:4 US${}:3 {}$:2 {}_$:2 {}_EUR:4 {}_USD:3 ¥{}:3 ₹{}:1 "
        "€_{}:1",
    )
    return form.replace("_", " ").format(amount)


# Times and dates


def hour_12(rng: Random) -> str:
    """A time of a clock of twelve hours: 6:15."""
    hour = rng.randint(1, 12)
    if hour == 1 and rng.random() < 0.5:  # "a la 1:15" is rare, and the symbol of a time does not tell
        hour = rng.randint(2, 12)
    return f"{hour}:{rng.choice((0, 0, 15, 30, 45, rng.randrange(0, 60, 5), rng.randint(0, 59))):02}"


def time(rng: Random) -> str:
    """6:15, 18:40, 07:30, now and then 3pm, 6:15am or with seconds."""
    form = pick(rng, "12:50 24:28 024:14 seconds:2 pm:6")
    if form == "12":
        return hour_12(rng)
    if form == "pm":
        return rng.choice((str(rng.randint(1, 12)), hour_12(rng))) + rng.choice(("am", "pm", "pm"))
    hour, minute = rng.randint(0, 23), rng.choice((0, 15, 20, 30, 40, 45, rng.randint(0, 59)))
    text = f"{hour:02}:{minute:02}" if form == "024" else f"{hour}:{minute:02}"
    return f"{text}:{rng.randint(0, 59):02}" if form == "seconds" else text


def hours(rng: Random) -> str:
    """9:00-17:00."""
    first = rng.randint(6, 12)
    begin, end = rng.choice(("00", "30")), rng.choice(("00", "30"))
    return f"{first}:{begin}{rng.choice('-–')}{first + rng.randint(2, 10)}:{end}"


def is_one_o_clock(text: str) -> bool:
    """Whether the hour of a time is one, which is "la una" in Spanish: 1, 1:15, 01:00, 1pm."""
    return re.match(r"0?1(?!\d)", text) is not None


def day(rng: Random) -> str:
    """12/05/2021, 2021-05-12, 3.4.2020, 12/05."""
    when = date(1950, 1, 1) + timedelta(days=rng.randint(0, 30_000))
    if rng.random() < 0.7:
        when = date(2010, 1, 1) + timedelta(days=rng.randint(0, 8_000))
    form = pick(
        rng,
        "{d:02}/{m:02}/{y}:25 {y}-{m:02}-{d:02}:25 {m:02}/{d:02}/{y}:10 {d}/{m}/{y}:10 {d:02}.{m:02}.{y}:6 "
        "{d:02}-{m:02}-{y}:8 {d:02}/{m:02}:4 {d:02}/{m:02}/{s:02}:6 {y}/{m:02}/{d:02}:3 {d}.{m}.{y}:3",
    )
    return form.format(d=when.day, m=when.month, y=when.year, s=when.year % 100)
