"""Random texts of spans, a function for each sort: what people write that must come out as it went in.

Every function takes a random generator and returns the text alone. `SORTS` names the sorts, each with the
kind of symbol that nearly all of its texts are read as. The words that the texts are made of are in
span_data/words.txt.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from seq2seq.text.symbols import (
    ADDRESS,
    CODE,
    DATE,
    MARKUP,
    MONEY,
    NAME,
    NUMBER,
    ONE,
    PLACEHOLDER,
    QUANTITY,
    SIGN,
    TIME,
    YEAR,
)

Generator = Callable[[Random], str]

DATA: Final = Path(__file__).parent / "span_data"


def _words() -> dict[str, list[str]]:
    lines = (DATA / "words.txt").read_text("utf-8").splitlines()
    return {name: words.split() for name, words in (line.split(": ", 1) for line in lines)}


WORDS: Final = _words()
"""Lists of words by their names."""


def pick(rng: Random, weights: str) -> str:
    """Return one of "word:weight word:weight …"."""
    words, numbers = zip(*(item.rsplit(":", 1) for item in weights.split()), strict=True)
    return str(rng.choices(words, [float(number) for number in numbers])[0])


def _one_of(rng: Random, name: str) -> str:
    return rng.choice(WORDS[name])


def _word(rng: Random) -> str:
    return _one_of(rng, "words")


def _digits(rng: Random, number: int) -> str:
    """Return some random digits, the first of them not 0."""
    return str(rng.randint(10 ** (number - 1), 10**number - 1))


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
    return f"{whole}{rng.choice('..,')}{_digits(rng, rng.choice((1, 1, 2)))}"


def number(rng: Random) -> str:
    """Any number whose noun is in the plural."""
    return rng.choices((count, big_number, decimal), (75, 18, 7))[0](rng)


def odd_number(rng: Random) -> str:
    """A number that counts nothing: 007, -5, +3, 3/4, 70443, 10-15."""
    form = pick(rng, "00{}:10 -{}:12 +{}:8 {}/{}:6 long:30 big:8 plain:16 {}-{}:10")
    if form in ("long", "big", "plain"):
        return {"long": _digits(rng, rng.randint(5, 8)), "big": big_number(rng), "plain": count(rng)}[form]
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


# Addresses


def file_name(rng: Random) -> str:
    """report.pdf, IMG_2034.jpg, notes-v2.txt."""
    word = _word(rng)
    stem = rng.choice(
        (
            word,
            word,
            word.capitalize(),
            f"{word}{rng.choice('-_')}{_word(rng)}",
            f"{word}{rng.choice('-_')}{rng.randint(1, 40)}",
            f"{word}{rng.randint(2000, 2030)}",
            f"IMG_{_digits(rng, 4)}",
            f"{word}_v{rng.randint(2, 9)}",
        )
    )
    ending = _one_of(rng, "endings")
    return f"{stem}.{ending.upper() if rng.random() < 0.06 else ending}"


def path(rng: Random) -> str:
    r"""/etc/hosts, ~/docs/plan.txt, C:\Temp\a.log, src/main.py, ../data."""
    parts = [_one_of(rng, "folders") for _ in range(rng.randint(1, 3))]
    start = pick(rng, "/:45 ~/:18 ./:8 ../:6 C:\\:15 _:8")
    if start == "_":
        return "/".join([*parts, file_name(rng)])
    last = rng.choice((file_name(rng), file_name(rng), _word(rng), "hosts"))
    if start == "C:\\":
        return rng.choice("CD") + ":\\" + "\\".join([*parts, last])
    return start + "/".join([*parts, last])


def _host(rng: Random) -> str:
    if rng.random() < 0.6:
        return _one_of(rng, "domains")
    more = rng.choice(("", "", f"-{_word(rng)}", str(rng.randint(2, 99))))
    return f"{_word(rng)}{more}.{_one_of(rng, 'top')}"


def url(rng: Random) -> str:
    """https://example.org/help?id=3, www.test.org, example.com."""
    tail = rng.choice(
        (
            "",
            "",
            "/",
            f"/{_word(rng)}",
            f"/{_word(rng)}/{_word(rng)}",
            f"/{file_name(rng)}",
            f"/{_word(rng)}?id={rng.randint(2, 999)}",
            f"/{rng.choice(('es', 'en'))}/{_word(rng)}#{_word(rng)}",
            f"/p/{_digits(rng, 5)}",
        )
    )
    start = pick(rng, "https://:48 https://www.:14 http://:14 www.:14 _:9 ftp://:1")
    return _host(rng) if start == "_" else start + _host(rng) + tail


def mail(rng: Random) -> str:
    """me@example.org."""
    login = rng.choice(
        (_one_of(rng, "logins"), _one_of(rng, "logins"), _word(rng) + str(rng.randint(2, 99)), "me")
    )
    return f"{login}@{_host(rng)}"


def handle(rng: Random) -> str:
    """@maria, @tom_92."""
    more = rng.choice(("", "", "", str(rng.randint(2, 99)), "_mx"))
    return f"@{_one_of(rng, 'logins').replace('.', '_')}{more}"


def hashtag(rng: Random) -> str:
    """#summer, #Trip2024."""
    word = _word(rng)
    return "#" + rng.choice(
        (word, word.capitalize(), word + str(rng.randint(2020, 2030)), f"{word}_{_word(rng)}")
    )


def address(rng: Random) -> str:
    """An address of any sort."""
    return rng.choices((url, mail, path, file_name), (35, 22, 20, 23))[0](rng)


# Codes


def version(rng: Random) -> str:
    """v2.3.1, 3.10.2, 2.0.1-beta, v4."""
    parts = rng.choice((1, 2, 3, 3, 3, 4))
    text = ".".join(str(rng.randint(0, rng.choice((3, 9, 20)))) for _ in range(parts))
    if parts == 3:
        return rng.choice(("v", "", "")) + text + rng.choice(("", "", "", "", "-beta", "-rc1", "b2"))
    return "v" + text


def reference(rng: Random) -> str:
    """Numbers of orders, models, plates, rooms, errors: AB-1234, X77, ERR_404, 4F, 0x80F1."""
    letters = "".join(rng.choices(string.ascii_uppercase, k=rng.choice((1, 2, 2, 3, 4))))
    number = _digits(rng, rng.choice((1, 2, 3, 4, 4, 5, 6)))
    if len(letters) == 1 and len(number) == 1:
        number += str(rng.randint(0, 9))
    return rng.choice(
        (
            letters + number,
            letters + number,
            f"{letters}-{number}",
            f"{letters}-{number}",
            f"{letters}_{number}",
            f"{letters}{number}{rng.choice(string.ascii_uppercase)}",
            f"{letters}-{number}-{rng.choice(string.ascii_uppercase)}{rng.randint(2, 9)}",
            f"{letters.lower()}{number}",
            f"{rng.randint(2, 99)}{rng.choice('ABCDEF')}",
            f"{number}{letters}{rng.randint(2, 9)}",
            f"0x{rng.randint(4096, 65535):X}",
        )
    )


def flight(rng: Random) -> str:
    """IB3120."""
    return pick(rng, "IB:3 BA:2 AA:2 LH:2 AF:1 KL:1 UA:2 DL:1 MH:1 EK:1 LA:1 VY:1 FR:1") + _digits(
        rng, rng.choice((3, 4))
    )


def phone(rng: Random) -> str:
    """555-1234, +34 600 123 456, (555) 123-4567, 612345678."""
    first = str(rng.randint(6, 9))
    return rng.choice(
        (
            f"555-{_digits(rng, 4)}",
            f"{_digits(rng, 3)}-{_digits(rng, 3)}-{_digits(rng, 4)}",
            f"+34 {_digits(rng, 3)} {_digits(rng, 3)} {_digits(rng, 3)}",
            f"+{rng.choice((1, 44, 49, 52, 57))} {_digits(rng, 3)} {_digits(rng, 3)} {_digits(rng, 4)}",
            f"({_digits(rng, 3)}) {_digits(rng, 3)}-{_digits(rng, 4)}",
            first + _digits(rng, 8),
            f"{first}{_digits(rng, 2)} {_digits(rng, 3)} {_digits(rng, 3)}",
            f"{first}{rng.randint(1, 9)} {_digits(rng, 3)} {_digits(rng, 2)} {_digits(rng, 2)}",
        )
    )


def ticked(rng: Random) -> str:
    """Code between back-quotes: `foo`, `print(x)`, `npm install`."""
    word = _one_of(rng, "nouns_of_code")
    body = rng.choice(
        (
            word,
            word,
            f"{word}()",
            f"{word}({rng.choice('xyn')})",
            f"{word} = {rng.randint(2, 99)}",
            f"--{_word(rng)}",
            "npm install",
            f"git {rng.choice(('pull', 'push', 'commit', 'status'))}",
            f"pip install {_word(rng)}",
            f"cd {_word(rng)}",
            f"<{_one_of(rng, 'tags')}>",
            "sudo reboot",
            "ls -l",
        )
    )
    return f"`{body}`"


def code(rng: Random) -> str:
    """A code of letters and digits: known ones, references, versions."""
    if (chance := rng.random()) < 0.45:
        return _one_of(rng, "codes")
    return reference(rng) if chance < 0.88 else version(rng)


# Placeholders, names, signs, markup


def placeholder(rng: Random) -> str:
    """{name}, %s, %(n)s, ${x}, {{ user }}, %1$s: what stands for a noun or name."""
    word, digit = _one_of(rng, "places"), rng.randint(1, 4)
    return rng.choices(
        (f"{{{word}}}", "%s", f"{{{{ {word} }}}}", f"{{{{{word}}}}}", f"${{{word}}}", f"%({word})s",
         f"%{digit}$s",
         f"{{{digit - 1}}}", f"%{digit}", "{}", f"%{{{word}}}", "%@", f"${word.split('.')[0]}"),
        (34, 18, 8, 5, 7, 6, 5, 6, 2, 2, 1.5, 1, 1.5),
    )[0]  # fmt: skip


def counter(rng: Random) -> str:
    """A placeholder of a number: %d, {count}, {n}."""
    return pick(
        rng, "%d:20 {n}:20 {count}:20 {0}:10 %1$d:8 {number}:8 %(count)d:8 {{count}}:6 ${n}:6 %i:2 {}:4"
    )


def name(rng: Random) -> str:
    """A name that the vocabulary does not hold, in one of many scripts."""
    return _one_of(rng, "names")


def emoji(rng: Random) -> str:
    """An emoji, several of them, or :-)."""
    if rng.random() < 0.1:
        return _one_of(rng, "faces")
    sign = _one_of(rng, "emoji")
    return sign * rng.choice((1, 1, 1, 1, 1, 2, 3)) if rng.random() < 0.85 else sign + _one_of(rng, "emoji")


def tags(rng: Random) -> tuple[str, str]:
    """Return a tag that opens and the one that closes."""
    tag = _one_of(rng, "tags")
    if tag == "a":
        return f'<a href="{url(rng)}">', "</a>"
    attribute = rng.choice(("", "", "", f' class="{_word(rng)}"', f' id="{_word(rng)}"'))
    return f"<{tag}{attribute}>", f"</{tag}>"


def mark(rng: Random) -> str:
    """A tag or entity that stands alone."""
    return pick(
        rng, "<br>:20 <br/>:12 &nbsp;:8 <hr>:4 <p>:10 </p>:10 &copy;:2 &gt;:3 <li>:8 </div>:4 <!--x-->:2"
    )


SORTS: Final[dict[str, tuple[str, Generator]]] = {
    "one": (ONE, one),
    "count": (NUMBER, count),
    "small": (NUMBER, small_number),
    "number": (NUMBER, number),
    "big": (NUMBER, big_number),
    "odd": (NUMBER, odd_number),
    "decimal": (NUMBER, decimal),
    "score": (NUMBER, score),
    "year": (YEAR, year),
    "percent": (QUANTITY, percent),
    "distance": (QUANTITY, distance),
    "length": (QUANTITY, length),
    "temperature": (QUANTITY, temperature),
    "weight": (QUANTITY, weight),
    "kitchen": (QUANTITY, kitchen),
    "volume": (QUANTITY, volume),
    "size": (QUANTITY, data_size),
    "speed": (QUANTITY, speed),
    "quantity": (QUANTITY, quantity),
    "money": (MONEY, money),
    "time": (TIME, time),
    "time12": (TIME, hour_12),
    "hours": (TIME, hours),
    "date": (DATE, day),
    "url": (ADDRESS, url),
    "mail": (ADDRESS, mail),
    "path": (ADDRESS, path),
    "file": (ADDRESS, file_name),
    "handle": (ADDRESS, handle),
    "tag": (ADDRESS, hashtag),
    "address": (ADDRESS, address),
    "version": (CODE, version),
    "reference": (CODE, reference),
    "flight": (CODE, flight),
    "phone": (CODE, phone),
    "ticked": (CODE, ticked),
    "code": (CODE, code),
    "holder": (PLACEHOLDER, placeholder),
    "counter": (PLACEHOLDER, counter),
    "name": (NAME, name),
    "emoji": (SIGN, emoji),
    "mark": (MARKUP, mark),
}
"""For each sort of text, the kind of symbol it is read as, and the function that makes one."""
