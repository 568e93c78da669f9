"""An outage from its beginning to its books, through the handlers and the real adapters on moto."""

import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.application.apply_config import apply_config
from cost_sentry.domain.window import WindowKind
from cost_sentry.handlers import (
    admit_request,
    expire_reservations,
    settle_reservation,
    void_reservation,
)
from tests.fakes.builders import ManualClock, allowance, budget
from tests.fakes.configurations import configuration
from tests.fakes.dynamodb_table import create_table
from tests.fakes.moto_journal import no_pause
from tests.unit.handlers.test_project_entries_handler import ENVIRONMENT, forget_what_was_built

MODEL = "amazon.nova-lite-v1:0"
PURSE = budget("search-daily", 10**12, window=WindowKind.DAY)
ALLOWANCE = allowance(
    model_id=MODEL, calls_per_day=6, input_tokens_max=2_000, output_tokens_max=100
)
"""More than one shard of an account holds."""
ANSWER = {
    "Output": {"Message": {"Role": "assistant", "Content": [{"Text": "hi"}]}},
    "StopReason": "end_turn",
    "Usage": {"InputTokens": 12, "OutputTokens": 9, "TotalTokens": 21},
    "Metrics": {"LatencyMs": 5},
}


class House:
    """The functions, each invocation as Lambda makes it; the table goes away when told."""

    def __init__(self, monkeypatch, clock) -> None:
        self.clock, self._monkeypatch, self._invocations = clock, monkeypatch, 0

    def context(self):
        self._invocations += 1
        return SimpleNamespace(aws_request_id=f"invocation-{self._invocations}")

    def new_environments(self) -> None:
        """Functions that start now know nothing of before."""
        forget_what_was_built()

    def lose_the_table(self) -> None:
        def gone(operation, _arguments):
            raise EndpointConnectionError(endpoint_url=f"the table, asked for {operation}")

        self._monkeypatch.setattr(bootstrap.dynamodb_client(), "_make_api_call", gone)

    def admit(self, request_id="r1", execution="e1", **changes):
        request = {
            "modelId": MODEL,
            "messages": [{"role": "user", "content": [{"text": "hello"}]}],
            "inferenceConfig": {"maxTokens": 50},
            "tags": {"team": "search", "application": "web"},
            "requestId": request_id,
            **changes,
        }
        caller = {"team": "search", "application": "", "workflow": "CostSentry-dev_search"}
        event = {"request": request, "caller": caller}
        event |= {"execution": {"id": execution, "name": execution}}
        return admit_request.handler(event, self.context())

    def settle(self, admitted):
        event = {"response": ANSWER, "path": admitted["path"]}
        event |= {"ticket": admitted["ticket"], "sentry": admitted["sentry"]}
        return settle_reservation.handler(event, self.context())

    def void(self, admitted):
        error = {"Error": "BedrockRuntime.ThrottlingException", "Cause": "slow down"}
        event = {"ticket": admitted["ticket"], "sentry": admitted["sentry"], "error": error}
        return void_reservation.handler(event, self.context())

    def sweep(self):
        return expire_reservations.handler({}, self.context())

    def books(self):
        return DynamoDbBooks(bootstrap.ledger_calls(), no_pause, self.clock)

    def balance(self):
        return self.books().balance(PURSE, PURSE.window_at(self.clock.now()).id)


@pytest.fixture
def house(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    clock = ManualClock()
    with mock_aws():
        create_table(boto3.client("dynamodb"), "ledger")
        boto3.client("s3").create_bucket(Bucket="emergency")
        topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        monkeypatch.setenv("SENTRY_ALERT_TOPIC_ARN", topic)
        forget_what_was_built()
        monkeypatch.setattr(bootstrap, "clock", lambda: clock)
        monkeypatch.setattr(bootstrap, "token_counter", lambda: None)
        house = House(monkeypatch, clock)
        store = DynamoDbConfigStore(bootstrap.ledger_calls(), clock)
        config = configuration(PURSE, emergency_allowances=(ALLOWANCE,))
        apply_config(config, store=store, books=house.books(), clock=clock)
        house.sweep()
        yield house
    forget_what_was_built()


def test_an_outage_is_survived_answered_and_booked(house, capsys):
    assert len(house.books().pending()) == ALLOWANCE.calls_per_day
    house.new_environments()
    house.lose_the_table()

    admitted = house.admit(inferenceConfig={"maxTokens": 5_000})
    answer = house.settle(admitted)

    told = admitted["sentry"]
    assert (admitted["decision"], told["code"]) == ("ALLOW", "EMERGENCY_ALLOWANCE")
    assert (told["requestId"], told["maxTokens"], told["maxTokensAsked"]) == ("r1", 100, 5_000)
    assert admitted["arguments"]["InferenceConfig"]["MaxTokens"] == 100
    assert "emergency allowance outage pays for this call" in told["message"]
    assert (answer["sentry"]["status"], answer["sentry"]["costEstimated"]) == ("SETTLED", False)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [(p["EmergencyCalls"], p["service"]) for p in printed] == [([1.0], "admit_request")]

    house.new_environments()
    house.sweep()
    assert house.balance().posted == 12 * 60_000 + 9 * 240_000
    assert len(house.books().pending()) == ALLOWANCE.calls_per_day - 1


def test_a_caller_who_asks_for_less_gets_less(house):
    house.lose_the_table()

    assert house.admit()["arguments"]["InferenceConfig"]["MaxTokens"] == 50


def test_a_refused_model_call_costs_nothing_although_nobody_could_be_told(house):
    house.lose_the_table()

    failed = house.void(house.admit())

    assert failed["sentry"]["status"] == "VOIDED"
    house.new_environments()
    house.sweep()
    assert house.balance().posted == 0


def test_without_an_outage_nothing_of_this_is_asked_for(house, monkeypatch):
    monkeypatch.setattr(bootstrap, "emergency_store", lambda: pytest.fail("asked for"))

    admitted = house.admit()

    assert admitted["sentry"]["code"] == "WITHIN_BUDGETS"
    assert house.settle(admitted)["sentry"]["status"] == "SETTLED"


def test_when_the_bucket_is_gone_too_the_answer_is_no(house):
    house.lose_the_table()
    s3 = boto3.resource("s3").Bucket("emergency")
    s3.objects.all().delete()
    s3.delete()

    refused = house.admit()

    assert (refused["decision"], refused["ticket"]) == ("REJECT", None)
    assert refused["sentry"]["code"] == "LEDGER_UNAVAILABLE"
    assert "nor could the emergency store be asked" in refused["sentry"]["message"]


def test_a_store_that_is_slow_is_asked_for_nothing_more_when_time_is_up(house, monkeypatch):
    house.lose_the_table()
    client, asked = bootstrap.s3_client(), []
    call = client._make_api_call

    def slow(operation, arguments):
        asked.append(operation)
        house.clock.advance(seconds=6)
        return call(operation, arguments)

    monkeypatch.setattr(client, "_make_api_call", slow)
    refused = house.admit()

    assert len(asked) == 2
    assert refused["sentry"]["code"] == "LEDGER_UNAVAILABLE"
    assert (
        "nor could the emergency store be asked (it took too long)"
        in (refused["sentry"]["message"])
    )


def test_a_call_of_an_outage_is_explained_under_the_callers_id(house):
    house.lose_the_table()
    house.settle(house.admit())
    house.new_environments()
    house.sweep()

    [noted] = bootstrap.journal().decisions("r1")

    assert noted.decision.code == "EMERGENCY_ALLOWANCE"
    assert noted.account == "search/-/outage"
    assert noted.slot_id.startswith("emergency-outage-2026-11-21-")


def test_each_day_has_its_own_calls_and_nothing_stays_of_those_before(house):
    yesterday = house.balance()
    house.clock.advance(days=1)
    house.sweep()

    assert yesterday.pending == house.balance().pending > 0
    left = house.books().balance(PURSE, "2026-11-21")
    assert (left.pending, left.posted) == (0, 0)
    assert len(house.books().pending()) == ALLOWANCE.calls_per_day


def test_the_last_call_that_was_set_aside_is_the_last_that_is_answered(house):
    house.lose_the_table()

    codes = [
        house.admit(f"r{n}", f"e{n}")["sentry"]["code"] for n in range(ALLOWANCE.calls_per_day + 1)
    ]

    assert codes == ["EMERGENCY_ALLOWANCE"] * ALLOWANCE.calls_per_day + ["LEDGER_UNAVAILABLE"]
