"""The made-up pairs of another language follow its rules."""

from __future__ import annotations

from scripts.studies.esperanto import NOUNS, TIMES, pairs


def test_every_pair_is_another_one_and_follows_the_grammar() -> None:
    found = pairs(300)
    assert len({english for english, _ in found}) == len(found) == 300
    assert found == pairs(300), "the draws depend on the seed alone"
    stems = {noun.rstrip("o") for noun in NOUNS.values()}
    for english, esperanto in found:
        when, ending = TIMES[english.split()[-1]]
        words = esperanto.split()
        assert words[0] == when
        verbs = [word for word in words[1:] if word.endswith(ending) and word[: -len(ending)] not in stems]
        assert len(verbs) >= 1
        nouns = [word for word in words if word.rstrip("nj").rstrip("o") in stems]
        assert nouns[1].endswith("n"), "the object has its ending"
        assert not nouns[0].endswith("n"), "the subject has none"
