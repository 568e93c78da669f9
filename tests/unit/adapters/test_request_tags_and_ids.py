import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_fields import TAGS_MAX_BYTES
from cost_sentry.domain.errors import FieldError, RequestRefused
from tests.fakes.valid_requests import REQUEST, request


def errors_of(raw: object) -> dict[str, FieldError]:
    with pytest.raises(RequestRefused) as refused:
        parse_request(raw, default_request_id="execution-1")
    return {error.field: error for error in refused.value.errors}


@pytest.mark.parametrize(
    ("tags", "field"),
    [
        (None, "tags"),
        ([], "tags"),
        ("team=a", "tags"),
        ({}, "tags.team"),
        ({"team": 5}, "tags.team"),
        ({"team": None}, "tags.team"),
        ({"team": ""}, "tags.team"),
        ({"team": "  "}, "tags.team"),
        ({"team": "x" * 129}, "tags.team"),
        ({"team": "a\nb"}, "tags.team"),
        ({"team": "a\x7fb"}, "tags.team"),
        ({"team": "a\u202eb"}, "tags.team"),
        ({"team": "a#b"}, "tags.team"),
        ({"team": "a", "model": "m"}, "tags.model"),
        ({"team": "a", "a#b": "c"}, "tags.(a name of 3 characters)"),
        ({"team": "a", "": "c"}, "tags.(a name of 0 characters)"),
        ({"team": "a", "x" * 65: "c"}, "tags.(a name of 65 characters)"),
        ({"team": "a"} | {f"t{i}": "v" for i in range(17)}, "tags"),
        ({"team": "a"} | {f"{i:02d}": "😀" * 128 for i in range(8)}, "tags"),
    ],
)
def test_tags_that_cannot_be_kept_are_refused_by_name(tags, field):
    assert set(errors_of(request(tags=tags))) == {field}


def test_tags_of_4096_bytes_are_taken_and_of_one_more_are_not():
    tags = {"team": "a" * 92} | {f"{i}": "ü" * 128 for i in range(10, 25)}
    tags |= {"25": "ü" * 10 + "a" * 108}
    size = sum(len(text.encode()) for pair in tags.items() for text in pair)
    assert size == TAGS_MAX_BYTES

    assert parse_request(request(tags=tags), default_request_id="e").tags == tags
    error = errors_of(request(tags=tags | {"25": tags["25"] + "a"}))["tags"]
    assert (error.problem, error.allowed) == (
        "has names and values of 4,097 bytes in UTF-8",
        "at most 4,096",
    )


def test_tags_at_their_limits_are_taken():
    tags = {"team": "ü" * 128, "application": "web", "x" * 64: "a b"} | {
        f"t{i}": "v" for i in range(15)
    }

    assert parse_request(request(tags=tags), default_request_id="e").tags == tags


@pytest.mark.parametrize("request_id", ["", "a b", "a/b", "x" * 129, 5, None, "ä", "a\n", ["a"]])
def test_a_request_id_that_cannot_be_a_key_is_refused(request_id):
    assert "letters, digits" in errors_of(request(requestId=request_id))["requestId"].allowed


def test_an_execution_name_that_cannot_be_a_request_id_asks_for_one():
    with pytest.raises(RequestRefused, match="requestId: is missing"):
        parse_request(REQUEST, default_request_id="no id at all")
