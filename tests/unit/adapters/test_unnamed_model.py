"""A request may leave its model out, if it says its task type."""

import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.routing_rules import is_unnamed
from tests.fakes.valid_requests import REQUEST

BARE = {name: value for name, value in REQUEST.items() if name != "modelId"}


def parsed(raw):
    return parse_request(raw, default_request_id="e")


def test_the_task_type_stands_for_the_model():
    found = parsed({**BARE, "tags": {"team": "search", "taskType": "summary"}})

    assert found.model_id == "taskType=summary"
    assert is_unnamed(found.model_id)
    assert "modelId" not in found.converse


def test_a_virtual_model_is_taken_as_it_is_written():
    assert parsed({**BARE, "modelId": "auto"}).model_id == "auto"


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({}, "modelId", "is missing"),
        ({"tags": {"team": "search", "taskType": 7}}, "modelId", "is missing"),
        ({"modelId": None, "tags": {"team": "s", "taskType": "x"}}, "modelId", "is null"),
        ({"modelId": "", "tags": {"team": "s", "taskType": "x"}}, "modelId", "is a string of 0"),
        ({"modelId": "taskType=x", "tags": {"team": "s", "taskType": "x"}}, "modelId", 'is "'),
    ],
)
def test_anything_else_is_no_model(changes, field, problem):
    with pytest.raises(RequestRefused) as caught:
        parsed({**BARE, **changes})

    told = [(error.field, error.problem) for error in caught.value.errors]
    assert any(name == field and said.startswith(problem) for name, said in told), told


def test_the_same_content_with_and_without_a_model_is_another_request():
    tags = {"team": "search", "taskType": "summary"}
    named, unnamed = parsed({**REQUEST, "tags": tags}), parsed({**BARE, "tags": tags})

    assert named.digest != unnamed.digest
