"""An answer is given to the application that it was made for, and to the very same request."""

from dataclasses import replace

import pytest

from tests.fakes.admissions import CHEAP, DEAR, arn_of
from tests.fakes.cached_calls import (
    BATCH,
    CACHING,
    WEB,
    answer,
    asked,
    called,
    change,
    sentry,
    teams,
)


def test_without_a_cache_nothing_is_looked_for_and_nothing_is_kept():
    house = sentry(caching=None)

    first, second = called(house, asked("r1")), called(house, asked("r2"))

    assert (first.keep_at, second.keep_at, second.cached) == (None, None, None)
    assert (house.answers.finds, house.answers.kept) == (0, {})


@pytest.mark.parametrize(
    ("name", "caller"),
    [
        ("a team whose applications are only told apart by what they say", None),
        ("an application without a cache", BATCH),
    ],
)
def test_only_an_application_that_its_workflow_proves_has_one(name, caller):
    house = sentry(teams=teams(batch=None))
    called(house, asked("r1"))
    tags = {"team": "search", "application": (caller or WEB).application}

    other = called(house, asked("r2", caller=caller, tags=tags))

    assert other.cached is None
    assert (house.answers.finds, len(house.answers.kept)) == (1, 1)


def test_two_applications_never_get_each_others_answers():
    house = sentry(teams=teams(batch=CACHING))
    called(house, asked("r1"), answer("of web"))
    tags = {"team": "search", "application": "batch"}

    other = called(house, asked("r1", caller=BATCH, tags=tags), answer("of batch"))

    assert other.cached is None
    assert called(house, asked("r2")).answer == answer("of web")
    assert called(house, asked("r2", caller=BATCH, tags=tags)).answer == answer("of batch")


def test_an_answer_under_the_right_key_that_is_somebody_elses_is_not_given():
    house = sentry()
    called(house, asked("r1"))
    for key, kept in house.answers.kept.items():
        house.answers.kept[key] = replace(kept, account="search/batch")

    assert called(house, asked("r2")).cached is None


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "hello?"},
        {"model_id": CHEAP},
        {"tags": {"team": "search", "application": "web", "user": "u1"}},
        {"converse": {**asked().converse, "system": [{"text": "Be brief."}]}},
        {"converse": {**asked().converse, "inferenceConfig": {"temperature": 0, "maxTokens": 99}}},
    ],
    ids=["text", "model", "tags", "system", "output limit"],
)
def test_another_request_is_asked_of_the_model(changes):
    house = sentry()
    called(house, asked("r1"))

    assert called(house, asked("r2", **changes)).cached is None


@pytest.mark.parametrize("changes", [{"may_wait": True}, {"model_id": arn_of(DEAR)}])
def test_a_request_that_may_wait_or_names_the_same_model_by_its_arn_is_the_same(changes):
    house = sentry()
    called(house, asked("r1"))

    assert called(house, asked("r2", **changes)).cached is not None


def test_a_default_output_limit_that_changes_finds_no_answer_of_before():
    house = sentry()
    called(house, asked("r1", max_tokens=None))
    change(house, output_tokens_default=60)

    assert called(house, asked("r2", max_tokens=None)).cached is None
    assert called(house, asked("r3", max_tokens=None)).cached is not None


def test_an_environment_that_the_configuration_gives_anew_finds_no_answer_of_before():
    house = sentry()
    called(house, asked("r1"))
    web = replace(teams()["search"].applications["web"], environment="prod")
    change(house, teams={"search": replace(teams()["search"], applications={"web": web})})

    assert called(house, asked("r2")).cached is None
