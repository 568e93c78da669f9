"""Every path through guarded_invocation, with canned tasks: where it ends and what it says."""

import json

import pytest

from tests.statemachines.guarded_calls import MACHINE, REQUEST, SENTRY, TICKET, Calls, admission
from tests.statemachines.walker import walk


def test_an_allowed_call_is_admitted_invoked_and_settled_once():
    calls = Calls()

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.visited == ["Admit request", "Choose decision", "Invoke model", "Settle reservation"]
    assert run.output["sentry"]["status"] == "SETTLED"
    assert calls.given["Admit request"] == [
        {
            "request": REQUEST,
            "caller": {
                "team": "${Team}",
                "application": "${Application}",
                "workflow": "CostSentry-dev_search",
            },
            "execution": {
                "id": "arn:execution:e-1",
                "name": "e-1",
                "startedAt": "2026-11-21T12:00:00.000Z",
            },
        }
    ]
    assert calls.given["Invoke model"] == [admission()["arguments"]]


def test_ticket_and_sentry_reach_the_settlement_unchanged():
    calls = Calls()

    calls.run()

    settled = calls.given["Settle reservation"][0]
    assert settled["ticket"] == TICKET
    assert settled["sentry"] == SENTRY
    assert settled["path"] == "DIRECT"
    assert settled["response"] == {"Output": {"Message": {"Role": "assistant"}}, "Usage": {}}


def test_a_reroute_is_invoked_with_the_arguments_that_admission_chose():
    cheaper = {"ModelId": "m.small"}
    calls = Calls(Admit_request=lambda _: admission(decision="REROUTE", arguments=cheaper))

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert calls.given["Invoke model"] == [cheaper]


def test_bytes_go_through_the_function_and_settle_the_same_way():
    arguments = {"modelId": "m.large", "messages": [{"content": [{"image": {"bytes": "aGk="}}]}]}
    calls = Calls(Admit_request=lambda _: admission(path="LAMBDA", arguments=arguments))

    run = calls.run()

    assert run.visited[2:] == ["Invoke model with bytes", "Settle reservation"]
    assert calls.given["Invoke model with bytes"] == [{"arguments": arguments}]
    assert calls.given["Settle reservation"][0]["path"] == "LAMBDA"
    assert calls.given["Settle reservation"][0]["response"] == {"output": {}, "usage": {}}


def test_a_rejection_is_an_answer_and_calls_nothing():
    sentry = SENTRY | {"decision": "REJECT", "status": None}
    refusal = admission(decision="REJECT", path=None, arguments=None, ticket=None, sentry=sentry)
    calls = Calls(Admit_request=lambda _: refusal)

    run = calls.run()

    assert (run.status, run.output) == ("SUCCEEDED", {"sentry": sentry})
    assert calls.given.keys() == {"Admit request"}


def test_a_request_id_that_was_answered_before_is_answered_without_a_call():
    sentry = SENTRY | {"status": "SETTLED", "replayed": True}
    replay = admission(path=None, arguments=None, ticket=None, sentry=sentry)
    calls = Calls(Admit_request=lambda _: replay)

    run = calls.run()

    assert (run.status, run.output) == ("SUCCEEDED", {"sentry": sentry})
    assert calls.given.keys() == {"Admit request"}


def test_an_answer_that_was_kept_is_given_in_the_shape_of_a_settled_one_without_a_call():
    kept = {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 1, "totalTokens": 4},
        "additionalModelResponseFields": {"one": [1], "none": None, "nested": [[{"a": 0.5}]]},
    }
    sentry = SENTRY | {"status": None, "costUsd": "0.00", "cache": {"ageSeconds": 40}}
    hit = admission(
        decision="CACHED", path=None, arguments=None, ticket=None, answer=kept, sentry=sentry
    )
    calls = Calls(Admit_request=lambda _: hit)

    run = calls.run()

    assert run.visited == ["Admit request", "Choose decision", "Answer from cache"]
    assert (run.status, run.output) == ("SUCCEEDED", {**kept, "sentry": sentry})
    assert calls.given.keys() == {"Admit request"}


def test_an_answer_that_was_kept_calls_nothing_even_if_it_came_with_a_path():
    calls = Calls(Admit_request=lambda _: admission(decision="CACHED", answer={"output": {}}))

    run = calls.run()

    assert (run.status, run.output["output"]) == ("SUCCEEDED", {})
    assert calls.given.keys() == {"Admit request"}


@pytest.mark.parametrize(
    "changed",
    [
        {"decision": "MAYBE"},
        {"decision": "CACHE"},
        {"decision": "allow"},
        {"path": None},
        {"path": "direct"},
        {"decision": None},
    ],
)
def test_a_decision_that_nobody_knows_reaches_no_model(changed):
    calls = Calls(Admit_request=lambda _: admission(**changed))

    run = calls.run()

    assert (run.status, run.error) == ("FAILED", "UnknownDecision")
    assert calls.given.keys() == {"Admit request"}
    assert json.loads(run.cause)["sentry"] == SENTRY


def test_a_rejection_with_a_path_still_calls_nothing():
    calls = Calls(Admit_request=lambda _: admission(decision="REJECT"))

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert calls.given.keys() == {"Admit request"}


def test_the_prompt_does_not_travel_beyond_the_model_call():
    calls = Calls(
        Admit_request=lambda _: admission(
            arguments={"ModelId": "m", "Messages": [{"Content": [{"Text": "the secret prompt"}]}]}
        )
    )

    run = calls.run()

    assert "the secret prompt" not in json.dumps(calls.given["Settle reservation"])
    assert "the secret prompt" not in json.dumps(run.variables)


@pytest.mark.parametrize(
    "request_", [[], "text", 5, None, {}, [1], {"a": [{}]}, {"x": 1e300}, {"deep": [[[[1]]]]}]
)
def test_whatever_the_caller_sends_reaches_admission_as_it_was_sent(request_):
    calls = Calls()

    walk(MACHINE, request_, {n: calls._recorded(n) for n in calls._tasks})

    assert calls.given["Admit request"][0]["request"] == request_
