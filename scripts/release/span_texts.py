"""Random texts of spans, a function for each sort: what people write that must come out as it went in.

Every function takes a random generator and returns the text alone. `SORTS` tells for each sort the kind of
symbol that such a text is read as. No text holds a space unless people write it so ("12 €", "{{ user }}").
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from datetime import date, timedelta
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

WORDS: Final = [
    "report",
    "invoice",
    "photo",
    "main",
    "index",
    "setup",
    "notes",
    "data",
    "backup",
    "summary",
    "draft",
    "budget",
    "letter",
    "plan",
    "list",
    "menu",
    "map",
    "final",
    "test",
    "config",
    "user",
    "login",
    "settings",
    "help",
    "readme",
    "results",
    "table",
    "contract",
    "ticket",
    "order",
    "song",
    "video",
    "holiday",
    "recipe",
    "house",
    "garden",
    "sales",
    "family",
    "trip",
    "school",
    "music",
    "project",
    "team",
    "lesson",
    "update",
    "image",
    "cover",
    "informe",
    "factura",
    "foto",
    "resumen",
    "carta",
    "lista",
    "receta",
    "casa",
    "curso",
    "viaje",
]
LOGINS: Final = [
    "maria",
    "tom",
    "anna",
    "luis",
    "carlos",
    "john.smith",
    "mary.jones",
    "info",
    "support",
    "sales",
    "contact",
    "hello",
    "help",
    "office",
    "admin",
    "jane_doe",
    "bob",
    "ana.garcia",
    "pedro",
    "jlopez",
    "k.tanaka",
    "noreply",
    "press",
    "jobs",
    "team",
    "lucia",
    "marta.ruiz",
    "x2",
    "dev",
    "ola",
    "nguyen",
]
DOMAINS: Final = [
    "example.org",
    "example.com",
    "example.net",
    "test.org",
    "mysite.com",
    "shop.example.com",
    "mail.net",
    "acme.io",
    "city.gov",
    "school.edu",
    "news.co.uk",
    "tienda.es",
    "correo.mx",
    "blog.dev",
    "company.com",
    "library.org",
    "bbc.co.uk",
    "wikipedia.org",
    "github.com",
    "museo.es",
    "hotel-sol.com",
    "my-bank.com",
]
TOP: Final = ["com", "org", "net", "es", "mx", "io", "dev", "edu", "co.uk", "info", "de", "fr"]
ENDINGS: Final = [
    "pdf",
    "txt",
    "jpg",
    "png",
    "docx",
    "xlsx",
    "csv",
    "zip",
    "mp3",
    "mp4",
    "py",
    "html",
    "json",
    "xml",
    "yaml",
    "md",
    "log",
    "gif",
    "tar.gz",
    "sh",
    "js",
    "exe",
    "iso",
    "odt",
    "bak",
]
FOLDERS: Final = [
    "etc",
    "home",
    "usr",
    "var",
    "tmp",
    "opt",
    "docs",
    "Documents",
    "Desktop",
    "Downloads",
    "src",
    "images",
    "backup",
    "music",
    "Users",
    "Temp",
    "data",
    "lib",
]
NAMES: Final = [
    "Yeşilgöz",
    "Dvořák",
    "Łukasz",
    "Škoda",
    "Čapek",
    "Gdańsk",
    "Łódź",
    "Kraków",
    "Wrocław",
    "Poznań",
    "Wałęsa",
    "Şükrü",
    "Erdoğan",
    "İzmir",
    "Beşiktaş",
    "Kovačić",
    "Đoković",
    "Modrić",
    "Šarūnas",
    "Žižek",
    "Brăila",
    "Timișoara",
    "Iași",
    "Bănescu",
    "Győr",
    "Erdős",
    "Szőke",
    "Hőgyész",
    "Ōsaka",
    "Kyūshū",
    "Tōkyō",
    "Hokkaidō",
    "Ngũgĩ",
    "Nguyễn",
    "Đà_Nẵng",
    "Huế",
    "Trần",
    "Phạm",
    "Ħamrun",
    "Ċensu",
    "Rūta",
    "Kęstutis",
    "Jānis",
    "Bērziņš",
    "Liepāja",
    "Tīna",
    "Ģirts",
    "Tarptą",
    "Ålgård_Šuk",
    "Jiří",
    "Věra",
    "Lenka_Nováková",
    "Bedřich",
    "Antonín_Dvořák",
    "Zdeněk",
    "Ostrava_Čtyři",
    "Wisława",
    "Małgorzata",
    "Paweł",
    "Stanisław_Lem_Łem",
    "Władysław",
    "Agnieszka_Kościuszko",
    "Özgür_Şahin",
    "Ayşe",
    "Gülşen",
    "Çağlar",
    "Москва",
    "Анна",
    "Иван",
    "Пётр",
    "Наташа",
    "Сергей",
    "Ольга",
    "Киев",
    "Минск",
    "София",
    "Чехов",
    "Пушкин",
    "Толстой",
    "Юлия",
    "Дмитрий",
    "Новосибирск",
    "Αθήνα",
    "Γιάννης",
    "Ελένη",
    "Θεσσαλονίκη",
    "Σωκράτης",
    "Νίκος",
    "Πάτρα",
    "Κρήτη",
    "東京",
    "大阪",
    "京都",
    "北京",
    "上海",
    "香港",
    "山田",
    "田中",
    "佐藤",
    "鈴木",
    "王伟",
    "李娜",
    "深圳",
    "台北",
    "名古屋",
    "さくら",
    "はなこ",
    "たろう",
    "トヨタ",
    "ソニー",
    "서울",
    "부산",
    "김민수",
    "이지은",
    "박지성",
    "محمد",
    "فاطمة",
    "القاهرة",
    "بيروت",
    "علي",
    "ليلى",
    "דוד",
    "שרה",
    "תל_אביב",
    "ירושלים",
    "दिल्ली",
    "मुंबई",
    "राम",
    "सीता",
    "กรุงเทพ",
    "สมชาย",
    "Երևան",
    "Արամ",
    "თბილისი",
    "ნინო",
]
CODES: Final = [
    "B2B",
    "B2C",
    "MH370",
    "F-16",
    "COVID-19",
    "H2O",
    "CO2",
    "R2-D2",
    "C3PO",
    "MP3",
    "MP4",
    "A4",
    "4K",
    "5G",
    "3D",
    "2D",
    "PS5",
    "USB-C",
    "UTF-8",
    "ISO-8859-1",
    "WD-40",
    "B12",
    "G20",
    "E5",
    "A320",
    "BMW-X5",
    "IPv6",
    "H1N1",
    "K2",
    "Win32",
    "x86-64",
    "Base64",
    "SHA-256",
    "GPT-4",
    "RTX-4090",
    "i7-8700",
    "Ctrl+C",
    "Ctrl+Alt+F2",
    "Alt+F4",
    "F5",
    "F12",
    "Boeing-747",
    "AK-47",
    "Omega-3",
    "PM2.5",
    "Co2+",
    "M25",
    "A-7",
    "E=mc²",
    "F1",
    "9A",
    "12B",
    "3rd_ed",
    "404-B",
]
NOUNS_OF_CODE: Final = [
    "name",
    "user",
    "file",
    "count",
    "main",
    "foo",
    "bar",
    "print",
    "list",
    "index",
    "value",
    "data",
    "get_user",
    "setName",
    "x",
    "y",
    "init",
    "reset",
    "total",
    "config",
    "path",
    "node",
    "items",
    "start",
    "stop",
    "user_id",
    "isValid",
    "onClick",
    "fetchAll",
    "np.array",
    "sys.exit",
    "my_var",
    "self",
]
PLACES: Final = [
    "name",
    "user",
    "username",
    "count",
    "n",
    "date",
    "title",
    "file",
    "city",
    "price",
    "total",
    "email",
    "url",
    "item",
    "product",
]
EMOJI: Final = [
    "😀",
    "😂",
    "🙂",
    "😉",
    "😍",
    "😊",
    "😎",
    "😢",
    "😭",
    "😡",
    "🤔",
    "🙄",
    "👍",
    "👎",
    "🙏",
    "👏",
    "💪",
    "🎉",
    "🎂",
    "🎁",
    "❤️",
    "💔",
    "💕",
    "🔥",
    "✨",
    "⭐",
    "🌟",
    "☀️",
    "🌧️",
    "❄️",
    "🌈",
    "🌹",
    "🌸",
    "🐶",
    "🐱",
    "🐦",
    "🐟",
    "🦋",
    "🍕",
    "🍎",
    "🍰",
    "🍺",
    "☕",
    "🍷",
    "⚽",
    "🏀",
    "🎾",
    "🏆",
    "🚗",
    "✈️",
    "🚀",
    "🏠",
    "📚",
    "📞",
    "💻",
    "📷",
    "🎵",
    "🎶",
    "💰",
    "✅",
    "❌",
    "⚠️",
    "❓",
    "❗",
    "💤",
    "🇪🇸",
    "🇲🇽",
    "🇬🇧",
    "🇺🇸",
    "🇯🇵",
    "👋🏽",
    "👍🏻",
    "🙌🏿",
    "✌️",
    "🤗",
    "😅",
    "🥳",
    "🥰",
    "😴",
    "🤣",
    "😱",
    "😇",
    "🤦",
    "🤷",
    "👀",
    "💯",
    "🎄",
    "🎃",
    "👻",
    "🤖",
    "➡️",
    "→",
    "★",
    "♥",
    "☺",
    "♫",
    "✔",
    "✓",
    "☹",
    "⇒",
    "■",
    "●",
]
FACES: Final = [":-)", ":)", ";-)", ":D", ";)", ":-(", ":(", ":P", "<3", "xD"]
TAGS: Final = [
    "b",
    "i",
    "em",
    "strong",
    "u",
    "span",
    "code",
    "a",
    "p",
    "h1",
    "h2",
    "li",
    "div",
    "small",
    "mark",
]


def digits(rng: Random, number: int) -> str:
    """Return some random digits, the first of them not 0."""
    return str(rng.randint(10 ** (number - 1), 10**number - 1))


def small_number(rng: Random) -> str:
    """From 2 to 12."""
    return str(rng.randint(2, 12))


def count(rng: Random) -> str:
    """A plain number from 2 to 999, small ones most often."""
    return str(rng.randint(2, rng.choice((9, 20, 99, 999))))


def big_number(rng: Random) -> str:
    """A number of four digits or more, mostly with separators; never one that could be a year."""
    number = rng.randint(2100, rng.choice((9_999, 99_999, 9_999_999)))
    sign = rng.choice((",", ",", ".", "", " "))
    if sign == " " or (number < 10_000 and sign == ""):
        return str(number)
    return f"{number:,}".replace(",", sign)


def decimal(rng: Random) -> str:
    """2.5, 3,14, 0.75."""
    whole = rng.choice((rng.randint(0, 9), rng.randint(2, 99)))
    return f"{whole}{rng.choice('..,')}{digits(rng, rng.choice((1, 1, 2)))}"


def number(rng: Random) -> str:
    """Any number whose noun is in the plural."""
    sort = rng.choices((count, big_number, decimal), (75, 18, 7))[0]
    return sort(rng)


def odd_number(rng: Random) -> str:
    """A number that counts nothing: 007, -5, 1/2, +3, 12.345.678, 3-1."""
    return rng.choice(
        (
            lambda: f"00{rng.randint(2, 9)}",
            lambda: f"-{rng.randint(2, 99)}",
            lambda: f"{rng.randint(1, 3)}/{rng.randint(2, 8)}",
            lambda: f"+{rng.randint(2, 40)}",
            lambda: f"{rng.randint(2, 99)}.{digits(rng, 3)}.{digits(rng, 3)}",
            lambda: digits(rng, rng.randint(5, 9)),
            lambda: count(rng),
            lambda: big_number(rng),
        )
    )()


def one(_: Random) -> str:
    """The number 1."""
    return "1"


def score(rng: Random) -> str:
    """3-1, 2:0 would be a time: results of games have a dash."""
    return f"{rng.randint(0, 7)}{rng.choice('-–')}{rng.randint(0, 7)}"


def year(rng: Random) -> str:
    """From 1000 to 2099, mostly of our time."""
    return str(rng.choice((rng.randint(1900, 2035), rng.randint(1990, 2030), rng.randint(1000, 2099))))


def percent(rng: Random) -> str:
    """30%, 12.5 %."""
    value = rng.choice(
        (str(rng.randint(2, 100)), f"{rng.randint(0, 99)}{rng.choice('.,')}{rng.randint(1, 9)}")
    )
    return value + rng.choice(("%", "%", "%", " %"))


def _measure(rng: Random, most: int, units: str) -> str:
    value = str(rng.randint(2, most))
    if rng.random() < 0.15:
        value += rng.choice(".,") + str(rng.randint(1, 9))
    return value + rng.choice(("", "", " ")) + rng.choice(units.split())


def distance(rng: Random) -> str:
    """5km, 300 m."""
    return _measure(rng, rng.choice((9, 40, 900)), "km km km m m mi")


def length(rng: Random) -> str:
    """30cm, 2 m."""
    return _measure(rng, 200, "cm cm mm m ft")


def temperature(rng: Random) -> str:
    """20°C, -5 °C, 70°F, 30°."""
    return f"{rng.choice(('', '', '', '-'))}{rng.randint(2, 40)}{rng.choice(('°C', '°C', ' °C', '°F', '°', 'ºC'))}"


def weight(rng: Random) -> str:
    """5kg, 200 g."""
    return _measure(rng, rng.choice((9, 90, 900)), "kg kg g g lb mg oz")


def kitchen(rng: Random) -> str:
    """200g, 50 ml."""
    return f"{rng.randint(2, 90) * 5}{rng.choice(('g', 'g', ' g', 'ml', ' ml', 'g'))}"


def volume(rng: Random) -> str:
    """500ml, 2 l."""
    return rng.choice((f"{rng.randint(2, 95) * 10}", str(rng.randint(2, 9)))) + rng.choice(
        ("ml", " ml", "l", " L")
    )


def data_size(rng: Random) -> str:
    """16GB, 500 MB."""
    return _measure(rng, rng.choice((16, 128, 900)), "GB GB MB MB kB TB GiB")


def speed(rng: Random) -> str:
    """120km/h, 30 mph."""
    return f"{rng.randint(2, 300)}{rng.choice(('km/h', ' km/h', 'mph', ' mph', 'm/s'))}"


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
            f"{rng.randint(1, 99)}.{rng.randint(0, 99):02}",
            f"{rng.randint(1, 99)},{rng.randint(0, 99):02}",
            f"{rng.randint(1, 99)}{rng.choice(',.')}{rng.randint(0, 999):03}",
            f"{rng.randint(1, 9)},{rng.randint(0, 999):03}.{rng.randint(0, 99):02}",
            f"{rng.randint(2, 900)}{rng.choice('kMm')}" if rng.random() < 0.3 else str(rng.randint(5, 50)),
        )
    )
    form = rng.choices(
        ("${}", "€{}", "£{}", "{}€", "{} €", "US$ {}", "US${}", "{}$", "{} $", "{} EUR", "{} USD", "USD {}", "¥{}", "₹{}"),
        (30, 8, 10, 12, 14, 4, 3, 2, 2, 4, 3, 1, 3, 1),
    )[0]  # fmt: skip
    return form.format(amount)


def hour_12(rng: Random, hour: int | None = None) -> str:
    """A time of a clock of twelve hours: 6:15."""
    return f"{hour or rng.randint(1, 12)}:{rng.choice((0, 0, 5, 10, 15, 15, 20, 25, 30, 30, 35, 40, 45, 45, 50, 55, rng.randint(0, 59))):02}"


def time(rng: Random) -> str:
    """6:15, 18:40, 07:30, now and then with seconds or 18.40h."""
    if rng.random() < 0.55:
        return hour_12(rng)
    minute = rng.choice((0, 10, 15, 20, 30, 40, 45, 50, rng.randint(0, 59)))
    hour = rng.randint(0, 23)
    form = rng.choices(("{}:{:02}", "{:02}:{:02}", "{:02}:{:02}:{:02}", "{}:{:02}h"), (50, 40, 6, 4))[0]
    return form.format(hour, minute, rng.randint(0, 59))


def is_one_o_clock(text: str) -> bool:
    """Whether the hour of a time is one, which is "la una" in Spanish: 1:15, 01:00."""
    return text.split(":")[0].lstrip("0") == "1"


def day(rng: Random) -> str:
    """12/05/2021, 2021-05-12, 3.4.2020, 12/05."""
    when = date(1950, 1, 1) + timedelta(days=rng.randint(0, 30_000))
    if rng.random() < 0.7:
        when = date(2010, 1, 1) + timedelta(days=rng.randint(0, 8_000))
    form = rng.choices(
        ("{d:02}/{m:02}/{y}", "{y}-{m:02}-{d:02}", "{m:02}/{d:02}/{y}", "{d}/{m}/{y}", "{d:02}.{m:02}.{y}",
         "{d:02}-{m:02}-{y}", "{d}/{m}", "{d:02}/{m:02}", "{d:02}/{m:02}/{s:02}", "{y}/{m:02}/{d:02}"),
        (25, 25, 10, 10, 6, 8, 3, 4, 6, 3),
    )[0]  # fmt: skip
    return form.format(d=when.day, m=when.month, y=when.year, s=when.year % 100)


def _word(rng: Random) -> str:
    return rng.choice(WORDS)


def file_name(rng: Random) -> str:
    """report.pdf, IMG_2034.jpg, notes-v2.txt, Makefile is none."""
    ending = rng.choice(ENDINGS)
    word = _word(rng)
    stem = rng.choice(
        (
            word,
            word,
            word.capitalize(),
            f"{word}{rng.choice('-_')}{_word(rng)}",
            f"{word}{rng.choice('-_')}{rng.randint(1, 40)}",
            f"{word}{rng.randint(2000, 2030)}",
            f"IMG_{digits(rng, 4)}",
            f"{word}_v{rng.randint(2, 9)}",
        )
    )
    return f"{stem}.{ending.upper() if rng.random() < 0.06 else ending}"


def path(rng: Random) -> str:
    r"""/etc/hosts, ~/docs/plan.txt, C:\Temp\a.log, src/main.py, ../data."""
    parts = [rng.choice(FOLDERS) for _ in range(rng.randint(1, 3))]
    last = rng.choice((file_name(rng), file_name(rng), _word(rng), "hosts"))
    start = rng.choices(("/", "~/", "./", "../", "C:\\", ""), (45, 18, 8, 6, 15, 8))[0]
    if start == "C:\\":
        return rng.choice("CD") + ":\\" + "\\".join([*parts, last])
    return start + "/".join([*parts, last])


def _host(rng: Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(DOMAINS)
    return f"{_word(rng)}{rng.choice(('', '', '-' + _word(rng), str(rng.randint(2, 99))))}.{rng.choice(TOP)}"


def url(rng: Random) -> str:
    """https://example.org/help?id=3, www.test.org, example.com."""
    host = _host(rng)
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
            f"/p/{digits(rng, 5)}",
        )
    )
    start = rng.choices(
        ("https://", "https://www.", "http://", "www.", "", "ftp://"), (48, 14, 14, 14, 9, 1)
    )[0]
    return start + host + (tail if start else "")


def mail(rng: Random) -> str:
    """me@example.org."""
    login = rng.choice(
        (rng.choice(LOGINS), f"{_word(rng)}{rng.choice(('', '', str(rng.randint(2, 99))))}", "me")
    )
    return f"{login}@{_host(rng)}"


def handle(rng: Random) -> str:
    """@maria, @tom_92."""
    return (
        "@" + rng.choice(LOGINS).replace(".", "_") + rng.choice(("", "", "", str(rng.randint(2, 99)), "_mx"))
    )


def hashtag(rng: Random) -> str:
    """#summer, #GoTeam."""
    word = _word(rng)
    return "#" + rng.choice(
        (word, word.capitalize(), word + str(rng.randint(2020, 2030)), f"{word}_{_word(rng)}")
    )


def address(rng: Random) -> str:
    """An address of any sort."""
    return rng.choices((url, mail, path, file_name), (35, 22, 20, 23))[0](rng)


def version(rng: Random) -> str:
    """v2.3.1, 3.10.2, 2.0-beta."""
    text = ".".join(str(rng.randint(0, rng.choice((3, 9, 20)))) for _ in range(rng.choice((2, 3, 3, 4))))
    text = rng.choice(("v", "v", "")) + text + rng.choice(("", "", "", "", "-beta", "-rc1", "b2", "a"))
    return text if text[0] == "v" or text.count(".") > 1 or not text[-1].isdigit() else f"v{text}"


def reference(rng: Random) -> str:
    """Numbers of orders, flights, models, plates: AB-1234, IB3120, ERR_404, 4F-77X."""
    letters = "".join(rng.choices(string.ascii_uppercase, k=rng.choice((1, 2, 2, 3, 4))))
    number = digits(rng, rng.choice((1, 2, 3, 4, 4, 5, 6)))
    if len(letters) == 1 and len(number) == 1:
        number += str(rng.randint(0, 9))
    return rng.choice(
        (
            letters + number,
            letters + number,
            f"{letters}-{number}",
            f"{letters}-{number}",
            f"{letters}_{number}",
            f"{number}{letters}",
            f"{number}-{letters}",
            f"{letters}{number}{rng.choice(string.ascii_uppercase)}",
            f"{letters}-{number}-{rng.choice(string.ascii_uppercase)}{rng.randint(2, 9)}",
            f"{letters.lower()}{number}",
            f"0x{rng.randint(4096, 65535):X}",
            f"#{number}",
        )
    )


def flight(rng: Random) -> str:
    """IB3120, BA 249 has a space and is left out."""
    return rng.choice(
        ["IB", "BA", "AA", "LH", "AF", "KL", "UA", "DL", "MH", "EK", "QR", "LA", "AV", "VY", "FR"]
    ) + digits(rng, rng.choice((3, 4, 4)))


def phone(rng: Random) -> str:
    """555-1234, +34 600 123 456, (555) 123-4567."""
    return rng.choice(
        (
            lambda: f"555-{digits(rng, 4)}",
            lambda: f"{digits(rng, 3)}-{digits(rng, 4)}",
            lambda: f"{digits(rng, 3)}-{digits(rng, 3)}-{digits(rng, 4)}",
            lambda: f"+34 {digits(rng, 3)} {digits(rng, 3)} {digits(rng, 3)}",
            lambda: f"+{rng.choice((1, 44, 49, 52, 57))} {digits(rng, 3)} {digits(rng, 3)} {digits(rng, 4)}",
            lambda: f"({digits(rng, 3)}) {digits(rng, 3)}-{digits(rng, 4)}",
            lambda: digits(rng, 9),
            lambda: f"{digits(rng, 3)} {digits(rng, 3)} {digits(rng, 3)}",
            lambda: f"{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 2)} {digits(rng, 2)}",
        )
    )()


def ticked(rng: Random) -> str:
    """`foo`, `print(x)`, `npm install`."""
    word = rng.choice(NOUNS_OF_CODE)
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
            f"<{rng.choice(TAGS)}>",
            "sudo reboot",
            "ls -l",
        )
    )
    return f"`{body}`"


def code(rng: Random) -> str:
    """A code of letters and digits: known ones, references, versions."""
    return rng.choices((lambda r: _plain(r, CODES), reference, version), (40, 45, 15))[0](rng)


def _plain(rng: Random, words: Sequence[str]) -> str:
    """One of some words of which those with an underscore are ruled out."""
    while "_" in (word := rng.choice(words)):
        pass
    return word


def placeholder(rng: Random) -> str:
    """{name}, %s, %(n)d, $1, ${x}, {{ user }}, <name> is a tag."""
    word = rng.choice(PLACES)
    return rng.choices(
        (f"{{{word}}}", "%s", f"{{{{ {word} }}}}", f"{{{{{word}}}}}", f"${{{word}}}", f"%({word})s",
         f"%{rng.randint(1, 4)}$s", f"${rng.randint(1, 4)}", f"{{{rng.randint(0, 3)}}}", f"%{rng.randint(1, 4)}",
         "{}", f"${word}", f"%{{{word}}}", "%@", f"[[{word}]]"),
        (34, 18, 8, 5, 7, 6, 5, 3, 6, 2, 2, 1, 1.5, 1, 0.5),
    )[0]  # fmt: skip


def counter(rng: Random) -> str:
    """A placeholder of a number: %d, {count}, {n}."""
    return rng.choice(
        ("%d", "%d", "{n}", "{count}", "{0}", "%1$d", "{number}", "%(count)d", "{{ count }}", "${n}", "%i")
    )


def name(rng: Random) -> str:
    """A name that the vocabulary does not hold, in one of many scripts."""
    return _plain(rng, NAMES)


def emoji(rng: Random) -> str:
    """An emoji or another sign, seldom several."""
    sign = rng.choice(EMOJI)
    return sign * rng.choice((1, 1, 1, 1, 1, 2, 3)) if rng.random() < 0.85 else sign + rng.choice(EMOJI)


def face(rng: Random) -> str:
    """:-) and the like: no spans, their signs are read one by one."""
    return rng.choice(FACES)


def tags(rng: Random) -> tuple[str, str]:
    """Return a tag that opens and the one that closes."""
    tag = rng.choice(TAGS)
    attribute = rng.choice(
        ("", "", "", f' class="{_word(rng)}"', f' id="{_word(rng)}"')
        if tag != "a"
        else (f' href="{url(rng)}"',)
    )
    return f"<{tag}{attribute}>", f"</{tag}>"


def mark(rng: Random) -> str:
    """A tag or entity that stands alone."""
    return rng.choice(
        ("<br>", "<br/>", "<br />", "&nbsp;", "<hr>", "<p>", "</p>", "&copy;", "&gt;", "<li>", "</div>")
    )


SORTS: Final[dict[str, tuple[str, Generator]]] = {
    "one": (ONE, one),
    "count": (NUMBER, count),
    "small": (NUMBER, small_number),
    "number": (NUMBER, number),
    "big": (NUMBER, big_number),
    "odd": (NUMBER, odd_number),
    "decimal": (NUMBER, decimal),
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
    "score": (CODE, score),
    "holder": (PLACEHOLDER, placeholder),
    "counter": (PLACEHOLDER, counter),
    "name": (NAME, name),
    "emoji": (SIGN, emoji),
    "mark": (MARKUP, mark),
}
"""For each sort of text, the kind of symbol it is read as, and the function that makes one."""


def kind_of_number(text: str) -> str:
    """Return the kind of a plain number: 1 and years are kinds of their own."""
    if text == "1":
        return ONE
    return YEAR if len(text) == 4 and text.isdigit() and 1000 <= int(text) <= 2099 else NUMBER
