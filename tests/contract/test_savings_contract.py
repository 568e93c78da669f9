"""Every decision log counts a hit once, with its savings, whatever it is made of."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry.adapters.dynamodb_savings import DynamoDbSavings
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.answer_ports import DaySavings
from cost_sentry.domain.answer_cache import CacheHit
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.usage import TokenUsage
from tests.contract.engines import CONCURRENT_TABLES, EVERY, MEMORY
from tests.contract.race import race
from tests.fakes.builders import NOON
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.moto_journal import journal_on

DAY = NOON.date()
AVOIDED = 10**15 + 1
"""More than a double keeps when it is added up."""
HIT = CacheHit(
    kept_at=NOON - timedelta(seconds=40),
    age_seconds=40,
    ends_at=NOON + timedelta(seconds=60),
    usage=TokenUsage(input_tokens=30, output_tokens=7, cache_read_tokens=1),
    avoided_picodollars=AVOIDED,
)


def hit(request_id="r1", application="web", **changes):
    """As it is read back."""
    return Decision(
        kind=DecisionKind.ALLOW,
        code=ReasonCode.ANSWERED_FROM_CACHE,
        message="the same request was answered 40 s ago; no model is called",
        request_id=request_id,
        model_asked="example.v1",
        model_used="example.v1",
        cached=replace(HIT, **changes),
        tags={"team": "search", "application": application},
    )


class Kept:
    """A log, what it kept, and what that adds up to."""

    def __init__(self, log, journal, savings):
        self.record, self.decisions, self.days = log.record_hit, journal.decisions, savings.days


@pytest.fixture
def kept(engine, request):
    if engine == MEMORY:
        journal = MemoryJournal()
        return Kept(journal, journal, journal)
    table = request.getfixturevalue("table")
    made = journal_on(table.client, table.name, pause)
    return Kept(made.log, made.journal, DynamoDbSavings(table.items))


@pytest.mark.parametrize("engine", EVERY)
class TestHits:
    def test_a_hit_is_kept_whole(self, kept):
        assert kept.record(hit(), NOON) is True

        [noted] = kept.decisions("r1")
        assert (noted.decision, noted.at, noted.account) == (hit(), NOON, "search/web")

    def test_a_hit_counts_once_however_often_it_comes(self, kept):
        news = [kept.record(hit(), NOON + timedelta(hours=hours)) for hours in (0, 0, 30)]

        assert news == [True, False, False]
        assert len(kept.decisions("r1")) == 1
        assert kept.days("search/web", DAY, DAY + timedelta(days=2)) == [
            DaySavings(day=DAY, hits=1, avoided_picodollars=AVOIDED)
        ]

    def test_the_same_id_of_two_applications_counts_for_each(self, kept):
        kept.record(hit(), NOON)
        kept.record(hit(application="batch"), NOON)

        for account in ("search/web", "search/batch"):
            assert [day.hits for day in kept.days(account, DAY, DAY)] == [1]

    def test_days_are_those_of_utc_in_order_and_only_the_wanted(self, kept):
        midnight = NOON.replace(hour=0)
        for number, at in enumerate(
            [midnight + timedelta(days=1), midnight, midnight - timedelta(milliseconds=1)]
        ):
            kept.record(hit(f"r{number}"), at)

        both = kept.days("search/web", DAY, DAY + timedelta(days=1))

        assert [day.day for day in both] == [DAY, DAY + timedelta(days=1)]
        assert [day.day for day in kept.days("search/web", DAY, DAY)] == [DAY]
        assert kept.days("search/web", DAY - timedelta(days=9), DAY - timedelta(days=8)) == []

    def test_many_hits_add_up_to_the_picodollar(self, kept):
        for number in range(40):
            kept.record(hit(f"r{number}", avoided_picodollars=AVOIDED + number), NOON)

        [day] = kept.days("search/web", DAY, DAY)
        assert (day.hits, day.avoided_picodollars) == (40, 40 * AVOIDED + sum(range(40)))


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
def test_hits_that_race_are_all_counted_and_each_once(kept):
    news = race(8, 80, lambda number: kept.record(hit(f"r{number % 40}"), NOON))

    [day] = kept.days("search/web", DAY, DAY)
    assert (sum(news), day.hits, day.avoided_picodollars) == (40, 40, 40 * AVOIDED)
