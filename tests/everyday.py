"""What people type, and what the package's own model makes of it, kept in golden/everyday.tsv.

    python tests/everyday.py

writes the file anew; then read it, since a change in it is a change of translations. Each line is a kind, a
sentence and its translation, between tabs.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from seq2seq.decoding.lines import Translation
from seq2seq.translator import Translator

GOLDEN = Path(__file__).parent / "golden" / "everyday.tsv"

LONG = (
    "When we finally arrived at the little village where my grandmother was born, it was already getting "
    "dark, the shops were closed, and nobody in the street could tell us where to find a place to sleep."
)
LONGER = (
    "I have lived in this city for more than twenty years, and although it has changed a lot since I was "
    "young, I still like to walk through the old streets near the river in the evening, when the lights are "
    "on, the children are playing, the old men are sitting in front of the cafe, and everybody seems to have "
    "time to talk for a while with the people they meet."
)
SENTENCES = {
    "plain": [
        "Where is the station?",
        "I like pizza.",
        "It is hot today.",
        "She doesn't want to go home.",
        "Thank you!",
    ],
    "small letters": [
        "i like pizza",
        "where is the station",
        "my name is tom",
        "i don't know what to do",
        "is it cold outside",
    ],
    "no last mark": ["I am hungry", "What time is it", "Tom lives in Boston", "Please help me"],
    "capitals": ["WHERE IS THE STATION?", "I LOVE YOU", "STOP!", "I DON'T UNDERSTAND."],
    "a slip": [
        "Whre is the station?",
        "I liek pizza.",
        "Thsi is my house.",
        "I dont know.",
        "whats your name",
    ],
    "curly quotes": ["I don’t know.", "It’s Tom’s car.", "“Come here,” he said.", "I’m not sure…"],
    "a list": [
        "apple, pear, banana",
        "red, green, blue",
        "Tom, Mary, John and Alice are here.",
        "I bought bread, milk, cheese and eggs.",
        "I bought apples, pears, bananas, and milk.",
        "dog, cat, horse, cow",
        "one, two, three, four, five",
        "Monday, Tuesday, Wednesday, Thursday, Friday",
        "January, February, March, April, May",
        "I like dogs, cats and birds.",
        "He has a car, a house and a boat.",
        "summer, winter, spring, autumn",
        "doctor, teacher, nurse, lawyer",
        "He is tall, strong and friendly.",
    ],
    "a time in words": [
        "It is five p.m.",
        "The train leaves at half past six.",
        "We eat at eight in the evening.",
    ],
    "one word": ["Hello", "house", "Thanks", "yes", "Dog", "Help!", "Why?"],
    "a number": [
        "I have 3 dogs.",
        "It costs 25 dollars.",
        "My grandfather was born in 1950.",
        "Call me at 7:30.",
        "42",
    ],
    "a name never seen": [
        "Zorblax lives in Boston.",
        "I met Xiomara yesterday.",
        "Where is Ouagadougou?",
        "My friend Wolfeschlegel is ill.",
    ],
    "a question": [
        "Do you speak English?",
        "How old are you?",
        "Why did she leave?",
        "Can I help you?",
        "You like coffee, don't you?",
    ],
    "two sentences": [
        "I am tired. I want to sleep.",
        "Hello! How are you?",
        "It's late. Let's go home. Mom is waiting.",
    ],
    "long": [LONG, LONGER],
    "unknown characters": [
        "I love pizza 🍕.",
        "I live in 東京.",
        "Łukasz is my friend.",
        "good morning 😀",
        "The sign says Ω.",
    ],
    "a word said twice": [
        "This is an important event.",
        "These are yellow flowers.",
        "Where is the Spanish embassy?",
        "Tom is very, very tired.",
    ],
    "odd": [
        "?",
        "...",
        "a",
        "I   have    too  many spaces",
        "yes/no",
        "100%",
        "hello hello hello hello hello",
    ],
}


class Case(NamedTuple):
    """One line of the file."""

    kind: str
    source: str
    translation: str


def read() -> list[Case]:
    """Return what is kept."""
    return [Case(*line.split("\t")) for line in GOLDEN.read_text("utf-8").splitlines()]


def translated() -> dict[Case, Translation]:
    """Translate all sentences as the command line does."""
    flat = [(kind, source) for kind, sources in SENTENCES.items() for source in sources]
    lines = Translator.load(device="cpu").translate_lines([source for _, source in flat])
    return {Case(*each, line.text): line for each, line in zip(flat, lines, strict=True)}


if __name__ == "__main__":
    GOLDEN.write_text("".join("\t".join(case) + "\n" for case in translated()), encoding="utf-8")
