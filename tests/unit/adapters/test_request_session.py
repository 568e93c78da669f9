"""What a request may say of its agent run, and what is refused with what is allowed."""

import pytest

from cost_sentry.domain.errors import RequestRefused
from cost_sentry.domain.session import PATH_NAMES_MAX, RETRY_MAX, Session
from tests.unit.adapters.test_admission_answer import request

RUN = "01a1fdc3-5780-7000-8000-0000000000aA"


def test_a_request_outside_of_a_run_names_none():
    assert request().session is None
    assert "session" not in request().tags


def test_an_agent_run_is_read_and_the_model_is_not_told():
    parsed = request(session={"id": RUN, "path": ["planner", "searcher"], "retry": 2})

    assert parsed.session == Session(id=RUN.lower(), path=("planner", "searcher"), retry=2)
    assert parsed.session.depth == 2
    assert parsed.tags["session"] == RUN.lower()
    assert "session" not in parsed.converse


def test_path_and_retry_may_be_left_out_and_no_path_is_not_the_roots():
    assert request(session={"id": RUN}).session == Session(id=RUN.lower(), path=None)
    assert request(session={"id": RUN, "path": []}).session == Session(id=RUN.lower(), path=())


def test_another_place_in_the_run_is_another_request():
    assert request(session={"id": RUN}).digest != request(session={"id": RUN, "retry": 1}).digest


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "session"),
        ("run", "session"),
        ([], "session"),
        ({}, "session.id"),
        ({"id": None}, "session.id"),
        ({"id": "run-1"}, "session.id"),
        ({"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}, "session.id"),
        ({"id": RUN, "depth": 1}, "session.depth"),
        ({"id": RUN, "path": "planner/searcher"}, "session.path"),
        ({"id": RUN, "path": None}, "session.path"),
        ({"id": RUN, "path": ["a"] * (PATH_NAMES_MAX + 1)}, "session.path"),
        ({"id": RUN, "path": ["planner", ""]}, "session.path[1]"),
        ({"id": RUN, "path": ["a/b"]}, "session.path[0]"),
        ({"id": RUN, "path": [3]}, "session.path[0]"),
        ({"id": RUN, "path": ["a" * 65]}, "session.path[0]"),
        ({"id": RUN, "retry": -1}, "session.retry"),
        ({"id": RUN, "retry": 1.0}, "session.retry"),
        ({"id": RUN, "retry": True}, "session.retry"),
        ({"id": RUN, "retry": None}, "session.retry"),
        ({"id": RUN, "retry": RETRY_MAX + 1}, "session.retry"),
    ],
)
def test_anything_else_is_refused_at_its_field_with_what_is_allowed(given, field):
    with pytest.raises(RequestRefused) as refused:
        request(session=given)

    [error] = refused.value.errors
    assert error.field == field
    assert error.allowed


def test_no_caller_sets_the_tag_itself():
    with pytest.raises(RequestRefused) as refused:
        request(tags={"team": "search", "session": RUN})

    [error] = refused.value.errors
    assert (error.field, error.problem) == ("tags.session", "is reserved")
