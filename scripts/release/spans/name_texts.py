"""Random texts of addresses, codes, placeholders, names, emoji and markup: a function for each sort."""

from __future__ import annotations

import string
from random import Random

from scripts.release.spans.words import digits, one_of, pick, random_word

# Addresses


def file_name(rng: Random) -> str:
    """report.pdf, IMG_2034.jpg, notes-v2.txt."""
    word = random_word(rng)
    stem = rng.choice(
        (
            word,
            word,
            word.capitalize(),
            f"{word}{rng.choice('-_')}{random_word(rng)}",
            f"{word}{rng.choice('-_')}{rng.randint(1, 40)}",
            f"{word}{rng.randint(2000, 2030)}",
            f"IMG_{digits(rng, 4)}",
            f"{word}_v{rng.randint(2, 9)}",
        )
    )
    ending = one_of(rng, "endings")
    return f"{stem}.{ending.upper() if rng.random() < 0.06 else ending}"


def path(rng: Random) -> str:
    r"""/etc/hosts, ~/docs/plan.txt, C:\Temp\a.log, src/main.py, ../data."""
    parts = [one_of(rng, "folders") for _ in range(rng.randint(1, 3))]
    start = pick(rng, "/:45 ~/:18 ./:8 ../:6 C:\\:15 _:8")
    if start == "_":
        return "/".join([*parts, file_name(rng)])
    last = rng.choice((file_name(rng), file_name(rng), random_word(rng), "hosts"))
    if start == "C:\\":
        return rng.choice("CD") + ":\\" + "\\".join([*parts, last])
    return start + "/".join([*parts, last])


def _host(rng: Random) -> str:
    if rng.random() < 0.6:
        return one_of(rng, "domains")
    more = rng.choice(("", "", f"-{random_word(rng)}", str(rng.randint(2, 99))))
    return f"{random_word(rng)}{more}.{one_of(rng, 'top')}"


def url(rng: Random) -> str:
    """https://example.org/help?id=3, www.test.org, example.com."""
    tail = rng.choice(
        (
            "",
            "",
            "/",
            f"/{random_word(rng)}",
            f"/{random_word(rng)}/{random_word(rng)}",
            f"/{file_name(rng)}",
            f"/{random_word(rng)}?id={rng.randint(2, 999)}",
            f"/{rng.choice(('es', 'en'))}/{random_word(rng)}#{random_word(rng)}",
            f"/p/{digits(rng, 5)}",
        )
    )
    start = pick(rng, "https://:48 https://www.:14 http://:14 www.:14 _:9 ftp://:1")
    return _host(rng) if start == "_" else start + _host(rng) + tail


def mail(rng: Random) -> str:
    """me@example.org."""
    login = rng.choice(
        (one_of(rng, "logins"), one_of(rng, "logins"), random_word(rng) + str(rng.randint(2, 99)), "me")
    )
    return f"{login}@{_host(rng)}"


def handle(rng: Random) -> str:
    """@maria, @tom_92."""
    more = rng.choice(("", "", "", str(rng.randint(2, 99)), "_mx"))
    return f"@{one_of(rng, 'logins').replace('.', '_')}{more}"


def hashtag(rng: Random) -> str:
    """#summer, #Trip2024."""
    word = random_word(rng)
    return "#" + rng.choice(
        (word, word.capitalize(), word + str(rng.randint(2020, 2030)), f"{word}_{random_word(rng)}")
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
    return pick(rng, "IB:3 BA:2 AA:2 LH:2 AF:1 KL:1 UA:2 DL:1 MH:1 EK:1 LA:1 VY:1 FR:1") + digits(
        rng, rng.choice((3, 4))
    )


def phone(rng: Random) -> str:
    """555-1234, +34 600 123 456, (555) 123-4567, 612345678."""
    first = str(rng.randint(6, 9))
    return rng.choice(
        (
            f"555-{digits(rng, 4)}",
            f"{digits(rng, 3)}-{digits(rng, 3)}-{digits(rng, 4)}",
            f"+34 {digits(rng, 3)} {digits(rng, 3)} {digits(rng, 3)}",
            f"+{rng.choice((1, 44, 49, 52, 57))} {digits(rng, 3)} {digits(rng, 3)} {digits(rng, 4)}",
            f"({digits(rng, 3)}) {digits(rng, 3)}-{digits(rng, 4)}",
            first + digits(rng, 8),
            f"{first}{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 3)}",
            f"{first}{rng.randint(1, 9)} {digits(rng, 3)} {digits(rng, 2)} {digits(rng, 2)}",
        )
    )


def ticked(rng: Random) -> str:
    """Code between back-quotes: `foo`, `print(x)`, `npm install`."""
    word = one_of(rng, "nouns_of_code")
    body = rng.choice(
        (
            word,
            word,
            f"{word}()",
            f"{word}({rng.choice('xyn')})",
            f"{word} = {rng.randint(2, 99)}",
            f"--{random_word(rng)}",
            "npm install",
            f"git {rng.choice(('pull', 'push', 'commit', 'status'))}",
            f"pip install {random_word(rng)}",
            f"cd {random_word(rng)}",
            f"<{one_of(rng, 'tags')}>",
            "sudo reboot",
            "ls -l",
        )
    )
    return f"`{body}`"


def code(rng: Random) -> str:
    """A code of letters and digits: known ones, references, versions."""
    if (chance := rng.random()) < 0.45:
        return one_of(rng, "codes")
    return reference(rng) if chance < 0.88 else version(rng)


# Placeholders, names, signs, markup


def placeholder(rng: Random) -> str:
    """{name}, %s, %(n)s, ${x}, {{ user }}, %1$s: what stands for a noun or name."""
    word, digit = one_of(rng, "places"), rng.randint(1, 4)
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
    return one_of(rng, "names")


def emoji(rng: Random) -> str:
    """An emoji, several of them, or :-)."""
    if rng.random() < 0.1:
        return one_of(rng, "faces")
    sign = one_of(rng, "emoji")
    return sign * rng.choice((1, 1, 1, 1, 1, 2, 3)) if rng.random() < 0.85 else sign + one_of(rng, "emoji")


def tags(rng: Random) -> tuple[str, str]:
    """Return a tag that opens and the one that closes."""
    tag = one_of(rng, "tags")
    if tag == "a":
        return f'<a href="{url(rng)}">', "</a>"
    attribute = rng.choice(("", "", "", f' class="{random_word(rng)}"', f' id="{random_word(rng)}"'))
    return f"<{tag}{attribute}>", f"</{tag}>"


def mark(rng: Random) -> str:
    """A tag or entity that stands alone."""
    return pick(
        rng, "<br>:20 <br/>:12 &nbsp;:8 <hr>:4 <p>:10 </p>:10 &copy;:2 &gt;:3 <li>:8 </div>:4 <!--x-->:2"
    )
