"""An answer from a cache, as `invoke`, the drop-in client and `explain` show it."""

from dataclasses import replace
from datetime import timedelta

from cost_sentry.adapters.answer_block import answer_block, cache_block
from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry_client.sentry_client import SentryClient
from tests.contract.test_savings_contract import HIT, hit
from tests.fakes.builders import NOON
from tests.fakes.cached_calls import answer
from tests.fakes.scripted_workflow import ARN, always, succeeded
from tests.unit.client.conftest import LITE, cost_sentry

CALL = ("invoke", "hi", "--model", LITE, "--team", "search")
HIT_AT_NO_COST = replace(hit(avoided_picodollars=10**9), cost_picodollars=0)
ANSWERED = {**answer("kept"), "sentry": answer_block(HIT_AT_NO_COST, "book")}


def test_the_client_returns_it_like_any_answer_and_at_no_cost():
    workflow = always(succeeded(ANSWERED))
    client = SentryClient(state_machine_arn=ARN, step_functions=workflow)

    got = client.converse(modelId=LITE, messages=[], answerCache="refresh")

    assert got["output"]["message"]["content"] == [{"text": "kept"}]
    assert (got["sentry"]["costUsd"], got["sentry"]["code"]) == ("0.00", "ANSWERED_FROM_CACHE")
    assert got["sentry"]["cache"]["avoidedUsd"] == "0.001"
    assert workflow.inputs[0]["answerCache"] == "refresh"


def test_invoke_shows_what_was_avoided_how_old_it_is_and_until_when(desk):
    desk.workflow._answer = lambda _request: succeeded(ANSWERED)

    ended = cost_sentry(*CALL, "--temperature", "0", "--answer-cache", "use")

    assert (ended.code, ended.stdout) == (0, "kept\n")
    [told] = [line for line in ended.stderr.splitlines() if line.startswith("avoided")]
    assert told.split(maxsplit=1)[1].startswith("$0.001 (the answer is 40 s old, and kept until")
    assert "reserved" not in ended.stderr
    sent = desk.workflow.inputs[0]
    assert (sent["inferenceConfig"], sent["answerCache"]) == ({"temperature": 0}, "use")


def test_explain_shows_it_for_people_and_machines(desk):
    log = DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger"))
    log.record_hit(hit(), NOON)

    [found] = cost_sentry("explain", "r1", "--json").json["explanations"]
    told = cost_sentry("explain", "r1").stdout

    assert (found["decision"], found["code"]) == ("ALLOW", "ANSWERED_FROM_CACHE")
    assert (found["costUsd"], found["reservedUsd"]) == ("0.00", None)
    assert found["cache"] == cache_block(HIT)
    assert "the answer is 40 s old" in told
    assert "nothing" in told
    assert HIT.ends_at - NOON == timedelta(seconds=60)
