"""What cfn-lint does not see: dangling targets, dead states, unbound names, unsafe catches."""

import builtins
import inspect
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import jsonata
import pytest

from cost_sentry.adapters import bedrock_errors
from cost_sentry.domain import errors

ROOT = pathlib.Path(__file__).parents[2]
FILES = sorted((ROOT / "statemachines").glob("*.asl.json"))
MACHINES = {file.name.removesuffix(".asl.json"): json.loads(file.read_text()) for file in FILES}
EACH_MACHINE = pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys())

STATES_ERRORS = {"States.ALL", "States.Timeout", "States.TaskFailed"}
LAMBDA_ERRORS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
}
JSONPATH_FIELDS = {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector"}
ENDING = {"Succeed", "Fail"}
MODEL_CALLS = ("Invoke model", "Invoke model with bytes")
BEST_EFFORT = ("Note fault", "Wake endpoint")
"""Nothing depends on them, and a caller waits: they end alike, whatever becomes of them."""
STANDARD = {"anomaly_response", "budget_approval"}
"""Machines that may wait for days."""
ROUND = {"budget_approval"}
"""Those that go on after a wait in vain: they end by what is on record."""
NEXT_ATTEMPT = "Admit request again"
"""A call of its own, with a reservation of its own: what fails before it does not succeed by it."""


def targets(state: dict[str, Any]) -> list[str]:
    branches = [*state.get("Choices", ()), *state.get("Catch", ())]
    named = [state.get("Next"), state.get("Default"), *(branch["Next"] for branch in branches)]
    return [name for name in named if name is not None]


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def dictionaries(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, dict | list):
            yield from dictionaries(value)


def known_errors() -> set[str]:
    ours = {
        name
        for module in (errors, bedrock_errors)
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, builtins.Exception)
    }
    bedrock = {f"BedrockRuntime.{name}" for name in ours if name in bedrock_errors.BY_CODE}
    return STATES_ERRORS | LAMBDA_ERRORS | ours | bedrock


def test_there_is_a_machine_to_check():
    assert "guarded_invocation" in MACHINES


@EACH_MACHINE
def test_every_transition_leads_to_a_state(machine):
    leads_to = {machine["StartAt"]}.union(*map(targets, machine["States"].values()))

    assert leads_to <= machine["States"].keys()


@EACH_MACHINE
def test_every_state_can_be_reached(machine):
    reached, waiting = set(), [machine["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += targets(machine["States"][name])

    assert reached == machine["States"].keys()


@EACH_MACHINE
def test_every_state_ends_or_goes_on_and_never_both(machine):
    for name, state in machine["States"].items():
        ends = state["Type"] in ENDING or state.get("End") is True
        goes_on = "Next" in state or state["Type"] == "Choice"

        assert ends != goes_on, name
        if state["Type"] == "Choice":
            assert "Default" in state, name


@EACH_MACHINE
def test_every_state_says_why_it_exists(machine):
    assert len(machine["Comment"]) > 40
    for name, state in machine["States"].items():
        assert len(state.get("Comment", "")) > 40, name


@EACH_MACHINE
def test_machines_speak_jsonata_and_no_jsonpath(machine):
    assert machine["QueryLanguage"] == "JSONata"
    for node in dictionaries(machine):
        assert not JSONPATH_FIELDS & node.keys()
        assert not [key for key in node if key.endswith(".$")]


@EACH_MACHINE
def test_every_expression_parses(machine):
    found = [text for text in strings(machine) if "{%" in text]

    assert found
    for text in found:
        assert text.startswith("{%"), text
        assert text.endswith("%}"), text
        jsonata.Jsonata(text[2:-2].strip())


@EACH_MACHINE
def test_no_expression_calculates(machine):
    """Amounts are strings: JSON numbers are doubles, and whole picodollars do not fit."""
    for text in strings(machine):
        if text.startswith("{%"):
            without_texts = re.sub(r"'[^']*'", "''", text[2:-2])
            assert not re.search(r"[-+*/%<>]|\$(sum|number|round|max|min)\b", without_texts), text


@EACH_MACHINE
def test_every_caught_or_retried_error_has_a_known_name(machine):
    rules = [node for node in dictionaries(machine) if "ErrorEquals" in node]
    named = {name for rule in rules for name in rule["ErrorEquals"]}

    assert named <= known_errors()
    for rule in rules:
        assert rule["ErrorEquals"] == ["States.ALL"] or "States.ALL" not in rule["ErrorEquals"]


@pytest.mark.parametrize("name", sorted(MACHINES.keys() - ROUND))
def test_a_catch_never_leads_to_success(name):
    states = MACHINES[name]["States"]

    def ends_below(name: str) -> set[str]:
        state = states[name]
        if not targets(state):
            return {state["Type"]}
        below = [target for target in targets(state) if target != NEXT_ATTEMPT]
        return set().union(*map(ends_below, below))

    must_fail = {n: state for n, state in states.items() if n not in BEST_EFFORT}
    caught = {c["Next"] for state in must_fail.values() for c in state.get("Catch", ())}
    assert caught
    for place in caught:
        assert ends_below(place) == {"Fail"}, place


@pytest.mark.parametrize("name", sorted(MACHINES.keys() - STANDARD))
def test_an_express_machine_ends_before_express_ends_it(name):
    assert MACHINES[name]["TimeoutSeconds"] < 300, "Express ends every execution after five minutes"


@EACH_MACHINE
def test_every_task_has_a_time_limit_below_the_machines(machine):
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            limit = state["TimeoutSeconds"]
            # A wait for people has the limit of its request: see test_budget_approval.py.
            assert isinstance(limit, str) or 0 < limit < machine["TimeoutSeconds"], name


@EACH_MACHINE
def test_every_task_catches_whatever_can_be_caught(machine):
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_what_is_done_as_well_as_can_be_leads_on_whatever_becomes_of_it():
    for name in BEST_EFFORT:
        state = MACHINES["guarded_invocation"]["States"][name]

        assert {state["Next"]} == {catch["Next"] for catch in state["Catch"]}


def test_a_model_call_is_never_retried():
    states = MACHINES["guarded_invocation"]["States"]

    assert all("Retry" not in states[name] for name in MODEL_CALLS)
    assert all("Retry" in s for n, s in states.items() if s["Type"] == "Task"
               and n not in (*MODEL_CALLS, *BEST_EFFORT))  # fmt: skip


def test_only_a_call_that_was_voided_is_tried_again():
    states = MACHINES["guarded_invocation"]["States"]

    leading = {name for name, state in states.items() if NEXT_ATTEMPT in targets(state)}
    before = {name for name, state in states.items() if "Choose retry" in targets(state)}

    assert leading == {"Choose retry"}
    assert before == {"Void reservation"}


def test_only_errors_that_prove_the_call_did_not_run_void_a_reservation():
    states = MACHINES["guarded_invocation"]["States"]
    refused = {
        "ThrottlingException",
        "ValidationException",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ModelNotReadyException",
        "ServiceQuotaExceededException",
    }

    def voided(name: str) -> set[str]:
        catches = [c for c in states[name]["Catch"] if c["Next"] == "Void reservation"]
        return {error for catch in catches for error in catch["ErrorEquals"]}

    assert voided("Invoke model") == refused | {f"BedrockRuntime.{name}" for name in refused}
    assert voided("Invoke model with bytes") == refused | {"ModelCallNotSent"}


def test_every_error_of_a_model_call_is_judged_by_the_same_list_on_both_branches():
    """Bedrock's modelled errors are either proof on both branches or on neither."""
    states = MACHINES["guarded_invocation"]["States"]
    lists = [set(states[name]["Catch"][0]["ErrorEquals"]) for name in MODEL_CALLS]

    for error in bedrock_errors.BY_CODE:
        assert (
            (error in lists[0]) == (error in lists[1]) == (f"BedrockRuntime.{error}" in lists[0])
        ), error
