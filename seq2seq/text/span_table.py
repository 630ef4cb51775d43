"""The table of spans: which pieces of text must stay unchanged, one pattern with a comment for each.

A span is read as one symbol and copied to the translation; see `text.symbols`. To add a kind of text, add a
pattern to `SPAN_PATTERNS`; if it may begin or continue where the scanner does not yet wait for more text, see
`text.span_holding` too. Either changes what is prepared for training: raise `corpus.cache.FORMAT`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

from seq2seq.text.span_expressions import (
    ACRONYMS,
    AM_PM,
    ANY_CURRENCY_CODE,
    BRACES,
    BRACKETS,
    CALCULATION,
    CLOCK,
    CODE_PART,
    CURRENCIES,
    DATE_END,
    DAY,
    DECADE,
    DOMAIN,
    DOUBLE_BRACES,
    EQUATION,
    EXTENSION,
    FRACTIONS,
    HOST,
    HOUR,
    IBAN,
    IDENTIFIER,
    LETTERS_AND_DIGITS,
    MONTH,
    NUMBER_OR_RANGE,
    OPERATOR,
    ORDINAL,
    PATH_END,
    PATH_SEGMENT,
    PICTURE,
    PLAIN_NUMBER,
    SIGNED,
    SIGNS,
    TAG,
    TICKS,
    UNIT,
    UNIT_APART,
    URL_REST,
    WORD_END,
)
from seq2seq.text.symbols import (
    ADDRESS,
    CODE,
    DATE,
    MARKUP,
    MONEY,
    NUMBER,
    ONE,
    ONE_OCLOCK,
    PLACEHOLDER,
    QUANTITY,
    SIGN,
    TIME,
    YEAR,
)


@dataclass(frozen=True)
class SpanPattern:
    """One way in which a span may be written.

    Attributes:
        kind: the symbol of its kind.
        first: the characters that it may begin with: "a" for any letter, "0" for any digit, all others for
            themselves. Empty for any picture.
        expression: a regular expression that matches the span and looks at what follows it.
        joins: whether it is a word and so begins only where a word may begin. Others may follow a letter.
    """

    kind: str
    first: str
    expression: str
    joins: bool = True

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled when it is first needed: compiling all takes as long as a sentence."""
        return re.compile(self.expression)


def _pattern(kind: str, first: str, *patterns: str, joins: bool = True) -> SpanPattern:
    return SpanPattern(kind, first, "|".join(patterns), joins)


SPAN_PATTERNS: Final = (
    # Markup: tags, comments and entities. A "<" before anything but a name is a sign of comparison.
    _pattern(MARKUP, "<", TAG, joins=False),
    _pattern(MARKUP, "<", r"<!--.*?-->", r"<![A-Za-z\[][^<>]*>", r"<\?[^<>]*\?>", r"<%.*?%>", joins=False),
    _pattern(MARKUP, "[", BRACKETS, joins=False),
    _pattern(
        MARKUP,
        "&",
        r"&(?:[A-Za-z][a-z]{1,7}[0-9]{0,2}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});",
        joins=False,
    ),
    # Placeholders in braces: {name}, {0:.2f}, {{ x }}, {% if %}, ${x}, %{x}, #{x}.
    _pattern(PLACEHOLDER, "{$%#", BRACES, joins=False),
    _pattern(PLACEHOLDER, "{", DOUBLE_BRACES, joins=False),
    # Placeholders of printf and of Qt: %s, %-5.2f, %1$s, %(n)d, %%, %1, %L1; and %PATH%.
    _pattern(
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
    # A variable of a shell or a template. $5 is money; it stays unchanged either way.
    _pattern(PLACEHOLDER, "$", r"\$(?:[A-Za-z_]\w*|\([\w.-]+\))", joins=False),
    # A line break or tab as in a string of a program; before a small letter it is another command.
    _pattern(PLACEHOLDER, "\\", r"\\[nrt](?![a-z])", r"\\[\"'\\]", joins=False),
    _pattern(CODE, "\\", r"\\(?![nrt][A-Z])[A-Za-z]{2,}\*?(?:\{[^\s{}]*\})?", joins=False),
    # A number with a unit; most units count only if they are attached to the number.
    _pattern(
        QUANTITY,
        SIGNED,
        rf"(?!{DECADE}){NUMBER_OR_RANGE}(?:[%‰]%?| [%‰]{WORD_END}| ?°[CFK]?{WORD_END}|°|(?:{UNIT}){WORD_END}"
        rf"| (?:{UNIT_APART})(?:/[hs])?{WORD_END})",
    ),
    # Money: a currency sign or code before or after the number.
    _pattern(
        MONEY,
        "a-+−" + CURRENCIES,
        rf"(?:(?<![\w).,%\]-])[-+−])?(?:[A-Z]{{1,3}})?[{CURRENCIES}] ?{NUMBER_OR_RANGE}"
        rf"(?:[kKMB]|bn|mn|m)?{WORD_END}",
        rf"(?:{ANY_CURRENCY_CODE}) ?{NUMBER_OR_RANGE}{WORD_END}",
    ),
    _pattern(
        MONEY,
        SIGNED,
        rf"{NUMBER_OR_RANGE}(?:(?:[kKM]| )?[{CURRENCIES}]{WORD_END}| ?(?:{ANY_CURRENCY_CODE}){WORD_END})",
    ),
    # Times from 1:00 to 1:59: in Spanish the hour is in the singular.
    _pattern(
        ONE_OCLOCK,
        "0",
        rf"(?=0?1:){CLOCK}(?:{AM_PM})?{WORD_END}",
        rf"(?=0?1(?![0-9])){HOUR}{AM_PM}{WORD_END}",
    ),
    # Times of day: 3:30, 15:45:10, 9:00-17:00, 3pm.
    _pattern(
        TIME,
        "0",
        rf"{CLOCK}(?:{AM_PM})?(?:[-–]{CLOCK}(?:{AM_PM})?)?{WORD_END}",
        rf"{HOUR}(?:[-–]{HOUR})?{AM_PM}{WORD_END}",
    ),
    # Fractions; other numbers of this form are dates.
    _pattern(NUMBER, "0", r"(?:1/(?:[2-9]|10|12|16|32|64|100)|2/[35]|3/[458]|4/5|[57]/8|24/7)(?![\w/])"),
    # Dates: the year last; without a year the day and month in either order; the year first.
    _pattern(
        DATE,
        "0",
        rf"(?:{DAY}(?P<a>[/.-]){MONTH}(?P=a)|{MONTH}(?P<b>[/.-]){DAY}(?P=b))[12][0-9]{{3}}{DATE_END}",
        rf"(?:{DAY}/{MONTH}|{MONTH}/{DAY})(?:/[0-9]{{2}})?{DATE_END}",
        rf"{MONTH}/(?:19|20)[0-9]{{2}}{DATE_END}",
    ),
    _pattern(
        DATE,
        "0",
        rf"[12][0-9]{{3}}([-/.]){MONTH}\1{DAY}(?:T{CLOCK}(?:Z|[+-][0-2][0-9]:?[0-5][0-9])?)?{DATE_END}",
    ),
    # Addresses: URLs, e-mail addresses, domains.
    _pattern(ADDRESS, "a", rf"[A-Za-z][A-Za-z0-9+.-]{{0,30}}://{URL_REST}(?<!://)"),
    _pattern(
        ADDRESS, "a", rf"(?:mailto|tel|urn|javascript):[\w+%]{URL_REST}", rf"data:[\w/+.-]*[;,]{URL_REST}"
    ),
    _pattern(ADDRESS, "a", rf"[wW]{{3}}\.[\w-]{URL_REST}"),
    _pattern(ADDRESS, "a0_", rf"[\w.%+-]{{1,64}}@[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{0,8}}{WORD_END}"),
    _pattern(
        ADDRESS,
        "a0",
        rf"{HOST}(?:{DOMAIN})(?![\w-])(?::[0-9]{{2,5}}{WORD_END})?(?:[/?#]{URL_REST})?",
        rf"{HOST}[a-z]{{2,10}}(?::[0-9]{{2,5}})?/{URL_REST}",
        rf"(?:localhost|{HOST}[a-z]{{2,10}}):[0-9]{{2,5}}{WORD_END}(?:[/?#]{URL_REST})?",
        rf"[a-z][a-z0-9-]{{0,62}}:[0-9]{{4,5}}{WORD_END}(?:[/?#]{URL_REST})?",
    ),
    # Addresses of machines: IPv4, IPv6, MAC.
    _pattern(
        ADDRESS,
        "0",
        rf"[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?:/[0-9]{{1,2}}|:[0-9]{{1,5}})?{WORD_END}(?:/{URL_REST})?",
    ),
    _pattern(
        ADDRESS,
        "a0:",
        r"(?=[0-9A-Fa-f:]{0,40}[0-9])(?=[0-9A-Fa-f:]{0,40}::|(?:[0-9A-Fa-f]{1,4}:){7})"
        r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/[0-9]{1,3})?(?![\w:])",
        r"[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?!\w)",
    ),
    # Handles and tags: @name, @scope/name, #name; a colour is a code.
    _pattern(
        CODE,
        "#",
        rf"#(?=[A-Fa-f]*[0-9])(?=[0-9]*[A-Fa-f])(?:[0-9A-Fa-f]{{3}}){{1,2}}(?:[0-9A-Fa-f]{{2}})?{WORD_END}",
    ),
    _pattern(ADDRESS, "@", r"@\w[\w.-]{0,100}(?:/[\w.-]{1,100})*(?<![.-])"),
    _pattern(ADDRESS, "#", r"#\w(?:[\w-]{0,100}\w)?"),
    # Paths from the root, the home folder or the current one; paths of Windows.
    _pattern(ADDRESS, "/~.", rf"(?<![\w)\]}}>%.:,;/-])(?:~|\.\.?)?(?:/{PATH_SEGMENT}){{1,60}}(?<![.])/?"),
    _pattern(ADDRESS, "~.", rf"(?:~|\.\.?)/{WORD_END}"),
    _pattern(ADDRESS, "$%{", rf"(?:\$\w+|\$?\{{[^\s{{}}]*\}}|%\w+%)(?:[/\\]{PATH_SEGMENT}){{1,60}}(?<![.])"),
    _pattern(ADDRESS, "a", rf"[A-Za-z]:[\\/](?![/ ]){PATH_END}", r"[A-Z]\w+(?:\\[A-Z%][\w.%-]*)+(?<!\.)"),
    _pattern(ADDRESS, "\\", rf"\\\\\w{PATH_END}"),
    # Files with a known extension, with or without a folder; hidden files.
    _pattern(
        ADDRESS, "a0_.", rf"(?:{PATH_SEGMENT}/){{1,60}}[\w.@+-]{{0,200}}\.(?:{EXTENSION}|[ch])(?![\w-])"
    ),
    _pattern(
        ADDRESS,
        "a0_",
        rf"\w[\w+-]{{0,200}}(?:\.[\w+-]{{1,200}}){{0,8}}\.(?:{EXTENSION})(?![\w-]|\.\w)",
        rf"[a-z0-9_-]{{2,200}}\.[ch]{WORD_END}",
    ),
    _pattern(ADDRESS, ".", rf"\.(?:{EXTENSION}|[a-z][\w-]*(?:ignore|rc|env|attributes|config)){WORD_END}"),
    _pattern(ADDRESS, "*", r"\*(?:\.\w+)+"),
    # Code between back-quotes, with its role (:class:`x`); flags; calls; names in programs.
    _pattern(CODE, "`:", rf"(?::[\w:+.-]{{1,40}}:)?{TICKS}_{{0,2}}"),
    _pattern(CODE, "-", r"(?<!\w)--[a-z][\w-]*(?:=[^\s,;)\"]*[\w/])?", r"(?<!\w)-[b-z](?![\w'’-])"),
    _pattern(
        CODE,
        "a_",
        rf"{IDENTIFIER}(?:(?:\.|::|->){IDENTIFIER}){{0,10}}\(\)",
        rf"{IDENTIFIER}(?:::~?{IDENTIFIER}){{1,10}}{WORD_END}",
        rf"[a-z_]{{2,}}(?:\.[a-z_]\w+){{2,10}}{WORD_END}",
    ),
    _pattern(
        CODE,
        "a_",
        rf"(?:{IDENTIFIER}\.){{0,10}}(?:_{{0,2}}[A-Za-z0-9]+(?:_+[A-Za-z0-9]+)+_{{0,2}}|__[A-Za-z0-9]+__)"
        rf"(?:\.{IDENTIFIER}){{0,10}}{WORD_END}",
    ),
    # In camel case: getName, iPhone, HttpServletRequest, JsonFile; but McDonald and YouTube are words.
    _pattern(
        CODE,
        "a_",
        rf"_{{0,2}}[a-z]+[A-Z][A-Za-z0-9]*{WORD_END}",
        rf"(?:[A-Z][a-z0-9]+){{2,}}[A-Z][A-Za-z0-9]*{WORD_END}",
        rf"(?:{'|'.join(sorted(ACRONYMS))})[A-Z][A-Za-z0-9]*{WORD_END}",
    ),
    # Types of media: text/plain, application/json; but audio/video is an ordinary "or".
    _pattern(
        CODE,
        "a",
        rf"(?:application|multipart)/[a-z][a-z0-9.+-]*{WORD_END}",
        rf"(?:text|image|audio|video)/(?:plain|{EXTENSION}|javascript|mpeg){WORD_END}",
    ),
    _pattern(
        CODE,
        "a.",
        r"[A-Za-z]+\+\+(?![\w+])",
        rf"[CFJ]#{WORD_END}",
        rf"(?:ASP)?\.NET{WORD_END}",
        rf"U\+[0-9][0-9A-Fa-f]{{3,5}}{WORD_END}",
    ),
    # Calculations, equations and operators; a password of letters, digits and signs.
    _pattern(QUANTITY, "0", rf"{CALCULATION} ?(?:{UNIT}){WORD_END}"),
    _pattern(NUMBER, "0", CALCULATION + WORD_END),
    _pattern(CODE, "a0_", EQUATION),
    _pattern(SIGN, "=<>+-", rf"(?<!\S){OPERATOR}(?!\S)", joins=False),
    _pattern(SIGN, SIGNS, f"[{SIGNS}]", joins=False),
    _pattern(CODE, "a0", rf"{LETTERS_AND_DIGITS}(?:[$#@%&*^~+=!]+[^\W_]+)+{WORD_END}"),
    # Two keys at once; with Shift the name of a key is translated, so it is read as text.
    _pattern(CODE, "a", rf"(?:Ctrl|Alt|Cmd|Super|Win)\+(?:F[0-9]{{1,2}}|[A-Z0-9]){WORD_END}(?![+])"),
    # Telephone numbers.
    _pattern(CODE, "+", rf"\+[0-9]{{1,3}}(?:[ .-]?\(?[0-9]{{1,4}}\)?){{1,5}}[0-9]{WORD_END}"),
    _pattern(CODE, "(", rf"\(\+?[0-9]{{1,5}}\)[ -]?[0-9]{{2,4}}(?:[ -][0-9]{{2,4}}){{1,4}}{WORD_END}"),
    _pattern(
        CODE,
        "0",
        rf"(?:1 )?[0-9]{{3}}[ .-][0-9]{{3}}[ .-][0-9]{{4}}{WORD_END}",
        rf"(?:[0-9]{{2}} [0-9]{{3}} [0-9]{{2}}|[0-9]{{3}}(?: [0-9]{{2}}){{2}}) [0-9]{{2}}{WORD_END}",
        rf"00[0-9]{{2}}(?: [0-9]{{2,6}}){{2,4}}{WORD_END}",
        rf"0[0-9]{{1,3}}(?: [0-9]{{3,4}}){{2}}{WORD_END}",
        rf"[0-9]{{4}}(?: [0-9]{{4}}){{2,4}}{WORD_END}",
        rf"[0-9]{{2}}(?: [0-9]{{2}}){{3,4}}{WORD_END}",
        rf"[0-9]{{3,4}}(?: [0-9]{{3,4}}){{2,4}}{WORD_END}",
        r"[2-9][0-9]{2}-[0-9]{4}(?![\w-])",
    ),
    # Bank accounts in groups of digits.
    _pattern(CODE, "a", rf"{IBAN}{WORD_END}"),
    # Numbers that are names: long ones, those with several hyphens, hexadecimal ones, measures.
    _pattern(
        CODE,
        "0",
        rf"[0-9]+(?:-[0-9]+){{2,}}{WORD_END}",
        rf"[0-9]{{9,}}{WORD_END}",
        rf"0[xX][0-9A-Fa-f]+{WORD_END}",
        rf"{PLAIN_NUMBER}(?:[x×]{PLAIN_NUMBER})+(?:{UNIT})?{WORD_END}",
    ),
    _pattern(CODE, "a0", rf"[0-9A-Fa-f]{{8}}(?:-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}{WORD_END}"),
    _pattern(NUMBER, "0", rf"[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?:,[0-9]+)?{WORD_END}"),
    # Versions.
    _pattern(
        CODE,
        "a0",
        rf"[0-9]+(?:\.[0-9]+)*\.[x*]{WORD_END}",
        rf"[vV]?[0-9]+(?:\.[0-9]+){{2,20}}(?:(?:[-+.]?(?:rc|alpha|beta|dev|post|a|b)|-[0-9])[\w.+-]*(?<![.+-]))?{WORD_END}",
        rf"[vV][0-9]+(?:\.[0-9]+)*{WORD_END}",
        rf"[0-9]+\.[0-9]+-?(?:rc|alpha|beta|a|b)[0-9]*{WORD_END}",
    ),
    # A number with a fraction or a power as one character.
    _pattern(NUMBER, "0", rf"[0-9]+ ?[{FRACTIONS}]{WORD_END}", rf"[0-9]+[²³]{WORD_END}"),
    _pattern(CODE, "a", rf"[A-Za-z]{{1,4}}[²³]{WORD_END}"),
    # Codes of letters and digits. A hyphen joins the two if one of the letters is a capital: COVID-19, but
    # not pre-2019.
    _pattern(CODE, "a0", rf"(?!{ORDINAL})(?:[0-9]+[.,])*{LETTERS_AND_DIGITS}{CODE_PART}*(?![^\W_])"),
    _pattern(
        CODE,
        "a",
        r"(?!(?:Pre|Post|Mid|Early|Late|Under|Over|Top|Non|Anti|Since|From|Until|Inter)-)"
        rf"(?=[^\W\d_]*[A-Z])[^\W\d_]+(?:-[A-Z]+)*-(?!{ORDINAL})(?=[^\W_]*[0-9])[^\W_]+{CODE_PART}*{WORD_END}",
    ),
    _pattern(CODE, "0", r"[0-9]{1,4}-[A-Z]{1,3}[0-9]*(?![\w-])"),
    # Plain numbers. The noun after 1 is singular; years are a kind of their own; all others are one kind.
    _pattern(ONE, "1", r"1(?!\w|[.,:/-][0-9])"),
    _pattern(YEAR, "0", r"(?:1[0-9]{3}|20[0-9]{2})(?!\w|[.,:/-][0-9])"),
    _pattern(NUMBER, SIGNED, rf"{NUMBER_OR_RANGE}{WORD_END}"),
    _pattern(NUMBER, "0", rf"[0-9]+(?:[,:/][0-9]+)+{WORD_END}", rf"[0-9]+(?:[-–][0-9]+)?{WORD_END}"),
    # Emoji, with their joiners, skin colours and selectors; a run of them is one span.
    _pattern(SIGN, "", rf"{PICTURE}+", joins=False),
    _pattern(SIGN, "0#*", "(?:[0-9#*]\ufe0f?\u20e3)+", joins=False),
    # Emoticons with a space before them.
    _pattern(
        SIGN,
        ":;=<^-¯",
        r"(?<!\S)[:;=]['’]?-?[()DPpOo|*\]\[/\\3](?!\w)",
        r"(?<!\S)(?:[:;]-?\)+|:\(+|</?3+(?!\w)|\^[_.-]?\^|-_-|¯\\_\(ツ\)_/¯)",
        joins=False,
    ),
)
"""All spans. The longest match wins; of two that are equally long, the one that comes first here."""


def _by_first() -> dict[str, list[SpanPattern]]:
    table: dict[str, list[SpanPattern]] = {}
    for row in SPAN_PATTERNS:
        for first in row.first or ANY_PICTURE:
            table.setdefault(first, []).append(row)
    for digit in "0123456789":
        # The pattern of ONE begins with the digit 1 alone.
        table[digit] = [row for row in SPAN_PATTERNS if "0" in row.first or digit in row.first]
    return table


ANY_PICTURE: Final = " "
"""The key of the patterns that begin with a picture."""
PATTERNS_BY_FIRST: Final = _by_first()
"""The patterns that may begin with a character; "a" stands for any letter."""
