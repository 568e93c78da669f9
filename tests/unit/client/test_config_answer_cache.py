"""``answerCache`` in ``sentry.yaml``: what is read, what is refused, and what is left as it was."""

import pytest

from cost_sentry.adapters.config_document import config_from_document, config_to_document
from cost_sentry.domain.answer_cache import TTL_SECONDS_MAX, AnswerCaching
from tests.unit.client.test_config_callers import loaded, problems


def teams(cache):
    return f"teams:\n  search:\n    applications:\n      web:\n        answerCache: {cache}\n"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("{ttlSeconds: 3600}", AnswerCaching(ttl_seconds=3600)),
        ("{ttlSeconds: 1}", AnswerCaching(ttl_seconds=1)),
        (f"{{ttlSeconds: {TTL_SECONDS_MAX}}}", AnswerCaching(ttl_seconds=TTL_SECONDS_MAX)),
        (
            "{ttlSeconds: 60, anyTemperature: true}",
            AnswerCaching(ttl_seconds=60, any_temperature=True),
        ),
        ("{ttlSeconds: 60, anyTemperature: false}", AnswerCaching(ttl_seconds=60)),
        ("null", None),
    ],
)
def test_a_cache_is_read_and_survives_the_table(tmp_path, given, read):
    config = loaded(tmp_path, teams(given))

    again = config_from_document(config_to_document(config))
    for one in (config, again):
        assert one.teams["search"].applications["web"].answer_cache == read


def test_without_one_a_document_is_as_it_was_before_there_were_any(tmp_path):
    document = config_to_document(loaded(tmp_path, teams("null")))

    assert document["teams"]["search"] == {"owners": [], "applications": {"web": {}}}


@pytest.mark.parametrize(
    ("given", "field", "allowed"),
    [
        ("{}", ".ttlSeconds", "how long an answer is kept"),
        ("{ttlSeconds: 0}", ".ttlSeconds", "1"),
        (f"{{ttlSeconds: {TTL_SECONDS_MAX + 1}}}", ".ttlSeconds", str(TTL_SECONDS_MAX)),
        ("{ttlSeconds: 1.5}", ".ttlSeconds", "a whole number"),
        ("{ttlSeconds: '60'}", ".ttlSeconds", "a whole number"),
        ("{ttlSeconds: 60, anyTemperature: yes}", ".anyTemperature", "true or false"),
        ("{ttlSeconds: 60, anyTemperature: 1}", ".anyTemperature", "true or false"),
        ("{ttlSeconds: 60, ttl: 5}", ".ttl", "ttlSeconds"),
        ("3600", "", "a mapping with the fields ttlSeconds, anyTemperature"),
    ],
)
def test_what_is_no_cache_is_told_with_its_line_and_field(tmp_path, given, field, allowed):
    [(line, told, _, said)] = problems(tmp_path, teams(given))

    assert line == 7
    assert told == f"teams.search.applications.web.answerCache{field}"
    assert allowed in said


def test_a_team_that_names_no_applications_has_no_cache(tmp_path):
    """Who of it calls is only what its requests say."""
    [(_, field, _, _)] = problems(tmp_path, "teams:\n  search: {answerCache: {ttlSeconds: 60}}\n")

    assert field == "teams.search.answerCache"
