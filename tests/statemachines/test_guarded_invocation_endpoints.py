"""A call whose model is an endpoint that sleeps: that is woken, and the call goes on or waits."""

import pytest

from tests.statemachines.guarded_calls import (
    MACHINE,
    REQUEST,
    SENTRY,
    Calls,
    admission,
    failing,
)

WAITING = {
    "decision": "WAIT",
    "path": None,
    "arguments": None,
    "ticket": None,
    "sentry": SENTRY | {"decision": "REJECT", "status": None},
}
ENDPOINT = {"path": "LAMBDA", "arguments": {"endpoint": "own", "component": None, "converse": {}}}


def admitting(*answers):
    """Each admission of the same execution gets the next of these answers."""
    left = list(answers)
    return lambda _: left.pop(0)


def test_a_reroute_around_a_sleeper_orders_its_wake_and_goes_on_without_it():
    calls = Calls(Admit_request=lambda _: admission(decision="REROUTE", wake="own"))

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.visited == [
        "Admit request",
        "Choose decision",
        "Wake endpoint",
        "Choose decision",
        "Invoke model",
        "Settle reservation",
    ]
    assert calls.given["Wake endpoint"] == [{"endpoint": "own"}]
    assert calls.given["Invoke model"] == [admission()["arguments"]]


def test_nobody_waits_for_what_the_wake_comes_to():
    state = MACHINE["States"]["Wake endpoint"]

    assert state["Arguments"]["InvocationType"] == "Event"
    assert "Retry" not in state


@pytest.mark.parametrize(
    "error", ["Lambda.TooManyRequestsException", "States.Timeout", "AccessDeniedException"]
)
def test_a_wake_that_cannot_be_ordered_changes_nothing_for_the_call(error):
    calls = Calls(
        Admit_request=lambda _: admission(decision="REROUTE", wake="own"),
        Wake_endpoint=failing(error),
    )

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.visited[-2:] == ["Invoke model", "Settle reservation"]
    assert run.attempts["Wake endpoint"] == 1


def test_a_call_that_waits_is_admitted_anew_with_its_own_request_until_its_endpoint_is_there():
    answers = (WAITING | {"wake": "own", "waitSeconds": 15}, WAITING | {"waitSeconds": 7})
    calls = Calls(Admit_request=admitting(*answers, admission(**ENDPOINT)))

    run = calls.run()

    assert run.status == "SUCCEEDED"
    assert run.waited_seconds == [15, 7]
    assert [given["request"] for given in calls.given["Admit request"]] == [REQUEST] * 3
    assert len({str(given["execution"]) for given in calls.given["Admit request"]}) == 1
    assert calls.given["Wake endpoint"] == [{"endpoint": "own"}]
    assert calls.given["Invoke model with bytes"] == [{"arguments": ENDPOINT["arguments"]}]
    assert run.visited[-2:] == ["Invoke model with bytes", "Settle reservation"]


def test_one_that_waited_in_vain_is_rerouted_or_told_when_to_come_again():
    refusal = WAITING | {"decision": "REJECT"}
    for last, ends in (
        (admission(decision="REROUTE"), "Settle reservation"),
        (refusal, "Answer without call"),
    ):
        calls = Calls(Admit_request=admitting(WAITING | {"waitSeconds": 15}, last))

        run = calls.run()

        assert (run.status, run.visited[-1]) == ("SUCCEEDED", ends)


def test_a_refusal_while_the_endpoint_sleeps_orders_its_wake_too():
    refusal = WAITING | {"decision": "REJECT", "wake": "own"}
    calls = Calls(Admit_request=lambda _: refusal)

    run = calls.run()

    assert run.visited[-3:] == ["Wake endpoint", "Choose decision", "Answer without call"]
    assert run.output == {"sentry": refusal["sentry"]}
