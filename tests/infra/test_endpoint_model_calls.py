"""A SageMaker endpoint as a model: the deployed functions and workflow, awake and asleep.

On moto, with the real handlers in the real machine; the endpoint's container is a fake.
"""

import io
import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from cost_sentry import bootstrap
from cost_sentry.adapters.bedrock_errors import ModelCallError
from cost_sentry.adapters.endpoint_models import EndpointModels
from cost_sentry.domain.endpoint_model import WhileAsleep
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.sentry_config import Model
from cost_sentry.handlers import (
    admit_request,
    invoke_model,
    scale_endpoints,
    settle_reservation,
    void_reservation,
    wake_endpoint,
)
from tests.fakes.memory_sleepers import endpoint_model
from tests.infra.recorded_house import MACHINE, answering
from tests.infra.test_endpoint_functions import sleepy  # noqa: F401 - a fixture
from tests.infra.test_permissions_suffice import denied
from tests.statemachines.walker import TaskFailed, walk

CHAT, NOVA = "sagemaker.chat", "us.amazon.nova-lite-v1:0"
CALLER = {"team": "search", "application": "", "workflow": "CostSentry-dev_search"}
COMPLETION = {
    "choices": [{"message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}


class Container:
    """What stands behind the endpoint, and how often it was called."""

    def __init__(self) -> None:
        self.asked, self.completion = [], COMPLETION

    def invoke_endpoint(self, **arguments):
        self.asked.append((arguments["EndpointName"], json.loads(arguments["Body"])))
        return {"Body": io.BytesIO(json.dumps(self.completion).encode())}


class Chat:
    """Search's endpoint chat as a model, and its callers."""

    def __init__(self, house, monkeypatch) -> None:
        self.house, self.container = house, Container()
        models = EndpointModels(self.container, house.clock)
        monkeypatch.setattr(bootstrap, "endpoint_models", lambda: models)
        self.apply()

    def apply(self, ladder=(NOVA,), **changes) -> None:
        rates = {"input": 300_000, "output": 1_200_000, "context_tokens": 8_192}
        endpoint = endpoint_model("chat", **{**rates, **changes})
        config = bootstrap.config_source().current()
        model = Model(id=CHAT, ladder=ladder, endpoint=endpoint)
        self.house.put_in_force(replace(config, models={**config.models, CHAT: model}))

    def falls_asleep(self) -> None:
        scale = self.house.task("scale_endpoints", scale_endpoints.handler)
        assert scale({})["slept"] == ["chat"]
        assert scale({})["problems"] == []
        self.house.clock.advance(seconds=2)

    def budget_is_spent(self) -> None:
        """Nothing pays for a wake any more, and next to nothing for calls."""
        config = bootstrap.config_source().current()
        budgets = [replace(one, limit=picodollars("0.05")) for one in config.budgets if one]
        self.house.put_in_force(replace(config, budgets=tuple(budgets)))

    def call(self, request_id="r-1", **inference):
        request = {
            "modelId": CHAT,
            "requestId": request_id,
            "messages": [{"role": "user", "content": [{"text": "hello"}]}],
            "inferenceConfig": {"maxTokens": 100, **inference},
        }
        return walk(MACHINE, request, self._tasks(), self.house.clock.time.isoformat())

    def _tasks(self):
        house = self.house
        admit = house.task("admit_request", admit_request.handler)
        wake = house.task("wake_endpoint", wake_endpoint.handler)

        def admitted(payload):
            house.clock.advance(seconds=15)  # as long as it waits, if it comes again
            return admit(payload | {"caller": CALLER})

        return {
            "Admit request": admitted,
            "Wake endpoint": wake,
            "Invoke model": answering(3),
            "Invoke model with bytes": as_lambda(house.task("invoke_model", invoke_model.handler)),
            "Settle reservation": house.task("settle_reservation", settle_reservation.handler),
            "Void reservation": house.task("void_reservation", void_reservation.handler),
        }


@pytest.fixture
def chat(sleepy, monkeypatch):  # noqa: F811 - the fixture
    return Chat(sleepy, monkeypatch)


@pytest.mark.slow
def test_an_endpoint_is_called_settled_and_charged_like_any_model(chat):
    run = chat.call(temperature=0.5)

    assert run.status == "SUCCEEDED"
    assert run.output["output"]["message"]["content"] == [{"text": "Hi."}]
    told = run.output["sentry"]
    assert (told["status"], told["path"], told["modelUsed"]) == ("SETTLED", "LAMBDA", CHAT)
    assert told["costUsd"] == "0.0000072"
    assert not told["costEstimated"]
    asked = {
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 100,
        "temperature": 0.5,
    }
    assert chat.container.asked == [("chat", asked)]


@pytest.mark.slow
def test_an_answer_without_usage_is_charged_as_it_was_quoted(chat):
    chat.container.completion = {"choices": COMPLETION["choices"]}

    told = chat.call().output["sentry"]

    assert (told["status"], told["costEstimated"]) == ("SETTLED", True)
    assert told["costUsd"] == told["reservedUsd"]


@pytest.mark.slow
def test_a_sleeper_reroutes_wakes_and_serves_again_by_the_roles_of_the_functions(chat, dev):
    chat.falls_asleep()

    rerouted = chat.call("r-1")
    chat.house.clock.advance(seconds=2)
    served = chat.call("r-2")

    assert rerouted.output["sentry"]["code"] == "REROUTED_WHILE_ASLEEP"
    assert rerouted.output["sentry"]["modelUsed"] == NOVA
    assert "Wake endpoint" in rerouted.visited
    assert served.output["sentry"]["code"] == "WITHIN_BUDGETS"
    assert "Wake endpoint" not in served.visited
    assert len(chat.container.asked) == 1
    assert denied(chat.house, dev) == set()
    assert ("admit_request", "dynamodb:GetItem", frozenset({"ENDPOINTS"})) in (
        chat.house.recorder.calls
    )


@pytest.mark.slow
def test_a_call_that_waits_is_served_by_the_endpoint_itself_under_the_same_id(chat):
    chat.apply(asleep=WhileAsleep.WAIT, wait_seconds_max=60)
    chat.falls_asleep()

    run = chat.call()

    assert run.visited.count("Wait for endpoint") >= 1
    assert run.output["sentry"]["modelUsed"] == CHAT
    assert run.output["sentry"]["requestId"] == "r-1"
    assert run.output["sentry"]["attempts"] == 1


@pytest.mark.slow
def test_a_wake_that_its_budget_refuses_leaves_it_asleep_and_the_call_hears_why(chat, monkeypatch):
    chat.apply(ladder=(), asleep=WhileAsleep.WAIT, wait_seconds_max=60)
    chat.falls_asleep()
    chat.budget_is_spent()

    run = chat.call()

    told = run.output["sentry"]
    assert told["code"] == "ENDPOINT_ASLEEP"
    assert "may not be woken before" in told["message"]
    assert "USD left, and a wake holds" in told["message"]
    assert told["retryAfterSeconds"] > 300
    assert not chat.container.asked


@pytest.mark.slow
def test_a_call_that_met_the_very_moment_of_the_deletion_is_given_back_whole(chat, monkeypatch):
    def gone(**_):
        raise chat_is_gone()

    monkeypatch.setattr(chat.container, "invoke_endpoint", gone)
    run = chat.call()

    assert run.status == "FAILED"
    assert run.error == "ModelNotReadyException"
    assert json.loads(run.cause)["sentry"]["status"] == "VOIDED"


def as_lambda(task):
    """An error of the function is told by its name, as Lambda tells it."""

    def call(payload):
        try:
            return task(payload)
        except ModelCallError as error:
            raise TaskFailed(type(error).__name__, str(error)) from error

    return call


def chat_is_gone():
    message = "Endpoint chat of account 123456789012 not found."
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "InvokeEndpoint")
