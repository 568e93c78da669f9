"""Every way a model call can end, and how the ledger must end with it, through the real workflow.

One test per row of the table of ambiguous outcomes: void only what surely did not run, post what
was reported, and charge in full, once it is overdue, whatever nobody knows.
"""

import base64
import json

import pytest

from cost_sentry.domain.money import picodollars
from cost_sentry_local.function_changes import changed_function, out_of_reach
from tests.e2e.sentry_kit import NOVA_PRO

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

PIXEL = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
).decode()
SURELY_DID_NOT_RUN = {
    "throttle": "ThrottlingException",
    "not_ready": "ModelNotReadyException",
    "access_denied": "AccessDeniedException",
    "validation": "ValidationException",
    "quota": "ServiceQuotaExceededException",
    "not_found": "ResourceNotFoundException",
}
MAY_HAVE_RUN = ["internal", "unavailable", "model_timeout", "model_error", "break", "disconnect"]


def text_only(slot):
    return slot.prompt()


def with_image(slot):
    content = [
        {"text": "What is this?"},
        {"image": {"format": "png", "source": {"bytes": PIXEL}}},
    ]
    return slot.prompt(messages=[{"role": "user", "content": content}])


def sentry_quote(answer):
    return picodollars(answer["sentry"]["reservedUsd"])


BRANCHES = pytest.mark.parametrize("ask", [text_only, with_image], ids=["direct", "lambda"])


@BRANCHES
def test_an_answer_with_usage_is_charged_what_it_cost(slot, ask):
    answer = slot.sentry.invoke(ask(slot))

    balance = slot.balance()
    assert answer["sentry"]["status"] == "SETTLED"
    assert balance.pending == 0
    assert 0 < balance.posted < sentry_quote(answer)
    assert answer["output"]["message"]["content"]


@BRANCHES
@pytest.mark.parametrize("fault", SURELY_DID_NOT_RUN)
def test_an_error_that_proves_the_call_did_not_run_gives_everything_back(slot, ask, fault):
    slot.sentry.fail(fault)

    failed = slot.sentry.start(ask(slot))

    balance = slot.balance()
    assert failed["status"] == "FAILED", failed["output"]
    assert SURELY_DID_NOT_RUN[fault] in failed["error"]
    assert json.loads(failed["cause"])["sentry"]["status"] == "VOIDED"
    assert (balance.pending, balance.posted) == (0, 0)


@BRANCHES
@pytest.mark.parametrize("fault", MAY_HAVE_RUN)
def test_a_call_that_may_have_run_stays_held_and_is_charged_in_full_when_overdue(slot, ask, fault):
    slot.sentry.fail(fault)

    failed = slot.sentry.start(ask(slot))

    assert failed["status"] == "FAILED", failed["output"]
    told = json.loads(failed["cause"])["sentry"]
    assert told["status"] == "PENDING"
    held = slot.balance()
    assert held.posted == 0
    assert held.pending == sentry_quote({"sentry": told})
    assert slot.sentry.expire_later() == 1
    assert slot.balance().posted == held.pending
    assert slot.sentry.expire_later() == 0


@BRANCHES
def test_an_answer_without_usage_is_charged_in_full_and_says_so(slot, ask):
    slot.sentry.fail("no_usage")

    answer = slot.sentry.invoke(ask(slot))

    assert answer["sentry"]["costEstimated"] is True
    assert answer["output"]["message"]["content"]
    balance = slot.balance()
    assert (balance.pending, balance.posted) == (0, sentry_quote(answer))


@BRANCHES
def test_a_model_that_stalls_past_the_time_limit_stays_held(slot, ask):
    """The real definition with shorter limits: waiting four minutes proves nothing more."""
    machine = slot.sentry.workflow()
    client = slot.sentry.cloud.client("stepfunctions")
    definition = client.describe_state_machine(stateMachineArn=machine)["definition"]
    hurried = json.loads(definition)
    for state in ("Invoke model", "Invoke model with bytes"):
        assert hurried["States"][state]["TimeoutSeconds"] < hurried["TimeoutSeconds"] < 300
        hurried["States"][state]["TimeoutSeconds"] = 2
    slot.sentry.invoke(slot.prompt())
    spent = slot.balance().posted
    slot.sentry.fail("stall", seconds=8)

    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(hurried))
    try:
        failed = slot.sentry.start(ask(slot))
    finally:
        client.update_state_machine(stateMachineArn=machine, definition=definition)

    assert (failed["status"], failed["error"]) == ("FAILED", "States.Timeout")
    held = slot.balance()
    assert (held.pending > 0, held.posted) == (True, spent)
    assert slot.sentry.expire_later() == 1
    assert slot.balance().posted == spent + held.pending


def test_a_function_that_is_killed_while_the_model_works_leaves_the_money_held(slot):
    """By its own time limit, as Lambda kills it: it cannot say what it has done."""
    slot.sentry.fail("stall", seconds=8)

    with changed_function(slot.sentry.cloud, "invoke_model", Timeout=2):
        failed = slot.sentry.start(with_image(slot))

    assert failed["status"] == "FAILED", failed["output"]
    told = json.loads(failed["cause"])["sentry"]
    assert told["status"] == "PENDING"
    held = slot.balance()
    assert (held.pending, held.posted) == (sentry_quote({"sentry": told}), 0)
    assert slot.sentry.expire_later() == 1
    assert slot.balance().posted == held.pending


def test_a_call_of_which_no_byte_was_sent_gives_everything_back(slot):
    with out_of_reach(slot.sentry.cloud, "BEDROCK_RUNTIME", "invoke_model"):
        failed = slot.sentry.start(with_image(slot))

    assert (failed["status"], failed["error"]) == ("FAILED", "ModelCallNotSent")
    assert json.loads(failed["cause"])["sentry"]["status"] == "VOIDED"
    balance = slot.balance()
    assert (balance.pending, balance.posted) == (0, 0)
    assert slot.sentry.invoke(with_image(slot))["sentry"]["status"] == "SETTLED"


def test_a_table_that_cannot_be_reached_means_no_and_no_model_is_called(slot):
    calls = len(slot.sentry.billed()["calls"])

    with out_of_reach(slot.sentry.cloud, "DYNAMODB", "admit_request"):
        answer = slot.sentry.invoke(slot.prompt())

    assert answer["sentry"]["code"] == "LEDGER_UNAVAILABLE"
    assert len(slot.sentry.billed()["calls"]) == calls
    assert slot.balance().left == slot.budget.limit
    assert slot.sentry.invoke(slot.prompt())["sentry"]["status"] == "SETTLED"


def test_a_repeated_request_never_calls_the_model_again(slot):
    request = slot.prompt(requestId="once")
    calls = len(slot.sentry.billed()["calls"])
    first = slot.sentry.invoke(request)

    again = slot.sentry.invoke(request)

    assert again["sentry"]["replayed"] is True
    assert again["sentry"]["decision"] == first["sentry"]["decision"] == "ALLOW"
    assert again["sentry"]["costUsd"] == first["sentry"]["costUsd"]
    assert "output" not in again
    assert len(slot.sentry.billed()["calls"]) == calls + 1


def test_a_request_id_used_before_with_other_content_is_refused_and_changes_nothing(slot):
    slot.sentry.invoke(slot.prompt(requestId="once"))
    before = slot.balance()

    reused = slot.sentry.invoke(slot.prompt("Something else", requestId="once"))

    assert reused["sentry"]["code"] == "REQUEST_ID_REUSED"
    assert [error["field"] for error in reused["sentry"]["errors"]] == ["requestId"]
    assert slot.balance() == before


def test_a_throttled_request_may_be_tried_again_with_a_new_id(slot):
    slot.sentry.fail("throttle")
    slot.sentry.start(slot.prompt(requestId="first"))

    assert slot.sentry.invoke(slot.prompt(requestId="second"))["sentry"]["status"] == "SETTLED"


def test_no_prompt_or_completion_text_reaches_the_table(slot):
    canary = "canary-4711-never-stored"
    answer = slot.sentry.invoke(slot.prompt(f"Repeat: {canary}"))
    said = answer["output"]["message"]["content"][0]["text"]

    table = slot.sentry.outputs["LedgerTableName"]
    pages = slot.sentry.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = json.dumps([page["Items"] for page in pages], default=repr)

    assert canary not in items
    assert said not in items


def test_the_reservation_is_for_the_model_that_is_called(slot):
    answer = slot.sentry.invoke(slot.prompt())

    assert answer["sentry"]["modelUsed"] == NOVA_PRO
    assert slot.sentry.billed()["calls"][-1]["model"] == NOVA_PRO
