"""Messages: short whatever they quote, and causes told apart."""

from __future__ import annotations

import pytest

from seq2seq.errors import listed, memory_ran_out, print_error, shortened


def test_a_list_names_five_at_most() -> None:
    assert listed("abc") == "a, b, c"
    assert listed("abcde", "; ") == "a; b; c; d; e"
    assert listed(range(200_000)) == "0, 1, 2, 3, 4, and 199,995 more"
    assert listed(range(6), all_there=False) == "0, 1, 2, 3, 4, …"
    assert listed([]) == ""
    assert len(listed(["x" * 10**6] * 7)) < 1100


def test_a_long_text_keeps_its_ends() -> None:
    assert shortened("x" * 40, 40) == "x" * 40
    assert shortened("a" * 100 + "b" * 100, 43) == "a" * 20 + " … " + "b" * 20


def test_no_line_of_a_message_is_endless(capsys: pytest.CaptureFixture[str]) -> None:
    """A file with 200,000 superfluous names made a message of 4.5 MB."""
    print_error("one\n" + "x" * 4_500_000 + "\ntwo")
    first, long, last = capsys.readouterr().err.splitlines()
    assert (first, last) == ("one", "two")
    assert len(long) <= 4000


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("could not create a primitive descriptor for an LSTM forward primitive"), False),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (ImportError("libtorch.so: failed to map segment from shared object"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("memory"), False),
    ],
)
def test_a_lack_of_memory_has_many_names(error: Exception, expected: bool) -> None:
    assert memory_ran_out(error) is expected
