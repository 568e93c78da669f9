"""`cost-sentry endpoint list | show | forget`."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.dynamodb_sleeps import PARTITION, DynamoDbSleeps
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.endpoint import EndpointKind, Snapshot
from cost_sentry.domain.endpoint_saving import Saving
from cost_sentry.domain.endpoint_sleep import SleepState, Slept, first_sleep
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.money import picodollars
from cost_sentry_client.exit_codes import ExitCode
from tests.fakes.builders import reservation
from tests.unit.client.conftest import cost_sentry
from tests.unit.domain.test_endpoint_plan import endpoint

pytestmark = pytest.mark.usefixtures("stopped_clock")
NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
MONTH, DOLLAR = f"{NOW:%Y-%m}", picodollars(1)
LONG = "customer-support-chat-large-language-model-with-a-name-of-63-ch"


@pytest.fixture
def records(desk):
    return DynamoDbSleeps(LedgerCalls(desk.operator.dynamodb, "ledger"))


def record(name="chat", state=SleepState.CLOSED, **changes):
    kind = changes.pop("kind", EndpointKind.PLAIN)
    snapshot = Snapshot(endpoint=endpoint(name, kind=kind), content='{"config":{"a":1}}')
    made = first_sleep(snapshot, None, NOW - timedelta(days=1))
    saved = {
        "total": Slept(sleeps=2, restores=2, seconds=7_200, saved_picodollars=3 * DOLLAR),
        "months": {
            "2026-01": Saving(seconds=3_600, saved_picodollars=2 * DOLLAR),
            MONTH: Saving(seconds=3_600, saved_picodollars=DOLLAR),
        },
    }
    return replace(made, state=state, **{**saved, **changes})


def listed(*more):
    return {one["endpoint"]: one for one in cost_sentry("endpoint", "list", "--json", *more).json}


def test_where_nothing_slept_the_list_is_empty(desk):
    assert cost_sentry("endpoint", "list", "--json").json == []
    assert "no endpoint has slept yet" in cost_sentry("endpoint", "list").stdout


def test_the_list_says_its_state_since_when_and_what_it_saved_by_month(records):
    records.put(record(reason="it is in service, and answered a call"), None)

    one = listed()["chat"]

    assert (one["state"], one["since"]) == ("awake", (NOW - timedelta(days=1)).isoformat())
    assert (one["savedUsd"], one["savedSeconds"], one["sleeps"]) == ("3.00", 7_200, 2)
    assert [(m["month"], m["savedUsd"]) for m in one["months"]] == [
        ("2026-01", "2.00"),
        (MONTH, "1.00"),
    ]


def test_what_sleeps_now_has_saved_until_now(records):
    hour_ago = NOW - timedelta(hours=1)
    asleep = record(state=SleepState.ASLEEP, since=hour_ago, slept_at=hour_ago, total=Slept())
    records.put(asleep, None)

    one = listed()["chat"]

    assert one["state"] == "asleep"
    hours = one["savedSeconds"] / 3_600
    assert hours >= 1
    assert float(one["savedUsd"]) == pytest.approx(1.408 * hours, abs=0.01)


def test_what_sleeps_where_nobody_says_its_price_any_more_has_saved_by_that_of_then(records):
    own = (Fleet(instance_type="ml.own", count=1),)
    snapshot = Snapshot(endpoint=endpoint("chat", fleets=own), content="{}")
    asleep = record(state=SleepState.ASLEEP, snapshot=snapshot, prices={"ml.own": 2 * DOLLAR})
    records.put(replace(asleep, since=NOW - timedelta(hours=1), total=Slept()), None)

    one = listed()["chat"]

    hours = one["savedSeconds"] / 3_600
    assert hours >= 1
    assert float(one["savedUsd"]) == pytest.approx(2 * hours, abs=0.01)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (SleepState.SNAPSHOT, "falling asleep"),
        (SleepState.FALLING_ASLEEP, "falling asleep"),
        (SleepState.RESTORING, "waking"),
        (SleepState.ABANDONED, "awake"),
    ],
)
def test_each_state_is_told_as_a_caller_finds_it(records, state, shown):
    records.put(record(state=state, held=reservation(), restoring_since=NOW), None)

    one = listed()["chat"]

    assert one["state"] == shown
    assert (one["wakingSince"] is not None) == (state is SleepState.RESTORING)


def test_who_is_asked_for_is_wanted_until_the_wish_is_too_old(records):
    for name, at in (("new", NOW), ("old", NOW - timedelta(days=1))):
        records.put(record(name, SleepState.ASLEEP, slept_at=NOW), None)
        records.want(name, at)

    found = listed()

    assert [found[name]["state"] for name in ("new", "old")] == ["wanted", "asleep"]


def test_the_table_fits_eighty_columns_and_cuts_nothing(records):
    total = Slept(seconds=7_200, saved_picodollars=123_456 * DOLLAR)
    records.put(record(LONG, SleepState.FALLING_ASLEEP, total=total), None)

    shown = cost_sentry("endpoint", "list").stdout

    assert max(map(len, shown.splitlines())) <= 80
    first = "".join(line.split(" ")[0] for line in shown.splitlines())
    assert LONG in first
    for text in ("falling asleep", "Z", "$123,456"):
        assert text in shown
    assert f"in {MONTH}" in shown


def test_another_month_can_be_read_and_all_of_it_is_summed(records):
    for name in ("a", "b"):
        records.put(record(name), None)

    shown = cost_sentry("endpoint", "list", "--month", "2026-01").stdout

    assert "$4.00" in shown.splitlines()[-1]


def test_a_month_that_is_none_is_a_usage_error(desk):
    done = cost_sentry("endpoint", "list", "--month", "May")

    assert done.code == ExitCode.USAGE
    assert "allowed is YYYY-MM" in done.stderr


def test_a_saving_that_nobody_can_price_is_shown_as_unknown(records):
    records.put(record(total=Slept(seconds=9, unpriced_seconds=9), months={}), None)

    assert "?" in cost_sentry("endpoint", "list").stdout.splitlines()[-1]


def test_a_record_that_cannot_be_read_is_listed_and_hides_no_other(desk, records):
    records.put(record(), None)
    broken = {"pk": {"S": PARTITION}, "sk": {"S": "odd"}, "sleep": {"S": '{"form":9}'}}
    desk.operator.dynamodb.put_item(TableName="ledger", Item=broken)

    found = listed()

    assert (found["odd"]["state"], found["chat"]["state"]) == ("unreadable", "awake")
    assert "unreadable" in cost_sentry("endpoint", "list").stdout


def test_a_sleep_that_has_ended_is_forgotten_with_what_it_was_made_of(records):
    records.put(record(), None)

    done = cost_sentry("endpoint", "forget", "chat", "--json").json

    assert done["snapshot"] == {"config": {"a": 1}}
    assert records.read("chat") is None


@pytest.mark.parametrize("command", ["list", "show", "forget"])
def test_an_unreadable_configuration_hides_no_endpoint_and_loses_no_snapshot(
    desk, records, command
):
    records.put(record(state=SleepState.ASLEEP, slept_at=NOW - timedelta(hours=1)), None)
    (row,) = (
        item
        for item in desk.operator.dynamodb.scan(TableName="ledger")["Items"]
        if item["pk"]["S"] == "CONFIG"
    )
    broken = {**row, "document": {"S": '{"schema": 999}'}}
    desk.operator.dynamodb.put_item(TableName="ledger", Item=broken)
    more = {"list": (), "show": ("chat",), "forget": ("chat", "--asleep")}[command]

    done = cost_sentry("endpoint", command, *more)

    assert done.code == ExitCode.OK
    assert "chat" in done.stdout
    assert ('"a": 1' in done.stdout or '{"a":1}' in done.stdout) == (command != "list")


def test_a_sleeper_is_forgotten_only_by_who_says_so_and_is_shown(records):
    records.put(record(state=SleepState.ASLEEP, slept_at=NOW), None)

    refused = cost_sentry("endpoint", "forget", "chat")
    assert refused.code == ExitCode.REFUSED
    assert "all that it could be made again from" in refused.stderr
    assert records.read("chat") is not None

    done = cost_sentry("endpoint", "forget", "chat", "--asleep")
    assert json.dumps({"config": {"a": 1}}, separators=(",", ":")) in done.stdout
    assert records.read("chat") is None


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        ("stranger", {}, "there is no record of an endpoint 'stranger'"),
        ("chat", {"state": SleepState.RESTORING}, "chat is waking"),
        ("chat", {"state": SleepState.ASLEEP, "held": reservation()}, "chat is asleep"),
        ("chat", {"state": SleepState.ASLEEP, "kind": EndpointKind.COMPONENTS}, "is there"),
    ],
)
def test_what_is_still_needed_is_not_forgotten(records, name, changes, why):
    records.put(record(**changes), None)

    refused = cost_sentry("endpoint", "forget", name, "--asleep")

    assert refused.code == ExitCode.REFUSED
    assert why in refused.stderr
    assert records.read("chat") is not None


def test_one_is_shown_with_why_what_it_saved_and_what_it_is_made_of(records):
    records.put(record(LONG, SleepState.ASLEEP, slept_at=NOW, reason="it has no instances"), None)
    records.want(LONG, NOW)

    shown = cost_sentry("endpoint", "show", LONG)

    assert max(map(len, shown.stdout.splitlines())) <= 80
    for text in (LONG, "wanted, since", "it has no instances", "made again as it was", '"a": 1'):
        assert text in shown.stdout
    assert "$" in shown.stdout
    assert cost_sentry("endpoint", "show", LONG, "--json").json["snapshot"] == {"config": {"a": 1}}


def test_one_that_waits_for_money_shows_what_is_held_and_until_when_it_waits(records):
    later = NOW + timedelta(minutes=9)
    records.put(record(state=SleepState.RESTORING, held=reservation(), not_before=later), None)

    shown = cost_sentry("endpoint", "show", "chat").stdout

    assert "for its wake" in shown
    assert f"not before  {later:%Y-%m-%d %H:%M}Z" in shown


@pytest.mark.parametrize("command", ["show", "forget"])
def test_a_record_that_cannot_be_read_is_no_bug_and_is_left_alone(desk, command):
    broken = {"pk": {"S": PARTITION}, "sk": {"S": "odd"}, "sleep": {"S": '{"form":9}'}}
    desk.operator.dynamodb.put_item(TableName="ledger", Item=broken)

    refused = cost_sentry("endpoint", command, "odd")

    assert refused.code == ExitCode.REFUSED
    assert "the record of odd cannot be read" in refused.stderr
    assert "the version of cost-sentry that wrote it" in " ".join(refused.stderr.split())
    assert "unreadable" in cost_sentry("endpoint", "list").stdout


@pytest.mark.parametrize("command", ["show", "forget"])
def test_of_what_never_slept_there_is_nothing_to_show_or_forget(desk, command):
    refused = cost_sentry("endpoint", command, "stranger")

    assert refused.code == ExitCode.REFUSED
    assert "there is no record of an endpoint 'stranger'" in refused.stderr
    assert "cost-sentry endpoint list" in refused.stderr
