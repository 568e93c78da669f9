"""A model that is unwell, through the deployed workflow: tried again, avoided, and tried by one."""

import json
import time

import pytest

from cost_sentry.adapters.circuit_items import bank_key
from cost_sentry.adapters.dynamodb_retries import DynamoDbRetries
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.retry import PRICE, RetryRules
from cost_sentry.domain.sentry_config import Model
from tests.e2e.sentry_kit import NOVA_LITE, NOVA_PRO, DeployedSentry, prompt, usd
from tests.e2e.test_bedrock_faults import PIXEL

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

REGION = "us-east-1"
OPEN_SECONDS = 20
PATIENCE_SECONDS = 90
"""Above the stream's batching, and above the time for which a circuit is open."""
ALL = usd("everything", 10**13)
MODELS = {NOVA_PRO: Model(id=NOVA_PRO, ladder=(NOVA_LITE,)), NOVA_LITE: Model(id=NOVA_LITE)}
IMAGE = {"image": {"format": "png", "source": {"bytes": PIXEL}}}


@pytest.fixture
def unwell(local_cloud, deployed):
    """A deployment that watches models, and has saved up for some retries."""
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    rules = CircuitRules(failures=3, failure_percent=50, open_seconds=OPEN_SECONDS)
    sentry.configure(ALL, models=MODELS, circuit_breaker=rules, retries=RetryRules())
    DynamoDbRetries(sentry.calls, REGION, lambda _: None).earn(3 * PRICE)
    yield sentry
    sentry.clear_faults()


def asking(**changes):
    return prompt(**changes)


def with_image():
    return prompt(messages=[{"role": "user", "content": [{"text": "What is this?"}, IMAGE]}])


@pytest.mark.parametrize("ask", [asking, with_image], ids=["direct", "lambda"])
def test_a_call_that_bedrock_throttled_is_answered_by_the_next_model(unwell, ask):
    unwell.fail("throttle")
    before = unwell.balance(ALL).posted

    answer = unwell.invoke(ask())

    sentry = answer["sentry"]
    assert answer["output"]["message"]["content"]
    assert (sentry["attempts"], sentry["code"]) == (2, "REROUTED_TO_RETRY")
    assert (sentry["modelAsked"], sentry["modelUsed"]) == (NOVA_PRO, NOVA_LITE)
    balance = unwell.balance(ALL)
    assert (balance.pending, balance.posted > before) == (0, True)


def test_a_model_without_a_ladder_is_asked_again_itself(unwell):
    unwell.fail("throttle")

    sentry = unwell.invoke(asking(modelId=NOVA_LITE))["sentry"]

    assert (sentry["attempts"], sentry["modelUsed"]) == (2, NOVA_LITE)


def test_where_nothing_is_saved_up_the_first_refusal_is_the_answer(unwell):
    unwell.calls.update(
        {
            "Key": bank_key(REGION),
            "UpdateExpression": "SET parts = :none",
            "ExpressionAttributeValues": {":none": {"N": "0"}},
        }
    )
    unwell.fail("throttle")

    failed = unwell.start(asking())

    assert (failed["status"], failed["error"]) == ("FAILED", "BedrockRuntime.ThrottlingException")
    assert json.loads(failed["cause"])["sentry"]["attempts"] == 1


def test_a_fault_of_unknown_outcome_is_never_tried_again(unwell):
    unwell.fail("internal")

    failed = unwell.start(asking())

    assert failed["error"] == "BedrockRuntime.InternalServerException"
    assert json.loads(failed["cause"])["sentry"]["status"] == "PENDING"
    unwell.expire_later()


def test_a_model_that_keeps_failing_is_left_alone_until_one_call_finds_it_well_again(unwell):
    unwell.fail("unavailable", times=3)
    for _ in range(3):
        assert unwell.start(asking())["status"] == "FAILED"

    avoided = until(lambda: unwell.invoke(asking())["sentry"], "REROUTED_BY_CIRCUIT")
    refused = unwell.start(asking(modelId=NOVA_LITE))
    well = until(lambda: unwell.invoke(asking())["sentry"], "WITHIN_BUDGETS")
    time.sleep(12)
    closed = [unwell.invoke(asking())["sentry"]["code"] for _ in range(3)]

    assert avoided["modelUsed"] == NOVA_LITE
    assert "3 of" in avoided["message"]
    assert refused["status"] == "SUCCEEDED"
    assert well["modelUsed"] == NOVA_PRO
    assert closed == ["WITHIN_BUDGETS"] * 3
    unwell.expire_later()


def until(ask, code):
    """The first answer of this code; ask again for a while."""
    for _ in range(PATIENCE_SECONDS):
        sentry = ask()
        if sentry["code"] == code:
            return sentry
        time.sleep(1)
    raise AssertionError(f"no {code} within {PATIENCE_SECONDS} s, the last was {sentry['code']}")
