"""On the deployed stack: who starts whose workflow is who pays, whatever the request says."""

import json

import pytest

from cost_sentry.domain.sentry_config import Application, Team
from tests.e2e.sentry_kit import DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

SEARCH = usd("of-search", 10**12, scope={"team": "search"})
GROWTH = usd("of-growth", 10**12, scope={"team": "growth", "environment": "production"})
CAMPAIGNS = Application(id="campaigns", environment="production")
TEAMS = {
    "search": Team(id="search"),
    "growth": Team(id="growth", applications={"campaigns": CAMPAIGNS}),
}


@pytest.fixture(scope="module")
def sentry(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    sentry.configure(SEARCH, GROWTH, teams=TEAMS)
    return sentry


def started_by(sentry, caller, request):
    """The answer to a request through this caller's own workflow."""
    answer = sentry.cloud.client("stepfunctions").start_sync_execution(
        stateMachineArn=sentry.workflow(caller), input=json.dumps(request)
    )
    assert answer["status"] == "SUCCEEDED", answer
    return json.loads(answer["output"])["sentry"]


def test_who_claims_to_be_another_pays_itself_and_is_told(sentry):
    others = sentry.balance(SEARCH)
    claims = {"team": "search", "application": "web", "environment": "development"}

    told = started_by(sentry, "growth_campaigns", prompt(tags=claims))

    assert told["status"] == "SETTLED"
    assert told["ignoredTags"] == claims
    assert [view["id"] for view in told["budgets"]] == ["of-growth"]
    assert sentry.balance(SEARCH) == others
    assert sentry.balance(GROWTH).posted > 0


def test_nobody_must_say_who_they_are(sentry):
    request = prompt()
    del request["tags"]

    told = started_by(sentry, "growth_campaigns", request)

    assert (told["status"], told["ignoredTags"]) == ("SETTLED", {})


def test_a_team_that_is_not_in_force_any_more_is_refused_though_its_workflow_is_there(sentry):
    told = started_by(sentry, "support", prompt(tags={"team": "search"}))

    assert (told["decision"], told["code"]) == ("REJECT", "UNKNOWN_TEAM")
    assert told["ignoredTags"] == {"team": "search"}


def test_a_workflow_that_was_not_deployed_cannot_be_started(sentry):
    client = sentry.cloud.client("stepfunctions")

    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.start_sync_execution(stateMachineArn=sentry.workflow("growth"), input="{}")
