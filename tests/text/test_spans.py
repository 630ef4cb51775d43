"""What is a span, and that reading online is the same as at once and takes nothing back."""

from __future__ import annotations

import itertools
import re
import string

import pytest

from seq2seq.text.span_table import SPAN_PATTERNS, SpanPattern
from seq2seq.text.spans import scan
from seq2seq.text.symbols import KIND_NAMES

KNOWN = frozenset(
    string.ascii_letters + string.digits + string.punctuation + " áéíóúñüÁÉÍÓÚÑÜ¿¡“”‘’«»…—–−€£°½ºª²×"
)
KINDS_BY_NAME = {name: kind for kind, name in KIND_NAMES.items()}


def shown(text: str, known: frozenset[str] = KNOWN, spans: bool = True) -> str:
    """Return a line with its spans as ⟦kind text⟧; a ~ is behind the letters that came before the span."""
    out: list[str] = []
    for symbol, text_, letters, _ in scan(text, known, spans):
        if symbol in KIND_NAMES:
            del out[len(out) - letters :]
            given_before = text_[:letters] + "~" if letters else ""
            out.append(f"⟦{KIND_NAMES[symbol]} {given_before}{text_[letters:]}⟧")
        else:
            out.append(text_)
    return "".join(out)


# The table: in each line, what is between ⟦ and ⟧ is a span of the kind. Without the marks it is the text.

RIGHT = {
    "one": """
        I have ⟦1⟧.
        (⟦1⟧), ⟦number 2⟧
        at ⟦1⟧ o'clock
        ⟦1⟧-a-side
        ⟦1⟧'s
    """,
    "year": """
        in ⟦1999⟧.
        in ⟦2019⟧ ⟦number 300⟧ people
        ⟦1000⟧ and ⟦2099⟧ but ⟦number 2100⟧ and ⟦number 999⟧
        pre-⟦2019⟧
        In ⟦1999⟧, ⟦number 200⟧ people
        Post-⟦2020⟧
    """,
    "number": """
        ⟦0⟧ and ⟦2⟧ and ⟦007⟧ and ⟦12345⟧
        ⟦3.14⟧, ⟦3,5⟧ and ⟦.5⟧.
        ⟦1,000,000⟧ and ⟦1.000.000⟧ and ⟦10 000⟧ and ⟦1 000 000⟧ k
        ⟦1.000,50⟧ and ⟦1,000.50⟧ and ⟦1'000⟧
        ⟦-5⟧ and ⟦+3⟧ and (⟦-2⟧) and ⟦−7⟧
        ⟦10-20⟧ and ⟦1990-2000⟧ and ⟦5–7⟧ and ⟦2016-17⟧
        ⟦1/2⟧ ⟦3/4⟧ ⟦½⟧ ⟦3½⟧ ⟦1 ½⟧
        ⟦3:1⟧ and ⟦2-1⟧ and ⟦24/7⟧ and ⟦13/13⟧ and ⟦25:30⟧
        the ⟦3⟧-year-old boy
        ⟦5⟧ miles and ⟦5⟧ p.m.
        ⟦2 + 2 = 4⟧ and ⟦12 x 3⟧ and (⟦5 - 3⟧). But ⟦5⟧ - no, ⟦6⟧; ⟦7⟧ xylophones, ⟦8⟧ ⟦sign +⟧ a
        ⟦10⟧^⟦6⟧ and ⟦10²⟧
        ⟦3⟧, ⟦4⟧ and ⟦5⟧.
        "⟦5⟧" and '⟦5⟧'
        ⟦18⟧+
        ⟦5⟧ Americans and ⟦5⟧ USDollars and ⟦5⟧ euros
        ⟦10⟧ ⟦20⟧ ⟦30⟧
        ⟦200⟧ or ⟦300⟧
        ⟦12⟧ a.m.
    """,
    "quantity": """
        ⟦5 km⟧, ⟦80 km/h⟧ and ⟦10 000 km⟧ but ⟦number 5⟧ kms
        ⟦500 g⟧ of it, ⟦5 l⟧, ⟦230 V⟧ and ⟦30 × 20 × 10 cm⟧ but ⟦number 5⟧ good ones
        ⟦512 MB⟧ ⟦600 m²⟧ ⟦90 m⟧, ⟦1,860 m⟧ and ⟦5 m/s⟧
        ⟦5%⟧, ⟦5 %⟧ and ⟦3.5%⟧.
        ⟦95 %⟧.
        ⟦20°C⟧ and ⟦20 °C⟧ and ⟦45°⟧ and ⟦-5 °F⟧
        ⟦5km⟧ and ⟦2.5kg⟧ and ⟦100km/h⟧ and ⟦5m²⟧
        ⟦16GB⟧ ⟦2.4GHz⟧ ⟦960px⟧ ⟦30min⟧ ⟦10s⟧ ⟦100ms⟧
        ⟦10-20%⟧
        ⟦100%⟧ sure
        ⟦5 ‰⟧
        ⟦100%%⟧
    """,
    "money": """
        ⟦$5⟧, then
        ⟦$1,200.50⟧ and ⟦$10 000⟧
        ⟦$5⟧ million
        ⟦€5.50⟧ ⟦£1.2bn⟧ ⟦$5M⟧ ⟦¥500⟧
        ⟦5€⟧ and ⟦5 €⟧ and ⟦10 000 €⟧ and ⟦5$⟧ and ⟦50¢⟧
        ⟦$ 12⟧ and ⟦€ 5⟧
        ⟦US~$5⟧ and ⟦US~$ 3⟧ and ⟦R~$5⟧
        ⟦12 USD⟧, ⟦5 EUR⟧.
        ⟦EUR~5⟧ ⟦EUR~ 950⟧, (⟦USD~ 1,200.50⟧) and ⟦EUR~ 10 000 000⟧ ⟦EUR~ 5⟧
        EUR ⟦code 9abc⟧ and ⟦MXN~ 7-9⟧
        ⟦-$5⟧ ⟦$5-10⟧
        ⟦$1⟧
        ⟦number 5⟧ ⟦$10⟧ bills
    """,
    "time": """
        at ⟦3:30⟧.
        ⟦15:45:10⟧, ⟦00:00⟧ and ⟦10:00:00.5⟧
        ⟦9:00-17:00⟧
        ⟦3am⟧ ⟦11pm⟧ ⟦3:30pm⟧ ⟦9-5pm⟧ ⟦7AM⟧
        ⟦3:30⟧ p.m.
    """,
    "one o'clock": """
        at ⟦1:15⟧, ⟦01:05⟧ or ⟦1:59:59⟧
        ⟦1pm⟧ ⟦1:30pm⟧
        ⟦1:00⟧ p.m., ⟦time 11:15⟧ and ⟦time 21:00⟧
    """,
    "date": """
        ⟦12/05/2020⟧ ⟦12/05/20⟧ ⟦5/6⟧ ⟦31/12⟧
        ⟦2020-05-12⟧ ⟦2020/05/12⟧
        ⟦12.5.2020⟧ ⟦5-6-2020⟧
        ⟦12/2020⟧
        ⟦2020-05-12T10:00:00Z⟧
        on ⟦10/22⟧.
    """,
    "address": """
        see ⟦http~://x.org/a⟧.
        (⟦http~://x.org/a⟧)
        ⟦https~://en.wikipedia.org/wiki/Foo_(bar)⟧ (see ⟦https~://x.org/a_(b)⟧).
        ⟦https~://a.b/?c=d&e=f#g⟧, ⟦ftp~://x⟧
        <⟦http://a.b/c⟧> and ⟦./⟧ or ⟦../⟧
        ⟦www.~foo.org/x⟧, ⟦example.~com⟧, ⟦foo.~co.uk/x?y=1⟧; ⟦Booking.~com⟧'s
        ⟦me~@here.org⟧ (⟦me~@here.org⟧) <⟦first.last@a-b.co.uk⟧>.
        ⟦me~@here⟧
        ⟦mailto~:me@x.org⟧
        ⟦192.168.0.1⟧ ⟦192.168.0.1:80⟧ ⟦10.0.0.0/8⟧
        ⟦::1⟧ ⟦fe~80::1⟧ ⟦2001:db8::8a2e:370:7334⟧ ⟦01:23:45:67:89:ab⟧
        ⟦localhost~:8080⟧, ⟦db~:5432⟧
        ⟦/etc/hosts⟧ ⟦~/x⟧ ⟦./x⟧ ⟦../x/y⟧ ⟦/usr/bin/env⟧.
        ⟦~/.bashrc⟧ ⟦$HOME/bin⟧ ⟦{dir}/a.txt⟧
        ⟦C~:\\x\\y⟧, ⟦\\\\server\\share⟧, ⟦HKEY~_LOCAL_MACHINE\\Software⟧
        ⟦src~/main.py⟧, ⟦foo~/bar/baz.txt⟧
        ⟦report.~pdf⟧ ⟦config.~yaml⟧ ⟦README.~md⟧ ⟦IMG~_1.JPG⟧ ⟦a.~tar.gz⟧ ⟦main.~c⟧ ⟦.gitignore⟧ ⟦*.py⟧
        ⟦@me⟧, ⟦@my_name⟧ ⟦@types/node⟧
        ⟦#tag⟧, ⟦#1⟧ ⟦#123456⟧
        "⟦/help⟧"
        [text](⟦http~://x.org⟧) and/⟦www.x.org⟧
    """,
    "code": """
        ⟦v~2.3.1⟧ ⟦1.2.3⟧ ⟦3.11.7-rc1⟧ ⟦v~2⟧ ⟦2.x⟧.
        ⟦AB~12⟧, ⟦B~2B⟧ ⟦MH~370⟧ ⟦A~4⟧ ⟦H~2O⟧ ⟦x~86⟧ ⟦3D⟧ ⟦4K⟧ ⟦mp~3⟧ ⟦CO~2⟧.
        ⟦i~Phone15⟧ ⟦i~Phone⟧, ⟦i~Pad⟧'s ⟦e~Bay⟧ ⟦mac~OS⟧
        ⟦COVID-~19⟧ ⟦F-~16⟧ ⟦R~2-D2⟧ ⟦UTF-~8⟧ ⟦ISO-~8859-1⟧ ⟦GPL-~2.0⟧ ⟦3-D⟧
        ⟦COVID-~19⟧-related ⟦A~4⟧-sized
        ⟦0x1F⟧ ⟦#ff00aa⟧ ⟦1.5x⟧ ⟦1e5⟧ ⟦7.62x39mm⟧ ⟦5×5⟧ ⟦U~+1F600⟧
        ⟦+34 91 123 45 67⟧, ⟦(555) 123-4567⟧, ⟦+1 (555) 123-4567⟧.
        ⟦555-1234⟧, ⟦555 123 4567⟧, ⟦1-800-555-0199⟧, ⟦91 123 45 67⟧, ⟦600 12 34 56⟧ or ⟦01 23 45 67 89⟧
        ⟦9780306406157⟧ ⟦978-0-306-40615-7⟧
        ⟦550e8400-e29b-41d4-a716-446655440000⟧
        Run ⟦`git commit -m "x"`⟧ or ⟦``a b``⟧ or ⟦:class:`str`⟧.
        ⟦foo~_bar⟧ ⟦__init__⟧ ⟦MAX~_VALUE⟧ ⟦x~86_64⟧ ⟦os.~path_x.y⟧
        ⟦--flag⟧ ⟦--a-b=3⟧, ⟦-v⟧.
        ⟦get~ElementById⟧ ⟦print~()⟧ ⟦foo.~bar()⟧ ⟦get~X()⟧ ⟦std~::string⟧ ⟦os.~path.join⟧
        ⟦Http~ServletRequest⟧ ⟦Http~Server⟧, ⟦Json~File⟧ and ⟦AbcDef~Ghi⟧
        ⟦ES~91 2100 0418 4502 0005 1332⟧, ⟦DE~89 3704 0044 0532 0130 00⟧.
        ⟦AB~12⟧ ⟦number 300 000⟧ and ⟦HD~60⟧ ⟦quantity 200 km⟧
        ⟦C~++⟧, ⟦C~#⟧ ⟦.NET⟧ ⟦g~++⟧
        ⟦text~/plain⟧ ⟦application~/json⟧
        ⟦\\section{Foo}⟧
        ⟦2+2=4⟧, ⟦x~=5⟧ ⟦PATH~=/usr/bin⟧; ⟦E~=mc²⟧ ⟦a~+b>=7⟧ ⟦class~="big"⟧ and ⟦mc~²⟧
        ⟦Alt~+F4⟧ or ⟦Ctrl~+C⟧, but Ctrl+Shift+T and Ctrl+C+D
        ⟦a~B3$kL9⟧! ⟦1234-BCD⟧ ⟦845 2210 9931⟧
    """,
    "placeholder": """
        ⟦{name}⟧, ⟦{0}⟧ ⟦{0:.2f}⟧ ⟦{}⟧ ⟦{ x }⟧
        ⟦{{ x }}⟧ ⟦{{x}}⟧ ⟦{% if x %}⟧ ⟦${x}⟧ ⟦%{x}⟧ ⟦#{x}⟧
        ⟦%s⟧, ⟦%d⟧ ⟦%1$s⟧ ⟦%(n)d⟧ ⟦%02d⟧ ⟦%-5.2f⟧ ⟦%@⟧ ⟦%ld⟧ ⟦%%⟧
        "⟦%s⟧"s and (⟦%d⟧)
        ⟦%1⟧ of ⟦%2⟧, ⟦%L1⟧ ⟦%n⟧
        ⟦$HOME⟧ ⟦$(cmd)⟧ ⟦%PATH%⟧
        One⟦\\n⟧Two⟦\\t⟧
        file⟦%d⟧ and ⟦%s⟧px
        ⟦number 100⟧ ⟦%s⟧
    """,
    "name": """
        ⟦Ye~şilgöz⟧ and ⟦Москва⟧, ⟦東京⟧.
        ⟦S~ão⟧ Paulo
        ⟦Ştefan⟧'s
        O'⟦Şea⟧
        ⟦Şea⟧-Jones
        ⟦q~\u0303x⟧
    """,
    "markup": """
        ⟦<b>⟧word⟦</b>⟧
        word⟦<br>⟧next⟦<br/>⟧ ⟦<br />⟧
        ⟦<a href="x y">⟧link⟦</a>⟧ ⟦<div class='a b'>⟧
        ⟦<input disabled value="x y">⟧
        ⟦<!-- a comment -->⟧ ⟦<?php echo ?>⟧ ⟦<color=#ff0000>⟧
        AT⟦&amp;⟧T ⟦&nbsp;⟧⟦&lt;⟧b⟦&gt;⟧ ⟦&#39;⟧ ⟦&#x27;⟧
        ⟦[b]⟧word⟦[/b]⟧ ⟦[color=red]⟧x⟦[/color]⟧ ⟦[center]⟧x⟦[/center]⟧
    """,
    "sign": """
        Hello⟦😀⟧ and ⟦😀⟧text
        ⟦😀😀⟧ ⟦👍🏽⟧! ⟦❤️⟧ ⟦👩\u200d👩\u200d👧⟧ ⟦🇪🇸🇫🇷⟧ ⟦1\ufe0f\u20e3⟧ ⟦🏳️\u200d🌈⟧
        ⟦→⟧ ⟦✓⟧ok ⟦★★★⟧ ⟦©⟧ ⟦→★😀⟧
        ⟦:-)⟧ ⟦:)⟧, ⟦:(⟧ ⟦;-)⟧ ⟦:D⟧ ⟦:P⟧ ⟦=)⟧ ⟦<3⟧ ⟦:'(⟧ ⟦^_^⟧
        H⟦₂⟧O
        x ⟦>⟧ ⟦number 5⟧, a ⟦=⟧ b ⟦->⟧ c ⟦==⟧ d ⟦+⟧ e
        ⟦§⟧ ⟦number 5⟧ Lego⟦®⟧ a ⟦×⟧ b
        ⟦\U000f0000⟧ and a⟦\U000f0007\U000f000c⟧
    """,
}
WRONG = """
    1st 2nd 3rd 4th 21st 100th
    in the 1990s, the 80s and the '90s, mid-1990s Mid-1990s
    21st-century
    tired.I want to end.The Next
    e.g. i.e. U.S. a.m. p.m. Ph.D. J.K. U.S.A. D.C.
    vitamin C. It
    and/or he/she km/h I/O on/off audio/video
    AT&T R&D Q&A A & B
    x<y, x <y and z> w, <- y
    well-known T-shirt e-mail X-ray self-made
    McDonald's YouTube JavaScript DeVito
    -I went; -a man- I knew. word--word -- word --Hello
    Hello: you. note:this "a": b
    `like this' and ``quoted words'' end
    rock `n roll
    don`t stop
    # Title ## ### $ % & * @ ~ _ ` / \\ { } ^ | [ ] ( ) -
    {a b} {a, b}
    [name] [connection-name] file(s) f(x)
    ... and ...so. Wait...what?
    __ ___ _word_ _two words_ *bold* **bold**
    ¿Qué? ¡Ah! «Sí» “no” — yes – no…
    a:b c; d
    C+ Sky+ GTK+
    toil,/port fore-/background //pet shop// his/ her
    USD and EUR and KB. In EUR. EUR
    What?! (Really.) [Yes]
"""


def lines(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


def unmarked(line: str) -> str:
    names = "|".join(KINDS_BY_NAME)
    return re.sub(rf"⟦(?:(?:{names}) )?(?:([^⟦⟧]*?[\w.-])~)?([^⟦⟧]*)⟧", r"\1\2", line)


@pytest.mark.parametrize(
    ("kind", "line"), [(kind, line) for kind, block in RIGHT.items() for line in lines(block)]
)
def test_what_is_a_span(kind: str, line: str) -> None:
    names = "|".join(KINDS_BY_NAME)
    expected = re.sub(rf"⟦(?!(?:{names}) )", f"⟦{kind} ", line)
    assert shown(unmarked(line)) == expected


@pytest.mark.parametrize("line", lines(WRONG))
def test_what_is_no_span(line: str) -> None:
    assert shown(line) == line


def test_there_are_many_examples() -> None:
    assert set(RIGHT) == set(KIND_NAMES.values())
    assert sum(block.count("⟦") for block in RIGHT.values()) > 300
    assert len(WRONG.split()) > 100


def used_rows() -> list[SpanPattern]:
    """Return the rows that are, at some place of an example, the first of those with the longest match."""
    used: list[SpanPattern] = []
    for line in itertools.chain.from_iterable(map(lines, RIGHT.values())):
        text = unmarked(line)
        for at in range(len(text)):
            ends = [
                (match.end(), -i)
                for i, row in enumerate(SPAN_PATTERNS)
                if (match := row.pattern.match(text, at))
            ]
            used += [SPAN_PATTERNS[-max(ends)[1]]] if ends else []
    return used


def test_every_row_of_the_table_has_an_example() -> None:
    used = used_rows()
    assert [row.pattern.pattern for row in SPAN_PATTERNS if row not in used] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yeşilgöz has 5% of Москва.", "⟦name Ye~şilgöz⟧ has 5% of ⟦name Москва⟧."),
        ("me@here.org 😀→ {x} <b>", "me@here.org ⟦sign 😀→⟧ {x} <b>"),
        ("\U000f0000 1", "⟦sign \U000f0000⟧ 1"),
        ("Ş.ş-Ş", "⟦name Ş⟧.⟦name ş⟧-⟦name Ş⟧"),
    ],
)
def test_without_spans_only_what_is_not_known_is_one(text: str, expected: str) -> None:
    assert shown(text, spans=False) == expected


def test_what_the_vocabulary_lacks_is_never_a_character() -> None:
    assert shown("a1b, c", frozenset("abc")) == "⟦code a~1b⟧⟦sign ,⟧ c"
    assert shown("the 1st", frozenset("thes")) == "the ⟦sign 1⟧st"
    assert shown("ab", frozenset()) == "⟦name ab⟧"
    assert shown("x \U000f0001", KNOWN | {"\U000f0001"}) == "x ⟦sign \U000f0001⟧"
