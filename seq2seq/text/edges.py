"""The marks at the edges of a line, which are removed before it is translated and added again after.

At the beginning: indentation, bullets, list numbers, check boxes, the marks of quoted mail, Markdown and
comments, dialogue dashes, speaker labels and opening quotation marks, any number of them in a row. At the
end: white space, a backslash that continues the line, and the marks that close a quotation or comment opened
at the beginning.

Both classes work online. `Beginning` holds the line until the first letter that is not part of a mark; a mark
with letters is held until it can be told from a word. `Ending` keeps white space and holds a closing mark
until it is known whether more of the line follows. If more follows, as in '"Stop!" he said.', the mark is
read as a character of its sentence, although the opening mark was removed, because that had already been
written. Only a quotation of a single word that is followed by more, as in '"Undo" undoes this.', stays with
its sentence, because in the translation it often stands elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

from seq2seq.text.quotations import is_apostrophe

_INVISIBLE: Final = "\ufeff\u200b\u200e\u200f\u2060"
"""Format characters that occur at edges, such as the byte order mark."""
_BLANK: Final = rf"(?:[^\S\x1c-\x1f]|[{_INVISIBLE}])"
"""White space as in `text.normalise`, and invisible characters."""
_CAPITAL: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽ"
_ROMAN: Final = "x{0,3}(?:ix|iv|v?i{0,3})"

_MARK: Final = re.compile(
    rf"""
      >+(?!=)                                            # quoted mail, Markdown
    | \#{{1,6}}(?={_BLANK})                              # headings, comments
    | /{{2,}}!?(?={_BLANK}|\w)                           # comments
    | (?P<comment>/\*+!?|<!--)                           # those that are closed
    | -{{2,3}}(?={_BLANK})
    | [-*+•·‣◦▪▸●○■□►▶–—―](?={_BLANK})                   # bullets, dialogue dashes
    | [\u2190-\u21ff\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?(?={_BLANK})
    | [•‣◦▪▸●■►▶](?=[^\W\d_])                           # bullets before the word
    | [—―](?=[^\s—―-])                                   # dialogue dashes before the word
    | –(?=[^\W\d_]|[¿¡"“«])
    | -(?=[{_CAPITAL}¿¡"“«])
    | \d{{1,3}}(?:\.\d{{1,3}}){{0,3}}[.)](?={_BLANK})    # list numbers: 1. 12) 2.1. (3) [4]
    | \(\d{{1,3}}\)(?={_BLANK})
    | \[\d{{1,3}}\](?={_BLANK})
    | \[[ xX]\](?={_BLANK})                              # check boxes
    | \(?[A-Za-z]\)(?={_BLANK})                          # list letters: a) (b) C) d.
    | [a-d]\.(?={_BLANK}+[^\W\d_])
    | \(?(?=[ivx]){_ROMAN}\)(?={_BLANK})                 # Roman list numbers: iv. (ii) VI.
    | (?=[ivx]){_ROMAN}\.(?={_BLANK}+[^\W\d_])
    | (?=[IVX]{{2}}){_ROMAN.upper()}[.)](?={_BLANK})
    | (?P<quote>«|(?:["“„‹‘']|``)(?!{_BLANK}))           # opening quotation marks
    """,
    re.VERBOSE,
)
_TERM: Final = re.compile(
    r"""(?:"[^\s"]*\w"|“[^\s”]*\w”|«[^\s»]*\w»|[‘'](?:[^\s'’]|['’](?=\w))*\w['’](?!\w))"""
    rf"(?!{_BLANK}*\Z)"
)
"""A word in quotation marks with more of the line after it."""
_TERM_SO_FAR = rf"""["“„«‹‘'](?:[^\s]{{0,24}}|[^\s]{{1,24}}["”»'’]{_BLANK}*)"""
_TITLE = "(?:MRS?|MS|DR|PROF|ST|SIR|LORD|LADY|CAPT|CAPTAIN|COL|GEN|SGT|LT|REV|KING|QUEEN|AGENT|OFFICER)"
_LABEL_LETTER = rf"{_CAPITAL}0-9'’.&-"
_NAME = rf"[{_CAPITAL}][{_LABEL_LETTER}]*"
_LABEL: Final = re.compile(
    rf"((?:{_NAME}|{_TITLE}\.? {_NAME}(?: {_NAME})?)(?: [0-9][{_LABEL_LETTER}]*| [{_CAPITAL}])?"
    rf"(?: \([{_LABEL_LETTER}]+\))?):(?={_BLANK})"
)
"""The label of a speaker: a word in capitals, or several after a title, and perhaps a number, letter or note.

Two words without a title are most often a heading, which is translated.
"""
_LABEL_SO_FAR = (
    rf"(?:{_NAME}|{_TITLE}\.? (?:{_NAME}(?: (?:{_NAME})?)?)?)(?: (?:[0-9][{_LABEL_LETTER}]*|[{_CAPITAL}])?)?"
    rf"(?: (?:\([{_LABEL_LETTER}]*\)?)?)?:?"
)
_LONGEST_LABEL: Final = 24
_NO_SPEAKERS: Final = frozenset(
    re.findall(
        r"\w+",
        """NOTE NOTES NOTA WARNING WARNINGS CAUTION DANGER IMPORTANT ATTENTION NOTICE ERROR ERRORS
        FATAL CRITICAL BUG TIP TIPS HINT HINTS INFO INFORMATION HELP USAGE USE EXAMPLE EXAMPLES
        SUMMARY ABSTRACT BACKGROUND INTRODUCTION CONCLUSION DESCRIPTION DISCLAIMER UPDATE UPDATED
        EDIT NEW NEWS BREAKING TODO FIXME PS FYI REMINDER REMEMBER QUESTION QUESTIONS ANSWER
        ANSWERS Q A TYPE NAME TITLE DATE TIME PLACE ADDRESS SUBJECT FROM TO RE CC PART CHAPTER
        SECTION STEP STAGE ENTRY PAGE FIGURE TABLE APPENDIX LEVEL RULE RULES GOAL GOALS OBJECTIVE
        OBJECTIVES TASK MISSION DIFFICULTY BACK RESULT RESULTS REASON PROBLEM SOLUTION PROCEDURE
        REPORT LOG COMMAND COMMANDS OPTION OPTIONS DEPRECATED EXPERIMENTAL INTERNAL ONLY DEFAULT
        REQUIRED OPTIONAL INGREDIENTS DIRECTIONS INSTRUCTIONS CONTENTS ADVERTENCIA AVISO CUIDADO
        PELIGRO IMPORTANTE ATENCIÓN CONSEJO SUGERENCIA EJEMPLO USO RESUMEN PREGUNTA RESPUESTA
        SPOILER SALE FREE OFFER EMERGENCY ALERT EXIT ENTRANCE OPEN CLOSED COLOR COLOUR RED GREEN
        BLUE AND OR THE OF ON IN WITH FOR IS BE CAREFUL VERY COMING SOON STILL NO YES""",
    )
)
"""Words in capitals that show that a label is a heading, which is translated, and not the name of a speaker.

They are the most frequent ones in the training data, where headings are translated and names are not.
"""
_SO_FAR: Final = re.compile(
    rf"\(?(?:[A-Za-z]|[ivx]{{1,5}}|[IVX]{{1,5}})[.)]?|[a-divx]{{1,5}}\.{_BLANK}*|\[[xX]?\]?|{_LABEL_SO_FAR}|{_TERM_SO_FAR}",
)
"""Matches text that may still become a mark with letters in it."""
_BLANKS: Final = re.compile(f"{_BLANK}*")
_WHITE: Final = "".join(
    [c for c in map(chr, range(0x3001)) if (c.isspace() and not "\x1c" <= c <= "\x1f") or c in _INVISIBLE]
)
_CLOSING: Final = {
    '"': '"', "“": "”", "„": "“", "«": "»", "‹": "›", "‘": "’", "'": "'", "``": "''", "<!--": "-->",
}  # fmt: skip
_MOST: Final = 256
"""The most characters that are held. A longer beginning without a letter is a mark up to the first letter."""


class Beginning:
    """Takes a line, or a cell of one, up to where the text to translate begins.

    Attributes:
        is_over: whether the text to translate has begun.
        closing: the marks that close what was opened, the innermost first.
    """

    def __init__(self) -> None:
        self.is_over = False
        self.closing: list[str] = []
        self._held = ""
        self._at = 0  # where the next mark would begin
        self._label = -1  # where a speaker's label began
        self._letters = False  # whether any letter has come
        self._long = False  # whether there was no letter for `_MOST` characters

    def feed(self, text: str) -> tuple[str, str]:
        """Take the next characters; return marks that are complete, and text to translate."""
        assert not self.is_over
        first = 0
        if not self._letters:
            first = _first_letter(text)
            if self._long or len(self._held) + first > _MOST:
                out, self._held, self._long = self._held + text[:first], "", True
                self.is_over = first < len(text)
                return out, text[first:]
            self._held += text[:first]
            self._letters = first < len(text)
        for place in range(first, len(text)):
            self._held += text[place]
            if self._pass_marks(over=False):
                self.is_over = True
                return self._held[: self._at], self._held[self._at :] + text[place + 1 :]
        return "", ""

    def finish(self) -> tuple[str, str]:
        """End the line; return the same as `feed`. A line without letters after its marks has no text."""
        assert not self.is_over
        self.is_over = True
        if not self._letters:
            return self._held, ""
        self._pass_marks(over=True)
        if _has_letters(self._held[self._at :]):
            return self._held[: self._at], self._held[self._at :]
        if self._label >= 0:
            # A label without any words after it is a heading.
            return self._held[: self._label], self._held[self._label :]
        return self._held, ""

    def _pass_marks(self, over: bool) -> bool:
        """Move `_at` past all certain marks; return whether it is certain that no more marks follow."""
        while True:
            blanks = _BLANKS.match(self._held, self._at)
            assert blanks is not None
            self._at = blanks.end()
            if len(self._held) > _MOST:
                return True
            if not _has_letters(self._held[self._at :]):
                return over
            if not over and self._may_be_a_mark():
                return False
            if not self._pass_mark():
                return True

    def _may_be_a_mark(self) -> bool:
        """Whether the text after the marks may become a mark with letters, or a word in quotation marks."""
        rest = self._held[self._at :]
        if rest[1:] == " ":
            return False  # "I" and "A" are words
        return len(rest) <= _LONGEST_LABEL + 1 and _SO_FAR.fullmatch(rest) is not None

    def _pass_mark(self) -> bool:
        mark = _MARK.match(self._held, self._at)
        if mark is None:
            return self._pass_label()
        if mark["quote"] and _TERM.match(self._held, self._at):
            return False
        if mark["quote"] in ("'", "‘") and not _is_quotation(self._held[mark.end() :]):
            return False
        self._at = mark.end()
        if mark["comment"] or mark["quote"]:
            self.closing.insert(0, _CLOSING.get(mark[0], "*/"))
        return True

    def _pass_label(self) -> bool:
        label = _LABEL.match(self._held, self._at)
        if self._label >= 0 or label is None or len(label[1]) > _LONGEST_LABEL:
            return False
        words = re.findall(rf"[{_CAPITAL}]+", label[1])
        if not _NO_SPEAKERS.isdisjoint(words[:1] + [word for word in words if len(word) > 1]):
            return False
        self._label, self._at = self._at, label.end()
        return True


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _first_letter(text: str) -> int:
    """Return the place of the first letter of `text`, or the length of `text` if it has none."""
    for place, character in enumerate(text):
        if character.isalpha():
            return place
    return len(text)


def _is_quotation(rest: str) -> bool:
    """Whether a ' before `rest` opens a quotation and is no apostrophe."""
    return (rest[:1].isalpha() or rest[:1] in ("¿", "¡")) and not is_apostrophe(rest)


class Ending:
    """Takes the text of a line after its beginning, and holds what may be marks at its end.

    Args:
        closing: the marks that close what was opened, the innermost first.
    """

    def __init__(self, closing: list[str]) -> None:
        self._closing = closing
        self._blanks: list[str] = []  # white space at the end of what was returned
        self._held: list[str] = []  # a closing mark or a backslash, and what followed it
        self._closed = 0  # how many of `_closing` it closes
        self._partial = ""  # the beginning of a closing mark of several characters
        self._place = 0  # its place in `_closing`

    def feed(self, text: str) -> str:
        """Take the next characters; return those that are certainly no mark at the end of the line.

        White space is returned and also kept: it may end a sentence.
        """
        if not self._held and not self._closing and "\\" not in text:
            body = text.rstrip(_WHITE)
            if body:
                self._blanks = []
            if len(body) < len(text):
                self._blanks.append(text[len(body) :])
            return text
        return "".join([self._feed(character) for character in text])

    def finish(self) -> tuple[str, str]:
        """End the line; return held text that is no mark, and the marks."""
        held = "".join(self._held)
        if self._partial:
            return held, ""
        return "", "".join(self._blanks) + held

    def _feed(self, character: str) -> str:
        if self._hold(character):
            return ""
        out = "".join(self._held)
        if out:
            if not (out in ("'", "’") and character.isalpha()):
                del self._closing[: self._closed]
            self._held, self._blanks, self._closed, self._partial = [], [], 0, ""
            if self._hold(character):
                return out
        if character in _WHITE:
            self._blanks.append(character)
        else:
            self._blanks = []
        return out + character

    def _hold(self, character: str) -> bool:
        """Hold a character that may belong to the marks at the end and return True, or return False."""
        if self._partial:
            self._partial += character
            mark = self._closing[self._place]
            if not mark.startswith(self._partial):
                return False
            if self._partial == mark:
                self._closed, self._partial = self._place + 1, ""
        elif character in _WHITE:
            if not self._held:
                return False
        elif character != "\\":
            firsts = [mark[0] for mark in self._closing[self._closed :]]
            if character not in firsts:
                return False
            self._place = self._closed + firsts.index(character)
            if self._closing[self._place] == character:
                self._closed = self._place + 1
            else:
                self._partial = character
        self._held.append(character)
        return True
