"""Policies through the workflow: a model is struck, a rung stands in, or nobody is called."""

import pytest

from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.explain_request import explain
from cost_sentry.domain.sentry_config import Model
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import NOVA_LITE, NOVA_PRO, SONNET, DeployedSentry, prompt, usd
from tests.fakes.policies import policies, policy

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

MODELS = {
    SONNET: Model(id=SONNET, ladder=(NOVA_PRO, NOVA_LITE)),
    NOVA_PRO: Model(id=NOVA_PRO),
    NOVA_LITE: Model(id=NOVA_LITE),
}
DEVELOPMENT = 'context.tags.contains("environment=development")'
RULES = policies(
    "UTC",
    policy(
        "no-amazon",
        'forbid (principal, action, resource in CostSentry::Provider::"amazon")'
        f" when {{ {DEVELOPMENT} && context.rung == 0 }};",
    ),
    policy(
        "only-lite",
        "forbid (principal, action, resource) when {"
        f" {DEVELOPMENT} && resource.outputCents > 100 }};",
    ),
    policy(
        "would-cap",
        "forbid (principal, action, resource) when { context.outputTokens > 200 };",
        shadow=True,
    ),
)


@pytest.fixture(scope="module")
def sentry(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    sentry.configure(usd("everything", 10**13), models=MODELS, policies=RULES)
    return sentry


def asking(model, environment="development", **changes):
    tags = {"team": "search", "application": unique("policies"), "environment": environment}
    return prompt(**{"modelId": model, "tags": tags, **changes})


def test_a_forbidden_model_is_rerouted_past_a_forbidden_rung(sentry):
    told = sentry.invoke(asking(SONNET))["sentry"]

    assert (told["decision"], told["code"]) == ("REROUTE", "REROUTED_BY_POLICY")
    assert (told["modelUsed"], told["status"]) == (NOVA_LITE, "SETTLED")
    assert [note["id"] for note in told["policies"]] == ["only-lite", "only-lite"]
    assert told["policies"][0]["sentence"] == "Because of only-lite."


def test_where_nothing_is_permitted_no_model_is_called(sentry):
    before = sentry.billed()

    told = sentry.invoke(asking(NOVA_LITE))["sentry"]

    assert (told["decision"], told["code"]) == ("REJECT", "FORBIDDEN_BY_POLICY")
    assert told["message"].endswith("is forbidden by policy no-amazon (Because of no-amazon.)")
    assert (told["reservedUsd"], told["status"]) == (None, None)
    assert sentry.billed() == before


def test_whom_no_policy_speaks_of_is_served_and_told_what_would_have_been(sentry):
    long = {"maxTokens": 300}

    told = sentry.invoke(asking(SONNET, "production", inferenceConfig=long))["sentry"]
    short = sentry.invoke(asking(SONNET, "production", inferenceConfig={"maxTokens": 200}))

    assert (told["code"], told["modelUsed"], told["policies"]) == ("WITHIN_BUDGETS", SONNET, [])
    assert [note["id"] for note in told["shadow"]] == ["would-cap"]
    assert short["sentry"]["shadow"] == []


def test_what_a_policy_did_can_be_explained_later(sentry):
    name = unique("explained")
    sentry.invoke(asking(NOVA_LITE, requestId=name))
    calls = JournalCalls(sentry.cloud.client("dynamodb"), sentry.outputs["LedgerTableName"])

    (found,) = explain(
        name, journal=DynamoDbJournal(calls, sentry.calls, pause), books=sentry.books
    )

    assert (found.code, found.policies[0].policy_id) == ("FORBIDDEN_BY_POLICY", "no-amazon")
