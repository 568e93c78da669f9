import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.domain.errors import RequestRefused
from tests.fakes.valid_requests import request

HELLO = {"role": "user", "content": [{"text": "hello"}]}


def said(*content):
    return [HELLO, {"role": "user", "content": list(content)}]


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"messages": said()}, "messages[1].content", "is empty"),
        ({"messages": said({"text": ""})}, "messages[1].content[0].text", "is blank"),
        (
            {"messages": said({"text": "a"}, {"text": " \t\n"})},
            "messages[1].content[1].text",
            "is blank",
        ),
        ({"system": [{"text": "be brief"}, {"text": " "}]}, "system[1].text", "is blank"),
    ],
)
def test_nothing_said_is_refused_at_its_field(changes, field, problem):
    with pytest.raises(RequestRefused) as refused:
        parse_request(request(**changes), default_request_id="r")

    [error] = refused.value.errors
    assert (error.field, error.problem) == (field, problem)
    assert error.allowed


@pytest.mark.parametrize("text", [" a", "\u00a0", "0"])
def test_what_may_be_a_text_is_left_to_bedrock(text):
    assert parse_request(request(messages=said({"text": text})), default_request_id="r")
