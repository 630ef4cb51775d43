"""The ways in which spans come into real sentence pairs, each a small function.

A way takes a draft and a random generator and returns the draft with a span or two more, or None where the
pair gives no occasion. Both sides keep their grammar: plurals stay plurals, "at 1:15" is "a la 1:15", an
address stands where a place, a letter or a thing may stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

import span_texts
import spoken_numbers
from span_texts import SORTS, kind_of_number

from seq2seq.text.symbols import CODE, KIND_NAMES, MARKUP, NAME, NUMBER, ONE, PLACEHOLDER, TIME, YEAR

FIRST: Final = 0x100000
"""Within a draft the spans are code points from here on, of a plane that no text of ours has."""
SLOT: Final = re.compile("[\U00100000-\U0010fffd]")
END: Final = re.compile(r"(?:[.!?…]+[\"”’»)]*)$")


@dataclass(frozen=True)
class Draft:
    """A pair that gets spans.

    Attributes:
        source, target: the sides, with a code point from FIRST on for each span.
        spans: kind and text of each.
    """

    source: str
    target: str
    spans: tuple[tuple[str, str], ...] = ()

    def add(self, kind: str, text: str) -> tuple[Draft, str]:
        """Return the draft that knows one more span, and the code point that stands for it."""
        slot = chr(FIRST + len(self.spans))
        return Draft(self.source, self.target, (*self.spans, (kind, text))), slot

    def new(self, sort: str, rng: Random) -> tuple[Draft, str]:
        """Return the draft that knows one more span, a text of a sort."""
        kind, generate = SORTS[sort]
        return self.add(kind, generate(rng))

    def text(self, slot: str) -> str:
        """Return the text of a span."""
        return self.spans[ord(slot) - FIRST][1]

    def with_sides(self, source: str, target: str) -> Draft:
        """Return the draft with other sides and the same spans."""
        return Draft(source, target, self.spans)


Way = Callable[[Draft, Random], "Draft | None"]


def put(text: str, start: int, end: int, middle: str) -> str:
    """Return `text` with the part from start to end replaced."""
    return text[:start] + middle + text[end:]


def once(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the only match of a pattern, None where there is none or more than one."""
    found = list(pattern.finditer(text))
    return found[0] if len(found) == 1 else None


def pick(rng: Random, sorts: str) -> str:
    """Return one of "sort:weight sort:weight …"."""
    names, weights = zip(*(item.split(":") for item in sorts.split()), strict=True)
    return str(rng.choices(names, [float(weight) for weight in weights])[0])


def capital(text: str) -> str:
    """Return `text` with its first letter a capital, behind opening marks as well."""
    return re.sub(r"^([¿¡\"“(]*)(\w)", lambda m: m[1] + m[2].upper(), text)


# --- numbers, prices, times, dates ------------------------------------------------------------------------

CLOCK: Final = re.compile(
    r"\b(at|by|until|till|around|about|before|after|since|past|to|from|between|near|is|was|it's) $",
    re.IGNORECASE,
)
HOURS: Final = re.compile(
    r"\b(a|de|son|eran|hasta|desde|sobre|y|entre|las)( eso de)?( las?)? $", re.IGNORECASE
)
FRACTION: Final = re.compile(
    r"[ -](thirds?|fourths?|fifths?|sixths?|tenths?|quarters?|thirty|fifteen|o'clock|hundred|thousand|dozen)"
    r"|-(?!(year-old|years-old|hour|day|week|month|mile|minute|night|bedroom|page))"
)


def numbers(draft: Draft, rng: Random) -> Draft | None:
    """Number words that stand once on each side become digits, often those of another number."""
    ours, theirs = spoken_numbers.english(draft.source), spoken_numbers.spanish(draft.target)
    values = [number.value for number in ours]
    others = [number.value for number in theirs]
    choice = [n for n in ours if values.count(n.value) == others.count(n.value) == 1]
    rng.shuffle(choice)
    for one in choice:
        other = next(number for number in theirs if number.value == one.value)
        before, after = draft.source[: one.start], draft.source[one.end :]
        behind = draft.target[: other.start]
        if FRACTION.match(after) or re.search(r"\b[Oo]ne and $|-$", before):
            continue
        text = str(one.value)
        if re.search(r"\b[Ll]as? $", behind) and (CLOCK.search(before) or re.match(r" ?[ap]\.?m", after)):
            if not 2 <= one.value <= 12:
                continue
            text = rng.choice((text, span_texts.small_number(rng)))
        elif re.match(r" (million|billion)", after):
            text = rng.choice((text, span_texts.count(rng), span_texts.decimal(rng)))
        elif not re.search(r"\b(a|an|or|and|plus|minus|times) $", before, re.IGNORECASE):
            text = rng.choice((text, text, span_texts.count(rng), span_texts.number(rng)))
        added, slot = draft.add(kind_of_number(text), text)
        return added.with_sides(
            put(draft.source, one.start, one.end, slot), put(draft.target, other.start, other.end, slot)
        )
    return None


UNITS: Final = dict(
    item.split("=")
    for item in [
        "hour=hora",
        "minute=minuto",
        "week=semana",
        "month=mes",
        "year=año",
        "person=persona",
        "book=libro",
        "ticket=entrada",
        "apple=manzana",
        "child=hijo",
        "brother=hermano",
        "sister=hermana",
        "son=hijo",
        "daughter=hija",
        "dollar=dólar",
        "euro=euro",
        "kilometer=kilómetro",
        "mile=milla",
        "meter=metro",
        "room=habitación",
        "cup=taza",
        "glass=vaso",
        "bottle=botella",
        "egg=huevo",
        "letter=carta",
        "dog=perro",
        "cat=gato",
        "car=coche",
        "mistake=error",
        "message=mensaje",
        "problem=problema",
        "question=pregunta",
        "answer=respuesta",
        "condition=condición",
        "reason=razón",
        "chance=oportunidad",
        "second=segundo",
        "page=página",
        "word=palabra",
        "coin=moneda",
        "night=noche",
        "example=ejemplo",
        "option=opción",
        "vote=voto",
        "key=llave",
        "kilogram=kilogramo",
        "liter=litro",
    ]
)
ONE_UNIT: Final = re.compile(rf"(?<!\w)(?<!day )[Oo]ne ({'|'.join(UNITS)})\b(?! of)")


def ones(draft: Draft, rng: Random) -> Draft | None:
    """ "One hour" and "una hora" become "1 hour" and "1 hora"."""
    found = once(ONE_UNIT, draft.source)
    if not found or (found.start() == 0 and rng.random() < 0.5):
        return None
    there = once(re.compile(rf"\b[Uu]na? {UNITS[found[1]]}\b"), draft.target)
    if not there:
        return None
    draft, slot = draft.add(ONE, "1")
    return draft.with_sides(
        put(draft.source, found.start(), found.start() + 3, slot),
        put(draft.target, there.start(), there.start() + there[0].index(" "), slot),
    )


CURRENCY: Final = re.compile(r" (dollars|euros|pounds|yen)\b(?! bill)")
MONEDA: Final = re.compile(r" (?:de )?(dólares|euros|libras|yenes)\b")


def prices(draft: Draft, rng: Random) -> Draft | None:
    """ "Ten dollars" and "diez dólares" become a price."""
    if re.search(r"\b(weigh|lost|gain|pounds of|heav|fat|slim)", draft.source):
        return None
    ours = [
        (n, m) for n in spoken_numbers.english(draft.source) if (m := CURRENCY.match(draft.source, n.end))
    ]
    theirs = [
        (n, m) for n in spoken_numbers.spanish(draft.target) if (m := MONEDA.match(draft.target, n.end))
    ]
    if len(ours) != 1 or len(theirs) != 1 or ours[0][0].value != theirs[0][0].value:
        return None
    draft, slot = draft.new("money", rng)
    return draft.with_sides(
        put(draft.source, ours[0][0].start, ours[0][1].end(), slot),
        put(draft.target, theirs[0][0].start, theirs[0][1].end(), slot),
    )


_HOUR: Final = "|".join(list(spoken_numbers.ENGLISH)[:12])
_HORA: Final = "una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce"
ENGLISH_TIME: Final = re.compile(
    rf"\b(?:(?P<part>half past|a quarter past|a quarter to|quarter past|quarter to|ten to|ten past) )?"
    rf"(?P<hour>{_HOUR}|\d\d?)(?:[: -](?P<minute>\d\d|thirty|fifteen|forty-five))?(?P<oclock> o'clock)?"
    r"(?= ?[.,?!;]|$| \w| [ap]\.m)",
    re.IGNORECASE,
)
SPANISH_TIME: Final = re.compile(
    rf"(?P<article>\b(?:[Aa]|[Hh]asta|[Dd]esde|[Ss]obre|[Ss]on|[Ee]ran|[Dd]e|que|para|[Ee]ntre|de|y) las?) "
    rf"(?P<hour>{_HORA}|\d\d?)(?:(?::| y | menos )(?P<minute>\d\d|media|cuarto|diez|treinta|quince))?(?P<point> en punto)?"
    r"(?= ?[.,?!;]|$| (?!horas|minutos|o |u )\w)"
)


def _minutes_en(found: re.Match[str]) -> int | None:
    hour = spoken_numbers.ENGLISH.get(found["hour"].lower()) or (
        int(found["hour"]) if found["hour"].isdigit() else 0
    )
    part, minute = (found["part"] or "").lower(), (found["minute"] or "0").lower()
    shift = {"half past": 30, "quarter past": 15, "quarter to": -15, "ten to": -10, "ten past": 10}
    named = {"thirty": 30, "fifteen": 15, "forty-five": 45}
    after = named[minute] if minute in named else int(minute)
    after += shift.get(part.removeprefix("a "), 0)
    return (hour * 60 + after) % 720 if 1 <= hour <= 12 else None


def _minutes_es(found: re.Match[str]) -> int | None:
    word, minute = found["hour"], found["minute"] or "0"
    hour = spoken_numbers.SPANISH.get(word) or (int(word) if word.isdigit() else 0)
    named = {"media": 30, "cuarto": 15, "diez": 10, "treinta": 30, "quince": 15}
    after = named[minute] if minute in named else int(minute)
    if " menos " in found[0]:
        after = -after
    return (hour * 60 + after) % 720 if 1 <= hour <= 12 else None


def times(draft: Draft, rng: Random) -> Draft | None:
    """ "At two thirty" and "a las dos y media" become "at 6:15" and "a las 6:15", or "a la 1:15"."""
    theirs = once(SPANISH_TIME, draft.target)
    if not theirs:
        return None
    ours = [
        found
        for found in ENGLISH_TIME.finditer(draft.source)
        if found["oclock"] or found["part"] or found["minute"] or CLOCK.search(draft.source[: found.start()])
    ]
    if len(ours) != 1 or _minutes_en(ours[0]) is None or _minutes_en(ours[0]) != _minutes_es(theirs):
        return None
    after = draft.source[ours[0].end() :]
    half = re.match(r",? (in the|at night|[ap]\.?m|this|tonight)", after)
    text = SORTS["time12" if half else "time"][1](rng)
    article = theirs["article"]
    if re.match("Son|Eran|son|eran", article):
        if re.match("son|eran", article.lower()) and not re.search(
            r"\b[Ii]t('s| is| was) $", draft.source[: ours[0].start()]
        ):
            return None
        if span_texts.is_one_o_clock(text):
            article = {"son": "es", "eran": "era", "Son": "Es", "Eran": "Era"}[article.split()[0]] + " las"
    tail = draft.target[theirs.end() :]
    if ours[0]["oclock"] is None and re.match(r" en punto", tail):
        return None
    article = article.rsplit(" ", 1)[0] + (" la" if span_texts.is_one_o_clock(text) else " las")
    draft, slot = draft.add(TIME, text)
    return draft.with_sides(
        put(draft.source, ours[0].start(), ours[0].end(), slot),
        put(draft.target, theirs.start(), theirs.end(), f"{article} {slot}"),
    )


DAYS: Final = dict(
    zip(
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        strict=True,
    )
)
WEEKDAY: Final = re.compile(
    r"\b(?P<before>on|by|until|till|before|after|since|from|for) (?P<day>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
    r"(?! (?:morning|afternoon|evening|night|at|and|or|through)|'|-)",
    re.IGNORECASE,
)
DIA: Final = re.compile(r"\b(?P<article>[Ee]l|[Dd]el|[Aa]l) (?P<day>lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b"
    r"(?! (?:por|pasado|que viene|siguiente|próximo|en la|a la|y|o) )")  # fmt: skip


def weekdays(draft: Draft, rng: Random) -> Draft | None:
    """ "On Monday" and "el lunes" become a date."""
    ours, theirs = once(WEEKDAY, draft.source), once(DIA, draft.target)
    if not ours or not theirs or DAYS[ours["day"].lower()] != theirs["day"]:
        return None
    draft, slot = draft.new("date", rng)
    return draft.with_sides(
        put(draft.source, ours.start("day"), ours.end("day"), slot),
        put(draft.target, theirs.start("day"), theirs.end("day"), slot),
    )


DAY_WORDS: Final = {"tomorrow": "mañana", "today": "hoy", "yesterday": "ayer"}
NEAR_DAY: Final = re.compile(
    r"(?<!after )(?<!before )(?<!than )(?<!like )(?<!of )\b(?P<before>(?:until|till|by|since|for) )?(?P<day>tomorrow|today|yesterday)\b"
    r"(?= ?[.,?!]|$| (?:I|you|he|she|we|they|in|on|with|to|because|that|but|and|when|if|at)\b)",
    re.IGNORECASE,
)
DIA_CERCANO: Final = re.compile(
    r"(?<!pasado )(?<!de )(?<!que )(?<!la )(?<!a )(?<!esta )(?<!por )(?<!como )(?<!del )(?<!una )\b(?P<day>[Mm]añana|[Hh]oy|[Aa]yer)\b(?! (?:por|a la|en la|mismo|es|era|al|de) )"
)


def near_days(draft: Draft, rng: Random) -> Draft | None:
    """ "Tomorrow" and "mañana" become "on 2021-05-12" and "el 2021-05-12"."""
    ours, theirs = once(NEAR_DAY, draft.source), once(DIA_CERCANO, draft.target)
    if not ours or not theirs or DAY_WORDS[ours["day"].lower()] != theirs["day"].lower():
        return None
    if len(re.findall(r"\b(?:today|tomorrow|yesterday)\b", draft.source, re.IGNORECASE)) > 1:
        return None
    draft, slot = draft.new("date", rng)
    before = ours["before"] or ("On " if ours["day"][0].isupper() else "on ")
    article = "El " if theirs["day"][0].isupper() else "el "
    return draft.with_sides(
        put(draft.source, ours.start(), ours.end(), before + slot),
        put(draft.target, theirs.start(), theirs.end(), article + slot),
    )


YEAR_WORDS: Final = re.compile(
    r"\b(?P<before>(?:in )?)(?P<what>last year|next year|(?<=in )(?:January|February|March|April|June|July|August|September|October|November|December))\b(?! of| \d)"
)
ANOS: Final = re.compile(
    r"\b(?P<what>[Ee]l año pasado|[Ee]l (?:próximo año|año que viene|año próximo)|"
    r"(?<=en )(?:enero|febrero|marzo|abril|junio|julio|agosto|septiembre|octubre|noviembre|diciembre))\b(?! de)"
)  # fmt: skip


def years(draft: Draft, rng: Random) -> Draft | None:
    """ "Last year", "next year" and "in May" become a year: "in 1990" and "en 1990"."""
    ours, theirs = once(YEAR_WORDS, draft.source), once(ANOS, draft.target)
    if not ours or not theirs or ("year" in ours["what"]) != ("año" in theirs["what"]):
        return None
    if ("last" in ours["what"]) != ("pasado" in theirs["what"]):
        return None
    draft, slot = draft.new("year", rng)
    there = slot
    if "año" in theirs["what"]:
        there = ("En " if theirs["what"][0] == "E" else "en ") + slot
        if draft.target[: theirs.start()].rstrip().endswith((" de", " en", " para", " hasta", " desde")):
            return None
        if re.search(r"\b(until|since|by|for|of|than) $", draft.source[: ours.start()]):
            return None
    here = slot if "year" not in ours["what"] or ours["before"] else "in " + slot
    return draft.with_sides(
        put(draft.source, ours.start("what"), ours.end("what"), here),
        put(draft.target, theirs.start("what"), theirs.end("what"), there),
    )


# --- names and things -------------------------------------------------------------------------------------

PEOPLE: Final = [
    "Tom",
    "Mary",
    "John",
    "Yanni",
    "Sami",
    "Ken",
    "Jack",
    "Jane",
    "Bob",
    "Layla",
    "Dima",
    "Bill",
    "Alice",
    "Konrad",
    "Dan",
    "Thomas",
    "Smith",
    "Al",
    "Mike",
    "Jim",
    "Carlos",
    "Tania",
    "George",
    "Linda",
    "Tony",
    "Chris",
    "Kate",
    "Paul",
    "Nancy",
    "Ann",
    "Boris",
    "Betty",
    "Peter",
    "Lisa",
    "Mario",
    "Michael",
    "Roger",
    "Billy",
    "Kevin",
    "Teresa",
    "Taro",
    "David",
    "Charles",
    "Meg",
    "Donald",
    "Pablo",
    "Dave",
    "Francis",
    "Lee",
    "Joe",
    "James",
    "Miller",
    "Tim",
    "Jenny",
    "Fadil",
    "Lucy",
    "Emily",
    "Scott",
    "Judy",
    "Laura",
    "Juan",
    "Marie",
    "Stan",
    "Susan",
    "Richard",
    "Jorge",
    "Henry",
    "William",
    "Maria",
    "Daniel",
    "Johnson",
    "Anna",
    "Luke",
    "Miguel",
    "Robert",
    "Diego",
    "Bruce",
    "Antonio",
    "Pedro",
    "Sandra",
    "Bruno",
    "Fred",
    "Jerry",
    "Luis",
    "Anne",
    "Jackson",
    "Ziri",
    "Mennad",
    "Skura",
    "Delfador",
    "Kaleh",
    "Haldric",
]
FEMALE: Final = frozenset(
    [
        "Mary",
        "Jane",
        "Layla",
        "Alice",
        "Tania",
        "Linda",
        "Kate",
        "Nancy",
        "Ann",
        "Betty",
        "Lisa",
        "Teresa",
        "Meg",
        "Jenny",
        "Lucy",
        "Emily",
        "Judy",
        "Laura",
        "Marie",
        "Susan",
        "Maria",
        "Anna",
        "Sandra",
        "Anne",
    ]
)
TOWNS: Final = [
    "Boston",
    "Australia",
    "China",
    "India",
    "Osaka",
    "Chicago",
    "Asia",
    "Hokkaido",
    "California",
    "Washington",
    "Portugal",
    "Kobe",
    "Yokohama",
    "Nara",
    "Madrid",
    "Austria",
    "Colombia",
    "Vietnam",
    "Ecuador",
    "Kyoto",
    "Argentina",
    "Serbia",
    "Hiroshima",
    "Armenia",
    "Okinawa",
    "Chile",
    "Florida",
    "Sapporo",
    "Barcelona",
    "Seattle",
    "Texas",
    "Shinjuku",
    "Nagoya",
    "Ankara",
    "Vancouver",
    "Indonesia",
    "Alaska",
    "Bolivia",
    "Israel",
    "Harvard",
]
SHARED: Final = re.compile(rf"\b({'|'.join(sorted(PEOPLE + TOWNS, key=len, reverse=True))})\b(?!-)")


def shared_names(draft: Draft) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Return the names that stand exactly once on either side, with their places."""
    ours, theirs = list(SHARED.finditer(draft.source)), list(SHARED.finditer(draft.target))
    names = [found[0] for found in ours]
    others = [found[0] for found in theirs]
    return [
        (found, theirs[others.index(found[0])])
        for found in ours
        if names.count(found[0]) == others.count(found[0]) == 1
    ]


def name_spans(draft: Draft, rng: Random) -> Draft | None:
    """A name of both sides becomes a foreign name, a placeholder, a handle, a code or an address."""
    choice = shared_names(draft)
    rng.shuffle(choice)
    for here, there in choice:
        name, before, behind = here[0], draft.source[: here.start()], draft.target[: there.start()]
        after, next_there = draft.source[here.end() :], draft.target[there.end() :]
        if name in FEMALE and rng.random() < 0.6:
            continue
        if re.match(r" [A-Z]", after) or (
            re.search(r"\b[A-Z]\w+\.? $", before) and not re.search(r"[.?!] \w+ $|^\w+ $", before)
        ):
            continue
        owner = re.match(r"['’]s?\b", after)
        if name in TOWNS:
            place = re.search(r"\b(to|from|in|at|visit|visited|see) $", before) and re.search(
                r"\b(a|de|en|desde|hasta|hacia|visitar|ver) $", behind
            )
            visit = place and re.search(r"\b(to|from|visit|visited|see) $", before)
            sorts = "name:60 holder:25" + (" code:12" if place else "") + (" url:18 path:4" if visit else "")
        elif owner:
            sorts = "name:60 holder:30 handle:10"
        elif re.search(r"\b(to|for|from|with) $", before) and re.search(r"\b(a|para|de|con) $", behind):
            sorts = "name:45 holder:24 handle:12 code:6"
            if re.search(r"\b(wrote|write|written|sent|send|answer\w*|repl\w+|e-?mail\w*)\b", before):
                sorts += " mail:60"
        elif re.search(r"\b[Aa] $", behind):
            sorts = "name:60 holder:28 handle:12"
        elif here.start() == 0 and there.start() == 0:
            sorts = "name:50 holder:26 handle:8 code:14 ticked:2"
        else:
            sorts = "name:56 holder:30 handle:12 code:2"
        if re.match(r"[\w@]", next_there):
            continue
        draft, slot = draft.new(pick(rng, sorts), rng)
        return draft.with_sides(
            put(draft.source, here.start(), here.end(), slot),
            put(draft.target, there.start(), there.end(), slot),
        )
    return None


THINGS: Final = (
    # English, Spanish, whether "the" goes, sorts
    ("file", "archivo|fichero", False, "file:60 path:25 ticked:5 holder:10"),
    ("book", "libro", False, "reference:40 holder:20 name:20 ticked:5"),
    ("website", "sitio web|página web|sitio", False, "url:85 holder:15"),
    ("page", "página", True, "count:60 holder:15 big:5"),
    ("program", "programa", False, "ticked:35 code:30 holder:20 name:15"),
    ("computer", "ordenador|computadora|computador", False, "reference:70 holder:30"),
    ("room", "habitación|cuarto|sala", True, "count:60 reference:25 holder:15"),
    ("flight", "vuelo", True, "flight:85 holder:15"),
    ("bus", "autobús|bus", True, "count:60 reference:30 holder:10"),
    ("train", "tren", True, "reference:70 count:20 holder:10"),
    ("car", "coche|auto|carro", False, "reference:80 holder:20"),
    ("door", "puerta", True, "count:60 reference:30 holder:10"),
    ("question", "pregunta", True, "count:85 holder:15"),
    ("chapter", "capítulo", True, "count:85 holder:15"),
    ("phone", "teléfono", False, "phone:70 reference:20 holder:10"),
    ("telephone", "teléfono", False, "phone:70 reference:20 holder:10"),
    ("message", "mensaje", True, "count:50 reference:30 holder:20"),
    ("letter", "carta", False, "reference:50 file:30 holder:20"),
    ("song", "canción", False, "file:30 name:40 holder:30"),
    ("photo", "foto", False, "file:75 holder:25"),
    ("picture", "foto|imagen", False, "file:75 holder:25"),
    ("document", "documento", False, "file:60 reference:25 holder:15"),
    ("report", "informe", False, "file:60 reference:25 holder:15"),
    ("word", "palabra", False, "name:50 ticked:30 holder:20"),
    ("password", "contraseña", False, "reference:50 ticked:35 holder:15"),
    ("number", "número", True, "count:60 odd:25 phone:15"),
    ("ship", "barco|buque", False, "reference:70 name:30"),
    ("plane", "avión", False, "reference:80 holder:20"),
    ("problem", "problema", True, "count:80 reference:20"),
    ("city", "ciudad", False, ""),
    ("boy", "chico|niño|muchacho", False, ""),
    ("teacher", "profesor|maestro", False, "name:70 holder:30"),
    ("doctor", "doctor|médico", False, "name:70 holder:30"),
    ("king", "rey", False, "name:80 holder:20"),
    ("captain", "capitán", False, "name:80 holder:20"),
    ("restaurant", "restaurante", False, "name:60 holder:20 code:20"),
    ("hotel", "hotel", False, "name:60 holder:20 code:20"),
    ("game", "juego", False, "name:40 holder:30 code:30"),
    ("machine", "máquina", False, "reference:85 holder:15"),
    ("key", "llave", False, "reference:85 holder:15"),
    ("box", "caja", True, "count:50 reference:40 holder:10"),
    ("table", "mesa", True, "count:80 holder:20"),
    ("case", "caso", False, "reference:80 holder:20"),
    ("plan", "plan", False, "reference:60 holder:20 file:20"),
    ("river", "río", False, "name:90 holder:10"),
    ("street", "calle", False, "name:70 holder:30"),
    ("house", "casa", False, ""),
    ("user", "usuario", False, "handle:50 holder:40 ticked:10"),
    ("player", "jugador", False, "name:60 count:20 holder:20"),
)  # fmt: skip
_STOPS_EN: Final = (
    r"(?= ?[.,?!;:]|$| (?:is|was|isn't|wasn't|are|has|had|will|won't|can|can't|could|did|does|and|but|because|on|in|at|"
    r"to|from|for|with|by|that|which|when|while|if|again|yet|now|today|yesterday|tomorrow|already|before|after|until|"
    r"immediately|quickly|slowly|alone|here|there|you|he|she|I|we|they)\b)"
)
_STOPS_ES: Final = (
    r"(?= ?[.,?!;:]|$| (?:es|está|era|estaba|fue|no|ha|había|se|me|te|le|lo|la|los|nos|y|pero|porque|en|sobre|a|al|con|"
    r"por|para|que|cuando|mientras|si|otra|hoy|ayer|mañana|ya|antes|después|hasta|aquí|ahí|allí|desde|tiene|tenía|va|"
    r"puede|podía|será|sale|salió|llegó|llega|de nuevo|ahora)\b)"
)
_THINGS: Final = [
    (
        re.compile(
            rf"\b(?P<article>[Tt]he|[Tt]his|[Tt]hat|[Mm]y|[Yy]our|[Hh]is|[Oo]ur) {english}\b{_STOPS_EN}"
        ),
        re.compile(
            rf"\b(?P<article>[Ee]l|[Ll]a|[Dd]el|[Aa]l|[Ee]s[ea]|[Ee]st[ea]|[Aa]quel(?:la)?|[Mm]i|[Tt]u|[Ss]u|[Nn]uestr[oa]) "
            rf"(?:{spanish})\b{_STOPS_ES}"
        ),
        bare,
        sorts,
    )
    for english, spanish, bare, sorts in THINGS
    if sorts
]


def things(draft: Draft, rng: Random) -> Draft | None:
    """ "The file" and "el archivo" get a name behind them, "the room" and "la habitación" a number."""
    found = [
        (ours, theirs, bare, sorts)
        for english, spanish, bare, sorts in _THINGS
        if (ours := once(english, draft.source)) and (theirs := once(spanish, draft.target))
    ]
    if not found:
        return None
    ours, theirs, bare, sorts = rng.choice(found)
    definite = ours["article"].lower() == "the"
    if definite != (theirs["article"].lower() in ("el", "la", "del", "al")):
        return None
    draft, slot = draft.new(pick(rng, sorts), rng)
    phrase = ours[0]
    if bare:
        if not definite:
            return None
        phrase = phrase[4:]
        if ours["article"] == "The":
            phrase = phrase.capitalize()
    return draft.with_sides(
        put(draft.source, ours.start(), ours.end(), f"{phrase} {slot}"),
        put(draft.target, theirs.start(), theirs.end(), f"{theirs[0]} {slot}"),
    )


# --- what needs no grammar --------------------------------------------------------------------------------


def ends(draft: Draft) -> tuple[str, str, str, str] | None:
    """Return both sides without their final marks, and these; None where the marks are not alike."""
    ours, theirs = END.search(draft.source), END.search(draft.target)
    if not ours or not theirs or len(ours[0]) > 3 or len(theirs[0]) > 3:
        return None
    if ours[0] != theirs[0] and not {ours[0], theirs[0]} <= {".", "!", "?", "..."}:
        return None
    if '"' in ours[0] + theirs[0] or "”" in ours[0] + theirs[0]:
        return None
    return draft.source[: ours.start()], ours[0], draft.target[: theirs.start()], theirs[0]


def _around(draft: Draft, here: str, there: str | None = None) -> Draft | None:
    """Return the draft with a piece before the final marks, possibly another one on the Spanish side."""
    parts = ends(draft)
    if parts is None:
        return None
    source, mark, target, other = parts
    return draft.with_sides(source + here + mark, target + (here if there is None else there) + other)


INNER: Final = "count:8 percent:8 quantity:8 version:7 reference:12 code:8 money:10 time:6 date:10 year:8 url:8 file:8 mail:3 phone:5 holder:10 name:5 handle:3 ticked:4 odd:4"


def brackets(draft: Draft, rng: Random) -> Draft | None:
    """A bracket before the final mark: "(v2.1)", "(see report.pdf)"."""
    if draft.source.rstrip(".!?")[-1:] == ")":
        return None
    pairs = (
        ("see", "véase"),
        ("about", "aprox."),
        ("from", "de"),
        ("version", "versión"),
        ("error", "error"),
        ("page", "página"),
        ("until", "hasta"),
    )
    if rng.random() < 0.7:
        draft, slot = draft.new(pick(rng, INNER), rng)
        return _around(draft, f" ({slot})")
    sorts = {
        "see": "file:40 url:30 path:10 reference:10",
        "about": "quantity:40 money:30 count:30",
        "from": "url:40 mail:30 handle:20 name:40",
        "version": "version:90 holder:10",
        "error": "reference:60 count:40",
        "page": "count:90 holder:10",
        "until": "year:50 holder:10",
    }
    here, there = rng.choice(pairs)
    draft, slot = draft.new(pick(rng, sorts[here]), rng)
    return _around(draft, f" ({here} {slot})", f" ({there} {slot})")


def trailing(draft: Draft, rng: Random) -> Draft | None:
    """ ": SPAN" or " - SPAN" at the end of a statement."""
    parts = ends(draft)
    if (
        parts is None
        or parts[1] != "."
        or parts[3] != "."
        or re.search("[:–-] ", draft.source + draft.target)
    ):
        return None
    draft, slot = draft.new(pick(rng, INNER), rng)
    sign, stop = rng.choice((": ", ": ", " - ", " – ", " ")), rng.choice(("", "", "."))
    if sign == " ":
        draft, slot = draft.new(pick(rng, "tag:30 url:30 handle:10"), rng)
        draft = Draft(draft.source, draft.target, draft.spans[:-2] + draft.spans[-1:])
        slot = chr(ord(slot) - 1)
        stop = "."
        return draft.with_sides(f"{parts[0]}{stop} {slot}", f"{parts[2]}{stop} {slot}")
    return draft.with_sides(f"{parts[0]}{sign}{slot}{stop}", f"{parts[2]}{sign}{slot}{stop}")


def leading(draft: Draft, rng: Random) -> Draft | None:
    """ "SPAN: ", "[ERROR 12] ", "10:15 - " before the sentence."""
    sort = pick(
        rng,
        "name:14 holder:12 handle:8 reference:14 code:8 file:8 path:5 time:10 date:10 version:4 count:8 ticked:3 year:4",
    )
    kind = SORTS[sort][0]
    draft, slot = draft.new(sort, rng)
    form = rng.choice(("{}: ", "{}: ", "{}: ", "[{}] ", "{} - ", "({}) "))
    if kind in (NUMBER, CODE) and rng.random() < 0.3:
        form = rng.choice(("[ERROR {}] ", "[{}] ", "Error {}: ", "[WARNING {}] ", "#{}: "))
    if form == "#{}: " and kind != NUMBER:
        form = "{}: "
    if form == "#{}: ":
        form = "[{}] "
    piece = form.format(slot)
    return draft.with_sides(piece + draft.source, piece + draft.target)


def emojis(draft: Draft, rng: Random) -> Draft | None:
    """An emoji at the end, before the final mark, at the start or between two sentences."""
    draft, slot = draft.new("emoji", rng)
    chance = rng.random()
    if chance < 0.5:
        return draft.with_sides(f"{draft.source} {slot}", f"{draft.target} {slot}")
    if chance < 0.58:
        return draft.with_sides(draft.source + slot, draft.target + slot)
    if chance < 0.75:
        return _around(draft, f" {slot}")
    if chance < 0.9:
        return draft.with_sides(f"{slot} {draft.source}", f"{slot} {draft.target}")
    halves = [re.split(r"(?<=[.!?]) (?=[¿¡]?[A-ZÁÉÍÓÚÑ])", side) for side in (draft.source, draft.target)]
    if len(halves[0]) != 2 or len(halves[1]) != 2:
        return None
    return draft.with_sides(*(f"{first} {slot} {second}" for first, second in halves))


def vocatives(draft: Draft, rng: Random) -> Draft | None:
    """Somebody who is spoken to: ", {name}" before the final mark."""
    if len(draft.source) > 50 or re.search(r",|\bplease\b|\bTom\b|\bMary\b", draft.source, re.IGNORECASE):
        return None
    if not re.search(r"\b(you|your|thank\w*|hello|hi|sorry|please|let's)\b", draft.source, re.IGNORECASE):
        return None
    draft, slot = draft.new(pick(rng, "name:45 holder:35 handle:20"), rng)
    return _around(draft, f", {slot}")


def markup(draft: Draft, rng: Random) -> Draft | None:
    """Tags around the whole sentence or a shared name, or an entity in the place of "and"."""
    chance = rng.random()
    if chance < 0.15:
        ours, theirs = (
            once(re.compile(r"(?<=\w )and(?= \w)"), draft.source),
            once(re.compile(r"(?<=\w )y(?= \w)"), draft.target),
        )
        if not ours or not theirs:
            return None
        draft, slot = draft.add(MARKUP, "&amp;")
        return draft.with_sides(
            put(draft.source, ours.start(), ours.end(), slot),
            put(draft.target, theirs.start(), theirs.end(), slot),
        )
    if chance < 0.3:
        draft, slot = draft.new("mark", rng)
        gap = rng.choice(("", " "))
        if rng.random() < 0.5:
            return draft.with_sides(f"{draft.source}{gap}{slot}", f"{draft.target}{gap}{slot}")
        return draft.with_sides(f"{slot}{gap}{draft.source}", f"{slot}{gap}{draft.target}")
    opening, closing = span_texts.tags(rng)
    choice = shared_names(draft)
    draft, first = draft.add(MARKUP, opening)
    draft, last = draft.add(MARKUP, closing)
    if choice and chance < 0.65:
        here, there = rng.choice(choice)
        return draft.with_sides(
            put(draft.source, here.start(), here.end(), first + here[0] + last),
            put(draft.target, there.start(), there.end(), first + there[0] + last),
        )
    if rng.random() < 0.3 and (parts := ends(draft)) and parts[1] == parts[3] == ".":
        return draft.with_sides(f"{first}{parts[0]}{last}.", f"{first}{parts[2]}{last}.")
    return draft.with_sides(first + draft.source + last, first + draft.target + last)


_COUNTED: Final = rf"\b(?:{'|'.join(list(spoken_numbers.ENGLISH)[1:])}|hundred|thousand|\d+)\b"
WAYS: Final[dict[Way, tuple[float, re.Pattern[str] | None]]] = {
    numbers: (16, re.compile(_COUNTED, re.IGNORECASE)),
    ones: (2, re.compile(r"\b[Oo]ne \w")),
    prices: (4, re.compile("dollars|euros|pounds|yen")),
    times: (6, re.compile(rf"{_COUNTED}|o'clock|\d:", re.IGNORECASE)),
    weekdays: (2.5, re.compile(r"\w (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")),
    near_days: (3, re.compile("tomorrow|today|yesterday", re.IGNORECASE)),
    years: (2, re.compile(r"(?:last|next) year|\bin [JFMASOND]")),
    name_spans: (24, SHARED),
    things: (12, re.compile(rf"\b(?:{'|'.join(name for name, *_ in THINGS)})\b")),
    brackets: (7, None),
    trailing: (5, None),
    leading: (7, None),
    emojis: (6, None),
    vocatives: (4, re.compile("you|thank|hello|hi|sorry|let's", re.IGNORECASE)),
    markup: (6, None),
}
"""How often each way is tried, and what an English side has that may give it an occasion, if it needs one."""


# --- what changes no span ---------------------------------------------------------------------------------

QUOTES: Final = (('"', '"'), ("“", "”"), ("‘", "’"), ("'", "'"))


def quote(draft: Draft, rng: Random) -> Draft:
    """Put the same quotation marks around the sentence or a shared name of both sides."""
    if re.search("[\"“”‘«»]|'(?!\\w)|(?<!\\w)'", draft.source + draft.target):
        return draft
    before, after = rng.choice(QUOTES)
    choice = [
        pair for pair in shared_names(draft) if not draft.source[pair[0].end() :].startswith(("'", "’"))
    ]
    if choice and before in '"“' and rng.random() < 0.5:
        here, there = rng.choice(choice)
        return draft.with_sides(
            put(draft.source, here.start(), here.end(), before + here[0] + after),
            put(draft.target, there.start(), there.end(), before + there[0] + after),
        )
    if "'" in draft.source and before in "'‘":
        return draft
    return draft.with_sides(before + draft.source + after, before + draft.target + after)


def face(draft: Draft, rng: Random) -> Draft:
    """Put a face of plain signs, such as :-), at the end of both sides."""
    sign = span_texts.face(rng)
    return draft.with_sides(f"{draft.source} {sign}", f"{draft.target} {sign}")


__all__ = ["KIND_NAMES", "NAME", "PLACEHOLDER", "WAYS", "YEAR", "Draft", "Way", "capital"]
