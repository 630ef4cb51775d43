"""Clean text read as characters and spans, online: `SpanScanner` looks at what has come and never ahead.

A span is a piece of text that must come out as it went in (`text.symbols`). Which pieces are spans is one
table, `ROWS`. The letters of ordinary words are given at once. A character that may belong to a span is
held, with what follows it, until the next space: then the word is there as a whole, and the longest match of
the table wins at each of its places. Only a few spans have a space in them ("5 %", "10 000", "`a b`"); a word
that may be the beginning of such a one is held over the space.

What begins with letters that were given already takes them back in name only: its item says how many of the
items before it are its first letters.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from string import ascii_lowercase
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
    ONE_OCLOCK,
    PLACEHOLDER,
    QUANTITY,
    SIGN,
    TIME,
    YEAR,
)

LONGEST: Final = 1000
"""Characters of a word that are held at most. What a longer span goes on with is another span of its kind."""
LONGEST_OVER_SPACES: Final = 500
"""Characters that are held at most where a span may have spaces in it: a tag with its attributes."""


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
        known: the characters that the model's vocabulary has; it must not change.
        spans: whether there are other spans than those of what is not known.
    """
    if not (spans and _TRIGGER.search(text)):
        items = list(map(_characters(known).__getitem__, text))
        if None not in items:
            return items  # type: ignore[return-value]
    scanner = SpanScanner(known, spans)
    return scanner.feed(text) + scanner.finish()


# The table


@dataclass(frozen=True)
class Row:
    """One way in which a span may be written.

    Attributes:
        kind: the symbol of its kind.
        first: what it may begin with: "a" for any letter, "0" for any digit, all else for itself.
        expression: matches it, and looks at what follows it.
        joins: whether it is a word, which begins where one may begin. Others may stand behind a letter,
            which is then none of theirs.
    """

    kind: str
    first: str
    expression: str
    joins: bool = True

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first needed: all together take as long as a sentence."""
        return re.compile(self.expression)


_END = r"(?!\w)"
_FRACTIONS = "½¼¾⅓⅔⅛⅜⅝⅞"
_DIGITS = "0123456789" + _FRACTIONS
_SIGNED = "0-+−±." + _FRACTIONS
"""What a number begins with; in the first column of the table, 0 stands for every digit."""
_NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{2,3})+(?:\.[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"
    rf"|[0-9]+(?:[.,][0-9]+)?|[0-9]*[{_FRACTIONS}]|\.[0-9]+)"
)
_GROUPED = r"[0-9]{1,3}(?:[ ’'][0-9]{3})+(?:[.,][0-9]+)?(?![0-9])"
_VALUE = rf"(?:(?<![\w).,%\]-])[-+−±])?(?:{_GROUPED}|{_NUMBER})"
_RANGE = rf"{_VALUE}(?:[-–]{_NUMBER})?"
# An ordinal or decade is translated; so its digits are characters.
_DECADE = r"(?:(?:1[0-9]|20)[0-9]|[2-9])0['’]?s(?!\w)"
_ORDINAL = rf"(?:[0-9]*(?:1st|2nd|3rd|[0-9]th|[0-9][ºª])(?![^\W_])|{_DECADE})"
_UNITS = """
    km/h m/s km² m² cm² km³ m³ cm³ km cm mm nm µm μm m mph ft in yd mi ha kg mg µg μg g t lb lbs oz
    cl dl ml mL L l gal kB KB MB GB TB PB KiB MiB GiB TiB kb Mb Gb kbps Mbps Gbps px pt em rem dpi fps
    kHz MHz GHz Hz mW kW MW GW W kWh Wh mV kV V mA mAh kcal cal kJ J kPa hPa Pa bar psi dB
    min h s ms µs μs ns
"""
# Of these, those that may stand behind a space: no other word is written so.
_APART = [
    "km",
    "km²",
    "m²",
    "cm",
    "cm²",
    "mm",
    "kg",
    "mg",
    "ml",
    "cl",
    "dl",
    "MB",
    "GB",
    "TB",
    "kB",
    "kHz",
    "MHz",
    "GHz",
    "kW",
    "kWh",
    "mph",
]
_UNIT_APART = "|".join(map(re.escape, sorted(_APART, key=len, reverse=True)))
_UNIT = "|".join(map(re.escape, sorted(_UNITS.split(), key=len, reverse=True)))
_CURRENCIES = "$€£¥₹₩₽₺₫₱฿₴₪¢"
CURRENCY_CODES: Final = frozenset(
    re.findall(
        "[A-Z]+",
        "USD EUR GBP JPY CHF CAD AUD NZD MXN ARS COP CLP PEN UYU BRL CNY INR KRW SEK NOK DKK PLN RUB",
    )
)
_CODES = "|".join(sorted(CURRENCY_CODES))
_HOUR = r"(?:[01]?[0-9]|2[0-4])"
_CLOCK = rf"{_HOUR}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_HALF = r"(?:[ap]\.m\.|[ap]m|AM|PM)"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_NO_DATE = r"(?![\w/]|-[0-9])"
# Domains that are words ("it", "me", "site") are left out: a space may be missing after a full stop.
_DOMAINS = """
    com org net edu gov mil int info biz io dev app ai co uk de fr es eu mx ar cl pe br pt nl ch se pl ru jp
    cn au ca nz ie tv xyz localhost
"""
_DOMAIN = "|".join(_DOMAINS.split())
_EXTENSIONS = """
    txt md rst pdf doc docx odt rtf tex csv tsv xls xlsx ods ppt pptx odp epub mobi po pot mo srt vtt ics vcf
    json jsonl yaml yml toml ini cfg conf config properties desktop service socket lock log bak tmp patch diff
    xml html htm xhtml css scss less js mjs cjs ts jsx tsx vue svg png jpg jpeg gif bmp webp ico tif tiff
    psd eps mp3 mp4 m4a m4v wav ogg oga ogv flac aac avi mkv mov webm wmv ttf otf woff woff2 qml ui eml
    zip tar gz tgz bz2 xz 7z rar jar war deb rpm apk dmg iso exe msi dll dylib bin dat db sqlite sql
    py pyc pyi ipynb java kt scala cpp hpp cc hh cs vb php rb pl pm lua sh bash zsh bat ps1 cmd swift rs go
    asm mk cmake gradle pem crt cer pub gpg asc pt pth onnx npz npy safetensors parquet
"""
_EXTENSION = "|".join(
    sorted({form for e in _EXTENSIONS.split() for form in (e, e.upper())}, key=len, reverse=True)
)
# What a URL goes on with: brackets only in pairs, and no mark at its end that belongs to the sentence.
_URL = r"(?:[^\s()<>\"“”«»`]|\([^\s()<>\"]*\))*(?<![.,;:!?'’…*])"
_HOST = r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,8}"
_SEGMENT = r"[\w.@%+~{}$-]{1,255}"
_PATH_END = r"[^\s\"<>|*?]*(?<![.,;:!'’)])"
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_MIXED = r"(?=[^\W_]*[0-9])(?=[0-9]*[^\W\d_])[^\W_]+"
# What joins a code: a part with a digit, or one of capitals alone.
_PART = r"(?:[-.](?=[^\W_]*[0-9])[^\W_]+|-[A-Z]+(?![^\W_]))"
_VALUE_OF_ATTRIBUTE = r"(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+)"
_TAG = rf"</?[A-Za-z][\w:.-]*(?:=[^\s<>]+)?(?:\s+[\w:@.-]+(?:\s?=\s?{_VALUE_OF_ATTRIBUTE})?)*\s*/?>"
_BRACKETS = r"\[(?:/[A-Za-z]+|(?:b|i|u|s|url|img|color|size|font|quote|code|list|center)(?:=[^\s\[\]]*)?)\]"
_BRACES = r"[$%#]?\{(?:[^\s{}]*| [\w.]+ )\}"
_TICKS = r"(?:``[^`]+``|`[^`\s]+`|`[^`\s][^`]*[^`\s]`(?!\w))"
_DOUBLE_BRACES = r"\{\{\{?[^{}]*\}?\}\}|\{%[^{}]*%\}"
_PICTURE = (
    "(?:"
    "[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|(?:[\U0001f000-\U0001faff]\ufe0f?|[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u3299]\ufe0f)"
    "(?:[\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f]|\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?)*"
    ")"
)


def _row(kind: str, first: str, *patterns: str, joins: bool = True) -> Row:
    return Row(kind, first, "|".join(patterns), joins)


# The longest match wins; of two that are as long, that of the upper row.
ROWS: Final = (
    # Markup: tags, comments and entities. A "<" before anything but a name is a sign of comparison.
    _row(MARKUP, "<", _TAG, joins=False),
    _row(MARKUP, "<", r"<!--.*?-->", r"<![A-Za-z\[][^<>]*>", r"<\?[^<>]*\?>", r"<%.*?%>", joins=False),
    _row(MARKUP, "[", _BRACKETS, joins=False),
    _row(
        MARKUP,
        "&",
        r"&(?:[A-Za-z][a-z]{1,7}[0-9]{0,2}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});",
        joins=False,
    ),
    # Placeholders in braces: {name}, {0:.2f}, {{ x }}, {% if %}, ${x}, %{x}, #{x}.
    _row(PLACEHOLDER, "{$%#", _BRACES, joins=False),
    _row(PLACEHOLDER, "{", _DOUBLE_BRACES, joins=False),
    # Those of printf and of Qt: %s, %-5.2f, %1$s, %(n)d, %%, %1, %L1; and %PATH%.
    _row(
        PLACEHOLDER,
        "%",
        r"%(?:[0-9]+\$)?(?:\([\w.-]+\)|<\w+>)?[-+#0,']*(?:[0-9]+|\*)?(?:\.[0-9]+|\.\*)?"
        r"(?:hh|h|ll|l|q|j|z|t|L)?(?:[sd@]|[iouxXeEfFgGcrap](?![A-Za-z]))",
        r"%%",
        r"%L?[0-9]{1,2}(?![0-9])",
        r"%n(?![a-z])",
        r"%[A-Z_][A-Z0-9_]*%",
        joins=False,
    ),
    # A variable of a shell or a template. $5 is money: it comes out as it is either way.
    _row(PLACEHOLDER, "$", r"\$(?:[A-Za-z_]\w*|\([\w.-]+\))", joins=False),
    # A line break or tab written as in a string of a program; before a small letter it is another command.
    _row(PLACEHOLDER, "\\", r"\\[nrt](?![a-z])", r"\\[\"'\\]", joins=False),
    _row(CODE, "\\", r"\\(?![nrt][A-Z])[A-Za-z]{2,}\*?(?:\{[^\s{}]*\})?", joins=False),
    # A number with a sign of what it counts; most letters count as one only if they are attached.
    _row(
        QUANTITY,
        _SIGNED,
        rf"(?!{_DECADE}){_RANGE}(?:[%‰]%?| [%‰]{_END}| ?°[CFK]?{_END}|°|(?:{_UNIT}){_END}"
        rf"| (?:{_UNIT_APART})(?:/[hs])?{_END})",
    ),
    # Money: a sign or code before or behind the number.
    _row(
        MONEY,
        "a-+−" + _CURRENCIES,
        rf"(?:(?<![\w).,%\]-])[-+−])?(?:[A-Z]{{1,3}})?[{_CURRENCIES}] ?{_RANGE}(?:[kKMB]|bn|mn|m)?{_END}",
        rf"(?:{_CODES}){_RANGE}{_END}",
    ),
    _row(
        MONEY,
        _SIGNED,
        rf"{_RANGE}(?:(?:[kKM]| )?[{_CURRENCIES}]{_END}| ?(?:{_CODES}){_END})",
    ),
    # Times from 1:00 to 1:59: in Spanish the hour is in the singular.
    _row(
        ONE_OCLOCK,
        "0",
        rf"(?=0?1:){_CLOCK}(?:{_HALF})?{_END}",
        rf"(?=0?1(?![0-9])){_HOUR}{_HALF}{_END}",
    ),
    # Times of day: 3:30, 15:45:10, 9:00-17:00, 3pm.
    _row(
        TIME,
        "0",
        rf"{_CLOCK}(?:{_HALF})?(?:[-–]{_CLOCK}(?:{_HALF})?)?{_END}",
        rf"{_HOUR}(?:[-–]{_HOUR})?{_HALF}{_END}",
    ),
    # Fractions; others of this form are dates.
    _row(NUMBER, "0", r"(?:1/(?:[2-9]|10|12|16|32|64|100)|2/[35]|3/[458]|4/5|[57]/8|24/7)(?![\w/])"),
    # Dates, the year first or last; without one, the day and month in either order.
    _row(
        DATE,
        "0",
        rf"(?:{_DAY}(?P<a>[/.-]){_MONTH}(?P=a)|{_MONTH}(?P<b>[/.-]){_DAY}(?P=b))[12][0-9]{{3}}{_NO_DATE}",
        rf"(?:{_DAY}/{_MONTH}|{_MONTH}/{_DAY})(?:/[0-9]{{2}})?{_NO_DATE}",
        rf"{_MONTH}/(?:19|20)[0-9]{{2}}{_NO_DATE}",
    ),
    _row(
        DATE,
        "0",
        rf"[12][0-9]{{3}}([-/.]){_MONTH}\1{_DAY}(?:T{_CLOCK}(?:Z|[+-][0-2][0-9]:?[0-5][0-9])?)?{_NO_DATE}",
    ),
    # Addresses: URLs, e-mail addresses, domains.
    _row(ADDRESS, "a", rf"[A-Za-z][A-Za-z0-9+.-]{{0,30}}://{_URL}(?<!://)"),
    _row(ADDRESS, "a", rf"(?:mailto|tel|urn|javascript):[\w+%]{_URL}", rf"data:[\w/+.-]*[;,]{_URL}"),
    _row(ADDRESS, "a", rf"[wW]{{3}}\.[\w-]{_URL}"),
    _row(ADDRESS, "a0_", rf"[\w.%+-]{{1,64}}@[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{0,8}}{_END}"),
    _row(
        ADDRESS,
        "a0",
        rf"{_HOST}(?:{_DOMAIN})(?![\w-])(?::[0-9]{{2,5}}{_END})?(?:[/?#]{_URL})?",
        rf"{_HOST}[a-z]{{2,10}}(?::[0-9]{{2,5}})?/{_URL}",
        rf"(?:localhost|{_HOST}[a-z]{{2,10}}):[0-9]{{2,5}}{_END}(?:[/?#]{_URL})?",
        rf"[a-z][a-z0-9-]{{0,62}}:[0-9]{{4,5}}{_END}(?:[/?#]{_URL})?",
    ),
    # Numbers of machines: IPv4, IPv6, MAC.
    _row(
        ADDRESS,
        "0",
        rf"[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?:/[0-9]{{1,2}}|:[0-9]{{1,5}})?{_END}(?:/{_URL})?",
    ),
    _row(
        ADDRESS,
        "a0:",
        r"(?=[0-9A-Fa-f:]{0,40}[0-9])(?=[0-9A-Fa-f:]{0,40}::|(?:[0-9A-Fa-f]{1,4}:){7})"
        r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/[0-9]{1,3})?(?![\w:])",
        r"[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?!\w)",
    ),
    # Handles and tags: @name, @scope/name, #name; a tag that is a colour is a code.
    _row(
        CODE,
        "#",
        rf"#(?=[A-Fa-f]*[0-9])(?=[0-9]*[A-Fa-f])(?:[0-9A-Fa-f]{{3}}){{1,2}}(?:[0-9A-Fa-f]{{2}})?{_END}",
    ),
    _row(ADDRESS, "@", r"@\w[\w.-]{0,100}(?:/[\w.-]{1,100})*(?<![.-])"),
    _row(ADDRESS, "#", r"#\w(?:[\w-]{0,100}\w)?"),
    # Paths: from the root, the home folder or this one; those of Windows.
    _row(ADDRESS, "/~.", rf"(?<![\w)\]}}>%.:,;/-])(?:~|\.\.?)?(?:/{_SEGMENT}){{1,60}}(?<![.])/?"),
    _row(ADDRESS, "~.", rf"(?:~|\.\.?)/{_END}"),
    _row(ADDRESS, "$%{", rf"(?:\$\w+|\$?\{{[^\s{{}}]*\}}|%\w+%)(?:[/\\]{_SEGMENT}){{1,60}}(?<![.])"),
    _row(ADDRESS, "a", rf"[A-Za-z]:[\\/](?![/ ]){_PATH_END}", r"[A-Z]\w+(?:\\[A-Z%][\w.%-]*)+(?<!\.)"),
    _row(ADDRESS, "\\", rf"\\\\\w{_PATH_END}"),
    # Files: by a known ending, in a folder or without one; and hidden ones.
    _row(ADDRESS, "a0_.", rf"(?:{_SEGMENT}/){{1,60}}[\w.@+-]{{0,200}}\.(?:{_EXTENSION}|[ch])(?![\w-])"),
    _row(
        ADDRESS,
        "a0_",
        rf"\w[\w+-]{{0,200}}(?:\.[\w+-]{{1,200}}){{0,8}}\.(?:{_EXTENSION})(?![\w-]|\.\w)",
        rf"[a-z0-9_-]{{2,200}}\.[ch]{_END}",
    ),
    _row(ADDRESS, ".", rf"\.(?:{_EXTENSION}|[a-z][\w-]*(?:ignore|rc|env|attributes|config)){_END}"),
    _row(ADDRESS, "*", r"\*(?:\.\w+)+"),
    # Code between back-quotes, with its role (:class:`x`); flags; calls; names in programs.
    _row(CODE, "`:", rf"(?::[\w:+.-]{{1,40}}:)?{_TICKS}_{{0,2}}"),
    _row(CODE, "-", r"(?<!\w)--[a-z][\w-]*(?:=[^\s,;)\"]*[\w/])?", r"(?<!\w)-[b-z](?![\w'’-])"),
    _row(
        CODE,
        "a_",
        rf"{_IDENTIFIER}(?:(?:\.|::|->){_IDENTIFIER}){{0,10}}\(\)",
        rf"{_IDENTIFIER}(?:::~?{_IDENTIFIER}){{1,10}}{_END}",
        rf"[a-z_]{{2,}}(?:\.[a-z_]\w+){{2,10}}{_END}",
    ),
    _row(
        CODE,
        "a_",
        rf"(?:{_IDENTIFIER}\.){{0,10}}(?:_{{0,2}}[A-Za-z0-9]+(?:_+[A-Za-z0-9]+)+_{{0,2}}|__[A-Za-z0-9]+__)"
        rf"(?:\.{_IDENTIFIER}){{0,10}}{_END}",
    ),
    # In camel case: getName, iPhone, HttpServletRequest; but McDonald and YouTube are ordinary words.
    _row(
        CODE,
        "a_",
        rf"_{{0,2}}[a-z]+[A-Z][A-Za-z0-9]*{_END}",
        rf"(?:[A-Z][a-z0-9]+){{2,}}[A-Z][A-Za-z0-9]*{_END}",
    ),
    # Types of media: text/plain, application/json; but audio/video is an ordinary "or".
    _row(
        CODE,
        "a",
        rf"(?:application|multipart)/[a-z][a-z0-9.+-]*{_END}",
        rf"(?:text|image|audio|video)/(?:plain|{_EXTENSION}|javascript|mpeg){_END}",
    ),
    _row(
        CODE,
        "a.",
        r"[A-Za-z]+\+\+(?![\w+])",
        rf"[CFJ]#{_END}",
        rf"(?:ASP)?\.NET{_END}",
        rf"U\+[0-9][0-9A-Fa-f]{{3,5}}{_END}",
    ),
    # Telephone numbers.
    _row(CODE, "+", rf"\+[0-9]{{1,3}}(?:[ .-]?\(?[0-9]{{1,4}}\)?){{1,5}}[0-9]{_END}"),
    _row(CODE, "(", rf"\(\+?[0-9]{{1,5}}\)[ -]?[0-9]{{2,4}}(?:[ -][0-9]{{2,4}}){{1,4}}{_END}"),
    _row(
        CODE,
        "0",
        rf"(?:1 )?[0-9]{{3}}[ .-][0-9]{{3}}[ .-][0-9]{{4}}{_END}",
        rf"(?:[0-9]{{2}} [0-9]{{3}} [0-9]{{2}}|[0-9]{{3}}(?: [0-9]{{2}}){{2}}) [0-9]{{2}}{_END}",
        rf"00[0-9]{{2}}(?: [0-9]{{2,6}}){{2,4}}{_END}",
        rf"0[0-9]{{1,3}}(?: [0-9]{{3,4}}){{2}}{_END}",
        rf"[0-9]{{4}}(?: [0-9]{{4}}){{2,4}}{_END}",
        rf"[0-9]{{2}}(?: [0-9]{{2}}){{3,4}}{_END}",
        r"[2-9][0-9]{2}-[0-9]{4}(?![\w-])",
    ),
    # Numbers that name something: long ones, those with several hyphens, hexadecimal ones, measures.
    _row(
        CODE,
        "0",
        rf"[0-9]+(?:-[0-9]+){{2,}}{_END}",
        rf"[0-9]{{9,}}{_END}",
        rf"0[xX][0-9A-Fa-f]+{_END}",
        rf"{_NUMBER}(?:[x×]{_NUMBER})+(?:{_UNIT})?{_END}",
    ),
    _row(CODE, "a0", rf"[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}{_END}"),
    _row(NUMBER, "0", rf"[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?:,[0-9]+)?{_END}"),
    # Versions.
    _row(
        CODE,
        "a0",
        rf"[0-9]+(?:\.[0-9]+)*\.[x*]{_END}",
        rf"[vV]?[0-9]+(?:\.[0-9]+){{2,20}}(?:(?:[-+.]?(?:rc|alpha|beta|dev|post|a|b)|-[0-9])[\w.+-]*(?<![.+-]))?{_END}",
        rf"[vV][0-9]+(?:\.[0-9]+)*{_END}",
        rf"[0-9]+\.[0-9]+-?(?:rc|alpha|beta|a|b)[0-9]*{_END}",
    ),
    # A number with a fraction or power as one character, which is no letter behind it.
    _row(NUMBER, "0", rf"[0-9]+ ?[{_FRACTIONS}]{_END}", rf"[0-9]+[²³]{_END}"),
    # Codes of letters and digits. A hyphen joins the two if one of the letters is a capital: COVID-19, but
    # not pre-2019.
    _row(CODE, "a0", rf"(?!{_ORDINAL})(?:[0-9]+[.,])*{_MIXED}{_PART}*(?![^\W_])"),
    _row(
        CODE,
        "a",
        r"(?!(?:Pre|Post|Mid|Early|Late|Under|Over|Top|Non|Anti|Since|From|Until|Inter)-)"
        rf"(?=[^\W\d_]*[A-Z])[^\W\d_]+(?:-[A-Z]+)*-(?!{_ORDINAL})(?=[^\W_]*[0-9])[^\W_]+{_PART}*{_END}",
    ),
    _row(CODE, "0", r"[0-9]{1,4}-[A-Z][0-9]*(?![\w-])"),
    # Numbers. The noun of 1 is singular; a year is read as such; all others are of one kind.
    _row(ONE, "1", r"1(?!\w|[.,:/-][0-9])"),
    _row(YEAR, "0", r"(?:1[0-9]{3}|20[0-9]{2})(?!\w|[.,:/-][0-9])"),
    _row(NUMBER, _SIGNED, rf"{_RANGE}{_END}"),
    _row(NUMBER, "0", rf"[0-9]+(?:[,:/][0-9]+)+{_END}", rf"[0-9]+(?:[-–][0-9]+)?{_END}"),
    # Emoji, with their joiners, colours of skin and selectors; a run of them is one.
    _row(SIGN, "", rf"{_PICTURE}+", joins=False),
    _row(SIGN, "0#*", "(?:[0-9#*]\ufe0f?\u20e3)+", joins=False),
    # Emoticons, which stand apart.
    _row(
        SIGN,
        ":;<^-¯",
        r"(?<!\S)[:;]['’]?-?[()DPpOo|*\]\[/\\3](?!\w)",
        r"(?<!\S)(?:[:;]-?\)+|:\(+|</?3+(?!\w)|\^[_.-]?\^|-_-|¯\\_\(ツ\)_/¯)",
        joins=False,
    ),
)


def _by_first() -> dict[str, list[Row]]:
    table: dict[str, list[Row]] = {}
    for row in ROWS:
        for first in row.first or _ANY_PICTURE:
            table.setdefault(first, []).append(row)
    for digit in "0123456789":
        # The row of ONE begins with one digit alone.
        table[digit] = [row for row in ROWS if "0" in row.first or digit in row.first]
    return table


_ANY_PICTURE = " "
_ROWS_BY_FIRST = _by_first()

# What makes characters be held

_ALWAYS = frozenset("0123456789@#%{`\\_~/<&^+(:[¯" + _FRACTIONS + _CURRENCIES)
"""What may begin a span, or go on with one, wherever it stands."""
_AT_THE_START = frozenset("-.;*−±")
"""What may begin a span only where a word may begin."""
_OPENING = frozenset(" \"'“‘«([{¿¡—–=|>*")
"""Behind these a word may begin."""
_JOINERS = frozenset("'’.-")
"""Marks within a word."""
_GOES_ON: Final = {
    ".": re.compile(r"[\w./]"),
    ";": re.compile(r"[-)(D^]"),
    ":": re.compile(r"[^\s\"”’»]"),
    "(": re.compile(r"[0-9+)]"),
    "[": re.compile(r"[a-z/]"),
    "+": re.compile(r"[0-9+.(]"),
    "-": re.compile(rf"[0-9._b-z{_CURRENCIES}-]"),
    "−": re.compile(rf"[0-9.{_CURRENCIES}]"),
    "±": re.compile(r"[0-9.]"),
    "*": re.compile("[.\ufe0f\u20e3]"),
    "~": re.compile(r"[0-9/]"),
    "/": re.compile(r"[\w.~$*{]"),
    "<": re.compile(r"[A-Za-z/!?%3]"),
    "&": re.compile(r"[A-Za-z#]"),
    "^": re.compile(r"[_.^-]"),
    "_": re.compile(r"[\w^]"),
}
"""What must follow a character that is held alone for a span to begin with it."""
_HUMP = re.compile("[a-z][A-Z]")
_NAMES_IN_BRACKETS = frozenset(
    ["b", "i", "u", "s", "url", "img", "color", "size", "font", "quote", "code", "list"]
)
_BEGINNINGS_IN_BRACKETS = frozenset(name[:n] for name in _NAMES_IN_BRACKETS for n in range(1, len(name) + 1))
_CLOSED = re.compile(rf"{_TAG}|{_BRACKETS}")
"""Spans that are over with their last character, whatever follows."""

# What makes them be held over a space

_ATTRIBUTE = (
    rf"\s+(?:[\w:@.-]+\s?=\s?{_VALUE_OF_ATTRIBUTE}"
    r"|checked|disabled|hidden|multiple|readonly|required|selected)"
)
_COMPLETE = re.compile(_TICKS + r"|\{\{[^{}]*\}\}|\{%[^{}]*%\}|<!--.*?-->|<%.*?%>|<[^<>]*>")
# A quotation `like this' or ``like this'' is none of code.
_OPEN = re.compile(
    r"(?<![\w`])`(?=[^\s`])(?![^`']*[\w.)/=-]'(?!\w))[^`]{0,150}\Z"
    r"|(?<![\w`])``(?=[^\s`])(?![^`]*'')[^`]{0,150}\Z"
    r"|\{(?: [\w.]*)?\Z|\{\{[^{}]{0,100}\Z|\{%[^{}]{0,100}\Z"
    r"|<!--(?:(?!<!--).)*\Z|<%(?:(?!<%).)*\Z|<\?[^<>]*\Z|<![A-Za-z\[][^<>]*\Z"
    rf"|<[A-Za-z][\w:.-]*(?:{_ATTRIBUTE})*(?:\s+[\w:@.-]+\s?=\s?(?:\"[^\"<>]*|'[^'<>]*)?)?\s*\Z"
)
_GROUP = r"\(?[0-9]{2,4}\)?(?:[-.,][0-9]+){0,3}"
_AMOUNT = re.compile(
    rf"(?<!\S)[(\[\"'“‘«¿¡]*[-+−±]?(?:[A-Z]{{1,3}})?[{_CURRENCIES}]?\(?\+?"
    rf"[0-9.{_FRACTIONS}][0-9.,/–){_FRACTIONS}-]*(?: {_GROUP})*\Z"
)
"""A number or the beginning of a telephone number, of no more than `_LONGEST_AMOUNT` characters."""
_LONGEST_AMOUNT = 30
_TAKES_GROUPS = re.compile(
    r"[^\w+]*[A-Z]*[^\w+]*(?:\+?[0-9]{1,4}|\(\+?[0-9]{1,5}\))"
    r"(?: \(?[0-9]{2,6}\)?(?:-[0-9]{2,4}){0,2})*"
)
_AFTER_AN_AMOUNT = CURRENCY_CODES | frozenset(_APART)
"""Words that may belong to the number before them."""
_BEGINNINGS_OF_CODES = frozenset(word[:n] for word in _AFTER_AN_AMOUNT for n in range(1, len(word) + 1))
_BEHIND_A_NUMBER = frozenset("%‰°" + _FRACTIONS + _CURRENCIES)

# A look at whole text: where anything may be held that could be a span. It may find too much.
_CALM = "a-z ,!?'\"’“”‘…¿¡«»\u00c0-\u024f\u2013\u2014"
_TRIGGER = re.compile(
    rf"[^{_CALM}](?:"
    r"(?<=[A-Z])(?<=[a-z][A-Z])"
    r"|(?<=\.)(?![\s\"'”’)\].,…?!]|\Z)"
    r"|(?<=[:;])(?![\s\"”’»]|\Z)"
    r"|(?<=-)(?<![^\W_]-)"
    r"|(?<=\()(?=\))"
    r"|(?<![A-Z.:;(\-)\]=*|]))"
)
_RUN = re.compile("[a-z ,!?]{2,}")
"""Characters that begin no span, unless they stand behind a dot."""
_PRIVATE = "\U000f0000"


class _Characters(dict[str, Item | None]):
    """The items of characters, made as they come; None for what the vocabulary does not have."""

    def __init__(self, known: Container[str]) -> None:
        self.known = known

    def __missing__(self, char: str) -> Item | None:
        item = Item(char, char) if char == " " or (char < _PRIVATE and char in self.known) else None
        if len(self) < 10_000:  # a text may have every code point there is
            self[char] = item
        return item


_characters_by_id: dict[int, _Characters] = {}


def _characters(known: Container[str]) -> _Characters:
    characters = _characters_by_id.get(id(known))
    if characters is None:
        if len(_characters_by_id) >= 8:
            _characters_by_id.clear()
        # It keeps `known`, so that no other object has the same id.
        characters = _characters_by_id[id(known)] = _Characters(known)
    return characters


@functools.lru_cache(maxsize=10_000)
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
        known: the characters that the model's vocabulary has; it must not change.
        spans: whether there are other spans than those of what is not known.
    """

    def __init__(self, known: Container[str], spans: bool = True) -> None:
        self._characters = _characters(known)
        self._spans = spans
        self._begin()

    def _begin(self) -> None:
        self._word = ""  # what has been given of the word so far: letters, and marks within it
        self._left = " "  # the character before that
        self._held = ""
        self._gap = 0  # where the last word begins in what is held, if that is more than one word
        self._open = False  # whether the first of them is to be closed: `a b`
        self._groups = False  # whether a group of digits may follow the gap
        self._kind = ""  # of a span that is longer than may be held, while it goes on

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""
        out: list[Item] = []
        later: list[tuple[str, int]] = []  # what is to be read behind what is read again
        at = 0
        while at < len(text) or later:
            if at == len(text):
                text, at = later.pop()
            elif not self._held and (run := _RUN.match(text, at)) and self._give_run(run[0], out):
                at = run.end()
            else:
                char, at = text[at], at + 1
                again = self._hold(char, out) if self._held else self._give(char, out)
                if again:
                    later.append((text, at))
                    text, at = again, 0
        return out

    def finish(self) -> list[Item]:
        """End the line: return what was held. The next piece begins a new line."""
        out: list[Item] = []
        if self._kind and self._held:
            out.append(Item(self._kind, self._held))
            self._held = ""
        while self._held:
            rest = self._release(out)
            out += self.feed(rest)
        self._begin()
        return out

    def _give_run(self, run: str, out: list[Item]) -> bool:
        """Give characters of ordinary words, as `_give` would one by one, or none; return whether it did."""
        word = self._word
        if self._kind or word[-1:] == "." or len(word) + len(run) >= LONGEST:
            return False
        items = list(map(self._characters.__getitem__, run))
        if None in items:
            return False
        out += items  # type: ignore[arg-type]
        last = run[len(run.rstrip(ascii_lowercase)) :]
        if last == run:
            self._word = word + run
        else:
            self._word, self._left = last, run[-len(last) - 1]
        return True

    def _give(self, char: str, out: list[Item]) -> str:
        """Take a character while none is held."""
        item = self._characters[char]
        word = self._word
        if item is None or (self._kind and char != " ") or (self._spans and self._may_begin(char)):
            self._held = char
            return ""
        self._kind = ""
        joins = (word or char.isalpha()) and (char in _JOINERS or _is_letter(char))
        if joins and len(word) < LONGEST:
            self._word = word + char
        else:
            self._word, self._left = "", char
        out.append(item)
        return ""

    def _may_begin(self, char: str) -> bool:
        """Whether a character, with what follows it, may be a span or the rest of one."""
        word = self._word
        if not char.isalpha():
            if char in _AT_THE_START:
                return not word and self._left in _OPENING
            return char in _ALWAYS or char > "\u2190"
        if not word:
            return False
        if word[-1] == ".":
            return word[-2] != "."
        # Camel case. One capital in a word that begins with another is no more than a name: McDonald.
        if "A" <= char <= "Z" and "a" <= word[-1] <= "z":
            return "a" <= word[0] <= "z" or _HUMP.search(word) is not None
        return False

    def _hold(self, char: str, out: list[Item]) -> str:
        """Take a character while others are held; return what is to be read again."""
        held = self._held
        if self._kind:
            if char != " " and len(held) < LONGEST:
                self._held = held + char
                return ""
            out.append(Item(self._kind, held))
            self._held, self._word, self._left = "", "", held[-1]
            return char
        if char == " ":
            return self._hold_space(out)
        if self._gap:
            if len(held) >= LONGEST_OVER_SPACES or not self._goes_on_behind_the_gap(char):
                return self._release_before_the_gap(out) + char
        elif self._is_over(char):
            return self._release(out) + char
        self._held = held + char
        if len(self._held) >= LONGEST and not self._gap:
            return self._release(out, cut=True)
        if char in ">]" and self._spans and _CLOSED.fullmatch(self._held):
            return self._release(out)
        return ""

    def _hold_space(self, out: list[Item]) -> str:
        held = self._held
        start = self._goes_over_a_space() if self._spans and len(held) < LONGEST_OVER_SPACES else None
        if start is None:
            return self._release(out) + " "
        if start > 0:
            rest = self._release(out, start - 1)
            if len(rest) != len(held) - start + 1:
                return rest + " "
            self._give(" ", out)
            self._held = rest[1:]
        self._held += " "
        self._gap = len(self._held)
        return ""

    def _is_over(self, char: str) -> bool:
        """Whether what is held, one word, is no span or a whole one if `char` follows."""
        held = self._held
        if not self._spans:
            known = self._characters[char] is not None
            return known and not (_is_letter(char) and _is_letter(held[-1]))
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
        if held[0] == "[" and "a" <= held[1] <= "z" and "=" not in held:
            name = held[1:]
            return name + char not in _BEGINNINGS_IN_BRACKETS and not (
                name in _NAMES_IN_BRACKETS and char in "]="
            )
        if char.isalpha() and self._characters[char] is not None:
            signs = (self._characters[c] is None and not _is_letter(c) for c in reversed(held))
            return held[0] not in _ALWAYS and all(signs)
        return False

    def _goes_over_a_space(self) -> int | None:
        """Return where the word begins whose span may go on behind the space that follows, or None."""
        held = self._held
        if "`" in held or "{" in held or "<" in held:
            opened = _OPEN.search(_COMPLETE.sub(lambda match: "\0" * len(match[0]), held))
            if opened is not None:
                self._open = True
                return held.rfind(" ", 0, opened.start()) + 1
        self._open = False
        last, start = held[-1], held.rfind(" ") + 1
        if last in _CURRENCIES:
            self._groups = True
            return start if held[:-1].rstrip(" ")[-1:] not in _DIGITS or len(held) == 1 else None
        if last not in _DIGITS and last != ")":
            return None
        amount = _AMOUNT.search(held, max(0, len(held) - _LONGEST_AMOUNT))
        if amount is None or (amount.start() == 0 and self._word and held[0] not in _CURRENCIES):
            return None
        self._groups = _TAKES_GROUPS.fullmatch(held, amount.start()) is not None
        return amount.start() if self._groups or last != ")" else None

    def _goes_on_behind_the_gap(self, char: str) -> bool:
        """Whether a character may go on with a span that has a space in it."""
        if self._open:
            return True
        held, gap = self._held, self._gap
        word = held[gap:]
        if not word:
            if "0" <= char <= "9":
                return self._groups
            if held[gap - 2] not in _DIGITS:
                return False
            return char in _BEHIND_A_NUMBER or char in _BEGINNINGS_OF_CODES or (char == "(" and "+" in held)
        if word.isalpha():
            return word + char in _BEGINNINGS_OF_CODES or (word in _AFTER_AN_AMOUNT and not char.isalnum())
        return True

    def _release_before_the_gap(self, out: list[Item]) -> str:
        """Give the first word of what is held, without a look at the last one; return the rest."""
        end = self._gap - 1
        rest, self._held = self._held[end:], self._held[:end]
        return self._release(out) + rest

    def _release(self, out: list[Item], stop: int = 0, cut: bool = False) -> str:
        """Give what is held as items, up to the first space from `stop` on in no span; return the rest.

        Args:
            cut: whether the word goes on, so that a span at its end does too.
        """
        text, given = self._left + self._word + self._held, 1 + len(self._word)
        end, last = self._give_items(text, given, given + stop, out)
        self._held, self._gap = "", 0
        self._word = _last_word(text, max(last, 1), end)
        self._left = text[end - len(self._word) - 1]
        if cut and last == end and out[-1].symbol not in (NAME, SIGN):
            self._kind = out[-1].symbol
        return text[end:]

    def _give_items(self, text: str, given: int, stop: int, out: list[Item]) -> tuple[int, int]:
        """Append the items of `text` up to the first space from `stop` on in no span.

        Args:
            text: the character before a word, and the word with all that is held.
            given: how many characters of `text` are out already.

        Returns:
            Where it ended, and where the last span did.
        """
        strange = None in map(self._characters.__getitem__, text)
        at, done, last = 1, given, 0
        while at < len(text) and not (text[at] == " " and at >= stop):
            kind, end = self._match(text, at, given, last) if self._spans else ("", 0)
            if strange and end <= given:
                kind, end = self._match_strange(text, at, last)
            if end <= max(at, given):
                at += 1
                continue
            self._give_characters(text[done:at], out)
            if kind == SIGN and at == last and out and out[-1].symbol == SIGN:
                out[-1] = Item(SIGN, out[-1].text + text[at:end])
            else:
                out.append(Item(kind, text[at:end], max(given - at, 0)))
            at = done = last = end
        self._give_characters(text[done:at], out)
        return at, last

    def _give_characters(self, text: str, out: list[Item]) -> None:
        for char in text:
            item = self._characters[char]
            assert item is not None
            out.append(item)

    def _match(self, text: str, at: int, given: int, last: int) -> tuple[str, int]:
        """Return the kind and end of the longest span of the table that begins at a place, or an end of 0."""
        char = text[at]
        begins = at == last or not (text[at - 1] == "_" or text[at - 1].isalnum())
        first = "a" if char.isalpha() else char
        kind, end = "", 0
        if not begins and first == "a":
            return kind, end
        rows = _ROWS_BY_FIRST.get(first)
        if rows is None:
            if char <= "\xa8":
                return kind, end
            rows = _ROWS_BY_FIRST[_ANY_PICTURE]
        for row in rows:
            if begins if row.joins else at >= given:
                match = row.pattern.match(text, at)
                if match is not None and match.end() > end:
                    kind, end = row.kind, match.end()
        return kind, end

    def _match_strange(self, text: str, at: int, last: int) -> tuple[str, int]:
        """Return the kind and end of a word or signs that the vocabulary does not have, or an end of 0."""
        stop = at
        if _is_letter(text[at]):
            if at > 1 and at != last and _is_letter(text[at - 1]):
                return "", 0
            strange = False
            while stop < len(text) and _is_letter(text[stop]):
                strange = strange or self._characters[text[stop]] is None
                stop += 1
            return NAME, stop if strange else 0
        while stop < len(text) and self._characters[text[stop]] is None and not _is_letter(text[stop]):
            stop += 1
            if self._spans and stop < len(text) and text[stop] in _ROWS_BY_FIRST:
                break
        return SIGN, stop if stop > at else 0


def _last_word(text: str, start: int, end: int) -> str:
    """Return the letters and marks within words that `text[start:end]` ends with."""
    at = end
    while at > start and (_is_letter(text[at - 1]) or text[at - 1] in _JOINERS):
        at -= 1
    return text[at:end].lstrip("'’.-")
