"""Quality: sacreBLEU is called as it means to be, and the project's own counts are right."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest, Result

from seq2seq.errors import UserError
from seq2seq.measuring.quality import (
    BootstrapResult,
    MetricName,
    Quality,
    character_error_rate,
    closest_reference,
    edit_distance,
    paired_bootstrap,
    score,
)

HYPOTHESES = ["El gato negro duerme en la casa.", "Me gusta el té.", "No sé qué decir a mi hermano hoy."]
REFERENCES = [
    ["El gato negro duerme en casa.", "El gato negro está durmiendo en la casa."],
    ["Me gusta el té."],
    ["Hoy no sé qué decirle a mi hermano.", "No sé qué decir.", "No sé qué decirle hoy a mi hermano."],
]

WORDS = st.sampled_from(["el", "gato", "come", "en", "la", "casa", "¿qué?", "té", "no", "."])
SENTENCES = st.lists(WORDS, min_size=1, max_size=9).map(" ".join)
CORPORA = st.lists(
    st.tuples(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=3)), min_size=1, max_size=6
).map(lambda rows: ([h for h, _ in rows], [r for _, r in rows]))
STRINGS = st.text(alphabet="abñ é\U0001f600", max_size=90)


def by_the_table(a: str, b: str) -> int:
    """Edit distance by the textbook's table of every prefix against every prefix."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        previous, row = row, [i]
        for j, y in enumerate(b, start=1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y)))
    return row[-1]


def noisy(sentences: list[str], rng: random.Random, changes: int) -> list[str]:
    """Replace `changes` characters in each sentence by the letter x."""
    out = []
    for sentence in sentences:
        characters = list(sentence)
        for i in rng.sample(range(len(characters)), min(changes, len(characters))):
            characters[i] = "x"
        out.append("".join(characters))
    return out


# --- score ------------------------------------------------------------


def test_perfect_and_worthless() -> None:
    sentence = "El gato negro duerme en la casa."
    best = score([sentence], [[sentence]])
    assert [best.bleu, best.chrf, best.cer, best.exact] == pytest.approx([100, 100, 0, 100])
    worst = score([""], [[sentence]])
    assert [worst.bleu, worst.chrf, worst.cer, worst.exact] == [0, 0, 100, 0]


def test_single_references_are_sacrebleu_as_it_comes() -> None:
    firsts = [own[0] for own in REFERENCES]
    quality = score(HYPOTHESES, [[first] for first in firsts])
    bleu, chrf = BLEU(), CHRF()
    assert quality.bleu == bleu.corpus_score(HYPOTHESES, [firsts]).score
    assert quality.chrf == chrf.corpus_score(HYPOTHESES, [firsts]).score
    assert quality.bleu_signature == str(bleu.get_signature())
    assert quality.chrf_signature == str(chrf.get_signature())
    assert 0 < quality.bleu < 100


def test_signatures_say_what_was_counted() -> None:
    one, varied = score(["a"], [["b"]]), score(HYPOTHESES, REFERENCES)
    assert one.bleu_signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert one.chrf_signature.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")
    assert varied.bleu_signature.startswith("nrefs:var|")
    assert varied.chrf_signature.startswith("nrefs:var|")


@pytest.mark.parametrize(("name", "metric"), [("bleu", BLEU), ("chrf", CHRF)])
@given(corpus=CORPORA)
def test_padding_counts_each_sentence_as_if_it_were_alone(
    name: str, metric: type[BLEU] | type[CHRF], corpus: tuple[list[str], list[list[str]]]
) -> None:
    hypotheses, references = corpus
    scorer = metric()
    alone = [
        scorer._extract_corpus_statistics([h], [[reference] for reference in own])[0]
        for h, own in zip(hypotheses, references, strict=True)
    ]
    expected = scorer._compute_score_from_stats(np.sum(alone, axis=0).tolist()).score
    assert getattr(score(hypotheses, references), name) == pytest.approx(expected)


@given(corpus=CORPORA)
def test_padding_scores_like_repeating_a_reference(corpus: tuple[list[str], list[list[str]]]) -> None:
    hypotheses, references = corpus
    padded = score(hypotheses, references)
    repeated = score(hypotheses, [own + own[:1] * (3 - len(own)) for own in references])
    assert (padded.bleu, padded.chrf, padded.cer, padded.exact) == (
        repeated.bleu,
        repeated.chrf,
        repeated.cer,
        repeated.exact,
    )


def test_padding_with_empty_strings_would_have_changed_the_score() -> None:
    # The hypothesis has 4 words, nearer to a reference of none than to its own of 9: no brevity penalty.
    hypotheses, references = ["hoy no hay café"], [["hoy no hay café en la casa de Ana"]]
    assert score(hypotheses, references).bleu < score(hypotheses, [[*own, ""] for own in references]).bleu


@given(corpus=CORPORA, order=st.randoms(use_true_random=False))
def test_order_does_not_matter(corpus: tuple[list[str], list[list[str]]], order: random.Random) -> None:
    hypotheses, references = corpus
    quality = score(hypotheses, references)
    rows = list(zip(hypotheses, references, strict=True))
    order.shuffle(rows)
    assert score([h for h, _ in rows], [own for _, own in rows]) == quality
    # Of references that fit equally well chrF counts the first, so it is left out here.
    mixed = score(hypotheses, [order.sample(own, len(own)) for own in references])
    assert (mixed.bleu, mixed.cer, mixed.exact) == (quality.bleu, quality.cer, quality.exact)


def test_exact_counts_any_reference_whole() -> None:
    quality = score(["té", "café", "t"], [["te", "té"], ["cafés"], ["té"]])
    assert quality.exact == pytest.approx(100 / 3)
    assert quality.sentences == 3


def test_scores_go_into_a_file_and_a_line() -> None:
    quality = Quality(
        bleu=41.26, chrf=63.04, bleu_signature="b", chrf_signature="c", cer=25.0, exact=12.5, sentences=1234
    )
    assert Quality(**quality.to_dict()) == quality  # type: ignore[arg-type]
    assert {type(value) for value in score(HYPOTHESES, REFERENCES).to_dict().values()} == {float, int, str}
    assert quality.format() == "BLEU 41.3, chrF 63.0, CER 25.0 %, exact 12.5 % (1,234 sentences)"
    assert score(["a"], [["b"]]).format().endswith("(1 sentence)")


@pytest.mark.parametrize(
    ("hypotheses", "references", "sentence"),
    [
        ([], [], "no translation to score"),
        (["a"], [["a"], ["b"]], "1 translations cannot be scored against references for 2 sentences"),
        (["a", "b"], [["a"], []], "sentence 2 has no reference"),
        (["a"], ["abc"], "the references of sentence 1 are one string"),
    ],
)
def test_nothing_to_score_is_said_in_one_sentence(
    hypotheses: list[str], references: list[list[str]], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        score(hypotheses, references)
    with pytest.raises(UserError, match=sentence):
        paired_bootstrap(hypotheses, hypotheses, references)


def test_a_weak_model_raises_no_warning_about_tokenised_text(caplog: pytest.LogCaptureFixture) -> None:
    score(["no ."] * 200, [["no."]] * 200)
    assert not caplog.records


def test_importing_brings_in_no_heavy_module() -> None:
    program = (
        "import sys, seq2seq.measuring.quality, seq2seq.measuring.latency;"
        "print({'numpy', 'sacrebleu', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- character error rate ---------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("", "té", 2),
        ("té", "te\u0301", 2),
        ("gato", "gata", 1),
        ("gato", "gatos", 1),
        ("casa", "asa", 1),
        ("abcdef", "bcdefa", 2),
        ("intention", "execution", 5),
    ],
)
def test_edit_distance_examples(a: str, b: str, distance: int) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) == distance


@given(a=STRINGS, b=STRINGS)
@example(a="a" * 63 + "b", b="a" * 64)
@example(a="a" * 64 + "b", b="b" + "a" * 64)
def test_edit_distance_is_the_table_s(a: str, b: str) -> None:
    assert edit_distance(a, b) == by_the_table(a, b)


def test_closest_reference_is_nearest_then_longest() -> None:
    assert closest_reference("gato", ["perro", "gatos", "gata"]) == (1, 5)
    assert closest_reference("gato", ["perro", "gata", "gatos"]) == (1, 5)
    assert closest_reference("gato", ["un gato muy negro", "gto"]) == (1, 3)


def test_character_error_rate_is_a_ratio_of_sums() -> None:
    # 1 edit to "gatos" (5) and 2 edits to "sí" (2): 3 / 7, not the mean of 1/5 and 2/2.
    assert character_error_rate(["gato", "no"], [["perro", "gatos"], ["sí"]]) == pytest.approx(100 * 3 / 7)


def test_character_error_rate_goes_above_100() -> None:
    assert character_error_rate(["salad salad salad"], [["salad"]]) == pytest.approx(240)


def test_character_error_rate_of_empty_references() -> None:
    assert character_error_rate([""], [[""]]) == 0
    assert character_error_rate(["ab", "c"], [[""], ["c"]]) == 200


# --- paired bootstrap -------------------------------------------------


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    rng = random.Random(4)
    words = ["gato", "perro", "come", "duerme", "casa", "hermano", "negro", "mañana", "hoy", "nunca"]
    return [" ".join(rng.choices(words, k=rng.randint(4, 9))) + "." for _ in range(150)]


@pytest.mark.parametrize("metric", ["chrf", "bleu"])
def test_bootstrap_of_all_sentences_is_the_score(corpus: list[str], metric: MetricName) -> None:
    references = [[sentence, *corpus[:i]] for i, sentence in zip([0, 1, 2] * 50, corpus, strict=True)]
    a, b = noisy(corpus, random.Random(1), 6), noisy(corpus, random.Random(2), 3)
    result = paired_bootstrap(a, b, references, metric=metric, samples=20)
    assert result.score_a == pytest.approx(getattr(score(a, references), metric))
    assert result.score_b == pytest.approx(getattr(score(b, references), metric))
    assert result.difference == result.score_b - result.score_a


@pytest.mark.parametrize("metric", ["chrf", "bleu"])
def test_bootstrap_rescores_whole_resamples(corpus: list[str], metric: MetricName) -> None:
    truth = corpus[:40]
    references = [[sentence] for sentence in truth]
    a, b = noisy(truth, random.Random(1), 4), noisy(truth, random.Random(2), 4)
    result = paired_bootstrap(a, b, references, metric=metric, samples=12, seed=7)
    rng = np.random.default_rng(7)
    differences = []
    for _ in range(12):
        drawn = rng.integers(40, size=40).tolist()
        own = [references[i] for i in drawn]
        score_a, score_b = (getattr(score([side[i] for i in drawn], own), metric) for side in (a, b))
        differences.append(score_b - score_a)
    assert [result.low, result.high] == pytest.approx(np.quantile(differences, [0.025, 0.975]).tolist())
    far = sum(abs(d - result.difference) >= abs(result.difference) for d in differences)
    assert result.p_value == pytest.approx((far + 1) / 13)


def test_bootstrap_sees_a_real_difference(corpus: list[str]) -> None:
    references = [[sentence] for sentence in corpus]
    a, b = noisy(corpus, random.Random(1), 6), noisy(corpus, random.Random(2), 4)
    result = paired_bootstrap(a, b, references, samples=400)
    assert 0 < result.low < result.difference < result.high
    assert result.p_value == 1 / 401
    mirrored = paired_bootstrap(b, a, references, samples=400)
    assert (mirrored.difference, mirrored.p_value) == (-result.difference, result.p_value)
    assert (mirrored.low, mirrored.high) == pytest.approx((-result.high, -result.low))


def test_bootstrap_agrees_with_sacrebleu(corpus: list[str]) -> None:
    references = [[sentence] for sentence in corpus]
    worse, better, same = (noisy(corpus, random.Random(seed), n) for seed, n in ((1, 6), (2, 4), (3, 6)))
    for other, differs in ((better, True), (same, False)):
        _, scores = PairedTest(
            [("a", worse), ("b", other)], {"chrf": CHRF()}, [corpus], test_type="bs", n_samples=200
        )()
        result = paired_bootstrap(worse, other, references, samples=200)
        theirs = [one for one in scores["chrF2"] if isinstance(one, Result)]
        assert [result.score_a, result.score_b] == pytest.approx([one.score for one in theirs])
        p_value = theirs[1].p_value
        assert p_value is not None
        assert (result.p_value < 0.05, p_value < 0.05) == (differs, differs)


def test_bootstrap_sees_no_difference_in_equals(corpus: list[str]) -> None:
    references = [[sentence] for sentence in corpus]
    result = paired_bootstrap(corpus, corpus, references, samples=50)
    assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


def test_bootstrap_is_rarely_fooled_by_chance(corpus: list[str]) -> None:
    # Of twenty comparisons of equally bad translations, chance alone gives one p value below 0.05, not six.
    references = [[sentence] for sentence in corpus]
    found = 0
    for trial in range(20):
        a, b = (noisy(corpus, random.Random(2 * trial + side), 4) for side in (0, 1))
        found += paired_bootstrap(a, b, references, samples=100, seed=trial).p_value < 0.05
    assert found < 6


def test_bootstrap_repeats_with_its_seed(corpus: list[str]) -> None:
    references = [[sentence] for sentence in corpus]
    a, b = noisy(corpus, random.Random(1), 4), noisy(corpus, random.Random(2), 4)
    first = paired_bootstrap(a, b, references, samples=50, seed=3)
    assert paired_bootstrap(a, b, references, samples=50, seed=3) == first
    assert paired_bootstrap(a, b, references, samples=50, seed=4) != first
    assert BootstrapResult(**first.to_dict()) == first  # type: ignore[arg-type]
