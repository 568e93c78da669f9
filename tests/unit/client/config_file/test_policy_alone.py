"""Policies that contradict each other are all named; so is one that does nothing, or cannot."""

import pytest

from tests.fakes.sentry_files import GOOD
from tests.unit.client.config_file.test_policy_files import (
    NAMED,
    PERMIT,
    folder,
    load,
    problems,
)

__all__ = ["folder"]

YAML = GOOD + NAMED


def named(id_, text, mode="enforce"):
    return f'@id("{id_}") @mode("{mode}") @sentence("No.")\n{text}\n'


def forbid(id_, condition, **changes):
    return named(id_, f"forbid (principal, action, resource) {condition};", **changes)


def warned(folder, *texts):
    return [one.problem for one in load(folder, "".join(texts) + PERMIT, yaml=YAML).warnings]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("unless { context has maxTokens }", "when { context has maxTokens }"),
        (
            'when { context.priority == CostSentry::Priority::"low" }',
            'unless { context.priority == CostSentry::Priority::"low" }',
        ),
    ],
)
def test_two_forbids_that_leave_nothing_are_both_named(folder, one, other):
    [(_, _, _, problem)] = problems(
        folder, forbid("a", one) + forbid("b", other) + PERMIT, yaml=YAML
    )

    assert problem.startswith("policies permit no caller any model")
    assert {"a", "b"} == set(problem.rpartition("forbidden by ")[2].rstrip(")").split(", "))


def test_a_permit_that_a_forbid_covers_by_its_numbers_names_that(folder):
    permit = named(
        "few",
        "permit (principal, action, resource) when { context.outputTokens > 200 };",
    )
    rest = "permit (principal, action, resource) when { context.outputTokens < 50 };"
    given = forbid("many", "when { context.outputTokens > 100 }") + permit + named("rest", rest)

    [problem] = [one.problem for one in load(folder, given, yaml=YAML).warnings]

    assert problem.startswith("it permits nothing")
    assert problem.endswith("(forbidden by many)")


@pytest.mark.parametrize(
    "condition",
    [
        "when { context.hour >= 24 }",
        "when { context.hour > 8 && context.hour < 7 }",
        "when { context.weekday == 0 }",
        "unless { context.depth >= 0 }",
    ],
)
def test_a_forbid_that_no_call_can_meet_is_warned_of(folder, condition):
    assert warned(folder, forbid("never", condition)) == [
        "it forbids nothing: no call there can be meets it"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "when { context.hour >= 23 }",
        "when { context.weekday == 7 }",
        'when { resource.geography == "eu" }',
        'unless { context.tagNames.contains("team") }',
    ],
    ids=["an hour", "a day", "of models that may come", "of tags that may go"],
)
def test_a_forbid_that_a_call_may_meet_is_not_warned_of(folder, condition):
    assert warned(folder, forbid("some", condition)) == []


OVERFLOW = "when { context.outputTokens * 10000000000000000 > 1 }"


def test_a_policy_that_cannot_be_evaluated_for_some_call_is_refused_and_says_why(folder):
    [(_, _, _, problem)] = problems(folder, forbid("ov", OVERFLOW) + PERMIT, yaml=YAML)

    assert problem.startswith("it cannot be evaluated for some calls")
    assert "integer overflow" in problem


def test_one_in_shadow_mode_is_warned_of(folder):
    [problem] = warned(folder, forbid("ov", OVERFLOW, mode="shadow"))

    assert problem.startswith("it cannot be evaluated for some calls")


def test_sums_that_stay_small_are_in_order(folder):
    assert warned(folder, forbid("ok", "when { context.outputTokens * 2 > 5000 }")) == []
