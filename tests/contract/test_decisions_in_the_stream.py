"""What the decision log tells the stream of the table, in which alerts are made."""

import pytest

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from tests.fakes.builders import NOON
from tests.fakes.moto_journal import journal_on_moto
from tests.fakes.refusals import refusal, view


@pytest.fixture
def store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with journal_on_moto() as store:
        yield store


def kept(store, decision):
    """The item of this decision."""
    store.log.record(decision, NOON)
    [item] = store.items.query(f"REQUEST#{decision.request_id}")
    return item


def test_a_refusal_that_found_its_budget_used_up_says_so_to_the_stream(store):
    item = kept(store, refusal(view("all", left=None, binding=False), view(left=49)))

    assert item["used_up"] == {"S": "search-daily@2026-11-21"}


def test_a_reroute_away_from_a_budget_used_up_says_so_to_the_stream(store):
    rerouted = refusal(
        kind=DecisionKind.REROUTE, code=ReasonCode.REROUTED_TO_FIT, short=view(left=49)
    )

    assert kept(store, rerouted)["used_up"] == {"S": "search-daily@2026-11-21"}


@pytest.mark.parametrize(
    "other",
    [
        refusal(view(left=50)),
        refusal(view(), kind=DecisionKind.REROUTE, code=ReasonCode.REROUTED_TO_FIT),
        refusal(),
    ],
    ids=["enough left", "reroute", "no budget"],
)
def test_any_other_decision_passes_the_stream_by(store, other):
    assert "used_up" not in kept(store, other)


def test_what_the_stream_is_told_changes_nothing_that_explain_reads(store):
    used_up = refusal(view())
    kept(store, used_up)

    [told] = store.journal.decisions("r1")
    assert told.decision == used_up
