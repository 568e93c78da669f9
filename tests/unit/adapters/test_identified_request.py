"""A request is its workflow's caller's, whatever it says."""

from datetime import UTC, datetime

import pytest

from cost_sentry.adapters.identified_request import identified_request
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.errors import InvariantViolated, RequestRefused

RAW = {
    "modelId": "amazon.nova-lite-v1:0",
    "messages": [{"role": "user", "content": [{"text": "hi"}]}],
}
WEB = {"team": "search", "application": "web", "workflow": "CostSentry-dev_search_web"}
SEARCH = {"team": "search", "application": "", "workflow": "CostSentry-dev_search"}


def request_of(caller, **changes):
    raw = {**RAW, **changes}
    return identified_request({"request": raw, "caller": caller, "execution": {"name": "e1"}})


def test_team_and_application_are_the_callers_own_and_claims_are_kept_apart():
    claims = {"team": "growth", "application": "batch", "user": "ann"}

    request = request_of(WEB, tags=claims)

    assert request.tags == {"team": "search", "application": "web", "user": "ann"}
    assert request.ignored_tags == {"team": "growth", "application": "batch"}
    assert request.caller == Caller(team="search", application="web")
    assert request.account == "search/web"


def test_nobody_must_say_who_they_are():
    assert request_of(WEB).tags == {"team": "search", "application": "web"}
    assert request_of(WEB, tags={}).tags == {"team": "search", "application": "web"}
    assert request_of(WEB, tags={}).ignored_tags == {}


def test_the_application_of_a_team_that_names_none_is_what_it_says():
    request = request_of(SEARCH, tags={"application": "anything"})

    assert (request.account, request.ignored_tags) == ("search/anything", {})
    assert request.caller == Caller(team="search")


@pytest.mark.parametrize("name", ["team", "application"])
@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (None, "null"),
        (5, "5"),
        ("", "a string of 0 characters"),
        ("a#b", "a string of 3 characters"),
        ("x" * 300, "a string of 300 characters"),
        (["search"], "a list of 1 item"),
    ],
)
def test_a_claim_that_is_no_tag_is_ignored_and_told_as_any_other(name, claim, told):
    request = request_of(WEB, tags={name: claim, "user": "ann"})

    assert request.tags == {"team": "search", "application": "web", "user": "ann"}
    assert request.ignored_tags == {name: told}


@pytest.mark.parametrize("caller", [WEB, SEARCH])
@pytest.mark.parametrize("tags", [None, [], "team", {"user": 5}, {"user": ""}])
def test_what_is_not_proven_is_checked_like_any_other_tag(caller, tags):
    with pytest.raises(RequestRefused) as refused:
        request_of(caller, tags=tags)

    assert refused.value.errors[0].field.startswith("tags")


def test_the_application_of_a_team_that_names_none_must_be_a_tag():
    with pytest.raises(RequestRefused) as refused:
        request_of(SEARCH, tags={"application": 5})

    assert refused.value.errors[0].field.startswith("tags")


@pytest.mark.parametrize("raw", [None, [], "text", 5])
def test_what_is_no_request_is_refused_as_before(raw):
    with pytest.raises(RequestRefused):
        identified_request({"request": raw, "caller": WEB, "execution": {"name": "e1"}})


def test_the_same_content_is_the_same_request_with_and_without_saying_who_one_is():
    said = {"team": "search", "application": "web"}

    assert request_of(WEB).digest == request_of(WEB, tags=said).digest
    assert request_of(WEB).digest != request_of(WEB, tags={**said, "user": "ann"}).digest


def test_a_definition_that_names_another_caller_than_its_workflow_decides_nothing():
    with pytest.raises(InvariantViolated):
        request_of({**WEB, "team": "growth"})


def test_when_its_execution_began_is_what_the_workflow_says_and_nobody_else():
    began = "2026-11-21T12:00:00.123Z"
    event = {"request": RAW, "caller": WEB, "execution": {"name": "e1", "startedAt": began}}

    assert identified_request(event).began_at == datetime(2026, 11, 21, 12, 0, 0, 123_000, UTC)
    assert request_of(WEB).began_at is None
    with pytest.raises(RequestRefused, match="startedAt"):
        request_of(WEB, startedAt=began)
