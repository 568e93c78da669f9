"""Whatever is sent, the answer is a refusal that names fields and quotes no text."""

import copy
import json
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.converse_codec import to_boto, to_integration
from cost_sentry.adapters.converse_shapes import request_shape
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_problems import PATH_LENGTH_MAX_CHARACTERS
from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.invocation import InvocationRequest
from tests.fakes.valid_requests import REQUEST, request, valid_requests

SECRET = "the patient's diagnosis is secret"
THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))

NASTY = st.sampled_from(
    [
        float("nan"), float("inf"), -float("inf"), 1e308, -0.0, 10**400, -(10**4_000), 2**63,
        True, None, "", "\x00", "\ud800", "a\udfff", "\u202e", "#", SECRET, SECRET * 50,
        [], {}, [[]], [None], {"": None}, {"\ud800": 1}, {SECRET: SECRET}, {1: 2}, (1, 2), b"x",
    ]
)  # fmt: skip
ANYTHING = st.recursive(
    NASTY | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.just("text"), inner, max_size=4)
    ),
    max_leaves=20,
)


def refusal_or_request(raw: object) -> InvocationRequest | RequestRefused:
    """Any other error fails the test that calls this."""
    try:
        return parse_request(raw, default_request_id="execution-1")
    except RequestRefused as refused:
        return refused


def assert_fit_to_show(refused: RequestRefused) -> None:
    assert 1 <= len(refused.errors) <= 20
    for error in refused.errors:
        told = f"{error.field} {error.problem} {error.allowed}"
        assert error.field
        assert error.problem
        assert error.allowed
        assert len(error.field) <= PATH_LENGTH_MAX_CHARACTERS
        assert len(error.problem) <= 400
        assert told.isprintable()
        assert SECRET[:12] not in told
    json.dumps(str(refused)).encode()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the whole of it included."""
    found = [path]
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += places(inner, (*path, key))
    return found


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], by)
    return changed


@THOROUGH
@given(ANYTHING)
def test_anything_at_all_is_refused_by_name(raw):
    refused = refusal_or_request(raw)

    assert isinstance(refused, RequestRefused)
    assert_fit_to_show(refused)


@THOROUGH
@given(st.dictionaries(st.sampled_from([*request_shape().members, *REQUEST]), ANYTHING))
def test_anything_in_the_known_fields_is_refused_or_taken_by_botocore_too(raw):
    assert_sound(refusal_or_request({**REQUEST, **raw}))


@THOROUGH
@given(valid_requests(), st.data())
def test_a_valid_request_with_anything_in_one_place_is_refused_or_still_valid(raw, data):
    path = data.draw(st.sampled_from(places(raw)))

    assert_sound(refusal_or_request(replaced(raw, path, data.draw(ANYTHING))))


@THOROUGH
@given(valid_requests(), st.data(), st.text(min_size=1))
def test_a_valid_request_with_one_more_field_is_refused_or_still_valid(raw, data, name):
    objects = [p for p in places(raw) if isinstance(at(raw, p), dict)]
    path = data.draw(st.sampled_from(objects))

    assert_sound(refusal_or_request(replaced(raw, path, {**at(raw, path), name: SECRET})))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def assert_sound(answer: InvocationRequest | RequestRefused) -> None:
    """What is taken can be sent both ways and kept; what is refused says so decently."""
    if isinstance(answer, RequestRefused):
        assert_fit_to_show(answer)
        return
    converse = {"modelId": answer.model_id, **answer.converse}
    assert not ParamValidator().validate(to_boto(converse), request_shape()).has_errors()
    json.dumps(to_integration(converse), allow_nan=False, ensure_ascii=False).encode()
    assert 0 <= answer.input_floor_tokens <= answer.input_bound_tokens
    assert all("#" not in tag and tag.isprintable() for tag in answer.tags.values())


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize("levels", [60, 400, 10_000])
@pytest.mark.parametrize(
    "place",
    [
        ("additionalModelRequestFields",),
        ("messages",),
        ("messages", 0, "content", 0, "text"),
        ("tags",),
        ("tags", "team"),
        ("unknown",),
    ],
)
def test_deep_nesting_anywhere_is_refused(levels, place):
    raw = replaced({**REQUEST, place[0]: REQUEST.get(place[0])}, place, nested(levels))

    refused = refusal_or_request(raw)

    assert isinstance(refused, RequestRefused)
    assert_fit_to_show(refused)
    assert any("levels" in error.allowed for error in refused.errors)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    "changes",
    [
        lambda n: {"inferenceConfig": {"temperature": n}},
        lambda n: {"inferenceConfig": {"maxTokens": n}},
        lambda n: {"additionalModelRequestFields": {"a": [{"b": n}]}},
        lambda n: {"tags": {"team": "a", "x": n}},
        lambda n: {"priority": n},
    ],
)
def test_numbers_that_json_does_not_have_are_refused_where_they_stand(number, changes):
    refused = refusal_or_request(request(**changes(number)))

    assert isinstance(refused, RequestRefused)
    assert any(error.allowed == "a finite number" for error in refused.errors)


def test_integers_that_lose_digits_on_their_way_are_refused():
    fine = request(additionalModelRequestFields={"seed": 2**53 - 1})
    lossy = request(additionalModelRequestFields={"seed": 2**53})

    assert isinstance(refusal_or_request(fine), InvocationRequest)
    assert isinstance(refusal_or_request(lossy), RequestRefused)


@pytest.mark.parametrize("raw", [None, 5, "x", [], [REQUEST], True, b"{}", object()])
def test_what_is_no_object_is_refused(raw):
    refused = refusal_or_request(raw)

    assert isinstance(refused, RequestRefused)
    assert refused.errors[0].field == "request"


def test_an_integer_that_python_itself_will_not_print_is_refused():
    refused = refusal_or_request(request(inferenceConfig={"maxTokens": 10**5_000}))

    assert isinstance(refused, RequestRefused)
    assert refused.errors[0].problem == "is an integer of 16610 bits"
