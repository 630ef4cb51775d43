"""Counting labelled errors."""

from __future__ import annotations

import pytest

from scripts.studies.error_kinds import count


def test_labels_are_counted_by_kind() -> None:
    counted = count("2 O\n124 O R\n")
    assert counted["wrong"] == 2
    assert {kind: number for kind, number in counted["kinds"].items() if number} == {"O": 2, "R": 1}
    assert counted["labels"] == {"2": "O", "124": "OR"}


@pytest.mark.parametrize("labels", ["2 X", "301 O", "2", "2 O\n2 R", "two O"])
def test_wrong_labels_are_refused(labels: str) -> None:
    with pytest.raises(ValueError, match=r"'.*'"):
        count(labels)
