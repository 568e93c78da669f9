"""Nothing that a person needs to act is dropped or cut, however long names are, at 80 columns."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from cost_sentry.application.answer_request import Verb
from cost_sentry.application.rows import Rows
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.incident import NO_EVIDENCE, Lead
from cost_sentry.domain.incident_course import opened
from cost_sentry_client.answer_report import answer_budgets
from cost_sentry_client.approval_report import approval_facts, approvals_table, history_table
from cost_sentry_client.incident_report import incident_facts, incidents_table
from cost_sentry_client.savings_report import ApplicationSavings, savings_table
from cost_sentry_client.tables import amounts_table, facts_table, records
from tests.fakes.approval_world import ApprovalWorld, config
from tests.fakes.builders import NOON, budget
from tests.fakes.incident_desk import FREEZE, TIGHTEN, sighting

ID_62 = "customer-support-helpdesk-assistant-monthly-dollars-production"
ARN = (
    "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_BudgetOwners_0123456789abcdef/"
    "anna.annason@example.com"
)
LONG = {"team": "customer-support-" + "t" * 40, "application": "helpdesk-" + "a" * 50}


def shown(*parts, width=80):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    for part in parts:
        console.print(part)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines()), default=0) <= width
    return text


def unfolded(text):
    """Without what folding puts between the parts of a name."""
    return re.sub(r"\s+", "", text)


class TestIncidents:
    @pytest.mark.parametrize("scope", [{"team": "search"}, LONG, {"model": "m" * 120}])
    @pytest.mark.parametrize("rule", [FREEZE, TIGHTEN])
    def test_the_list_says_which_and_what_is_in_force_until_when(self, scope, rule):
        told = sighting(scope=scope, severity=Severity.CRITICAL, seen_at=NOON)
        incident = opened(None, told, rule, NO_EVIDENCE, NOON)

        text = shown(incidents_table(Rows([incident]), NOON))

        assert incident.id in text.splitlines()[0]
        for needed in (*scope.values(), "acting", "critical"):
            assert needed in unfolded(text)
        assert "froze it until" in text or "slowed it to" in text
        assert f"until {incident.measure.until:%Y-%m-%d %H:%M}" in text
        assert "…" not in text

    def test_one_that_is_over_has_nothing_in_force(self):
        incident = opened(None, sighting(seen_at=NOON), FREEZE, NO_EVIDENCE, NOON)

        text = shown(incidents_table(Rows([incident]), incident.ends_at))

        assert "nothing any more" in text

    def test_one_is_shown_whole(self):
        incident = opened(None, sighting(scope=LONG, seen_at=NOON), FREEZE, NO_EVIDENCE, NOON)

        text = shown(incident_facts(replace(incident, note="n" * 200), NOON))

        assert all(value in unfolded(text) for value in (*LONG.values(), "n" * 200))

    def test_how_much_whose_and_what_it_comes_to_are_shown(self):
        lead = Lead(name="search/web", picodollars=3 * 10**12, of_picodollars=4 * 10**12)
        evidence = replace(NO_EVIDENCE, application=lead)
        incident = opened(None, sighting(seen_at=NOON, percent=420), FREEZE, evidence, NOON)

        text = shown(incident_facts(incident, NOON))

        assert "420 % of what would be ordinary" in text
        assert "search/web: $3.00 of $4.00" in text
        assert "more by midnight (UTC), unchecked" in text


class TestApprovals:
    @pytest.fixture
    def world(self):
        world = ApprovalWorld(
            config(budgets=(budget(ID_62, 50 * 10**12),)), more={"budget_id": ID_62, "amount": "25"}
        )
        world.ask(by=ARN)
        return world

    def test_the_list_says_which_id_for_what_and_how_it_stands(self, world):
        [approval] = world.memory_store.newest(9)

        text = shown(approvals_table(Rows([approval]), NOON))

        assert approval.request.id in text.splitlines()[0]
        for needed in (ID_62, "25.00", ARN, "asked,until2026-11-22"):
            assert needed in unfolded(text)

    def test_one_is_shown_with_everything_that_its_answer_is_bound_to(self, world):
        world.answer(Verb.APPROVE)
        [approval] = world.memory_store.newest(9)

        text = shown(facts_table(approval_facts(approval, NOON)))

        for value in approval.request.terms.values():
            assert unfolded(value) in unfolded(text)
        assert len(text.splitlines()) <= 17, "values have most of the width"
        assert "in force" in text

    def test_every_change_says_who_and_why(self):
        change = {
            "changedAt": NOON.isoformat(),
            "state": "approved",
            "changedBy": "ß" * 110,
            "why": "ä" * 90,
        }

        text = shown(history_table([change]))

        assert (text.count("ß"), text.count("ä")) == (110, 90)
        assert "approved" in text
        assert "2026-11-21 12:00Z" in text


def test_budgets_of_an_answer_are_shown_with_their_amounts():
    block = {
        "id": ID_62,
        "unit": "usd",
        "resetsAt": "2026-12-01T00:00:00+00:00",
        "needed": "123456789.12",
        "left": "100000000.00",
        "leftAsOf": datetime(2026, 11, 21, 12, tzinfo=UTC).isoformat(),
        "limit": "9999999999.00",
        "binding": True,
    }

    text = unfolded(shown(answer_budgets([block])))

    for needed in (f"{ID_62}(refused)", "$123.457M", "$100.00M", "$9,999.999M"):
        assert needed in text


def test_savings_are_shown_of_any_application():
    found = ApplicationSavings(
        team="t" * 60,
        application="a" * 60,
        caching=None,
        first=date(2026, 11, 21),
        last=date(2026, 11, 21),
        days=(),
    )

    text = shown(savings_table([found])).partition("─")[2]

    assert (text.count("t"), text.count("a")) == (60, 60)
    assert "2026-11-21" in text


WORDS = st.text("qwz- ", min_size=1, max_size=90).map(str.strip).filter(bool)
AMOUNTS = st.text("0123456789", min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS, AMOUNTS, AMOUNTS), min_size=1, max_size=4),
    width=st.sampled_from([40, 80, 120]),
)
def test_no_cell_of_any_table_is_cut_and_amounts_stand_whole(rows, width):
    table = amounts_table("kx", "vx", amounts=("j", "m"))
    for row in rows:
        table.add_row(*row)

    text = shown(table, width=width)

    for letter in "qwz-":
        wanted = sum(cell.count(letter) for row in rows for cell in row[:2])
        assert text.count(letter) == wanted
    assert all(amount in text for row in rows for amount in row[2:])


@settings(max_examples=150, deadline=None)
@given(facts=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_no_fact_is_cut_whatever_it_is_called(facts):
    text = shown(facts_table(facts), records([("kkk", facts)]))

    for letter in "qwz-":
        assert text.count(letter) == 2 * sum((a + b).count(letter) for a, b in facts)


@pytest.mark.parametrize("width", [80, 16])
def test_the_sum_below_a_table_may_stand_out_and_is_whole(width):
    table = amounts_table("team", amounts=("calls", "cost"))
    table.add_row("search", "12", "$1.00")
    table.add_row("all", "1,012", "$9.00", style="bold")

    assert {"search", "12", "$1.00", "all", "1,012", "$9.00"} <= {
        *shown(table, width=width).split()
    }
