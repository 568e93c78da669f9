"""A budget that is exhausted through the workflow mails its owners at 50, 80 and 100 %."""

import json

import pytest

from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry_local.mailbox import mails
from tests.e2e.cloud_kit import together, unique, until
from tests.e2e.sentry_kit import DeployedSentry, prompt, usd

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


def spend_until_refused(sentry, tags):
    """One call after the other; the refusal."""
    for _ in range(CALLS_MAX):
        answer = sentry.invoke(prompt(tags=tags))
        if answer["sentry"]["decision"] == "REJECT":
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

    refusal = spend_until_refused(sentry, application("small"))
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


def told(sentry, owner):
    return [mail for mail in mails(sentry.cloud) if mail["to"] == owner]
