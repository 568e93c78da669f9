"""Jobs and notebooks: warned near their limit, stopped at it, and never for what nobody knows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.domain.endpoint import STAY_AWAKE_TAG
from cost_sentry.domain.endpoint_rules import EndpointRules, JobRules
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.job_guard import (
    HOURS_TAG,
    MONEY_TAG,
    Job,
    JobAction,
    JobKind,
    guard,
    judged,
)
from cost_sentry.domain.money import picodollars
from tests.fakes.builders import NOON

PRICES = {"ml.g5.xlarge": picodollars("1.408")}
RULES = EndpointRules(jobs=JobRules(warn_percent=80))


def job(hours: float = 1, name: str = "train-1", count: int = 1, **changes) -> Job:
    given = {
        "name": name,
        "kind": JobKind.TRAINING,
        "tags": {HOURS_TAG: "10"},
        "started_at": NOON - timedelta(hours=hours),
        "fleets": (Fleet(instance_type="ml.g5.xlarge", count=count),),
    }
    return Job(**{**given, **changes})


def action(one: Job, rules: EndpointRules = RULES) -> str:
    return judged(one, now=NOON, rules=rules, prices=PRICES).action.value


def reason(one: Job) -> str:
    return judged(one, now=NOON, rules=RULES, prices=PRICES).reason


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0, "leave"), (7.99, "leave"), (8, "warn"), (9.99, "warn"), (10, "stop"), (99, "stop")],
)
def test_time_warns_at_its_share_and_stops_at_the_limit(hours, expected):
    assert action(job(hours)) == expected


@pytest.mark.parametrize(
    ("hours", "count", "expected"),
    [
        (1, 1, "leave"),
        (2.85, 2, "warn"),
        (5.69, 1, "warn"),
        (5.68, 1, "leave"),
        (7.2, 1, "stop"),
        (1, 8, "stop"),
    ],
)
def test_money_is_what_all_instances_cost_by_list_prices(hours, count, expected):
    assert action(job(hours, count=count, tags={MONEY_TAG: "10"})) == expected


def test_the_nearer_of_two_limits_decides():
    both = {HOURS_TAG: "100", MONEY_TAG: "10"}

    assert action(job(8, tags=both)) == "stop"
    assert "dollars" in reason(job(8, tags=both))


def test_without_a_limit_nothing_is_touched():
    assert action(job(10_000, tags={"team": "search"})) == "leave"


@pytest.mark.parametrize("text", ["", "ten", "-1", "0", "1.2.3", "1e3", "NaN", "9" * 30, "１"])
@pytest.mark.parametrize("tag", [HOURS_TAG, MONEY_TAG])
def test_a_limit_that_cannot_be_read_warns_and_never_stops(tag, text):
    assert action(job(10_000, tags={tag: text})) == "warn"
    assert f"{tag}={text} is no limit" in reason(job(10_000, tags={tag: text}))


def test_money_that_nobody_can_count_warns_and_never_stops():
    strange = (Fleet(instance_type="ml.p9.48xlarge", count=1),)
    one = job(10_000, tags={MONEY_TAG: "1"}, fleets=strange)

    assert action(one) == "warn"
    assert "nobody knows what ml.p9.48xlarge costs" in reason(one)
    assert action(replace(one, tags={MONEY_TAG: "1", HOURS_TAG: "5"})) == "stop"


@pytest.mark.parametrize("tags", [{STAY_AWAKE_TAG: "yes"}, {"environment": "prod"}])
def test_what_is_protected_is_left_alone_whatever_its_limit(tags):
    assert action(job(99, tags={HOURS_TAG: "1", **tags})) == "leave"


@pytest.mark.parametrize("hours", [9, 99])
def test_what_is_stopping_already_is_neither_warned_of_nor_stopped_again(hours):
    assert action(job(hours, can_stop=False)) == "leave"


@pytest.mark.parametrize(
    ("hours", "tags", "expected"),
    [
        (9, {HOURS_TAG: "10"}, False),
        (9, {HOURS_TAG: "ten"}, True),
        (1, {HOURS_TAG: "10", MONEY_TAG: "x"}, True),
        (9, {HOURS_TAG: "10", MONEY_TAG: "x"}, False),
        (6, {HOURS_TAG: "x", MONEY_TAG: "10"}, False),
    ],
)
def test_a_warning_says_whether_its_limit_can_be_counted_and_one_that_can_goes_first(
    hours, tags, expected
):
    verdict = judged(job(hours, tags=tags), now=NOON, rules=RULES, prices=PRICES)

    assert (verdict.action, verdict.is_uncounted) == (JobAction.WARN, expected)
    assert ("is no limit" in verdict.reason) is expected


def test_the_longest_running_come_first():
    jobs = [job(20 + n, f"j{n}") for n in range(5)]

    verdicts = guard(jobs, now=NOON, rules=RULES, prices=PRICES)

    assert [v.job.name for v in verdicts] == ["j4", "j3", "j2", "j1", "j0"]
    assert {v.action for v in verdicts} == {JobAction.STOP}


def test_a_limit_is_named_by_both_of_its_tags():
    limits = [
        job(tags=tags).limit for tags in ({HOURS_TAG: "1"}, {HOURS_TAG: "2"}, {MONEY_TAG: "1"})
    ]

    assert len({*limits}) == 3
    assert job(tags={HOURS_TAG: "1", "team": "search"}).limit == limits[0]
