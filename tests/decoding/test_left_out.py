"""What is left out is counted, and named as far as a message goes."""

from __future__ import annotations

from seq2seq.decoding.left_out import LeftOut
from seq2seq.errors import MOST_LISTED


def test_all_is_counted_and_the_first_are_named() -> None:
    found = LeftOut()
    for number in range(1, 20):
        found.add([f"a{number}", "b"], number)
    found.add([], 20)
    assert found.count == 38
    assert list(found.texts)[:3] == ["a1", "b", "a2"]
    assert len(found.texts) == len(found.lines) == MOST_LISTED + 1
    assert found.lines[:2] == [1, 2]


def test_what_was_counted_elsewhere_is_added_without_its_lines() -> None:
    found, other = LeftOut(), LeftOut()
    found.add(["a"])
    other.add(["b", "b"], 7)
    found.join(other)
    assert (found.count, list(found.texts), found.lines) == (3, ["a", "b"], [])
