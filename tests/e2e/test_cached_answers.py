"""On the deployed stack: an application that keeps answers is answered from them, at no cost."""

import base64
import json
from time import sleep

import pytest

from cost_sentry.adapters.dynamodb_answers import PAUSE
from cost_sentry.adapters.dynamodb_journal import DynamoDbJournal
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.adapters.dynamodb_savings import DynamoDbSavings
from cost_sentry.adapters.system_clock import SystemClock, pause
from cost_sentry.application.explain_request import explain
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.sentry_config import Application, Team
from cost_sentry_client.sentry_client import SentryClient
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import SONNET, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

CALLER, ACCOUNT = "growth_campaigns", "growth/campaigns"
GROWTH = usd("of-growth-cached", 10**12, scope={"team": "growth"})
CAMPAIGNS = Application(id="campaigns", answer_cache=AnswerCaching(ttl_seconds=600))
TEAMS = {
    "search": Team(id="search"),
    "growth": Team(id="growth", applications={"campaigns": CAMPAIGNS}),
}
TRIES = 3
ENOUGH = 2_000
"""So that the stand-in ends by itself: an answer that was cut is not kept."""
PICTURE = {"format": "png", "source": {"bytes": base64.b64encode(bytes(300)).decode()}}


@pytest.fixture(scope="module")
def sentry(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    sentry.configure(usd("everything", 10**13), GROWTH, teams=TEAMS)
    return sentry


def asking(text, request_id=None, **changes):
    request = prompt(
        text, inferenceConfig={"maxTokens": ENOUGH, "temperature": 0}, modelId=SONNET, **changes
    )
    return {**request, "tags": {}, "requestId": request_id or unique("cached")}


def answered(sentry, request):
    answer = sentry.cloud.client("stepfunctions").start_sync_execution(
        stateMachineArn=sentry.workflow(CALLER), input=json.dumps(request)
    )
    assert answer["status"] == "SUCCEEDED", answer
    return json.loads(answer["output"])


def kept(sentry, **request):
    """What the model answers, once that is kept: a table that is slow at times keeps nothing."""
    for _ in range(TRIES):
        paid = answered(sentry, asking(**request, answerCache="refresh"))
        if answered(sentry, asking(**request))["sentry"]["cache"]:
            return paid
        sleep(PAUSE.total_seconds())
    raise AssertionError("no answer was kept")


def spared(sentry):
    day = SystemClock().now().date()
    days = DynamoDbSavings(sentry.calls).days(ACCOUNT, day, day)
    return (sum(d.hits for d in days), sum(d.avoided_picodollars for d in days))


@pytest.mark.parametrize("extra", [[], [{"image": PICTURE}]], ids=["text", "with bytes"])
def test_the_same_request_is_answered_the_same_and_nothing_more_is_called_or_spent(sentry, extra):
    text = unique("the same")
    messages = [{"role": "user", "content": [{"text": text}, *extra]}]
    first = kept(sentry, text=text, messages=messages)
    billed, balance, before = sentry.billed(), sentry.balance(GROWTH), spared(sentry)

    second = answered(sentry, asking(text, messages=messages))

    told, paid = second.pop("sentry"), first.pop("sentry")
    assert second == first
    assert (told["code"], told["costUsd"]) == ("ANSWERED_FROM_CACHE", "0.00")
    assert told["cache"]["avoidedUsd"] == paid["costUsd"] != "0.00"
    assert (sentry.billed(), sentry.balance(GROWTH)) == (billed, balance)
    hits, avoided = spared(sentry)
    assert hits == before[0] + 1
    assert avoided > before[1]


def test_a_hit_is_explained_under_its_own_id(sentry):
    text = unique("explained")
    kept(sentry, text=text)
    hit = asking(text)
    answered(sentry, hit)

    journal = DynamoDbJournal(
        JournalCalls(sentry.calls._client, sentry.calls._table), sentry.calls, pause
    )
    [found] = explain(hit["requestId"], journal=journal, books=sentry.books)

    assert (found.code, found.cost_picodollars) == ("ANSWERED_FROM_CACHE", 0)
    assert found.cached.avoided_picodollars > 0


def test_who_asks_for_a_new_answer_pays_for_one(sentry):
    text = unique("anew")
    kept(sentry, text=text)

    for use in ("refresh", "off"):
        assert answered(sentry, asking(text, answerCache=use))["sentry"]["status"] == "SETTLED"


def test_another_application_with_the_same_request_is_not_answered_from_it(sentry):
    text = unique("not yours")
    kept(sentry, text=text)

    other = sentry.invoke({**asking(text), "tags": {"team": "search", "application": "campaigns"}})

    assert (other["sentry"]["status"], other["sentry"]["cache"]) == ("SETTLED", None)


def test_the_drop_in_client_returns_a_kept_answer_like_any_other(sentry):
    text = unique("drop-in")
    client = SentryClient(
        state_machine_arn=sentry.workflow(CALLER),
        step_functions=sentry.cloud.client("stepfunctions"),
    )
    first = kept(sentry, text=text)
    request = {n: v for n, v in asking(text).items() if n not in ("tags", "requestId")}

    second = client.converse(**request)

    assert second["output"] == first["output"]
    assert (second["sentry"]["costUsd"], second["sentry"]["replayed"]) == ("0.00", False)


def test_the_ledgers_table_holds_no_text_and_the_answers_table_no_prompt(sentry):
    text = unique("canary")
    said = kept(sentry, text=text)["output"]["message"]["content"][0]["text"]

    client = sentry.cloud.client("dynamodb")
    everything = {
        name: repr([p["Items"] for p in client.get_paginator("scan").paginate(TableName=name)])
        for name in (sentry.outputs["LedgerTableName"], sentry.outputs["AnswerTableName"])
    }
    ledger, answers = everything.values()
    assert text not in ledger
    assert said not in ledger
    assert (text in answers) == (text in said)
