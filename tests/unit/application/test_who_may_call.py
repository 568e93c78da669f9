"""Teams and applications that the configuration knows may call; what it says of them counts."""

from dataclasses import replace

import pytest

from cost_sentry.domain.caller import Caller
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.sentry_config import Application, Team
from tests.fakes.admissions import Sentry, request
from tests.fakes.builders import budget

NAMED = Team(
    id="search",
    applications={
        "web": Application(id="web", environment="prod"),
        "batch": Application(id="batch"),
    },
)
DEV = budget("dev", 10**9, scope={"environment": "dev"})
ALL = budget("all", 10**12, scope={})


def sentry(team=NAMED):
    return Sentry(DEV, ALL, teams={"search": team})


def asked(caller=None, **tags):
    given = {"team": "search", **tags}
    return replace(request(tags=given), caller=caller)


def test_an_application_that_its_team_names_may_call():
    told = asked(Caller(team="search", application="batch"), application="batch")

    assert sentry().decide(told).kind is DecisionKind.ALLOW


@pytest.mark.parametrize("tags", [{}, {"application": "other"}])
def test_one_that_it_does_not_name_may_not(tags):
    decision = sentry().decide(asked(**tags))

    assert decision.code is ReasonCode.UNKNOWN_APPLICATION
    assert "one of batch, web" in decision.message
    assert decision.reservation is None


def test_who_started_the_teams_own_workflow_is_none_of_its_applications_whatever_it_says():
    decision = sentry().decide(asked(Caller(team="search"), application="web"))

    assert decision.code is ReasonCode.UNKNOWN_APPLICATION
    assert "its own workflow is none of theirs" in decision.message


def test_the_applications_of_a_team_that_names_none_are_what_they_say():
    decision = sentry(Team(id="search")).decide(asked(Caller(team="search"), application="any"))

    assert decision.kind is DecisionKind.ALLOW


def test_an_application_that_its_team_does_not_name_any_more_may_not_call():
    told = asked(Caller(team="search", application="web"), application="web")

    decision = sentry(Team(id="search")).decide(told)

    assert decision.code is ReasonCode.UNKNOWN_APPLICATION
    assert "the workflow of the team itself" in decision.message


def test_the_environment_is_what_the_configuration_says_and_a_claim_is_told():
    decision = sentry().decide(asked(application="web", environment="dev"))

    assert decision.tags["environment"] == "prod"
    assert decision.ignored_tags == {"environment": "dev"}
    assert [view.budget_id for view in decision.budgets] == ["all"]


def test_the_environment_of_an_application_that_has_none_is_what_it_says():
    decision = sentry().decide(asked(application="batch", environment="dev"))

    assert decision.ignored_tags == {}
    assert [view.budget_id for view in decision.budgets] == ["dev", "all"]


def test_a_refusal_tells_what_was_ignored_too():
    told = replace(asked(application="other"), ignored_tags={"team": "growth"})

    assert sentry().decide(told).ignored_tags == {"team": "growth"}
