"""Clean text read as characters and spans, online: `SpanScanner` looks at what has come and never ahead.

A span is a piece of text that must come out as it went in (`text.symbols`). Which pieces are spans is one
table, `ROWS`. The letters of ordinary words are given at once. A character that may belong to a span is held,
with what follows it, until the next space: then the word is there as a whole, and the longest match of the
table wins at each of its places. Only a few spans have a space in them ("5 %", "10 000", "`a b`"); a word that
may be the beginning of such a one is held over the space.

What begins with letters that were given already takes them back in name only: its item says how many of the
items before it are its first letters.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Container, Iterator
from typing import Final, NamedTuple

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

LONGEST: Final = 1000
"""Characters of a word that are held at most. What a longer span goes on with is another span of its kind."""
LONGEST_OVER_SPACES: Final = 200
"""Characters that are held at most where a span may have spaces in it."""


class Item(NamedTuple):
    """A character or a span.

    Attributes:
        symbol: the character, or the kind of the span.
        text: what it stands for, all of it.
        letters: how many items just before it, all of them characters, are the first letters of `text`.
    """

    symbol: str
    text: str
    letters: int = 0


def scan(text: str, known: Container[str], spans: bool = True) -> list[Item]:
    """Return the items of one line of clean text: the same as a `SpanScanner` gives, in whatever pieces.

    Args:
        known: the characters that the model's vocabulary has; it is hashable, as a frozenset is.
        spans: whether there are other spans than those of what is not known.
    """
    if not (spans and _TRIGGER.search(text)):
        items = list(map(_characters(known).__getitem__, text))
        if None not in items:
            return items  # type: ignore[return-value]
    scanner = SpanScanner(known, spans)
    return scanner.feed(text) + scanner.finish()


# The table


class Row(NamedTuple):
    """One way in which a span may be written.

    Attributes:
        kind: the symbol of its kind.
        first: what it may begin with: "a" for any letter, "0" for any digit, all else for itself.
        pattern: matches it, and looks at what follows it.
        joins: whether it is a word, which begins where one may begin. Others may stand behind a letter,
            which is then none of theirs.
    """

    kind: str
    first: str
    pattern: re.Pattern[str]
    joins: bool = True


_END = r"(?!\w)"
_DIGITS = r"[0-9]{1,3}(?:,[0-9]{2,3})+(?:\.[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"
_FRACTION = "[½¼¾⅓⅔⅛⅜⅝⅞]"
_PLAIN_NUMBER = rf"(?:{_DIGITS}|[0-9]+(?:[.,][0-9]+)?|[0-9]*{_FRACTION}|\.[0-9]+)"
_SPACED_NUMBER = r"[0-9]{1,3}(?:[ ’'][0-9]{3})+(?:[.,][0-9]+)?"
_SIGN = r"(?:(?<![\w).,%\]-])[-+−±])?"
_VALUE = rf"{_SIGN}(?:{_SPACED_NUMBER}(?![0-9])|{_PLAIN_NUMBER})"
_RANGE = rf"{_VALUE}(?:[-–]{_PLAIN_NUMBER})?"
_UNITS = (
    "km/h m/s km² m² cm² km³ m³ cm³ km cm mm nm µm μm m kg mg µg μg g t cl dl ml mL L l kB KB MB GB TB PB KiB MiB "
    "GiB TiB kb Mb Gb kbps Mbps Gbps kHz MHz GHz Hz mW kW MW GW W kWh Wh mV kV V mA mAh kcal cal kJ J kPa hPa "
    "Pa bar psi dB px pt em rem dpi fps min h s ms µs μs ns mph ft in yd mi lb lbs oz gal ha"
)
_UNIT = "|".join(map(re.escape, sorted(_UNITS.split(), key=len, reverse=True)))
_DECADE = r"(?:1[0-9]|20)?[0-9]0['’]?s(?!\w)"
_CURRENCY_SIGNS = "$€£¥₹₩₽₺₫₱฿₴₪¢"
CURRENCY_CODES: Final = frozenset(
    "USD EUR GBP JPY CHF CAD AUD NZD MXN ARS COP CLP PEN UYU BRL CNY INR KRW SEK NOK DKK PLN RUB TRY ZAR".split()
)
_CODES = "|".join(sorted(CURRENCY_CODES))
_HOUR = r"(?:[01]?[0-9]|2[0-4])"
_CLOCK = rf"{_HOUR}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_HALF = r"(?:[ap]\.m\.|[ap]m|AM|PM)"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_TLDS = (
    "com org net edu gov mil int info biz io dev app ai co uk de fr es eu it mx ar cl pe br pt nl ch se pl ru jp cn "
    "au ca nz ie tv xyz online shop site tech cloud blog test local localhost example"
)
_EXTENSIONS = (
    "txt md rst pdf doc docx odt rtf tex csv tsv xls xlsx ods ppt pptx odp json jsonl yaml yml toml ini cfg conf "
    "config xml html htm xhtml css scss less js mjs cjs ts jsx tsx vue svg png jpg jpeg gif bmp webp ico tif tiff "
    "psd eps mp3 mp4 m4a m4v wav ogg oga ogv flac aac avi mkv mov webm wmv zip tar gz tgz bz2 xz 7z rar jar war "
    "deb rpm apk dmg iso exe msi dll dylib bin dat db sqlite sql log bak tmp lock py pyc pyi ipynb java kt scala "
    "cpp hpp cc hh cs vb php rb pl pm lua sh bash zsh bat ps1 cmd swift rs go asm mk cmake gradle properties "
    "desktop service socket patch diff po pot mo ttf otf woff woff2 epub mobi srt vtt pem crt cer pub gpg asc ics "
    "vcf eml c h pt pth onnx npz npy safetensors parquet ui qml glade"
)
_TLD = "|".join(_TLDS.split())
_EXTENSION = "|".join(
    sorted({form for e in _EXTENSIONS.split() for form in (e, e.upper())}, key=len, reverse=True)
)
# What a URL goes on with: brackets only in pairs, and no mark at its end that belongs to the sentence.
_TAIL = r"(?:[^\s()<>\"“”«»`]|\([^\s()<>\"]*\))*(?<![.,;:!?'’…*])"
_LABEL = r"[^\W_](?:[\w-]{0,62}[^\W_])?"
_HOST = rf"(?:{_LABEL}\.){{1,8}}"
_SEGMENT = r"[\w.@%+~{}$-]{1,255}"
_EMOJI = "[\u231a-\u23ff\u2600-\u27bf\u2b05-\u2b55\U0001f000-\U0001faff]"
_PICTURE = (
    "(?:"
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|(?:[\U0001f000-\U0001faff]\ufe0f?|[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u3299]\ufe0f)"
    "(?:[\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f]|\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?)*"
    ")"
)
_TAG = (
    r"</?[A-Za-z][\w:.-]*(?:=[^\s<>]+)?"
    r"(?:\s+[\w:@.-]+(?:\s?=\s?(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+))?)*\s*/?>"
)
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"


def _row(kind: str, first: str, pattern: str, joins: bool = True) -> Row:
    return Row(kind, first, re.compile(pattern), joins)


# The longest match wins; of two that are as long, that of the upper row.
ROWS: Final = (
    # Markup: tags, comments and entities. A "<" before anything but a name is a sign of comparison.
    _row(MARKUP, "<", _TAG, False),
    _row(MARKUP, "<", r"<!--.*?-->|<![A-Za-z][^<>]*>|<!\[CDATA\[|<\?[^<>]*\?>|<%.*?%>", False),
    _row(MARKUP, "&", r"&(?:[A-Za-z][a-z]{1,7}[0-9]{0,2}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});", False),
    # Placeholders in braces: {name}, {0:.2f}, {{ x }}, {% if %}, ${x}, %{x}, #{x}.
    _row(PLACEHOLDER, "{$%#", r"[$%#]?\{[^\s{}]*\}", False),
    _row(PLACEHOLDER, "{", r"\{\{\{?[^{}]*\}?\}\}|\{%[^{}]*%\}", False),
    # Those of printf and of Qt: %s, %-5.2f, %1$s, %(n)d, %%, %1, %L1; and %PATH%.
    _row(
        PLACEHOLDER,
        "%",
        r"%(?:[0-9]+\$)?(?:\([\w.-]+\)|<\w+>)?[-+#0]*(?:[0-9]+|\*)?(?:\.[0-9]+|\.\*)?"
        r"(?:hh|h|ll|l|q|j|z|t|L)?(?:[sd@]|[iouxXeEfFgGcrap](?![A-Za-z]))",
        False,
    ),
    _row(PLACEHOLDER, "%", r"%%|%L?[0-9]{1,2}(?![0-9])|%n(?![a-z])|%[A-Z_][A-Z0-9_]*%", False),
    # A variable of a shell or template. $5 is money: it comes out as it is either way.
    _row(PLACEHOLDER, "$", r"\$(?:[A-Za-z_]\w*|\([\w.-]+\))", False),
    # A line break or tab written as in a string of a program.
    _row(PLACEHOLDER, "\\", r"\\[nrt](?![a-z])|\\[\"'\\]", False),
    # Where a number is followed by a sign of what it counts; a letter counts as one only if it is attached.
    _row(QUANTITY, "0.-+−±½¼¾⅓⅔⅛⅜⅝⅞", rf"(?!{_DECADE}){_RANGE}(?:[%‰]| [%‰]{_END}| ?°[CFK]?{_END}|°|(?:{_UNIT}){_END})"),
    # Money: a sign or code before or behind the number.
    _row(
        MONEY,
        "a-+−" + _CURRENCY_SIGNS,
        rf"{_SIGN}(?:[A-Z]{{1,3}})?[{_CURRENCY_SIGNS}] ?{_RANGE}(?:[kKMB]|bn|mn|m)?{_END}",
    ),
    _row(MONEY, "a", rf"(?:{_CODES}){_RANGE}{_END}"),
    _row(
        MONEY, "0-+−.½¼¾", rf"{_RANGE}(?: ?[{_CURRENCY_SIGNS}](?![\w])|[kKM]?[{_CURRENCY_SIGNS}]| ?(?:{_CODES}){_END})"
    ),
    # Times of day: 3:30, 15:45:10, 9:00-17:00, 3pm.
    _row(TIME, "0", rf"{_CLOCK}(?:{_HALF})?(?:[-–]{_CLOCK}(?:{_HALF})?)?{_END}"),
    _row(TIME, "0", rf"{_HOUR}(?:[-–]{_HOUR})?{_HALF}{_END}"),
    # Fractions; others of this form are dates.
    _row(NUMBER, "0", rf"(?:1/(?:[2-9]|10|12|16|32|64|100)|2/[35]|3/[458]|4/5|[57]/8|24/7)(?![\w/])"),
    # Dates, the year first or last; without one, the day and month in either order.
    _row(DATE, "0", rf"(?:{_DAY}([/.-]){_MONTH}|{_MONTH}([/.-]){_DAY})(?:\1|\2)[12][0-9]{{3}}(?![\w/-])"),
    _row(DATE, "0", rf"(?:{_DAY}/{_MONTH}|{_MONTH}/{_DAY})(?:/[0-9]{{2}})?(?![\w/-])"),
    _row(DATE, "0", rf"{_MONTH}/(?:19|20)[0-9]{{2}}(?![\w/-])"),
    _row(
        DATE,
        "0",
        rf"[12][0-9]{{3}}([-/.]){_MONTH}\1{_DAY}(?:T{_CLOCK}(?:Z|[+-][0-2][0-9]:?[0-5][0-9])?)?(?![\w/-])",
    ),
    # Addresses: URLs, e-mail addresses, domains, numbers of machines.
    _row(ADDRESS, "a", rf"[A-Za-z][A-Za-z0-9+.-]{{0,30}}://{_TAIL}(?<!://)"),
    _row(ADDRESS, "a", rf"(?:mailto|tel|urn|data|javascript):[\w+%]{_TAIL}"),
    _row(ADDRESS, "a", rf"[wW]{{3}}\.[\w-]{_TAIL}"),
    _row(ADDRESS, "a0_", r"[\w.%+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){0,8}" + _END),
    _row(ADDRESS, "a0", rf"{_HOST}(?:{_TLD})(?![\w-])(?::[0-9]{{2,5}}(?![\w]))?(?:[/?#]{_TAIL})?"),
    _row(ADDRESS, "a0", rf"{_HOST}[a-z]{{2,10}}(?::[0-9]{{2,5}})?/{_TAIL}"),
    _row(ADDRESS, "a", rf"(?:localhost|{_HOST}[a-z]{{2,10}})(?::[0-9]{{2,5}}){_END}(?:[/?#]{_TAIL})?"),
    _row(ADDRESS, "a", r"[a-z][a-z0-9-]{0,62}:[0-9]{4,5}" + _END + rf"(?:[/?#]{_TAIL})?"),
    _row(ADDRESS, "0", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?(?::[0-9]{1,5})?(?![\w])" + rf"(?:/{_TAIL})?"),
    _row(ADDRESS, "a0:", r"(?=[0-9A-Fa-f:]*[0-9])(?=[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]+:){7})"
         r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/[0-9]{1,3})?(?![\w:])"),
    _row(ADDRESS, "a0", r"[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}" + _END),
    # Handles and tags: @name, @scope/name, #name. A colour is a code (below).
    _row(CODE, "#", r"#(?=[A-Fa-f]*[0-9])(?=[0-9]*[A-Fa-f])(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})" + _END),
    _row(ADDRESS, "@", r"@\w[\w.-]{0,100}(?:/[\w.-]{1,100})*(?<![.-])"),
    _row(ADDRESS, "#", r"#\w(?:[\w-]{0,100}\w)?"),
    # Paths: from the root, the home folder or this one; those of Windows; of a file in a folder.
    _row(ADDRESS, "/~.", rf"(?:~|\.\.?)?(?:/{_SEGMENT}){{1,60}}(?<![.])/?"),
    _row(ADDRESS, "~.", r"(?:~|\.\.?)/" + _END),
    _row(ADDRESS, "a", r"[A-Za-z]:[\\/](?![/ ])[^\s\"<>|*?]*(?<![.,;:!'’)])"),
    _row(ADDRESS, "\\", r"\\\\\w[^\s\"<>|*?]*(?<![.,;:!'’)])"),
    _row(ADDRESS, "a0_.", rf"(?:{_SEGMENT}/){{1,60}}[\w.@+-]{{0,200}}\.(?:{_EXTENSION})(?![\w-])"),
    _row(ADDRESS, "a0_", rf"\w[\w+-]{{0,200}}(?:\.[\w+-]{{1,200}}){{0,8}}\.(?:{_EXTENSION})(?![\w-])(?!\.\w)"),
    _row(ADDRESS, ".", rf"\.(?:{_EXTENSION}|[a-z][\w-]*(?:ignore|rc|env|attributes|config)){_END}"),
    # Code between back-quotes, with its role (:class:`x`); flags; calls; names of programs.
    _row(CODE, "`:", r"(?::[\w:+.-]{1,40}:)?(?:``[^`]+``|`[^`]+`)_{0,2}", False),
    _row(CODE, "-", r"(?<!\w)--[a-z][\w-]*(?:=[^\s,;)\"]*[\w/])?"),
    _row(CODE, "-", r"(?<!\w)-[b-z](?![\w'’-])"),
    _row(CODE, "a_", rf"{_IDENTIFIER}(?:(?:\.|::|->){_IDENTIFIER}){{0,10}}\(\)"),
    _row(CODE, "a_", rf"{_IDENTIFIER}(?:::~?{_IDENTIFIER}){{1,10}}{_END}"),
    _row(CODE, "a", rf"[a-z_]{{2,}}(?:\.[a-z_]\w+){{2,10}}{_END}"),
    _row(CODE, "a_", rf"(?:{_IDENTIFIER}\.){{0,10}}(?:_{{0,2}}[A-Za-z0-9]+(?:_+[A-Za-z0-9]+)+_{{0,2}}|__[A-Za-z0-9]+__)"
         rf"(?:\.{_IDENTIFIER}){{0,10}}{_END}"),
    _row(CODE, "a", rf"[a-z]+[A-Z][A-Za-z0-9]*{_END}|(?:[A-Z][a-z0-9]+){{2,}}[A-Z][A-Za-z0-9]*{_END}"),
    _row(CODE, "a.", r"[A-Za-z]+\+\+(?![\w+])|[CFJ]#(?!\w)|(?:ASP)?\.NET" + _END),
    # Telephone numbers.
    _row(CODE, "+", r"\+[0-9]{1,3}(?:[ .-]?\(?[0-9]{1,4}\)?){1,5}[0-9]" + _END),
    _row(CODE, "(", r"\([0-9]{2,5}\)[ -]?[0-9]{2,4}(?:[ -][0-9]{2,4}){1,3}" + _END),
    _row(CODE, "0", r"(?:1 )?[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}" + _END),
    _row(CODE, "0", r"[0-9]{2} [0-9]{3}(?: [0-9]{2}){2}" + _END + r"|[0-9]{2}(?: [0-9]{2}){3,4}" + _END),
    _row(CODE, "0", r"[2-9][0-9]{2}-[0-9]{4}(?![\w-])"),
    # Numbers that name something: long ones, those with several hyphens, hexadecimal ones and colours.
    _row(CODE, "0", r"[0-9]{9,}" + _END + r"|[0-9]+(?:-[0-9]+){2,}(?![\w])|0[xX][0-9A-Fa-f]+" + _END),
    _row(CODE, "a0", r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}" + _END),
    # Versions.
    _row(CODE, "a0", r"[vV]?[0-9]+(?:\.[0-9]+){2,20}(?:[-+.]?(?:rc|alpha|beta|dev|post|a|b)[\w.+-]*(?<![.+-]))?" + _END),
    _row(CODE, "a0", r"[vV][0-9]+(?:\.[0-9]+)*" + _END + r"|[0-9]+(?:\.[0-9]+)*\.[x*]" + _END
         + r"|[0-9]+\.[0-9]+-?(?:rc|alpha|beta|a|b)[0-9]*" + _END),
    _row(NUMBER, "0", rf"[0-9]+ ?{_FRACTION}{_END}"),
    # Codes of letters and digits. Not so ordinals (21st) and decades (1990s), which are translated.
    _row(
        CODE,
        "a0",
        r"(?![0-9]*(?:1st|2nd|3rd|[0-9]th|[0-9]0['’]?s|[0-9][ºª])(?![^\W_]))"
        r"(?=[^\W_]*[0-9])(?=[0-9]*[^\W\d_])[^\W_]+(?:[-.][^\W_]*[0-9][^\W_]*|-[A-Z]+(?![^\W_]))*" + _END,
    ),
    # The letters before a hyphen belong to the digits behind it if one is a capital: COVID-19, but pre-2019.
    _row(
        CODE,
        "a",
        r"(?!(?:Pre|Post|Mid|Early|Late|Under|Over|Top|Non|Anti|Since|From|Until|Inter)-)(?=[^\W\d_]*[A-Z])[^\W\d_]+"
        r"(?:-[A-Z]+)*-(?![0-9]*[0-9]0s(?!\w)|[0-9]*(?:1st|2nd|3rd|[0-9]th)(?!\w))(?=[^\W_]*[0-9])[^\W_]+"
        r"(?:[-.][^\W_]*[0-9][^\W_]*|-[A-Z]+(?![^\W_]))*" + _END,
    ),
    _row(CODE, "0", r"[0-9]{1,4}-[A-Z](?:[0-9]+)?(?![\w-])"),
    # Numbers. The noun of 1 is singular; a year is read as such; all others are of one kind.
    _row(ONE, "1", r"1(?!\w)"),
    _row(YEAR, "0", r"(?:1[0-9]{3}|20[0-9]{2})(?!\w)"),
    _row(NUMBER, "0-+−±.½¼¾⅓⅔⅛⅜⅝⅞", rf"{_RANGE}{_END}"),
    _row(NUMBER, "0", rf"[0-9]+(?:[,:/][0-9]+)+{_END}|[0-9]+(?:[-–][0-9]+)?{_END}"),
    # Emoji: with their joiners, colours of skin and selectors; a run of them is one.
    _row(SIGN, "", rf"{_PICTURE}+", False),
    _row(SIGN, "0#*", "(?:[0-9#*]\ufe0f?\u20e3)+", False),
    # Emoticons, which stand apart.
    _row(
        SIGN,
        ":;<^-¯8",
        r"(?<!\S)(?:[:;]['’]?-?[()DPpOo|*\]\[/\\3](?!\w)|[:;]['’]?-?\)+|:\(+|</?3+(?!\w)|\^[_.-]?\^|-_-|¯\\_\(ツ\)_/¯)",
        False,
    ),
)  # fmt: skip


def _dispatch() -> dict[str, list[Row]]:
    """Return, by what a span may begin with, the rows to try."""
    table: dict[str, list[Row]] = {}
    for row in ROWS:
        for first in row.first:
            table.setdefault(first, []).append(row)
    for digit in "0123456789":
        # The row of ONE begins with one digit alone.
        table[digit] = [row for row in ROWS if "0" in row.first or digit in row.first]
    table["picture"] = [row for row in ROWS if row.first == ""]
    return table


_ROWS_BY_FIRST = _dispatch()

# What makes a character be held


_ALWAYS = frozenset("0123456789@#%{`\\_~/<&^+(:½¼¾⅓⅔⅛⅜⅝⅞¯" + _CURRENCY_SIGNS)
_AT_THE_START = frozenset("-.;−±")
"""Marks that begin a span only where a word may begin."""
_OPENING = frozenset(" \"'“‘«([{¿¡—–=|>*")
_JOINERS = frozenset("'’.-")
"""Marks within a word."""
_GOES_ON: Final = {
    ".": re.compile(r"[\w./]"),
    ";": re.compile(r"[-)(D^]"),
    ":": re.compile(r"[^\s\"'”’»]"),
    "(": re.compile(r"[0-9+)]"),
    "+": re.compile(r"[0-9+.(]"),
    "-": re.compile(r"[0-9.$€£_b-z-]"),
    "−": re.compile(r"[0-9.$€£]"),
    "±": re.compile(r"[0-9.]"),
    "~": re.compile(r"[0-9/]"),
    "/": re.compile(r"[\w.~$*]"),
    "<": re.compile(r"[A-Za-z/!?%3]"),
    "&": re.compile(r"[A-Za-z#]"),
    "^": re.compile(r"[_.^-]"),
    "_": re.compile(r"[\w^]"),
}
"""What must follow a character that is held for it to be held on."""
# For whole text: where anything at all may be held that could be a span. It may find too much and no too little.
_CALM = "a-z ,!?'\"’“”‘…¿¡«»\u00c0-\u024f\u2013\u2014"
_TRIGGER = re.compile(
    rf"[^{_CALM}](?:"
    r"(?<=[A-Z])(?<=[a-z][A-Z])"
    r"|(?<=\.)(?![\s\"'”’)\].,…?!]|$)"
    r"|(?<=[:;])(?![\s\"'”’»]|$)"
    r"|(?<=-)(?<![^\W_]-)"
    r"|(?<=\()(?=\))"
    r"|(?<![A-Z.:;(\-)\[\]=*|]))"
)
_PRIVATE = "\U000f0000"


class _Characters(dict[str, Item | None]):
    """The items of characters, made as they come; None for what the vocabulary does not have."""

    def __init__(self, known: Container[str]) -> None:
        self.known = known

    def __missing__(self, char: str) -> Item | None:
        item = Item(char, char) if char == " " or (char < _PRIVATE and char in self.known) else None
        if len(self) < 5000:  # or a text with every code point there is would fill the memory
            self[char] = item
        return item


@functools.lru_cache(maxsize=8)
def _characters(known: Container[str]) -> _Characters:
    return _Characters(known)


@functools.lru_cache(maxsize=5000)
def _is_letter(char: str) -> bool:
    """Whether a character is part of a word: a letter, or a mark that is not one of emoji."""
    category = unicodedata.category(char)[0]
    return category == "L" or (
        category == "M"
        and not ("\ufe00" <= char <= "\ufe0f" or "\u20d0" <= char <= "\u20ff" or char >= "\U000e0000")
    )


class SpanScanner:
    """Reads a line of clean text that arrives in pieces.

    Memory is bounded by `LONGEST`, and the time it takes is linear in the length of the text.

    Args:
        known: the characters that the model's vocabulary has; it is hashable, as a frozenset is.
        spans: whether there are other spans than those of what is not known.
    """

    def __init__(self, known: Container[str], spans: bool = True) -> None:
        self._characters = _characters(known)
        self._spans = spans
        self._begin()

    def _begin(self) -> None:
        self._before = " "  # the last character that was given
        self._word = ""  # what has been given of the word so far: letters and marks within it
        self._held = ""
        self._gap = 0  # where the last word begins in what is held, if that is more than one word
        self._kind = ""  # of a span that is longer than may be held, while it goes on

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""
        out: list[Item] = []
        stack: list[Iterator[str]] = [iter(text)]
        while stack:
            for char in stack[-1]:
                again = self._hold(char, out) if self._held else self._give(char, out)
                if again:
                    stack.append(iter(again))
                    break
            else:
                stack.pop()
        return out

    def finish(self) -> list[Item]:
        """End the line: return what was held. The next piece begins a new line."""
        out: list[Item] = []
        while self._held:
            out += self.feed(self._release(out))
        self._begin()
        return out

    def _give(self, char: str, out: list[Item]) -> str:
        """Take a character while none is held."""
        item = self._characters[char]
        if item is None or (self._kind and char != " "):
            self._held = char
            return ""
        self._kind = ""
        word = self._word
        if char.isalpha():
            if self._spans and word and self._is_inner(char):
                self._held = char
                return ""
            self._word = word + char if len(word) < LONGEST_OVER_SPACES else ""
        elif char == " ":
            self._word = ""
        elif self._spans and (
            char in _ALWAYS
            or (char in _AT_THE_START and not word and self._before in _OPENING)
            or char > "\u2190"
        ):
            self._held = char
            return ""
        elif char in _JOINERS and word:
            self._word = word + char
        elif not _is_letter(char):
            self._word = ""
        elif word:
            self._word = word + char
        self._before = char
        out.append(item)
        return ""

    def _is_inner(self, letter: str) -> bool:
        """Whether a letter within a word begins what no ordinary word has: after a dot, or in camel case."""
        word = self._word
        if word[-1] == ".":
            return word[-2:-1] != "."
        if "A" <= letter <= "Z" and "a" <= word[-1] <= "z":
            return "a" <= word[0] <= "z" or _HUMP.search(word, 1) is not None
        return False

    def _hold(self, char: str, out: list[Item]) -> str:
        """Take a character while others are held; return what is to be read again."""
        held = self._held
        if self._kind:
            if char != " " and len(held) < LONGEST:
                self._held = held + char
                return ""
            out.append(Item(self._kind, held))
            self._held = ""
            return char
        if char == " ":
            if self._spans and len(held) < LONGEST_OVER_SPACES and self._goes_over_a_space():
                self._held = held + char
                self._gap = len(held) + 1
                return ""
            return self._release(out) + char
        if self._gap:
            if not self._goes_on_after_a_space(char):
                return self._release_before_the_gap(out) + char
        elif self._is_over(char):
            return self._release(out) + char
        self._held = held + char
        if self._gap and len(held) >= LONGEST_OVER_SPACES:
            return self._release_before_the_gap(out)
        if len(held) >= LONGEST:
            return self._release(out, cut=True)
        if char in "}>" and not self._gap and self._spans and _CLOSED.fullmatch(self._held):
            return self._release(out)
        return ""

    def _is_over(self, char: str) -> bool:
        """Whether what is held cannot be, or go on as, a span if `char` follows."""
        held = self._held
        if not self._spans:
            if self._characters[char] is None:
                return False
            return not (_is_letter(char) and _is_letter(held[-1]))
        if len(held) == 1:
            rule = _GOES_ON.get(held)
            if rule is not None:
                return rule.match(char) is None
        elif len(held) == 2:
            if held == "..":
                return char != "/"
            if held == "--":
                return not "a" <= char <= "z"
            if held[0] == "-" and "b" <= held[1] <= "z":
                return char.isalnum() or char in "'’-"
        if char.isalpha() and self._characters[char] is not None:
            return all(self._characters[c] is None and not _is_letter(c) for c in reversed(held))
        return False

    def _goes_over_a_space(self) -> bool:
        """Whether a span may go on behind the space that follows what is held."""
        held = self._held
        last = held[-1]
        if last in "0123456789½¼¾⅓⅔⅛⅜⅝⅞)" or (last in _CURRENCY_SIGNS and not held[-2:-1].isdigit()):
            return True
        return _OPEN.search(_COMPLETE.sub("", held)) is not None

    def _goes_on_after_a_space(self, char: str) -> bool:
        """Whether a character may go on with the span that has a space in it."""
        held, gap = self._held, self._gap
        last = held[gap - 2]
        word = held[gap:]
        if _OPEN.search(_COMPLETE.sub("", held[: gap - 1])):
            return True
        if last == ")" or last in _CURRENCY_SIGNS:
            return bool(word) or char in "0123456789"
        if not word:
            if char in "0123456789":
                return _NUMBERS.search(held[-25:-1]) is not None
            return char in "%‰°½¼¾⅓⅔⅛⅜⅝⅞" or char in _CURRENCY_SIGNS or char in _FIRST_OF_CODES
        if word.isalpha():
            if word in CURRENCY_CODES:
                return not char.isalnum()
            return word + char in _BEGINNINGS_OF_CODES
        return True

    def _release(self, out: list[Item], cut: bool = False) -> str:
        """Give what is held, up to the first space that is in no span, as items; return the rest.

        Args:
            cut: whether the word goes on, so that a span at its end does too.
        """
        text, given = self._word + self._held, len(self._word)
        # Letters that were given before a gap belong to the first word alone.
        end, last = self._resolve(text, given, out)
        rest = text[end:]
        self._held, self._gap = "", 0
        self._before = text[end - 1]
        if cut and last == end and out[-1].symbol != SIGN:
            self._kind = out[-1].symbol
        self._word = _last_word(text, last, end)
        return rest

    def _release_before_the_gap(self, out: list[Item]) -> str:
        """Give the first word of what is held, without a look at the last one; return the rest."""
        end = self._gap - 1
        rest, self._held = self._held[end:], self._held[:end]
        return self._release(out) + rest

    def _resolve(self, text: str, given: int, out: list[Item]) -> tuple[int, int]:
        """Append the items of `text` behind its first `given` characters, which are out already.

        Returns:
            Where it ended, and where the last span did.
        """
        at, done, span = 0, given, 0
        gap = self._gap
        while at < len(text):
            if gap and text[at] == " ":
                break
            kind, end = self._match(text, at, given, span)
            if end > max(given, at):
                self._append(text[done:at], out)
                letters = max(given - at, 0)
                if (
                    kind == SIGN
                    and not letters
                    and at == done
                    and span == at
                    and at > given
                    and out[-1].symbol == SIGN
                ):
                    out[-1] = Item(SIGN, out[-1].text + text[at:end])
                else:
                    out.append(Item(kind, text[at:end], letters))
                at = done = span = end
            else:
                at += 1
        self._append(text[done:at], out)
        return at, span

    def _append(self, text: str, out: list[Item]) -> None:
        for char in text:
            item = self._characters[char]
            assert item is not None
            out.append(item)

    def _match(self, text: str, at: int, given: int, span: int) -> tuple[str, int]:
        """Return the kind and end of the span that begins at a place; its end is 0 if there is none."""
        char = text[at]
        kind, end = "", 0
        begins = at == 0 or at == span or not _is_word(text[at - 1])
        if self._spans:
            first = char if char < "\x80" and not char.isalpha() else "a" if char.isalpha() else char
            rows = _ROWS_BY_FIRST.get(first, ())
            for row in rows:
                if row.joins and not begins or not row.joins and at < given:
                    continue
                match = row.pattern.match(text, at)
                if match is not None and match.end() > end:
                    kind, end = row.kind, match.end()
            if char > "\xa8" and at >= given:
                for row in _ROWS_BY_FIRST["picture"]:
                    match = row.pattern.match(text, at)
                    if match is not None and match.end() > end:
                        kind, end = row.kind, match.end()
            if end > given:
                return kind, end
        if _is_letter(char):
            if at and at != span and _is_letter(text[at - 1]):
                return "", 0
            unknown, stop = False, at
            while stop < len(text) and _is_letter(text[stop]):
                unknown = unknown or self._characters[text[stop]] is None
                stop += 1
            return (NAME, stop) if unknown else ("", 0)
        stop = at
        while stop < len(text) and self._characters[text[stop]] is None and not _is_letter(text[stop]):
            stop += 1
        return SIGN, stop if stop > at else 0


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()


def _last_word(text: str, start: int, end: int) -> str:
    """Return the letters and marks within words that `text[start:end]` ends with."""
    at = end
    while at > start and (_is_letter(text[at - 1]) or text[at - 1] in _JOINERS):
        at -= 1
    word = text[at:end].lstrip("'’.-")
    return word if len(word) < LONGEST_OVER_SPACES else ""


_HUMP = re.compile("[a-z][A-Z]")
_CLOSED = re.compile(rf"{_TAG}|[$%#]?\{{[^\s{{}}]*\}}|\{{\{{[^{{}}]*\}}\}}")
_COMPLETE = re.compile(r"``[^`]+``|`[^`]+`|\{\{[^{}]*\}\}|\{%[^{}]*%\}|<!--.*?-->|<%.*?%>|<[^<>]*>")
_OPEN = re.compile(
    r"``?[^\s`][^`]*$|\{\{[^{}]*$|\{%[^{}]*$|<!--|<%|<\?|<![A-Z]"
    r"|<[A-Za-z][\w:.-]*(?:\s+[\w:@.-]+(?:\s?=\s?(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+)))*"
    r"(?:\s+[\w:@.-]+\s?=\s?(?:\"[^\"<>]*|'[^'<>]*))?\s*$"
)
_NUMBERS = re.compile(r"(?:^|(?<![\w.,]))[+(]?[0-9][0-9().-]*(?: [0-9().-]+)*$")
_BEGINNINGS_OF_CODES = frozenset(code[:n] for code in CURRENCY_CODES for n in (1, 2, 3))
_FIRST_OF_CODES = frozenset(code[0] for code in CURRENCY_CODES)
