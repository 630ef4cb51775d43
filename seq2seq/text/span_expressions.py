"""Parts of the expressions in the table of spans: numbers, units, times, addresses, tags."""

from __future__ import annotations

import re
from typing import Final

WORD_END = r"(?!\w)"
FRACTIONS = "½¼¾⅓⅔⅛⅜⅝⅞"
DIGITS = "0123456789" + FRACTIONS
SIGNED = "0-+−±." + FRACTIONS
"""What a number may begin with, as `SpanPattern.first` writes it: 0 stands for every digit."""
PLAIN_NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{2,3})+(?:\.[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"
    rf"|[0-9]+(?:[.,][0-9]+)?|[0-9]*[{FRACTIONS}]|\.[0-9]+)"
)
GROUPED = r"[0-9]{1,3}(?:[ ’'][0-9]{3})+(?:[.,][0-9]+)?(?![0-9])"
SIGNED_NUMBER = rf"(?:(?<![\w).,%\]-])[-+−±])?(?:{GROUPED}|{PLAIN_NUMBER})"
NUMBER_OR_RANGE = rf"{SIGNED_NUMBER}(?:[-–]{PLAIN_NUMBER})?"
# Ordinals and decades are translated, so their digits are characters.
DECADE = r"(?:(?:1[0-9]|20)[0-9]|[2-9])0['’]?s(?!\w)"
ORDINAL = rf"(?:[0-9]*(?:1st|2nd|3rd|[0-9]th|[0-9][ºª])(?![^\W_])|{DECADE})"
UNITS = """
    km/h m/s km² m² cm² km³ m³ cm³ km cm mm nm µm μm m mph ft in yd mi ha kg mg µg μg g t lb lbs oz
    cl dl ml mL L l gal kB KB MB GB TB PB KiB MiB GiB TiB kb Mb Gb kbps Mbps Gbps px pt em rem dpi fps
    kHz MHz GHz Hz mW kW MW GW W kWh Wh mV kV V mA mAh kcal cal kJ J kPa hPa Pa bar psi dB
    min h s ms µs μs ns
"""
# Those of them that may follow a space: no other word is written so.
_APART = """
    m km km² km³ m² m³ cm cm² cm³ mm µm μm nm g kg mg µg μg l ml mL cl dl kB KB MB GB TB Mbps Gbps
    Hz kHz MHz GHz W kW kWh V mV kV mA mAh kcal kJ kPa hPa mph
"""
UNITS_APART: Final = frozenset(_APART.split())
UNIT_APART = "|".join(map(re.escape, sorted(_APART.split(), key=len, reverse=True)))
UNIT = "|".join(map(re.escape, sorted(UNITS.split(), key=len, reverse=True)))
CURRENCIES = "$€£¥₹₩₽₺₫₱฿₴₪¢"
CURRENCY_CODES: Final = frozenset(
    re.findall(
        "[A-Z]+",
        "USD EUR GBP JPY CHF CAD AUD NZD MXN ARS COP CLP PEN UYU BRL CNY INR KRW SEK NOK DKK PLN RUB",
    )
)
ANY_CURRENCY_CODE = "|".join(sorted(CURRENCY_CODES))
ACRONYMS: Final = frozenset(
    re.findall(
        "[A-Z][a-z]+",
        "Api Cpu Css Ftp Gpu Gui Html Http Https Io Json Jwt Sql Ssh Ssl Tcp Tls Udp Uri Url Xml",
    )
)
"""Words that begin code and no name if a second capital follows: HttpServer."""
IBAN = r"[A-Z]{2}[0-9]{2}(?: [0-9]{4}){3,7}(?: [0-9]{1,3})?"
HOUR = r"(?:[01]?[0-9]|2[0-4])"
CLOCK = rf"{HOUR}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
AM_PM = r"(?:[ap]\.m\.|[ap]m|AM|PM)"
DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
MONTH = r"(?:0?[1-9]|1[0-2])"
DATE_END = r"(?![\w/]|-[0-9])"
# Without domains that are words ("it", "me", "site"): a space may be missing after a full stop.
DOMAINS = """
    com org net edu gov mil int info biz io dev app ai co uk de fr es eu mx ar cl pe br pt nl ch se pl ru jp
    cn au ca nz ie tv xyz localhost
"""
DOMAIN = "|".join(DOMAINS.split())
EXTENSIONS = """
    txt md rst pdf doc docx odt rtf tex csv tsv xls xlsx ods ppt pptx odp epub mobi po pot mo srt vtt ics vcf
    json jsonl yaml yml toml ini cfg conf config properties desktop service socket lock log bak tmp patch diff
    xml html htm xhtml css scss less js mjs cjs ts jsx tsx vue svg png jpg jpeg gif bmp webp ico tif tiff
    psd eps mp3 mp4 m4a m4v wav ogg oga ogv flac aac avi mkv mov webm wmv ttf otf woff woff2 qml ui eml
    zip tar gz tgz bz2 xz 7z rar jar war deb rpm apk dmg iso exe msi dll dylib bin dat db sqlite sql
    py pyc pyi ipynb java kt scala cpp hpp cc hh cs vb php rb pl pm lua sh bash zsh bat ps1 cmd swift rs go
    asm mk cmake gradle pem crt cer pub gpg asc pt pth onnx npz npy safetensors parquet
"""
EXTENSION = "|".join(
    sorted({form for e in EXTENSIONS.split() for form in (e, e.upper())}, key=len, reverse=True)
)
# The rest of a URL: brackets only in pairs, and no mark at its end that belongs to the sentence.
URL_REST = r"(?:[^\s()<>\"“”«»`]|\([^\s()<>\"]*\))*(?<![.,;:!?'’…*])"
HOST = r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,8}"
PATH_SEGMENT = r"[\w.@%+~{}$-]{1,255}"
PATH_END = r"[^\s\"<>|*?]*(?<![.,;:!'’)])"
IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
LETTERS_AND_DIGITS = r"(?=[^\W_]*[0-9])(?=[0-9]*[^\W\d_])[^\W_]+"
# A further part of a code: one with a digit, or one of capitals alone.
CODE_PART = r"(?:[-.](?=[^\W_]*[0-9])[^\W_]+|-[A-Z]+(?![^\W_]))"
# What is assigned or equal, without spaces: PATH=/usr/bin, E=mc², a+b>=7.
EQUATION = (
    r"\w[\w.]*(?:[+*/^×÷-]\w[\w.]*)*(?:[=<>]?=+|>(?=[0-9]))"
    r"(?:\"[^\"\s]*\"|'[^'\s]*'|[^\s,;\"'<>]*[\w/)%])"
)
OPERATOR = r"(?:[=<>]=|[-=]>|[=<>+])"
BETWEEN_NUMBERS: Final = "x×*+/÷=<>−-"
"""The operators of a calculation with spaces: 2 + 2 = 4."""
CALCULATION = rf"{PLAIN_NUMBER}(?: [{BETWEEN_NUMBERS}] {PLAIN_NUMBER})+"
SIGNS: Final = "§©®×÷"
"""Signs that no language translates, and that are too rare to be learnt."""
VALUE_OF_ATTRIBUTE = r"(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+)"
TAG = rf"</?[A-Za-z][\w:.-]*(?:=[^\s<>]+)?(?:\s+[\w:@.-]+(?:\s?=\s?{VALUE_OF_ATTRIBUTE})?)*\s*/?>"
NAMES_IN_BRACKETS: Final = frozenset(
    ["b", "i", "u", "s", "url", "img", "color", "size", "font", "quote", "code", "list", "center"]
)
"""The tags of BBCode: [b]."""
BRACKETS = rf"\[(?:/[A-Za-z]+|(?:{'|'.join(sorted(NAMES_IN_BRACKETS))})(?:=[^\s\[\]]*)?)\]"
BRACES = r"[$%#]?\{(?:[^\s{}]*| [\w.]+ )\}"
TICKS = r"(?:``[^`]+``|`[^`\s]+`|`[^`\s][^`]*[^`\s]`(?!\w))"
DOUBLE_BRACES = r"\{\{\{?[^{}]*\}?\}\}|\{%[^{}]*%\}"
PICTURE = (
    "(?:"
    "[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|(?:[\U0001f000-\U0001faff]\ufe0f?|[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u3299]\ufe0f)"
    "(?:[\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f]|\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?)*"
    ")"
)
