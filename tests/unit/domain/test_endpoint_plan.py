"""Which endpoints sleep and wake, and the one sentence that says why."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from cost_sentry.domain.endpoint import (
    MAY_SLEEP_TAG,
    STAY_AWAKE_TAG,
    YES,
    Activity,
    Endpoint,
    EndpointKind,
    EndpointState,
    Snapshot,
)
from cost_sentry.domain.endpoint_plan import Sleeper, Watched, plan
from cost_sentry.domain.endpoint_rules import EndpointGroup, EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepRecord, SleepState
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.timetable import Timetable
from tests.fakes.builders import NOON

PRICES = {"ml.g5.xlarge": 1_408_000_000_000}
RULES = EndpointRules(idle_minutes=30, up_minutes_min=30)
LONG = NOON - timedelta(hours=5)
IDLE = Activity(heard_since=LONG, heard_until=NOON, last_call_at=None, in_flight=0)
TAGS = {MAY_SLEEP_TAG: YES, "team": "search"}


def endpoint(name: str = "chat", **changes) -> Endpoint:
    given = {
        "name": name,
        "kind": EndpointKind.PLAIN,
        "state": EndpointState.IN_SERVICE,
        "tags": TAGS,
        "made_at": LONG,
        "fleets": (Fleet(instance_type="ml.g5.xlarge", count=1),),
    }
    return Endpoint(**{**given, **changes})


def watched(name: str = "chat", activity: Activity | None = IDLE, **changes) -> Watched:
    of_watched = {
        "awake_since": changes.pop("awake_since", LONG),
        "has_budget": changes.pop("has_budget", True),
    }
    return Watched(endpoint=endpoint(name, **changes), activity=activity, **of_watched)


def sleeper(name: str = "chat", *, was_called: bool = False, **changes) -> Sleeper:
    snapshot = Snapshot(endpoint=endpoint(name, tags=changes.pop("tags", TAGS)), content="{}")
    given = {
        "endpoint": name,
        "cycle": 1,
        "state": SleepState.ASLEEP,
        "since": LONG,
        "snapshot": snapshot,
        "reason": "it has no instances",
    }
    return Sleeper(record=SleepRecord(**{**given, **changes}), was_called=was_called)


def planned(*awake, asleep=(), rules=RULES, now=NOON):
    return plan(awake, asleep, now=now, rules=rules, prices=PRICES)


def only(*awake, **given) -> tuple[str, str]:
    (row,) = planned(*awake, **given)
    return row.action.value, row.reason


def test_an_idle_endpoint_that_may_sleep_sleeps_and_says_why():
    assert only(watched()) == ("sleep", "nobody called it for 30 minutes")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tags": {"team": "search"}}, f"it does not carry the tag {MAY_SLEEP_TAG}=yes"),
        ({"tags": {**TAGS, MAY_SLEEP_TAG: "Yes"}}, "it does not carry the tag"),
        ({"tags": {**TAGS, STAY_AWAKE_TAG: "yes"}}, f"it carries the tag {STAY_AWAKE_TAG}=yes"),
        ({"tags": {**TAGS, STAY_AWAKE_TAG: "until May"}}, "it carries the tag"),
        ({"tags": {**TAGS, "environment": "prod"}}, "it is protected: environment=prod"),
        ({"tags": {**TAGS, "environment": "production"}}, "it is protected"),
        ({"state": EndpointState.CHANGING}, "it is not in service, it is changing"),
        ({"state": EndpointState.FAILED}, "it is not in service, it is failed"),
        ({"unfit": "its queue would be lost"}, "its queue would be lost"),
        ({"has_budget": False}, "no budget in dollars covers its tags"),
        ({"awake_since": NOON - timedelta(minutes=29)}, "it is paid for until"),
        ({"activity": None}, "its metrics could not be read"),
    ],
)
def test_what_keeps_an_endpoint_awake(changes, why):
    action, reason = only(watched(**changes))

    assert action == "keep"
    assert why in reason


def test_an_instance_without_a_price_keeps_awake_because_no_budget_could_pay_for_its_wake():
    strange = (Fleet(instance_type="ml.p9.48xlarge", count=1),)

    action, reason = only(watched(fleets=strange))

    assert (action, "ml.p9.48xlarge" in reason) == ("keep", True)


def test_a_tag_that_says_no_lets_it_sleep_like_none():
    assert only(watched(tags={**TAGS, STAY_AWAKE_TAG: "no"}))[0] == "sleep"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"in_flight": 1}, "it has 1 calls in flight"),
        ({"in_flight": None}, "nobody knows how many calls"),
        ({"last_call_at": NOON - timedelta(minutes=29)}, "it was called at"),
        ({"heard_until": NOON - timedelta(minutes=6)}, "its metrics have a gap"),
        ({"heard_since": NOON - timedelta(minutes=29)}, "its metrics have a gap"),
        ({"heard_since": None, "heard_until": None}, "its metrics could not be read"),
    ],
)
def test_work_and_ignorance_keep_awake(changes, why):
    action, reason = only(watched(activity=replace(IDLE, **changes)))

    assert action == "keep"
    assert why in reason


def test_a_call_exactly_as_old_as_the_idle_time_keeps_nobody_awake():
    old = replace(IDLE, last_call_at=NOON - timedelta(minutes=30))

    assert only(watched(activity=old))[0] == "sleep"


NOON_TO_TWO = Timetable(
    days=frozenset(range(7)), opens_minute=12 * 60, closes_minute=14 * 60, zone=UTC
)
HOURS = EndpointGroup(id="chats", scope={"use": "chat"}, timetable=NOON_TO_TWO, idle_minutes=60)
WITH_HOURS = replace(RULES, groups=(HOURS,))
IN_GROUP = {**TAGS, "use": "chat"}


@pytest.mark.parametrize(
    ("minutes", "action"),
    [(-11, "sleep"), (-10, "keep"), (0, "keep"), (119, "keep"), (120, "sleep")],
)
def test_hours_keep_awake_and_begin_early_enough_to_wake(minutes, action):
    now = NOON + timedelta(minutes=minutes)
    heard = replace(IDLE, heard_until=now)

    assert only(watched(activity=heard, tags=IN_GROUP), rules=WITH_HOURS, now=now)[0] == action


@pytest.mark.parametrize(("minutes", "action"), [(-11, "keep"), (-10, "wake"), (0, "wake")])
def test_a_sleeper_is_woken_for_its_hours(minutes, action):
    now = NOON + timedelta(minutes=minutes)

    assert only(asleep=[sleeper(tags=IN_GROUP)], rules=WITH_HOURS, now=now)[0] == action


def test_a_group_has_an_idle_time_of_its_own():
    called = replace(IDLE, last_call_at=NOON - timedelta(minutes=45))
    rules = replace(RULES, groups=(replace(HOURS, timetable=None),))

    assert only(watched(activity=called), rules=rules)[0] == "sleep"
    assert only(watched(activity=called, tags=IN_GROUP), rules=rules)[0] == "keep"


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({}, "keep"),
        ({"was_called": True}, "wake"),
        ({"wanted_at": NOON - timedelta(minutes=1)}, "wake"),
        ({"was_called": True, "not_before": NOON + timedelta(seconds=1)}, "keep"),
        ({"was_called": True, "state": SleepState.RESTORING}, "keep"),
        ({"was_called": True, "state": SleepState.FALLING_ASLEEP}, "keep"),
    ],
)
def test_who_is_called_or_asked_for_is_woken_and_nobody_else(given, action):
    assert only(asleep=[sleeper(**given)])[0] == action


def test_those_idle_for_longest_sleep_first():
    called = {
        f"e{n}": replace(IDLE, last_call_at=NOON - timedelta(minutes=40 + n)) for n in range(5)
    }

    rows = planned(*(watched(name, one) for name, one in called.items()))

    assert [row.endpoint for row in rows] == ["e4", "e3", "e2", "e1", "e0"]


def test_those_wake_first_whom_somebody_waits_for():
    asleep = [sleeper("a", tags=IN_GROUP), sleeper("b", was_called=True)]

    rows = planned(asleep=asleep, rules=WITH_HOURS)

    assert [row.endpoint for row in rows] == ["b", "a"]


def test_whose_sleep_came_to_a_fault_is_behind_all_others_and_the_last_to_do_so_is_last():
    idle_longest = replace(IDLE, last_call_at=NOON - timedelta(hours=4))
    faulted = [
        replace(watched(name, idle_longest), faulted_at=NOON - timedelta(minutes=ago))
        for name, ago in (("a", 5), ("b", 10))
    ]

    rows = planned(*faulted, watched("c"))

    assert [row.endpoint for row in rows] == ["c", "b", "a"]


def test_whose_wake_came_to_nothing_is_behind_all_others_and_the_last_to_do_so_is_last():
    refused = sleeper("a", was_called=True, not_before=NOON - timedelta(minutes=5))
    faulted = replace(sleeper("b", was_called=True), faulted_at=NOON - timedelta(minutes=10))
    of_an_earlier_sleep = sleeper("d", tags=IN_GROUP, not_before=LONG - timedelta(minutes=1))

    rows = planned(
        asleep=[refused, faulted, sleeper("c", tags=IN_GROUP), of_an_earlier_sleep],
        rules=WITH_HOURS,
    )

    assert [row.endpoint for row in rows] == ["c", "d", "b", "a"]


def test_the_plan_has_one_row_for_every_endpoint_and_depends_on_no_order():
    awake = [watched(f"e{n}") for n in range(4)]
    asleep = [sleeper(f"s{n}", was_called=n % 2 == 0) for n in range(4)]

    rows = planned(*awake, asleep=asleep)

    assert sorted(row.endpoint for row in rows) == [
        *(f"e{n}" for n in range(4)),
        "s0",
        "s1",
        "s2",
        "s3",
    ]
    assert set(planned(*reversed(awake), asleep=list(reversed(asleep)))) == set(rows)


@pytest.mark.parametrize(
    "tags",
    [
        {"Environment": "production"},
        {"environment": "PROD"},
        {"ENVIRONMENT": "Production"},
        {"environment": "dev", "Environment": "prod"},
    ],
)
def test_production_is_protected_however_it_is_written(tags):
    assert "protected" in (EndpointRules().why_protected(tags) or "")
    assert EndpointRules().why_protected({"environment": "product"}) is None
