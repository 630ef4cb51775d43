"""Symbols cut into sentences, online: a decision that needs the next word waits for it, and for no more.

A sentence ends at the space after . ! ? and closing quotes or brackets, but not after an abbreviation, an
initial or dots that only mark a pause, and not within a quotation or brackets that were opened in it. It ends
without a space where the next one follows the stop directly, as in "I'm tired.I want to sleep."

No sentence is longer than the limit. One that grows long is cut in the middle: from 60 % of the limit on
after a strong mark (; : — …), from 80 % after a comma or bracket and before a conjunction, from 90 % at a
space, and within a word only where there is none. Looking ahead is not possible, so it is cut a little before
it has to be.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from seq2seq.text.symbols import KINDS, MARKUP, NUMBER, ONE, SIGN, YEAR


class Cut(Enum):
    """Where a sentence is over.

    Attributes:
        OVER: at a space, which belongs to neither sentence.
        GLUED: before the symbol that follows it without a space.
        JOINED: in the middle, at a space; the next sentence goes on with it.
        SPLIT: in the middle of a word; the next sentence goes on with it.
    """

    OVER = 0
    GLUED = 1
    JOINED = 2
    SPLIT = 3

    @property
    def joined(self) -> bool:
        """Whether the sentence was cut in the middle, so that the next one goes on with it."""
        return self in (Cut.JOINED, Cut.SPLIT)

    @property
    def spaced(self) -> bool:
        """Whether the cut takes the place of a space."""
        return self in (Cut.OVER, Cut.JOINED)


def cut(text: str, limit: int) -> list[str]:
    """Cut clean text, or the symbols of a line, into sentences; no text gives no sentence.

    Single spaces between the sentences give `text` back, but for those that are cut where no space stands. It
    is the same as one `SentenceCutter` fed with `text`, in pieces of any size.
    """
    if is_one_sentence(text, limit):
        return [text] if text else []
    cutter = SentenceCutter(limit)
    return cutter.feed(text) + cutter.finish()


def is_one_sentence(text: str, limit: int) -> bool:
    """A quick look that settles most lines: True is certain, False is not."""
    return 10 * len(text) < 6 * limit and not _MAYBE_END.search(text)


class SentenceCutter:
    """Cuts symbols that arrive in pieces into sentences, each as soon as it is certain that it is over.

    `mark` and `end` give the symbols back with the cuts between them, `feed` and `finish` whole sentences;
    use one pair or the other.

    A space waits for the symbol after it, unless it ends the sentence whatever follows. A word waits where
    it decides itself whether a sentence ends before it, as long as it may become one that does so: where a
    long sentence may be cut before a conjunction, for at "a" nobody can tell "and" from "apple"; and directly
    behind a stop, for "io.That" may become "io.Thatcher".

    Args:
        limit: the most symbols that a sentence may have.
    """

    def __init__(self, limit: int) -> None:
        assert limit > 0
        self.limit = limit
        self._pieces: list[str] = []  # of the sentence so far, for `feed`
        self._begin()

    def _begin(self) -> None:
        self._length = 0  # symbols of the sentence so far, without those held
        self._word = ""  # the last word of it; of a very long one the beginning and the end
        self._previous = ""  # the word before that
        self._letters = False  # whether any word before the last has letters
        self._opened = ""  # the quotation marks and brackets that are open before the last word
        self._held = ""  # a space and perhaps letters after it, or letters directly behind a stop
        self._waits = _Ending.NEVER  # for a space that is held

    def feed(self, symbols: str) -> list[str]:
        """Take the next symbols and return the sentences that they show to be over."""
        return self._collect(self.mark(symbols))

    def finish(self) -> list[str]:
        """End the text: return its last sentence, if there is one. The next symbols begin a new text."""
        over = self._collect(self.end())
        last, self._pieces = "".join(self._pieces), []
        return [*over, last] if last else over

    def _collect(self, pieces: list[str | Cut]) -> list[str]:
        over = []
        for piece in pieces:
            if isinstance(piece, str):
                self._pieces.append(piece)
            else:
                over.append("".join(self._pieces))
                self._pieces = []
        return over

    def mark(self, symbols: str) -> list[str | Cut]:
        """Take the next symbols and return those that are certain now, in their order, and the cuts."""
        out: list[str | Cut] = []
        at = 0
        while at < len(symbols):
            symbol = symbols[at]
            if self._held and self._holds_too(symbol, out):
                at += 1
            elif symbol == " ":
                self._read_space(out)
                at += 1
            elif self._is_glued(symbol):
                if symbol in "¿¡":
                    self._cut(Cut.GLUED, out)
                    self._append(symbol, out)
                else:
                    self._held = symbol
                at += 1
            else:
                words = None if self._is_beyond(6) else _PLAIN_WORDS.match(symbols, at)
                if words is not None and 10 * (self._length + len(words[0])) < 6 * self.limit:
                    self._append_words(words[0], out)
                    at = words.end()
                else:
                    run = _RUN.match(symbols, at)
                    assert run is not None
                    self._append(run[0], out)
                    at = run.end()
        return out

    def end(self) -> list[str | Cut]:
        """End the text: return what was held, but for a space. The next symbols begin a new text."""
        out: list[str | Cut] = []
        if self._held[:1] not in ("", " "):
            self._holds_too(" ", out)
        elif self._held != " ":
            self._release(out)
        self._begin()
        return out

    def go_on(self) -> list[str | Cut]:
        """Take note that the line goes on behind what has come; return a space that need not wait for more."""
        out: list[str | Cut] = []
        if self._held == " " and self._waits is _Ending.NEVER and not self._is_beyond(6):
            self._release(out)
        return out

    def is_over(self) -> bool:
        """Whether a space, if it came now, would end the sentence so far whatever follows it."""
        return not self._held and self._judge() is _Ending.SURE

    def _read_space(self, out: list[str | Cut]) -> None:
        ending = self._judge()
        if ending is _Ending.SURE:
            self._cut(Cut.OVER, out)
        else:
            self._held, self._waits = " ", ending

    def _judge(self) -> _Ending:
        """What a space does to the sentence so far."""
        ending = _ending(self._word, self._previous)
        return ending if ending is _Ending.NEVER or self._may_end_here() else _Ending.NEVER

    def _may_end_here(self) -> bool:
        """Whether it has letters, and no quotation or brackets of its own are open, or for too long."""
        if not self._letters and not _has_letters(self._word):
            return False
        return self._is_beyond(6) or not _opened(self._opened, self._word)

    def _is_due(self) -> bool:
        """Whether a space is the place to cut a sentence that grows long, if the line goes on behind it."""
        if not self._word or not self._is_beyond(6):
            return False
        if self._is_beyond(9) or self._length + 2 > self.limit:
            return True
        if self._is_beyond(8) and self._word.endswith(_WEAK):
            return True
        return self._word.endswith(_STRONG) and not set("([{") & set(_opened(self._opened, self._word))

    def _is_beyond(self, tenths: int) -> bool:
        return 10 * self._length >= tenths * self.limit

    def _holds_too(self, symbol: str, out: list[str | Cut]) -> bool:
        """Decide on what is held with the symbol that follows it; whether that one is held with it."""
        if self._held[0] != " ":
            is_asked = self._word.rstrip(MARKUP).endswith("?")
            if (symbol.islower() and is_asked) or self._is_first_word(symbol):
                word = self._held
                self._cut(Cut.GLUED, out)
                self._held = word
            elif not is_asked and self._held + symbol in _BEGINNINGS_OF_FIRST_WORDS:
                self._held += symbol
                return True
        elif self._held == " " and self._waits.comes_before(symbol):
            self._cut(Cut.OVER, out)
        elif self._held == " " and self._is_due():
            self._cut(Cut.JOINED, out)
        elif symbol == " " and self._held[1:] in _CONJUNCTIONS:
            word = self._held[1:]
            self._cut(Cut.JOINED, out)
            self._held = word
        elif self._held[1:] + symbol in _BEGINNINGS and (self._held != " " or self._may_hold_a_word()):
            self._held += symbol
            return True
        self._release(out)
        return False

    def _is_first_word(self, symbol: str) -> bool:
        """Whether the word that is held behind a stop begins a sentence, if `symbol` follows it."""
        if len(self._held) == 1:
            # It may be a name in code as well: re.I.
            return self._held in _FIRST_WORDS and symbol in _AFTER_A_LETTER and len(self._word) > 3
        return self._held in _FIRST_WORDS and symbol in _AFTER_A_WORD

    def _may_hold_a_word(self) -> bool:
        return self._is_beyond(8) and self._length + 2 + _LONGEST <= self.limit

    def _release(self, out: list[str | Cut]) -> None:
        held, self._held = self._held, ""
        if held[:1] == " ":
            self._letters = self._letters or _has_letters(self._word)
            self._opened = _opened(self._opened, self._word)
            self._grow(" ", out)
            self._previous, self._word = self._word, ""
            held = held[1:]
        if held:
            self._append(held, out)

    def _append(self, letters: str, out: list[str | Cut]) -> None:
        """Add to the last word, and cut it where the sentence would become too long."""
        at = 0
        while self._length + len(letters) - at > self.limit:
            room = self.limit - self._length
            if room:
                self._grow(letters[at : at + room], out)
            at += room
            self._cut(Cut.SPLIT, out)
        self._grow(letters[at:], out)
        self._word += letters[at:]
        if len(self._word) > 2 * _ENDS_OF_A_WORD:
            self._word = self._word[:_ENDS_OF_A_WORD] + self._word[-_ENDS_OF_A_WORD:]

    def _append_words(self, words: str, out: list[str | Cut]) -> None:
        """Add several words at once, the first of them to the last one so far; no sentence ends in them."""
        before, _, last = (self._word + words).rpartition(" ")
        self._letters = self._letters or _has_letters(before)
        self._opened = _opened(self._opened, before.partition(" ")[0])
        self._previous, self._word = before.rpartition(" ")[2], last
        self._grow(words, out)

    def _grow(self, symbols: str, out: list[str | Cut]) -> None:
        out.append(symbols)
        self._length += len(symbols)

    def _cut(self, place: Cut, out: list[str | Cut]) -> None:
        out.append(place)
        self._begin()

    def _is_glued(self, symbol: str) -> bool:
        """Whether a sentence may begin with a symbol that stands directly behind a stop.

        In "tired.I" and "Really?What" it does; in "U.S.A", "J.K.Rowling", "Node.js" and "types.Method" it
        does not. So behind a . or ! it has to be a word with which sentences often begin.
        """
        word = self._word
        if not word.endswith(_GLUE):
            return False
        bare = word.rstrip(MARKUP)
        stop = bare[-1:]
        if not stop or stop not in ".!?" or bare[:-1].endswith("."):
            return False
        if symbol not in "¿¡":
            if not (symbol.isupper() and bare[-2:-1].islower()):
                return False
            if stop != "?" and symbol not in _BEGINNINGS_OF_FIRST_WORDS:
                return False
            if stop == "." and not (self._previous and _is_small_word(bare[:-1])):
                return False
        return _ending(bare, self._previous) is _Ending.SURE and self._may_end_here()


_CLOSING = "\"'”’»›)]}" + MARKUP + SIGN
_OPENING = "\"'“‘«‹([{¿¡-–—"
_STRONG = (";", ":", "–", "—", "...", "…")
_WEAK = (",", ',"', ",”", ",'", ",’", ",»", ")", "]", *_STRONG)
_CONJUNCTIONS: Final = frozenset(
    re.findall(
        r"\w+",
        "and but or because which that who when while if although though so where since until unless",
    )
)
"""English words before which a long sentence may be cut; without any of them it is cut at spaces."""
_BEGINNINGS: Final = frozenset(word[:end] for word in _CONJUNCTIONS for end in range(1, len(word) + 1))
_LONGEST: Final = max(map(len, _CONJUNCTIONS))
_FIRST_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """I You He She It We They The This That These Those There Here A An My Your His Her Its Our
        Their Some All Each Every No Yes Not Oh Well And But Or So Then Now If When While Because
        Since After Before As In On At For From With Without To By Of What Which Who Where Why How
        Is Are Was Were Do Does Did Don Can Could Will Would Should May Must Have Has Had Be Let
        Please Thanks Thank Hello Hi Bye Sorry Tom Mary See Use Click Select Press Check Try Enter
        Yo Tú Él Ella Nosotros Ellos Usted El La Los Las Lo Un Una Unos Unas Este Esta Esto Estos
        Estas Ese Esa Eso Mi Tu Su Sus Sí Y Pero O Si Cuando Mientras Porque Después Antes Como En
        De Para Por Con Sin Qué Quién Dónde Cómo Es Son Era Hay No Se Me Te Le Que Gracias Hola
        Puede Puedes Compruebe Consulte Aquí Todos Todas Cada Muestra Ahora Ya Está Están Bueno
        Vale Per""",
    )
)
"""Words that begin a sentence even where no space stands before them; other capitals may be those of code."""
_BEGINNINGS_OF_FIRST_WORDS: Final = frozenset(
    word[:end] for word in _FIRST_WORDS for end in range(1, len(word) + 1)
)
_AFTER_A_LETTER = " '’"
_AFTER_A_WORD = " '’,.!?"
_GLUE = (".", "!", "?", MARKUP)
_RUN = re.compile(f"[^ .!?…{MARKUP}]+[.!?…{MARKUP}]*|[.!?…{MARKUP}]+")
_PLAIN = rf"(?:[^ .!?…‘“„«‹(\[{{{re.escape(_CLOSING)}]|(?<=[A-Za-z])['’](?=[A-Za-z]))+"
_PLAIN_WORDS = re.compile(f"{_PLAIN}(?: {_PLAIN}){{1,20}}")
"""Two words or more with no stop, quotation mark or bracket in them."""
_MAYBE_END = re.compile(rf"[.!?…][{re.escape(_CLOSING)}]*(?: |[^\W\d_]|[¿¡])")
_ENDS_OF_A_WORD: Final = 64
"""Symbols that are kept of the beginning and of the end of a longer word."""


class _Ending(Enum):
    """Whether a sentence ends at a space.

    Attributes:
        NEVER: it does not.
        SURE: it does, whatever follows.
        CLOSED: it does unless a small letter follows, as in '"Stop!" he said'.
        CAPITAL: it does if a capital letter follows, or a mark that opens a sentence.
    """

    NEVER = 0
    SURE = 1
    CLOSED = 2
    CAPITAL = 3

    def comes_before(self, symbol: str) -> bool:
        """Whether the sentence is over when `symbol` follows the space."""
        if self is _Ending.CLOSED:
            return not (symbol.islower() or symbol in ",;:")
        return self is _Ending.CAPITAL and (symbol.isupper() or symbol in '"“«‘¿¡')


def _words(text: str, ending: _Ending) -> dict[str, _Ending]:
    return dict.fromkeys(text.split(), ending)


_ABBREVIATIONS: Final = {
    # Titles, and what else stands before a name, a number or an example, in English and in Spanish.
    **_words(
        """Mr Mrs Ms Mx Messrs Dr Drs Prof Rev Hon Gen Col Capt Cpt Cmdr Cdr Lt Sgt Cpl Maj Adm Gov
        Sen Rep Pres Supt St Mt Ft Fr Univ fig figs Fig Figs eq eqs Eq pp vol vols Vol Vols dept
        Dept approx Approx vs Vs cf Cf viz ca Ca ie Ie eg Eg resp Resp Ex temp esp incl Tel tel
        chap Chap Sr Sra Srta Sres Sras Srs Dra Dres Profa Dña Lic Ing Arq Gral Cnel Cap Sto Sta
        Av Avda Avd Pza Pdte EE ej Ej núm núms Núm pág págs Pág mín Mín máx Máx sgte aprox Aprox
        vol cap ed sr sra srta sres dr dra prof lic ing MR MRS MS DR PROF""",
        _Ending.NEVER,
    ),
    # What may stand at the end of a sentence as well, or is a word of its own: a capital letter shows it.
    **_words(
        """Inc Ltd Co Corp Bros Assn Jr Ave Blvd Rd etc Etc no nos No Nos art arts Art sec Sec ch Ch
        Op op max min Max Min ext Ext eds Ed est Est tbsp tsp lb lbs oz ft hr hrs yr yrs sq dpto
        Dpto Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri
        Sat Sun Ud Uds Vd Vds ud uds UU Cía Ltda""",
        _Ending.CAPITAL,
    ),
    # The same with dots inside, in small letters.
    **_words("a.m p.m d.c b.c a.d a.c ph.d m.d u.k u.n u.s.a e.u ee.uu s.a s.l", _Ending.CAPITAL),
}
"""Words before a full stop that need not end a sentence.

After "U.S." a capital letter nearly always begins a name ("the U.S. Army": 18 of 19 in the training data).
"""
_DOTTED = re.compile(r"([^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
"""a.m, U.S, Ph.D, EE.UU, all without the last dot."""
_BEFORE_NAMES: Final = frozenset(
    re.findall(
        r"\w+",
        """and or by with of to from for than as like said says
        de del y e o u por para con a al que dijo dice señor señora""",
    )
)
"""Small words after which a capital letter with a stop is an initial: "by J. Smith", not "vitamin C."."""


def _ending(word: str, previous: str) -> _Ending:
    """Whether `word`, with a space after it, may be the last one of a sentence."""
    bare = word.rstrip(_CLOSING)
    if not bare.endswith((".", "!", "?", "…")):
        return _Ending.NEVER
    if bare.endswith(("..", "…")):
        # Most often a pause within a sentence; but before a closing quote the end of what was said.
        return _Ending.NEVER if _is_open(word) else _Ending.CLOSED
    if not bare.lstrip(_OPENING).strip("."):
        # The name of the mark, or one that stands apart.
        return _Ending.CAPITAL if bare == word == "." else _Ending.NEVER
    if bare.endswith("."):
        ending = _after_a_full_stop(bare[:-1].lstrip(_OPENING), previous)
        if ending is _Ending.NEVER or (ending is _Ending.CAPITAL and _is_open(word)):
            return ending
    return _Ending.SURE if _is_open(word) else _Ending.CLOSED


def _is_open(word: str) -> bool:
    """Whether no quotation mark or bracket closes after the stop; tags and signs do not count."""
    return word.rstrip(MARKUP + SIGN).endswith((".", "!", "?", "…"))


def is_abbreviation(text: str) -> bool:
    """Whether a full stop behind `text` is likely that of an abbreviation or initial at its end."""
    *before, word = text.split(" ")
    word = word.lstrip(_OPENING)
    ending = _after_a_full_stop(word, before[-1] if before else "")
    is_no_word = word == "etc" or "." in word or word[:1].isupper()
    return ending is _Ending.NEVER or (ending is _Ending.CAPITAL and len(word) > 1 and is_no_word)


def _after_a_full_stop(word: str, previous: str) -> _Ending:
    if len(word) == 1 and word.isalpha():
        return _after_an_initial(word, previous)
    if word == "al" and previous == "et":
        return _Ending.CAPITAL
    if "." in word and _DOTTED.fullmatch(word):
        return _ABBREVIATIONS.get(word.lower(), _Ending.NEVER)
    return _ABBREVIATIONS.get(word, _Ending.SURE)


def _after_an_initial(letter: str, previous: str) -> _Ending:
    if not letter.isupper() or not previous:
        return _Ending.NEVER
    if letter == "I":
        return _Ending.SURE
    if letter == "M":
        return _Ending.NEVER  # Monsieur
    if previous.isalpha() and previous.islower():
        return _Ending.NEVER if previous in _BEFORE_NAMES else _Ending.CAPITAL
    return _Ending.CAPITAL if previous in ("a.", "d.") else _Ending.NEVER


def _is_small_word(text: str) -> bool:
    """Whether text is a word that does not look like a name or code."""
    text = text.lstrip(_OPENING)
    return text[:1].islower() and text.replace("'", "").replace("’", "").replace("-", "").isalpha()


_LETTERLESS: Final = frozenset((ONE, NUMBER, YEAR, MARKUP, SIGN))
_LETTERED: Final = frozenset(KINDS) - _LETTERLESS


def _has_letters(word: str) -> bool:
    """Whether a word has more in it than numbers and signs: "1. First" is one sentence."""
    return any(symbol.isalpha() or symbol in _LETTERED for symbol in word)


_PAIRED = re.compile("[\"“”«»()\\[\\]{}‘’']")
_PARTNERS: Final = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«", "’": "‘", "'": "'", '"': '"'}
_MOST_OPEN = 16


def _opened(opened: str, word: str) -> str:
    """Return the quotation marks and brackets that are open after `word`, of those open before it."""
    if not _PAIRED.search(word):
        return opened
    for place, mark in enumerate(word):
        first = place == 0 or word[place - 1] in _OPENING
        if mark in "([{“«":
            is_face = mark in "([{" and place > 0 and word[place - 1] in ":;=-"
            if not is_face and len(opened) < _MOST_OPEN:
                opened += mark
        elif mark in "‘'\"" and first and _begins_quotation(word[place:]):
            if mark not in opened and len(opened) < _MOST_OPEN:
                opened += mark
        elif mark in _PARTNERS and not (mark in "’'" and word[place + 1 : place + 2].isalpha()):
            before, found, _ = opened.rpartition(_PARTNERS[mark])
            opened = before if found else opened
    return opened


def _begins_quotation(word: str) -> bool:
    """Whether a quotation mark at the beginning of a word opens a quotation; it may be an apostrophe."""
    rest = word[1:]
    if word[0] == '"':
        return rest != ""
    return rest[:1].isalpha() and not is_apostrophe(rest)


def is_apostrophe(rest: str) -> bool:
    """Whether what follows a ' is a word that has lost its beginning, as in 'tis or 'em."""
    letters = _LETTERS.match(rest)
    return rest[:1].isdigit() or (letters is not None and letters[0].lower() in SHORTENED)


_LETTERS = re.compile(r"[^\W\d_]+")
SHORTENED: Final = frozenset(
    re.findall(
        r"\w+",
        """tis twas twere twill em cause cos cuz til till bout round neath tween nother kay sup n s
        d ll re ve m er im ere ad is e is""",
    )
)
"""Words that are written with an apostrophe for their beginning."""
