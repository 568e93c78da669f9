"""Who calls is told by the workflow that was started, and by nothing else."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cost_sentry.domain.caller import Caller, identified, proven_caller
from cost_sentry.domain.errors import InvariantViolated
from cost_sentry.domain.sentry_config import Application, SentryConfig, Team

IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True)
CALLERS = st.builds(Caller, team=IDS, application=st.none() | IDS)


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        (Caller(team="search"), "CostSentry-dev_search"),
        (Caller(team="search", application="web"), "CostSentry-dev_search_web"),
        (Caller(team="data.lake"), "CostSentry-dev_data-lake-f1a973c9"),
        (Caller(team="a" * 31), f"CostSentry-dev_{'a' * 31}"),
    ],
)
def test_a_workflow_has_the_name_of_its_caller_in_every_release(caller, name):
    assert caller.workflow_name("CostSentry-dev") == name


@given(CALLERS)
@example(Caller(team="t" * 63, application="a" * 63))
@example(Caller(team="under_score", application="do.t"))
def test_a_workflows_name_is_one_that_step_functions_takes_and_logs(caller):
    name = caller.workflow_name("CostSentry-prod")

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)


@given(CALLERS, CALLERS)
@example(Caller(team="a-b"), Caller(team="a", application="b"))
@example(Caller(team="a_b"), Caller(team="a", application="b"))
@example(Caller(team="a.b"), Caller(team="a_b"))
@example(Caller(team="x" * 32), Caller(team="x" * 33))
def test_no_two_callers_have_one_workflow(one, other):
    assume(one != other)

    assert one.workflow_suffix != other.workflow_suffix


@given(CALLERS, CALLERS)
def test_a_workflow_that_says_it_is_another_callers_is_not_believed(one, other):
    name = one.workflow_name("CostSentry-dev")

    assert proven_caller(one.team, one.application or "", name) == one
    if one != other:
        with pytest.raises(InvariantViolated):
            proven_caller(other.team, other.application or "", name)


def test_what_is_proven_wins_and_what_was_claimed_is_kept():
    told = identified({"team": "growth", "user": "ann"}, {"team": "search", "application": "web"})

    assert told.tags == {"team": "search", "application": "web", "user": "ann"}
    assert told.ignored == {"team": "growth"}


def test_what_agrees_is_no_mismatch():
    told = identified({"team": "search"}, {"team": "search"})

    assert (told.tags, told.ignored) == ({"team": "search"}, {})


@pytest.mark.parametrize(
    ("tags", "caller"),
    [
        ({"team": "search", "application": "web"}, Caller(team="search", application="web")),
        ({"team": "search", "application": "other"}, Caller(team="search")),
        ({"team": "growth", "application": "web"}, Caller(team="growth")),
        ({"team": "nobody"}, Caller(team="nobody")),
    ],
)
def test_whoever_calls_itself_so_starts_this_workflow(tags, caller):
    web = {"web": Application(id="web")}
    teams = {"search": Team(id="search", applications=web), "growth": Team(id="growth")}
    config = SentryConfig(version="", teams=teams, models={}, budgets=())

    assert config.caller_of(tags) == caller
