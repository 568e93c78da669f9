"""The estimate of a prompt's complexity: what moves it, and how much work it may be."""

from math import log

import pytest

from cost_sentry.adapters.packaged_complexity import packaged_weights
from cost_sentry.domain import complexity
from cost_sentry.domain.complexity import (
    EDGE_CHARACTERS,
    TEXTS_MAX,
    ComplexityWeights,
    FeatureWeight,
    PromptCounts,
    complexity_thousandths,
    features_of,
    weighed,
)
from tests.fakes.work_compared import times_as_long

WEIGHTS = packaged_weights()
LENGTH = 200 * 1024
ORDINARY = "How many of the 12 apples are left, if Ann sold half of them at $3 each? " * 40
"""Its absolute time is the benchmark's: docs/reference/bench-decisions.md."""
TIMES_MAX = 5
HOSTILE = {
    "one-letter words": ["a " * (LENGTH // 2)],
    "one word": ["a" * LENGTH],
    "a letter that grows in lower case": ["\u0130" * LENGTH],
    "numbers": ["1 " * (LENGTH // 2)],
    "numbers within words": ["a1" * (LENGTH // 2)],
    "underscores": ["_" * LENGTH],
    "words that count": ["if " * (LENGTH // 3)],
    "ends of sentences": [". " * (LENGTH // 2)],
    "lone surrogates": ["\ud800 " * (LENGTH // 2)],
    "marks without letters": ["\u0301" * LENGTH],
    "no blanks": ["漢字" * (LENGTH // 2)],
    "blanks": [" \n\t" * (LENGTH // 3)],
    "very many texts": ["x "] * (LENGTH // 2),
    "very many empty texts": [""] * LENGTH,
}


def estimate(*texts, **counts):
    return complexity_thousandths(texts, WEIGHTS, PromptCounts(**counts))


@pytest.mark.parametrize("texts", HOSTILE.values(), ids=HOSTILE)
def test_no_prompt_takes_much_longer_than_an_ordinary_one(texts):
    longer = times_as_long(
        lambda: complexity_thousandths(texts, WEIGHTS),
        lambda: complexity_thousandths([ORDINARY], WEIGHTS),
    )

    assert longer <= TIMES_MAX


@pytest.mark.parametrize("texts", [*HOSTILE.values(), [], [""], ["", ""]])
def test_an_estimate_is_a_whole_number_of_thousandths(texts):
    found = complexity_thousandths(texts, WEIGHTS)

    assert type(found) is int
    assert 0 <= found <= 1000


def test_a_sum_in_several_steps_is_harder_than_a_greeting():
    greeting = "Hello! Please write a friendly welcome message for our new customers."
    steps = (
        "Ann had 12 apples. She sold half of them at $3 each, then bought 5 more, and gave a third"
        " of what was left to Bob. After that Bob ate 2. How many apples remain?"
    )

    assert estimate(steps) > estimate(greeting) + 100


def test_the_middle_of_a_long_prompt_is_not_looked_at():
    begin, end = "First, " * 400, " How many are left then?" * 100

    assert estimate(begin + "x" * 9_000 + end) == estimate(begin + "1 + 1 = 2, if not " * 500 + end)
    assert features_of([begin + end]) == features_of([begin, "anything", end])


def test_beginning_and_end_are_looked_at_wherever_texts_are_divided():
    text = "".join(f"word{n} and, then {n}. " for n in range(600))
    parts = [text[start : start + 700] for start in range(0, len(text), 700)]
    looked_at = complexity._looked_at([text])

    assert looked_at == f"{text[:EDGE_CHARACTERS]}\n{text[-EDGE_CHARACTERS:]}"
    assert complexity._looked_at(parts).replace("\n", "") == looked_at.replace("\n", "")


def test_of_very_many_texts_the_first_and_the_last_are_looked_at():
    texts = [f"text {n}" for n in range(1_000)]
    half = TEXTS_MAX // 2

    assert complexity._looked_at(texts) == "\n".join(texts[:half] + texts[-half:])


def test_a_short_prompt_is_looked_at_once_and_whole():
    assert complexity._looked_at(["one", "two"]) == "one\ntwo"


def test_turns_and_tools_make_it_a_little_harder_and_no_more_than_that():
    plain = estimate("Sum these up.")

    assert plain < estimate("Sum these up.", turns=2) < estimate("Sum these up.", turns=5)
    assert plain < estimate("Sum these up.", tools=1) < estimate("Sum these up.", tools=4)
    assert estimate("a", turns=10**6, tools=10**6) == estimate("a", turns=9, tools=8)
    assert estimate("a", turns=0, tools=-3) == estimate("a")


@pytest.mark.parametrize(("logit", "thousandths"), [(0, 500), (1_099, 750), (-4_595, 10)])
def test_a_logit_becomes_a_probability(logit, thousandths):
    weights = ComplexityWeights(intercept=logit, features={}, turn=0, tool=0)

    assert weighed({}, weights) == thousandths


@pytest.mark.parametrize("logit", [10**9, -(10**9)])
def test_no_logit_is_too_large(logit):
    weights = ComplexityWeights(intercept=logit, features={}, turn=0, tool=0)

    assert weighed({}, weights) == (1000 if logit > 0 else 0)


def test_a_feature_counts_by_its_standard_deviations_up_to_three_of_them():
    known = FeatureWeight(centre=1_000, scale=500, weight=400)
    weights = ComplexityWeights(intercept=0, features={"it": known}, turn=0, tool=0)

    found = [weighed({"it": value}, weights) for value in (1.0, 1.5, 2.5, 99.0, -99.0)]

    assert found == [500, 599, 769, 769, 231]


@pytest.mark.parametrize(
    ("feature", "text", "value"),
    [
        ("word_length", "four 12 be", 3.0),
        ("distinct_words", "A a b B", 0.5),
        ("sentences", "One. Two? Three! ", log(1 + 3)),
        ("negations", "not never no", log(1 + 3)),
        ("steps", "First this, then that", log(1 + 2)),
        ("numbers", "one 1", log(1 + 100)),
        ("commas", "a, b, c", log(1 + 200 / 3)),
        ("symbols", "a=b+1", log(1 + 40)),
    ],
)
def test_features_are_what_their_names_say(feature, text, value):
    assert features_of([text])[feature] == pytest.approx(value)
