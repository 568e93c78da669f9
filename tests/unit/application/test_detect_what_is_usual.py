"""What went on for a day is raised for the last time: of whom, and whatever fails between."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.domain.anomaly import minute_at
from cost_sentry.domain.burn_cause import Judged, told_as, told_of
from cost_sentry.domain.incident import IncidentState
from tests.fakes.admissions import DEAR
from tests.fakes.burn_series import SCOPE, known
from tests.fakes.watched_night import WILD, Night, tags_of

APPLICATION, TEAM, MODEL = ("application", WILD), ("team", "search"), ("model", DEAR)
DAY = timedelta(days=1)


def night_after_a_day(*scopes):
    """Twenty minutes at twenty times what is usual; of these scopes it is a day, in ten minutes."""
    night = Night(seed=3).pass_minutes(20).pass_minutes(20, 20)
    for scope in scopes:
        kept = night.states.kept[scope]
        since = kept.state.incident.since - DAY + timedelta(minutes=30)
        state = replace(kept.state, incident=replace(kept.state.incident, since=since))
        night.states.write(scope, kept.version, state)
    return night


def usual(night):
    return [one for one in night.events.raised if one.is_adopted]


def until_it_is_told(night):
    """No longer: the day is made up, so that after it all is unusual again."""
    for _ in range(15):
        if usual(night):
            break
        night.pass_minutes(1, 20)
    return usual(night)


def test_of_all_scopes_that_show_it_one_event_tells_it_of_the_narrowest():
    night = night_after_a_day(APPLICATION, TEAM, MODEL)

    [told] = until_it_is_told(night)

    assert (told.scope, set(told.joined)) == (APPLICATION, {TEAM, MODEL})
    assert {kept.state.incident for kept in night.states.kept.values()} == {None}
    [incident] = night.incidents
    assert (incident.state, incident.adopted) == (
        IncidentState.CLOSED,
        told.expected_picodollars_per_minute,
    )


def test_a_part_that_is_younger_than_its_whole_goes_on_and_keeps_its_incident():
    night = night_after_a_day(TEAM, MODEL).pass_minutes(20, 20)

    assert {one.scope for one in usual(night)} == {TEAM, MODEL}
    [incident] = night.incidents
    assert dict(incident.scope) == tags_of(WILD)
    assert (incident.state, incident.adopted_at) == (IncidentState.OPEN, None)


@pytest.mark.parametrize("refusals", [1, 3])
def test_an_event_that_did_not_go_out_is_raised_by_the_next_run(refusals):
    night = night_after_a_day(APPLICATION, TEAM, MODEL)
    since = night.states.kept[APPLICATION].state.incident.since
    night.pass_minutes((since + DAY - minute_at(night.end)) // timedelta(minutes=1) - 1, 20)
    night.events.refusals = refusals

    night.pass_minutes(1, 20)
    assert (usual(night), night.events.refusals) == ([], refusals - 1)
    assert night.states.kept[APPLICATION].state.incident.is_adopted

    [told] = until_it_is_told(night)

    assert (night.events.refusals, told.now - told.since) == (0, DAY)
    assert night.states.kept[APPLICATION].state.incident is None
    assert night.incidents[0].adopted_at == told.now


def test_a_part_that_explains_it_without_an_incident_of_its_own_is_told_at_its_own_rate():
    series = known(3)
    [anomaly, *_] = series.watch(5, calls=20)
    whole = replace(anomaly, scope=TEAM, goes_on=True, is_adopted=True)
    plain = replace(series.state, incident=None)
    judged = {
        SCOPE: Judged(plain, series.look()),
        TEAM: Judged(replace(plain, incident=whole), series.look()),
    }

    assert told_of(TEAM, judged) == SCOPE
    told = told_as(SCOPE, whole, judged)

    assert (told.scope, told.is_adopted) == (SCOPE, True)
    assert told.expected_picodollars_per_minute == told.seen_picodollars_per_minute
