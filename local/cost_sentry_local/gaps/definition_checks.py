"""Step Functions: CreateStateMachine refuses a definition that could not run.

docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html: transitions that
lead nowhere, states without an end, JSONPath fields in JSONata states, callbacks in Express. The
emulator checks only the syntax of JSONata expressions, and nothing when CloudFormation creates.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]
_JSONPATH_FIELDS = (
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "ItemsPath",
    "SecondsPath",
)
_WAITS = re.compile(r"\.(waitForTaskToken|sync(:2)?)$")


def close() -> None:
    """Wrap validation for the API, and the definition's way in from CloudFormation."""
    syntax = stepfunctions._validate_definition_jsonata
    create, from_template = stepfunctions._create_state_machine, provisioners._sfn_definition

    def validate(text: Any) -> str | None:
        return syntax(text) or _first_problem(text)

    def create_checked(data: Json) -> Any:
        if data.get("type") == "EXPRESS" and _waits(data.get("definition", "{}")):
            return stepfunctions.error_response_json("InvalidDefinition", _WAITS_IN_EXPRESS, 400)
        return create(data)

    def from_template_checked(properties: Json) -> str:
        text: str = from_template(properties)
        problem = validate(text)
        if properties.get("StateMachineType") == "EXPRESS" and _waits(text):
            problem = problem or _WAITS_IN_EXPRESS
        if problem:
            raise ValueError(f"Invalid State Machine Definition: '{problem}'")
        return text

    stepfunctions._validate_definition_jsonata = validate
    stepfunctions._create_state_machine = create_checked
    provisioners._sfn_definition = from_template_checked


_WAITS_IN_EXPRESS = (
    "SCHEMA_VALIDATION_FAILED: Express state machine does not support .sync or .waitForTaskToken"
)


def _first_problem(text: Any) -> str | None:
    try:
        definition = json.loads(text)
    except (TypeError, ValueError):
        return "INVALID_JSON_DESCRIPTION: The definition is not JSON"
    language = definition.get("QueryLanguage", "JSONPath")
    return next(_problems(definition, "", language), None)


def _problems(machine: Json, path: str, language: str) -> Iterator[str]:
    states = machine.get("States") or {}
    start = machine.get("StartAt")
    if start not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {start} at {path}/StartAt"
    for name, state in states.items():
        here = f"{path}/States/{name}"
        own_language = state.get("QueryLanguage", language)
        yield from _transition_problems(state, states, here)
        yield from _language_problems(state, own_language, here)
        for inner in _machines_inside(state):
            yield from _problems(inner, here, own_language)


def _transition_problems(state: Json, states: Json, here: str) -> Iterator[str]:
    ways = [state, *state.get("Catch", []), *state.get("Choices", [])]
    targets = [way["Next"] for way in ways if "Next" in way] + [
        state[key] for key in ("Default",) if key in state
    ]
    for target in targets:
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {here}/Next"
    ends = state.get("Type") in ("Choice", "Succeed", "Fail")
    if not ends and "Next" not in state and not state.get("End"):
        yield f"SCHEMA_VALIDATION_FAILED: a transition (Next or End) is required at {here}"


def _language_problems(state: Json, language: str, here: str) -> Iterator[str]:
    for field in _JSONPATH_FIELDS:
        if language == "JSONata" and field in state:
            problem = f"Field '{field}' is not supported with JSONata at {here}"
            yield f"SCHEMA_VALIDATION_FAILED: {problem}"


def _machines_inside(state: Json) -> list[Json]:
    single = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
    return [*state.get("Branches", []), *single]


def _waits(text: str) -> bool:
    try:
        definition = json.loads(text)
    except ValueError:
        return False
    return any(_WAITS.search(resource) for resource in _resources(definition))


def _resources(machine: Json) -> Iterator[str]:
    for state in (machine.get("States") or {}).values():
        yield state.get("Resource", "")
        for inner in _machines_inside(state):
            yield from _resources(inner)
