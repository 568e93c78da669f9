"""A budget that runs dry through the workflow mails its owners at 50, 80 and 100 %."""

import json

import pytest

from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.sentry_config import Model
from cost_sentry_local.mailbox import mails
from tests.e2e.cloud_kit import together, unique, until
from tests.e2e.sentry_kit import NOVA_LITE, NOVA_PRO, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

CALLS_HELD = 30
"""The limit in upper bounds of a call. Less than one is left at the end: less than a twentieth."""
CALLS_MAX = 1_000


@pytest.fixture
def sentry(local_cloud, newly_deployed):
    return DeployedSentry(local_cloud, newly_deployed)


@pytest.fixture
def owner(sentry):
    """An owner whose address a deployment has subscribed."""
    address = unique("owner") + "@example.com"
    sentry.cloud.client("sns").subscribe(
        TopicArn=sentry.outputs["AlertTopicArn"],
        Protocol="email",
        Endpoint=address,
        Attributes={"FilterPolicy": json.dumps({"recipients": [address]})},
    )
    return address


def application(name):
    return {"team": "search", "application": name}


def whole_quote(sentry):
    """What one call holds."""
    probe = usd("probe", 10**15)
    sentry.configure(probe)
    sentry.fail("no_usage")
    sentry.invoke(prompt())
    return sentry.balance(probe).posted


def spend_until_turned_away(sentry, tags):
    """One call after the other; the first that is rejected or rerouted."""
    for _ in range(CALLS_MAX):
        answer = sentry.invoke(prompt(tags=tags))
        if answer["sentry"]["decision"] != "ALLOW":
            return answer["sentry"]
    raise AssertionError("the budget was never exhausted")


def wait_for_the_projection(sentry, marker):
    """The stream is read in order: once this later call is posted, all before it was projected."""
    calls = JournalCalls(sentry.cloud.client("dynamodb"), sentry.outputs["LedgerTableName"])
    journal = DynamoDbJournal(calls, sentry.calls, pause)
    sentry.invoke(prompt(tags=application(marker.id)))
    window = sentry.balance(marker).window_id
    until(lambda: journal.totals(marker.id, window), seconds=120)


@pytest.mark.timeout(600)
def test_an_exhausted_budget_mails_its_owner_at_50_80_and_100_percent_once_each(sentry, owner):
    limit = whole_quote(sentry) * CALLS_HELD
    budget = usd("small", limit, scope={"application": "small"}, owners=(owner,))
    marker = usd("marker", 10**13, scope={"application": "marker"})
    sentry.configure(budget, marker)

    refusal = spend_until_turned_away(sentry, application("small"))
    until(lambda: len(told(sentry, owner)) >= 3, seconds=120)
    together(8, lambda _: sentry.invoke(prompt(tags=application("small"))))
    wait_for_the_projection(sentry, marker)

    assert refusal["code"] == "BUDGET_EXHAUSTED"
    balance = sentry.balance(budget)
    assert balance.pending == 0
    assert 0 < balance.left * 20 < limit
    received = told(sentry, owner)
    subjects = sorted(mail["subject"] for mail in received)
    stories = [s.removeprefix("Cost sentry: budget small ").split("%")[0] for s in subjects]
    assert stories[:2] == ["at 50", "at 80"]
    assert [s.rstrip("0123456789") for s in stories[2:]] == ["used up: "]
    last = next(mail for mail in received if " used up: 9" in mail["subject"])
    assert last["body"].startswith("What:     used up: $")
    assert (
        "Runs out: now: what is left does not pay for a call like the one refused" in last["body"]
    )


@pytest.mark.timeout(600)
def test_a_budget_that_only_causes_reroutes_mails_its_100_percent_once_too(sentry, owner):
    scope = {"application": "rerouted"}
    limit = whole_quote(sentry) * CALLS_HELD
    dear = usd("dear", limit, scope={**scope, "model": base_model_id(NOVA_PRO)}, owners=(owner,))
    everything = usd("everything", 10**14, scope=scope)
    marker = usd("marker", 10**13, scope={"application": "marker"})
    models = {NOVA_PRO: Model(id=NOVA_PRO, ladder=(NOVA_LITE,)), NOVA_LITE: Model(id=NOVA_LITE)}
    sentry.configure(dear, everything, marker, models=models)

    decision = spend_until_turned_away(sentry, application("rerouted"))
    until(lambda: len(told(sentry, owner)) >= 3, seconds=120)
    together(8, lambda _: sentry.invoke(prompt(tags=application("rerouted"))))
    wait_for_the_projection(sentry, marker)

    assert (decision["decision"], decision["code"]) == ("REROUTE", "REROUTED_TO_FIT")
    assert 0 < sentry.balance(dear).left * 20 < limit
    stories = [
        mail["subject"].removeprefix("Cost sentry: budget dear ").split(":")[0].split("%")[0]
        for mail in told(sentry, owner)
    ]
    assert sorted(stories) == ["at 50", "at 80", "used up"]


def told(sentry, owner):
    return [mail for mail in mails(sentry.cloud) if mail["to"] == owner]
