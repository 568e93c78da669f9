"""The real handlers in the real workflow, for an application that keeps answers."""

import json
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError

from cost_sentry import bootstrap
from cost_sentry.adapters import aws_clients
from cost_sentry.adapters.dynamodb_answers import PAUSE
from cost_sentry.adapters.dynamodb_savings import DynamoDbSavings
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.sentry_config import Application
from tests.infra.recorded_house import SONNET, answering
from tests.infra.test_permissions_suffice import denied

WEB = {"team": "search", "application": "web", "workflow": "CostSentry-dev_search_web"}
SECRET_PROMPT, SECRET_ANSWER = "a prompt that nobody may see", "an answer that nobody may see"


@pytest.fixture
def cached(house):
    config = bootstrap.config_source().current()
    web = Application(id="web", answer_cache=AnswerCaching(ttl_seconds=3600))
    search = replace(config.teams["search"], applications={"web": web})
    house.put_in_force(replace(config, teams={**config.teams, "search": search}))
    return house


def call(house, request_id, bedrock=None, **changes):
    request = {
        "modelId": SONNET,
        "messages": [{"role": "user", "content": [{"text": SECRET_PROMPT}]}],
        "inferenceConfig": {"maxTokens": 200, "temperature": 0},
        "requestId": request_id,
        **changes,
    }
    house.clock.advance(seconds=1)
    return house.answer(WEB, request, bedrock or model())


def model(text=SECRET_ANSWER):
    answer = answering(9)(None)
    message = {"Role": "assistant", "Content": [{"Text": text}]}
    return lambda _: answer | {"Output": {"Message": message}}


def no_model(_):
    raise AssertionError("a model was called")


def logged_by(caplog):
    """Every line of the handlers, with all its fields."""
    return repr([vars(record) for record in caplog.records])


def items(table):
    return boto3.client("dynamodb", region_name="us-east-1").scan(TableName=table)["Items"]


def test_the_second_call_is_answered_like_the_first_and_no_model_is_called(cached, dev):
    first = call(cached, "r1")
    second = call(cached, "r2", no_model)

    told = second.output.pop("sentry")
    assert second.visited == ["Admit request", "Choose decision", "Answer from cache"]
    assert (second.status, second.output) == (
        "SUCCEEDED",
        {name: part for name, part in first.output.items() if name != "sentry"},
    )
    assert (told["decision"], told["code"]) == ("ALLOW", "ANSWERED_FROM_CACHE")
    assert (told["costUsd"], told["reservedUsd"], told["status"]) == ("0.00", None, None)
    assert told["cache"]["avoidedUsd"] == first.output["sentry"]["costUsd"]
    assert told["cache"]["ageSeconds"] == 1
    assert first.output["sentry"]["cache"] is None
    assert denied(cached, dev) == set()


def test_a_hit_is_booked_once_and_moves_no_money(cached):
    first = call(cached, "r1").output["sentry"]
    before = [item for item in items("ledger") if item["pk"]["S"].startswith("ACCOUNT#")]
    for _ in range(2):
        call(cached, "r2", no_model)

    day = cached.clock.now().date()
    [saved] = DynamoDbSavings(bootstrap.ledger_calls()).days("search/web", day, day)
    assert (saved.hits, f"{saved.avoided_picodollars:012d}") == (
        1,
        first["costUsd"].removeprefix("0.").ljust(12, "0"),
    )
    after = [item for item in items("ledger") if item["pk"]["S"].startswith("ACCOUNT#")]
    assert before == after


def test_text_is_kept_in_the_answers_table_and_nowhere_else(cached, caplog):
    call(cached, "r1")
    call(cached, "r2", no_model)
    cached.project()

    logged = logged_by(caplog)
    assert "ANSWERED_FROM_CACHE" in logged
    for secret in (SECRET_PROMPT, SECRET_ANSWER):
        assert secret not in logged
        assert secret not in repr(items("ledger"))
    assert SECRET_PROMPT not in repr(items("answers"))
    assert repr(items("answers")).count(SECRET_ANSWER) == 1


def test_the_ticket_says_where_to_keep_it_and_the_caller_is_not_told(cached):
    first = call(cached, "r1")

    [key] = [i["pk"]["S"].split("#")[1] for i in items("answers") if i["pk"]["S"] != "SECRET"]
    assert key in first.variables["ticket"]["keep_at"]
    assert key not in json.dumps(first.output)


class Broken:
    """The answers' client, whose calls of these kinds fail."""

    def __init__(self, client, *kinds):
        self._client, self.kinds, self.calls = client, kinds, 0

    def __getattr__(self, name):
        def asked(**arguments):
            self.calls += 1
            if name in self.kinds:
                raise ClientError({"Error": {"Code": "InternalServerError"}}, name)
            return getattr(self._client, name)(**arguments)

        return asked


@pytest.fixture
def breaking(cached, monkeypatch):
    def breaks(*kinds):
        broken = Broken(boto3.client("dynamodb", region_name="us-east-1"), *kinds)
        monkeypatch.setattr(aws_clients, "answers_client", lambda: broken)
        cached.new_environments()
        return broken

    return breaks


@pytest.mark.parametrize("kind", ["get_item", "put_item"])
def test_a_table_of_answers_that_fails_costs_nobody_an_answer(cached, breaking, caplog, kind):
    call(cached, "before", messages=[{"role": "user", "content": [{"text": "another"}]}])
    breaking(kind)

    told = [call(cached, f"r{number}").output for number in range(3)]

    assert {one["sentry"]["status"] for one in told} == {"SETTLED"}
    assert {one["output"]["message"]["content"][0]["text"] for one in told} == {SECRET_ANSWER}
    assert "InternalServerError" in logged_by(caplog)


def test_a_table_that_fails_once_is_left_alone_for_a_while(cached, breaking):
    broken = breaking("get_item")
    for number in range(5):
        cached.clock.time = cached.clock.time.replace(microsecond=0)
        call(cached, f"r{number}")
    asked = broken.calls
    cached.clock.advance(seconds=PAUSE.total_seconds())
    call(cached, "r9")

    assert (asked, broken.calls) == (1, 2)


def test_an_answer_that_is_not_kept_is_paid_and_given_all_the_same(cached, caplog):
    cut = model()(None) | {"StopReason": "max_tokens"}

    told = call(cached, "r1", lambda _: cut).output

    assert (told["stopReason"], told["sentry"]["status"]) == ("max_tokens", "SETTLED")
    assert "it did not end by itself" in logged_by(caplog)
    assert [item["pk"]["S"] for item in items("answers")] == ["SECRET"]


def test_an_outage_of_the_ledger_is_answered_without_a_cache(cached):
    call(cached, "r1")
    cached.recorder.table_is_silent = True

    told = call(cached, "r2", no_model).output["sentry"]

    assert told["code"] == "LEDGER_UNAVAILABLE"


def test_a_hit_that_cannot_be_noted_is_given_and_logged(cached, monkeypatch, caplog):
    call(cached, "r1")
    log = bootstrap.decision_log()
    monkeypatch.setattr(
        log._calls, "transact", lambda _: (_ for _ in ()).throw(LedgerUnavailable("gone"))
    )

    told = call(cached, "r2", no_model).output

    assert told["sentry"]["code"] == "ANSWERED_FROM_CACHE"
    assert "gone" in logged_by(caplog)
