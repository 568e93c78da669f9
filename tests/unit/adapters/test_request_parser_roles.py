import pytest

from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.domain.errors import RequestRefused
from tests.fakes.valid_requests import request


def said(*roles):
    return [{"role": role, "content": [{"text": "hello"}]} for role in roles]


@pytest.mark.parametrize(("first", "hint"), [("assistant", "starts with"), ("system", "the field")])
def test_a_conversation_that_does_not_start_with_the_user_is_refused_at_its_field(first, hint):
    with pytest.raises(RequestRefused) as refused:
        parse_request(request(messages=said(first, "user")), default_request_id="r")

    [error] = refused.value.errors
    assert (error.field, error.problem) == ("messages[0].role", f'is "{first}"')
    assert error.allowed.startswith("user")
    assert hint in error.allowed


def test_a_role_that_nobody_knows_is_told_once_with_all_that_there_are():
    with pytest.raises(RequestRefused) as refused:
        parse_request(request(messages=said("tool")), default_request_id="r")

    [error] = refused.value.errors
    assert (error.field, error.allowed) == ("messages[0].role", "one of user, assistant, system")


@pytest.mark.parametrize("then", [(), ("assistant",), ("user",), ("system",), ("user", "system")])
def test_what_follows_the_user_is_left_to_the_model(then):
    assert parse_request(request(messages=said("user", *then)), default_request_id="r")
