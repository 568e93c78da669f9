"""`cost-sentry budget list | show | set`."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.money import picodollars
from cost_sentry.domain.sentry_config import Team
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import budget, hold, reservation, resolution
from tests.unit.client.conftest import configuration, cost_sentry

FIELDS = ["id", "window", "limit", "posted", "pending", "unit", "left", "scope", "mode", "resetsAt"]


def spend(desk, request_id: str, reserved: str, cost: str | None) -> None:
    """Reserve in search-daily, and settle unless the cost is not known yet."""
    now = datetime.now(tz=UTC)
    daily = budget("search-daily", picodollars("12.50"))
    held = reservation(request_id, hold(picodollars(reserved), of=daily, now=now), now=now)
    ledger = DynamoDbLedger(LedgerCalls(desk.operator.dynamodb, "ledger"), lambda _: None)
    ledger.reserve(held)
    if cost is not None:
        ledger.resolve(held, resolution(picodollars(cost), resolved_at=now))


def test_list_says_of_every_budget_the_fields_of_the_demos_summary(desk):
    listed = cost_sentry("budget", "list", "--json")

    daily, everything = listed.json
    now = datetime.now(tz=UTC)
    assert listed.code == 0
    assert list(daily) == list(everything) == FIELDS
    assert daily == {
        "id": "search-daily",
        "window": f"{now:%Y-%m-%d}",
        "limit": "12.50",
        "posted": "0.00",
        "pending": "0.00",
        "unit": "usd",
        "left": "12.50",
        "scope": {"team": "search"},
        "mode": "enforce",
        "resetsAt": f"{now + timedelta(days=1):%Y-%m-%d}T00:00:00+00:00",
    }
    assert (everything["unit"], everything["limit"]) == ("tokens", "2000000")


def test_list_says_what_is_posted_pending_and_left_to_the_picodollar(desk):
    spend(desk, "r1", "1.00", "0.000000000001")
    spend(desk, "r2", "2.00", None)

    daily = cost_sentry("budget", "list", "--json").json[0]

    assert daily["posted"] == "0.000000000001"
    assert daily["pending"] == "2.00"
    assert daily["left"] == "10.499999999999"


def test_the_table_rounds_what_is_spent_up_and_what_is_left_down(desk):
    spend(desk, "r1", "1.00", "0.000000000001")

    table = cost_sentry("budget", "list").stdout

    row = next(line for line in table.splitlines() if line.startswith("search-daily"))
    assert row.split()[2:] == ["$12.50", "$0.0001", "$0.00", "$12.4999", "0", "%"]


def test_no_line_is_wider_than_80_columns_and_no_amount_is_cut(desk):
    largest = picodollars("999999.99")
    desk.apply(
        configuration(
            budgets=(
                budget("a-budget-with-a-name-as-long-as-anybody-would-ever-write-one", largest),
                budget("small", 1, window=WindowKind.NONE),
                budget("tokens", 999_999, unit=Unit.TOKENS, window=WindowKind.WEEK),
                budget("many-tokens", 987_654_321_098, unit=Unit.OUTPUT_TOKENS),
                budget("calls", 1_000_000, unit=Unit.IN_FLIGHT, window=WindowKind.NONE),
                budget("rate", 10**12, unit=Unit.REQUESTS, window=WindowKind.MINUTE),
            )
        )
    )

    table = cost_sentry("budget", "list").stdout

    assert max(len(line) for line in table.splitlines()) <= 80
    assert "…" not in table
    assert table.count("$999,999.99") == 2
    assert "987654.322 M tok out" in table.replace(",", "")
    assert "1.00 M calls" in table
    assert "1000000.00 M req" in table.replace(",", "")


def test_show_names_everybody_who_gets_a_mail_about_the_budget(desk):
    owned = replace(
        desk.operator.config(),
        teams={"search": Team(id="search", owners=("leads@example.com",))},
        alert_addresses=("finops@example.com",),
    )
    desk.apply(with_version(owned))

    shown = cost_sentry("budget", "show", "search-daily")
    machine = cost_sentry("budget", "show", "search-daily", "--json").json

    assert "leads@example.com" in shown.stdout
    assert "finops@example.com" in shown.stdout
    assert set(machine["mailed"]) == {"leads@example.com", "finops@example.com"}


def test_show_says_where_the_rest_of_the_money_is_and_who_hears_about_it(desk):
    spend(desk, "r1", "1.00", "0.25")

    shown = cost_sentry("budget", "show", "search-daily", "--json").json

    assert list(shown)[: len(FIELDS)] == FIELDS
    assert picodollars(shown["free"]) + picodollars(shown["unallotted"]) == picodollars("12.25")
    assert shown["thresholdsPercent"] == [50, 80, 100]
    assert (shown["owners"], shown["spentBy"]) == ([], [])


def test_show_of_another_window_does_not_say_that_it_will_reset(desk):
    shown = cost_sentry("budget", "show", "search-daily", "--window", "2020-02-29", "--json").json

    assert (shown["window"], shown["posted"], shown["resetsAt"]) == ("2020-02-29", "0.00", None)


def test_each_unit_and_window_is_listed_and_shown(desk):
    desk.apply(
        configuration(
            budgets=(
                budget("calls", 20, unit=Unit.IN_FLIGHT, window=WindowKind.NONE),
                budget("rate", 600, unit=Unit.REQUESTS, window=WindowKind.HOUR),
                budget("berlin", 10**12, time_zone=ZoneInfo("Europe/Berlin")),
            )
        )
    )

    calls, rate, berlin = cost_sentry("budget", "list", "--json").json
    pages = [cost_sentry("budget", "show", one).stdout for one in ("calls", "rate", "berlin")]

    assert (calls["unit"], calls["limit"], calls["window"]) == ("in_flight", "20", "all")
    assert calls["resetsAt"] is None
    assert (rate["unit"], rate["limit"], rate["left"]) == ("requests", "600", "600")
    begins = datetime.fromisoformat(rate["window"])
    assert rate["resetsAt"] == (begins + timedelta(hours=1)).isoformat()
    assert berlin["resetsAt"][11:] in ("22:00:00+00:00", "23:00:00+00:00")
    assert "20 calls in flight" in pages[0]
    assert "never; each call gives back what it holds when it ends" in pages[0]
    assert "600 requests" in pages[1]
    assert f"day Europe/Berlin {berlin['window']}" in pages[2]


def test_show_of_a_window_by_its_time_zone_and_of_an_hour(desk):
    kolkata = ZoneInfo("Asia/Kolkata")
    desk.apply(
        configuration(
            budgets=(
                budget("rate", 600, unit=Unit.REQUESTS, window=WindowKind.HOUR, time_zone=kolkata),
            )
        )
    )

    shown = cost_sentry("budget", "show", "rate", "--window", "2020-02-29T13:30Z/14:30", "--json")
    refused = cost_sentry("budget", "show", "rate", "--window", "2020-02-29T13Z")

    assert shown.json["window"] == "2020-02-29T13:30Z/14:30"
    assert shown.json["timeZone"] == "Asia/Kolkata"
    assert (refused.code, refused.stdout) == (2, "")
    assert "'2020-02-29T13Z' is no window of budget rate" in refused.stderr


def test_set_speaks_of_what_the_budget_counts(desk):
    desk.apply(
        configuration(
            budgets=(
                budget("calls", 20, unit=Unit.IN_FLIGHT, window=WindowKind.NONE),
                budget("rate", 600, unit=Unit.REQUESTS, window=WindowKind.MINUTE),
            )
        )
    )

    changed = cost_sentry("budget", "set", "calls", "40")
    same = cost_sentry("budget", "set", "calls", "40")
    refused = cost_sentry("budget", "set", "rate", "1.5")

    assert changed.stdout.strip() == "budget calls: limit 20 → 40 calls in flight"
    assert same.stdout.strip() == "budget calls already has the limit 40 calls in flight"
    assert refused.code == 2
    assert "give a whole number of requests such as 600 (whole requests)" in " ".join(
        refused.stderr.split()
    )


def test_a_window_of_another_kind_is_a_usage_error(desk):
    ended = cost_sentry("budget", "show", "search-daily", "--window", "2026-W01")

    assert ended.code == 2
    assert "'2026-W01' is no window of budget search-daily" in ended.stderr


def test_show_fits_80_columns(desk):
    page = cost_sentry("budget", "show", "everything").stdout

    assert max(len(line) for line in page.splitlines()) <= 80
    assert "2000000 tokens" in page


def test_an_unknown_budget_is_answered_with_those_that_exist(desk):
    for command in (["show", "nope"], ["set", "nope", "1"]):
        ended = cost_sentry("budget", *command, "--json")

        assert ended.code == 1
        assert "'nope'" in ended.json["error"]["what"]
        assert "search-daily, everything" in ended.json["error"]["fix"]


def test_set_changes_the_limit_in_ledger_and_configuration_and_keeps_what_is_spent(desk):
    spend(desk, "r1", "1.00", "0.25")

    ended = cost_sentry("budget", "set", "search-daily", "20", "--json")

    in_force = desk.operator.config()
    assert ended.code == 0
    assert ended.json == {
        "id": "search-daily",
        "unit": "usd",
        "before": "12.50",
        "after": "20.00",
        "changed": True,
        "configVersion": in_force.version,
    }
    assert in_force.budgets[0].limit == picodollars("20")
    after = cost_sentry("budget", "list", "--json").json[0]
    assert (after["limit"], after["posted"], after["left"]) == ("20.00", "0.25", "19.75")
    assert "write it into sentry.yaml too" in ended.stderr


def test_setting_the_same_limit_again_changes_nothing(desk):
    before = desk.operator.config().version

    ended = cost_sentry("budget", "set", "search-daily", "12.5", "--json")

    assert (ended.code, ended.json["changed"]) == (0, False)
    assert desk.operator.config().version == before
    assert "sentry.yaml" not in ended.stderr


def test_a_limit_that_is_no_amount_is_a_usage_error_that_says_what_is(desk):
    before = desk.operator.config().version

    for budget_id, limit, allowed in (
        ("search-daily", "ten", "12.50"),
        ("search-daily", "NaN", "12.50"),
        ("search-daily", "0.0000000000001", "12 decimals"),
        ("everything", "1.5", "whole number of tokens"),
        ("search-daily", "1e1000000", "plain digits"),
        ("everything", "1e30", "plain digits"),
        ("search-daily", "1_000", "plain digits"),
        ("search-daily", "1000000000.01", "at most 1000000000 usd"),
        ("everything", "1000000000000001", "at most 1000000000000000 tokens"),
        ("search-daily", "0", "above 0"),
        ("search-daily", "1\n", "plain digits"),
    ):
        ended = cost_sentry("budget", "set", budget_id, limit, "--json")

        assert (ended.code, list(ended.json)) == (2, ["error"])
        assert limit.strip() in ended.stderr
        assert allowed in ended.stderr
    assert desk.operator.config().version == before


def test_the_greatest_limits_of_the_file_can_be_set(desk):
    for budget_id, limit in (("search-daily", "1000000000"), ("everything", "1" + 15 * "0")):
        ended = cost_sentry("budget", "set", budget_id, limit, "--json")

        assert (ended.code, ended.json["changed"]) == (0, True)


def test_without_a_configuration_the_answer_says_how_to_apply_one(empty_desk):
    ended = cost_sentry("budget", "list", "--json")

    assert ended.code == 1
    assert "config apply" in ended.json["error"]["fix"]
    assert json.loads(ended.stdout)["error"]["where"] == "AWS, us-east-1, stage dev"
