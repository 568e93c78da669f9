"""An alarm tells no amounts: the meters know what is spent and what is usual, or nobody does."""

from datetime import timedelta

import pytest

from cost_sentry.application.incident_rates import with_rates
from cost_sentry.application.meter_ports import ScopeMinute
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.builders import NOON
from tests.fakes.incident_desk import DOLLAR, TIGHTEN, Desk, sighting

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ALARM = {"usual": None, "seen": None, "percent": None, "how": "", "source": "an-alarm"}


class Burning:
    """``Meters``: so much in each minute of these scopes, from one day's noon on."""

    def __init__(self, *spans) -> None:
        self.spans, self.is_away = spans, False

    def active(self, since):
        if self.is_away:
            raise LedgerUnavailable("told to be")
        return list(dict.fromkeys(scope for scope, *_ in self.spans))

    def minutes(self, scope, since, until):
        if self.is_away:
            raise LedgerUnavailable("told to be")
        found = []
        for burning, start, end, picodollars in self.spans:
            at = since
            while at < until:
                if burning == scope and start <= at < end:
                    found.append(minute(at, picodollars))
                at += MINUTE
        return found


def minute(at, picodollars):
    return ScopeMinute(minute=at, calls=1, picodollars=picodollars, input_tokens=1, output_tokens=1)


def week(scope, picodollars):
    """At this time of each of the last seven days."""
    hour = timedelta(hours=1)
    return [
        (scope, NOON - day * DAY - hour, NOON - day * DAY + hour, picodollars)
        for day in range(1, 8)
    ]


def now(scope, picodollars):
    return scope, NOON - timedelta(minutes=10), NOON, picodollars


TEAM = ("team", "search")


def told(*spans, **changes):
    return with_rates(sighting(**{**ALARM, **changes}), Burning(*spans), NOON)


def test_what_is_spent_is_told_beside_the_median_of_the_same_hour_of_seven_days():
    quiet_day, busy_day = week(TEAM, 3 * DOLLAR), week(TEAM, 3 * DOLLAR)
    spans = [*quiet_day[1:6], (*busy_day[0][:3], 50 * DOLLAR), now(TEAM, 12 * DOLLAR)]

    seen = told(*spans)

    assert (seen.usual, seen.seen, seen.percent) == (3 * DOLLAR, 12 * DOLLAR, 400)


def test_a_scope_without_a_past_has_nothing_that_is_usual():
    seen = told(now(TEAM, 12 * DOLLAR))

    assert (seen.usual, seen.seen, seen.percent) == (None, 12 * DOLLAR, None)


def test_where_nothing_is_spent_nothing_is_told():
    assert told(*week(TEAM, DOLLAR)).seen is None


def test_a_model_is_the_sum_of_all_the_names_that_it_is_called_by():
    names = [("model", "us.amazon.nova-pro-v1:0"), ("model", "amazon.nova-pro-v1:0")]
    other = now(("model", "amazon.nova-lite-v1:0"), 99 * DOLLAR)

    seen = told(*(now(name, DOLLAR) for name in names), other, scope={"model": names[1][1]})

    assert seen.seen == 2 * DOLLAR


def test_an_application_is_not_its_team():
    own, team = now(("application", "search/web"), DOLLAR), now(TEAM, 9 * DOLLAR)

    assert told(own, team, scope={"team": "search", "application": "web"}).seen == DOLLAR


@pytest.mark.parametrize("changes", [{"seen": DOLLAR}, {"has_ended": True}])
def test_what_was_told_stands_and_an_end_needs_no_amounts(changes):
    given = sighting(**{**ALARM, **changes})

    assert with_rates(given, Burning(now(TEAM, 12 * DOLLAR)), NOON) == given


def test_an_incident_does_not_wait_for_meters_that_are_away():
    meters = Burning(now(TEAM, 12 * DOLLAR))
    meters.is_away = True
    given = sighting(**ALARM)

    assert with_rates(given, meters, NOON) == given


def test_an_alarm_tightens_to_a_part_of_what_is_usual():
    desk = Desk(TIGHTEN)
    desk.meters = Burning(*week(TEAM, 3 * DOLLAR), now(TEAM, 12 * DOLLAR))

    incident = desk.see(**ALARM).incident

    assert (incident.usual, incident.measure.amount) == (3 * DOLLAR, 6 * DOLLAR)
