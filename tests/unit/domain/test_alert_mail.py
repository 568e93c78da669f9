from dataclasses import replace
from datetime import timedelta
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cost_sentry.domain.alert_mail import amount_shown, recipients_of, write_alert
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.sentry_config import SentryConfig, Team
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import NOON, budget
from tests.fakes.crossings import crossing, usd


def test_the_mail_reads_as_it_should():
    alert = write_alert(crossing(), ["ann@example.com"])

    assert alert.subject == "Cost sentry: budget search-daily at 80% of $10.00"
    assert alert.body == dedent("""\
        What:     past 80%: $8.10 of $10.00 spent (81%)
        Budget:   search-daily (day), for team=search
        Who:      search/chat $5.10, search/index $3.00
        Model:    anthropic.claude-sonnet-4-5-20250929-v1:0 $5.10, 1 other $3.00
        Runs out: 2026-11-21 14:48 UTC, at the rate so far
        Resets:   2026-11-22 00:00 UTC

        Next: calls go on. One that no longer fits is rerouted to a cheaper model where
        its ladder has one that fits, and rejected before it costs anything otherwise.
        The limit is not overspent.

        By team
          search                                                              $8.10

        By application
          search/chat                                                         $5.10
          search/index                                                        $3.00

        By model
          anthropic.claude-sonnet-4-5-20250929-v1:0                           $5.10
          amazon.nova-lite-v1:0                                               $3.00

        Look:    cost-sentry budget show search-daily
        Change:  cost-sentry budget set search-daily NEW_LIMIT
        """)


def test_a_spent_budget_says_that_calls_are_refused_from_now_on():
    spent = crossing(("search", "chat", "m", usd("10.0")), threshold=100)

    alert = write_alert(spent, [])
    body = alert.body

    assert alert.subject == "Cost sentry: budget search-daily at 100% of $10.00"
    assert "Runs out: now: the limit is reached" in body
    assert "rejected before it costs anything otherwise, until the budget resets" in " ".join(
        body.split()
    )


def test_a_budget_used_up_tells_what_is_spent_and_that_the_rest_pays_for_no_such_call():
    used_up = crossing(("search", "chat", "m", usd("0.59")), limit=usd("0.60"), threshold=100)

    alert = write_alert(used_up, [])

    assert alert.subject == "Cost sentry: budget search-daily used up: 98% of $0.60 spent"
    lines = alert.body.splitlines()
    assert lines[0] == "What:     used up: $0.59 of $0.60 spent (98%), calls are refused"
    assert lines[4] == "Runs out: now: what is left does not pay for a call like the one refused"
    assert "Next: a call that does not fit is rerouted" in alert.body


def test_a_late_mail_about_a_budget_used_up_speaks_of_the_past():
    used_up = crossing(("search", "chat", "m", usd("9.9")), threshold=100)

    body = write_alert(replace(used_up, at=NOON + timedelta(days=1)), []).body

    assert "used up: $9.90 of $10.00 spent (99%), calls were refused" in body
    assert "Runs out: not before it resets" in body
    assert "Next: nothing. The window is over" in body


def test_a_late_mail_about_a_window_that_is_over_says_so():
    late = replace(crossing(), at=NOON + timedelta(days=1))

    body = write_alert(late, []).body

    assert "2026-11-22 00:00 UTC (it has ended)" in body
    assert "Next: nothing. The window is over" in body


def test_a_budget_for_all_time_never_resets_and_its_rate_counts_from_its_first_posting():
    body = write_alert(crossing(kind=WindowKind.NONE), []).body

    assert "Resets:   never; the limit is for all time" in body
    assert "Runs out: 2026-11-21 12:28 UTC" in body


def test_an_agent_run_is_named_and_never_resets():
    of_a_run = crossing(kind=WindowKind.SESSION)
    ended = replace(of_a_run, at=of_a_run.window.end)
    spent = crossing(("search", "chat", "m", usd("10")), kind=WindowKind.SESSION, threshold=100)

    body, after, whole = (write_alert(one, []).body for one in (of_a_run, ended, spent))

    until = f"{of_a_run.window.end:%Y-%m-%d %H:%M} UTC"
    assert f"Resets:   never; this run may call until {until}" in body
    assert f"Run:      {of_a_run.window.id}" in body
    assert "Next: nothing. The run is over; every other has a limit of its own." in after
    assert "otherwise, until its limit is raised." in " ".join(whole.split())
    assert "it resets" not in body + after + whole


def test_tokens_are_counted_and_not_paid():
    alert = write_alert(
        crossing(("search", "chat", "m", 15_000), unit=Unit.TOKENS, limit=20_000, threshold=50), []
    )

    assert "past 50%: 15,000 of 20,000 tokens spent (75%)" in alert.body
    assert alert.subject.endswith("at 50% of 20,000 tokens")


def test_overrun_and_unknown_costs_are_not_hidden():
    totals = replace(crossing().totals, overrun=usd("0.5"), estimated=usd("1.25"))

    body = write_alert(replace(crossing(), totals=totals), []).body

    assert "Above what was held for the calls: $0.50" in body
    assert "Charged in full because the true cost is unknown: $1.25" in body


def test_many_spenders_are_ranked_and_the_rest_is_summed():
    lines = [("search", f"app{n}", "m", usd("1") * (n + 1)) for n in range(8)]

    body = write_alert(crossing(*lines, limit=usd("40")), []).body

    assert "Who:      search/app7 $8.00, search/app6 $7.00, 6 others $21.00" in body
    assert "3 others" in body


def test_names_that_callers_chose_make_no_line_no_link_and_no_odd_character():
    evil = "x\r\nBcc: all@example.com\x00 https://evil.example 💸"

    alert = write_alert(crossing(("search", evil, evil, usd("9")), budget_id=evil), [])

    assert "\r" not in alert.body + alert.subject
    assert "://" not in alert.body + alert.subject
    assert "\nBcc" not in alert.body
    assert (alert.body + alert.subject).isascii()


@example("", "", "", (Unit.TOKENS, 10**13, 10**13), (WindowKind.DAY, 100))
@example("", "", "", (Unit.OUTPUT_TOKENS, 10**13, 10**13), (WindowKind.MINUTE, 100))
@example("", "", "", (Unit.USD, 10**23, 10**23), (WindowKind.DAY, 100))
@given(
    st.text(max_size=200),
    st.text(max_size=200),
    st.text(max_size=200),
    st.one_of(
        st.tuples(st.just(Unit.USD), st.integers(1, 10**23), st.integers(0, 10**23)),
        st.tuples(
            st.sampled_from([u for u in Unit if u is not Unit.USD]),
            st.integers(1, 10**13),
            st.integers(0, 10**13),
        ),
    ),
    st.tuples(st.sampled_from(WindowKind), st.sampled_from([80, 100])),
)
def test_any_mail_can_be_sent_by_sns_and_read_in_eighty_columns(
    budget_id, application, model, amounts, when
):
    unit, posted, limit = amounts
    kind, threshold = when
    alert = write_alert(
        crossing(
            ("search", application, model, posted),
            budget_id=budget_id,
            limit=limit,
            unit=unit,
            kind=kind,
            threshold=threshold,
        ),
        [],
    )

    assert len(alert.subject) <= 100
    assert alert.subject.isprintable()
    assert alert.subject.isascii()
    assert alert.body.isascii()
    assert max(len(line) for line in alert.body.splitlines()) <= 80
    labels = [line.split(":")[0] for line in alert.body.splitlines()[:5]]
    assert labels == ["What", "Budget", "Who", "Model", "Runs out"]


@pytest.mark.parametrize(
    ("unit", "amount", "shown"),
    [
        (Unit.USD, 0, "$0.00"),
        (Unit.USD, usd("1234.5"), "$1,234.50"),
        (Unit.USD, usd("0.0042"), "$0.0042"),
        (Unit.USD, usd("0.5"), "$0.50"),
        (Unit.USD, 1, "$0.000000000001"),
        (Unit.TOKENS, 15_000, "15,000 tokens"),
    ],
)
def test_amounts_are_rounded_for_people(unit, amount, shown):
    assert amount_shown(unit, amount) == shown


def test_owners_of_budget_team_and_organisation_hear_it_once_each():
    config = SentryConfig(
        version="v1",
        teams={"search": Team(id="search", owners=("tom@example.com", "ann@example.com"))},
        models={},
        budgets=(),
        alert_addresses=("all@example.com", "ann@example.com"),
    )
    owned = budget(owners=("ann@example.com",))

    assert recipients_of(owned, config) == (
        "ann@example.com",
        "tom@example.com",
        "all@example.com",
    )
    assert recipients_of(budget(scope={}), config) == ("all@example.com", "ann@example.com")


def test_a_window_that_is_over_runs_out_no_more():
    late = replace(crossing(("search", "chat", "m", usd("9.9"))), at=NOON + timedelta(days=3))

    assert "Runs out: not before it resets" in write_alert(late, []).body


def test_the_commands_of_a_mail_can_be_copied_whole_however_long_the_id_is():
    longest = "a" * 63

    body = write_alert(crossing(("search", "web", "m", 1), budget_id=longest), []).body

    shell = body.replace(" \\\n ", "")
    assert f"cost-sentry budget show {longest}\n" in shell
    assert f"cost-sentry budget set {longest} NEW_LIMIT\n" in shell
