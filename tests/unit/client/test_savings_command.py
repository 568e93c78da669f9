"""`cost-sentry savings`: what answers that were kept have spared."""

from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.dynamodb_decision_log import DynamoDbDecisionLog
from cost_sentry.adapters.dynamodb_journal_calls import JournalCalls
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.sentry_config import Application, Team
from tests.contract.test_savings_contract import hit
from tests.unit.client.conftest import configuration, cost_sentry

TEAMS = {
    "search": Team(
        id="search",
        applications={
            "web": Application(id="web", answer_cache=AnswerCaching(ttl_seconds=3600)),
            "batch": Application(id="batch"),
            "idle": Application(id="idle", answer_cache=AnswerCaching(ttl_seconds=60)),
            "never": Application(id="never"),
        },
    )
}


@pytest.fixture
def caching(desk):
    desk.apply(configuration(teams=TEAMS))
    log = DynamoDbDecisionLog(JournalCalls(desk.operator.dynamodb, "ledger"))
    now = datetime.now(tz=UTC)
    spared = [
        ("r1", "web", "0.10", now),
        ("r2", "web", "0.000000000001", now),
        ("r3", "web", "0.20", now - timedelta(days=2)),
        ("r4", "batch", "5.00", now - timedelta(days=40)),
    ]
    for request_id, application, dollars, at in spared:
        log.record_hit(hit(request_id, application, avoided_picodollars=picodollars(dollars)), at)
    return now.date()


def test_json_says_to_the_picodollar_what_each_application_was_spared_on_each_day(caching):
    found = cost_sentry("savings", "--json").json

    web, idle = found
    assert (web["team"], web["application"], web["ttlSeconds"]) == ("search", "web", 3600)
    assert (web["hits"], web["avoidedUsd"]) == (3, "0.300000000001")
    assert web["days"] == [
        {"day": f"{caching - timedelta(days=2)}", "hits": 1, "avoidedUsd": "0.20"},
        {"day": f"{caching}", "hits": 2, "avoidedUsd": "0.100000000001"},
    ]
    assert (web["from"], web["to"]) == (f"{caching - timedelta(days=29)}", f"{caching}")
    assert (idle["application"], idle["hits"], idle["days"]) == ("idle", 0, [])


def test_fewer_days_are_today_and_those_before(caching):
    web = cost_sentry("savings", "--days", "1", "--json").json[0]

    assert (web["from"], web["hits"], web["avoidedUsd"]) == (f"{caching}", 2, "0.100000000001")


def test_an_application_that_had_a_cache_once_is_shown_while_it_has_hits(caching):
    found = cost_sentry("savings", "--days", "60", "--json").json

    assert [one["application"] for one in found] == ["batch", "web", "idle"]
    assert (found[0]["ttlSeconds"], found[0]["avoidedUsd"]) == (None, "5.00")


def test_people_see_a_table_that_promises_no_more_than_there_is(caching):
    shown = cost_sentry("savings")

    assert shown.code == 0
    assert "search/web" in shown.stdout
    assert "$0.30" in shown.stdout
    assert "search/never" not in shown.stdout


def test_without_any_cache_it_says_so(desk):
    assert cost_sentry("savings").stdout == (
        "no application of the configuration in force keeps answers\n"
    )
    assert cost_sentry("savings", "--json").json == []


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_days_are_a_number_of_at_most_a_year(desk, days):
    assert cost_sentry("savings", "--days", days).code == 2
