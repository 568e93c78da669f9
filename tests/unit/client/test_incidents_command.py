"""`cost-sentry incidents list | show | lift`."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.measure_items import CONFIG_KEY
from cost_sentry.application.incident_notice import incident_notice
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import AnomalyRule
from cost_sentry.domain.incident import NO_EVIDENCE
from cost_sentry.domain.incident_course import opened, revised
from cost_sentry.domain.incident_measure import lift_command
from cost_sentry.domain.measure import MeasureKind
from tests.fakes.builders import ManualClock, measure
from tests.fakes.incident_desk import DOLLAR, FREEZE, TIGHTEN, sighting
from tests.unit.client.conftest import configuration, cost_sentry

pytestmark = pytest.mark.usefixtures("stopped_clock")
NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
APPROVAL = "ap-20261121t120000-0123456789"


@pytest.fixture
def calls(desk):
    return LedgerCalls(desk.operator.dynamodb, "ledger")


@pytest.fixture
def measures(calls):
    return DynamoDbMeasures(calls, lambda _: None, ManualClock(NOW))


@pytest.fixture
def incident(calls, measures):
    """Team search is frozen."""
    told = sighting(severity=Severity.CRITICAL, since=NOW - timedelta(minutes=5), seen_at=NOW)
    made = opened(None, told, FREEZE, NO_EVIDENCE, NOW)
    DynamoDbIncidents(calls, lambda _: None).write(made)
    measures.put(made.measure)
    return made


def frozen(measures):
    return [one.id for one in measures.measures() if one.is_in_force(NOW)]


def test_without_an_incident_the_list_is_empty(desk):
    assert cost_sentry("incidents", "list", "--json").json == []
    assert "no incident is on record" in cost_sentry("incidents", "list").stdout


def test_the_list_says_who_how_bad_and_what_is_in_force(desk, incident, calls):
    told = sighting(scope={"team": "growth"}, seen_at=NOW, since=NOW, usual=None)
    tightened = opened(None, told, TIGHTEN, NO_EVIDENCE, NOW)
    DynamoDbIncidents(calls, lambda _: None).write(tightened)

    listed = cost_sentry("incidents", "list", "--json").json

    found = {one["id"]: one for one in listed}
    assert found[incident.id]["state"] == "acting"
    assert found[incident.id]["scope"] == {"team": "search"}
    assert found[incident.id]["measure"] == {
        "kind": "freeze",
        "until": incident.ends_at.isoformat(),
        "usdPerMinute": None,
    }
    assert (found[incident.id]["usualUsdPerMinute"], found[incident.id]["percentOfUsual"]) == (
        "3.00",
        400,
    )
    assert found[tightened.id]["usualUsdPerMinute"] is None, "unknown is never zero"
    assert found[tightened.id]["measure"]["usdPerMinute"] == "1.00"
    shown = cost_sentry("incidents", "list", columns=120).stdout
    assert incident.id in shown
    assert "team=growth" in shown


def test_the_group_by_itself_is_its_list_with_the_options_of_it(desk, incident):
    assert cost_sentry("incidents").stdout == cost_sentry("incidents", "list").stdout
    assert cost_sentry("incidents", "--json").json[0]["id"] == incident.id
    assert "Commands:" in cost_sentry("incidents", "--help").stdout


def test_one_is_shown_with_every_step_and_who_took_it(desk, incident):
    cost_sentry("incidents", "lift", incident.id, "--reason", "a load test")

    shown = cost_sentry("incidents", "show", incident.id, "--json").json

    assert [(one["step"], one["revision"]) for one in shown["steps"]] == [
        ("opened", 1),
        ("lifted", 2),
    ]
    assert shown["steps"][1]["by"].startswith("arn:aws:")
    assert shown["note"] == "a load test"
    text = cost_sentry("incidents", "show", incident.id, columns=200).stdout
    assert "lifted by arn:aws:" in text
    assert "a load test" in text


def test_what_is_taken_for_usual_is_told_as_that_and_not_as_over(desk, calls):
    rule = AnomalyRule(scope={})
    told = sighting(scope={"team": "growth"}, since=NOW - timedelta(days=1), seen_at=NOW)
    made = opened(None, told, rule, NO_EVIDENCE, NOW)
    usual = replace(told, has_ended=True, is_adopted=True, usual=12 * DOLLAR)
    for one in (made, revised(made, usual, rule, NOW)):
        DynamoDbIncidents(calls, lambda _: None).write(one)

    shown = cost_sentry("incidents", "show", made.id, "--json").json
    text = cost_sentry("incidents", "show", made.id, columns=120).stdout
    listed = cost_sentry("incidents", "list").stdout

    assert shown["state"] == "closed"
    assert shown["takenForUsual"] == {"at": NOW.isoformat(), "usdPerMinute": "12.00"}
    assert [one["step"] for one in shown["steps"]] == ["opened", "taken-for-usual"]
    assert "taken for usual now: $12.00 a minute since" in text
    assert "state     taken for usual, warning" in listed.replace("\n", " ")


def test_lifting_ends_what_is_in_force_at_once_and_twice_does_no_harm(desk, incident, measures):
    assert frozen(measures) == [incident.measure.id]

    first = cost_sentry("incidents", "lift", incident.id, "--reason", "a load test")
    second = cost_sentry("incidents", "lift", incident.id, "--reason", "again")

    assert (first.code, f"lifted {incident.id}" in first.stdout) == (0, True)
    assert (second.code, "was over already" in second.stdout) == (0, True)
    assert frozen(measures) == []
    measures.put(incident.measure)
    assert frozen(measures) == []


def test_what_a_mail_says_to_undo_it_is_a_command_that_does_so_as_it_stands(
    desk, incident, measures
):
    mail = incident_notice(incident, configuration())
    [undo] = [line for line in mail.body.splitlines() if line.startswith("Undo:")]
    as_a_shell_reads = shlex.shlex(undo.removeprefix("Undo:"), posix=True, punctuation_chars=True)
    program, *words = as_a_shell_reads

    done = cost_sentry(*words)

    assert (program, done.code, frozen(measures)) == ("cost-sentry", 0, [])
    assert f"`{lift_command(incident.id)}`" in incident.measure.undo


def test_lifting_tells_the_owners(desk, incident):
    cost_sentry("incidents", "lift", incident.id, "--reason", "a load test")

    items = desk.operator.dynamodb.scan(TableName="ledger")["Items"]
    assert [i["pk"]["S"] for i in items if i["pk"]["S"].startswith("NOTICE#")] == [
        f"NOTICE#incident/{incident.id}/2"
    ]


def test_all_are_lifted_also_where_what_is_in_force_cannot_be_read(desk, incident, measures):
    desk.operator.dynamodb.update_item(
        TableName="ledger",
        Key=CONFIG_KEY,
        UpdateExpression="SET measures = :text",
        ExpressionAttributeValues={":text": {"S": "{"}},
    )

    done = cost_sentry("incidents", "lift", "--all", "--reason", "nobody can read it", "--json")

    assert [one["state"] for one in done.json["lifted"]] == ["lifted"]
    assert done.json["wasReadable"] is False
    assert frozen(measures) == []
    assert measures.put(measure("of later", made_at=NOW, until=NOW + timedelta(hours=1)))


def test_lifting_all_names_the_approvals_that_stay_and_what_ends_each(desk, incident, measures):
    raised = measure(
        APPROVAL,
        kind=MeasureKind.RAISE,
        scope={},
        made_at=NOW,
        until=NOW + timedelta(hours=1),
        amount=7,
        budget_id="search-daily",
        budget_kind="k",
        undo=f"cost-sentry approval end {APPROVAL}",
    )
    measures.put(raised)

    text = cost_sentry("incidents", "lift", "--all", "--reason", "all is well")
    again = cost_sentry("incidents", "lift", "--all", "--reason", "all is well", "--json")

    assert (text.code, f"lifted: {incident.id}" in text.stdout) == (0, True)
    assert f"cost-sentry approval end {APPROVAL}" in text.stdout
    assert "budget search-daily" in text.stdout
    assert (again.json["lifted"], frozen(measures)) == ([], [APPROVAL])
    assert [one["end"] for one in again.json["approvalsInForce"]] == [raised.undo]


@pytest.mark.parametrize("as_json", [False, True])
def test_with_an_unreadable_configuration_all_are_lifted_and_then_it_is_told(
    desk, incident, calls, measures, as_json
):
    told = sighting(scope={"team": "growth"}, severity=Severity.CRITICAL, since=NOW, seen_at=NOW)
    other = opened(None, told, FREEZE, NO_EVIDENCE, NOW)
    DynamoDbIncidents(calls, lambda _: None).write(other)
    measures.put(other.measure)
    desk.operator.dynamodb.update_item(
        TableName="ledger",
        Key=CONFIG_KEY,
        UpdateExpression="SET document = :text",
        ExpressionAttributeValues={":text": {"S": "{"}},
    )
    options = ("--json",) if as_json else ()

    done = cost_sentry("incidents", "lift", "--all", "--reason", "all is well", *options)

    assert (done.code, frozen(measures)) == (3, [])
    for one in (incident, other):
        assert one.id in done.stdout
        [*_, last] = DynamoDbIncidents(calls, lambda _: None).steps(one.id)
        assert last.state.value == "lifted"
    assert "nobody was mailed" in done.stderr
    if as_json:
        assert {one["state"] for one in done.json["error"]["lifted"]} == {"lifted"}


@pytest.mark.parametrize("arguments", [("i-1", "--all"), ()])
def test_it_must_be_clear_what_to_lift(desk, arguments):
    ended = cost_sentry("incidents", "lift", *arguments, "--reason", "r")

    assert ended.code == 2
    assert "name one incident, or give --all" in ended.stderr


@pytest.mark.parametrize("verb", [("show", "i-none"), ("lift", "i-none", "--reason", "r")])
def test_an_id_that_there_is_not_is_told_with_what_helps(desk, verb):
    ended = cost_sentry("incidents", *verb)

    assert ended.code == 1
    assert "there is no incident 'i-none'" in ended.stderr
    assert "incidents list" in ended.stderr


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301, "two\nlines"])
def test_a_reason_is_one_line_that_says_something(desk, incident, measures, reason):
    ended = cost_sentry("incidents", "lift", incident.id, "--reason", reason)

    assert ended.code == 2
    assert "1 to 300 printable characters" in ended.stderr
    assert frozen(measures) == [incident.measure.id]


def test_amounts_are_exact(desk, calls):
    told = sighting(scope={"team": "growth"}, seen_at=NOW, since=NOW, seen=DOLLAR + 1)
    DynamoDbIncidents(calls, lambda _: None).write(opened(None, told, TIGHTEN, NO_EVIDENCE, NOW))

    [one] = cost_sentry("incidents", "list", "--json").json

    assert one["seenUsdPerMinute"] == "1.000000000001"


def test_lifting_all_names_a_restraint_that_no_incident_goes_on_for(desk, measures):
    orphan = measure("i-gone-1", made_at=NOW, until=NOW + timedelta(hours=1))
    measures.put(orphan)
    measures.put(measure("i-over-1", made_at=NOW - timedelta(hours=2), until=NOW))

    text = cost_sentry("incidents", "lift", "--all", "--reason", "all is well")
    measures.put(replace(orphan, id="i-gone-2"))
    machine = cost_sentry("incidents", "lift", "--all", "--reason", "again", "--json")
    nothing = cost_sentry("incidents", "lift", "--all", "--reason", "again")

    assert (text.code, frozen(measures)) == (0, [])
    assert "nothing" not in text.stdout
    assert "i-gone-1" in text.stdout
    assert "freeze  team=search" in text.stdout
    assert "i-over-1" not in text.stdout
    assert [one["id"] for one in machine.json["restraints"]] == ["i-gone-2"]
    assert "lifted: nothing, for no incident went on" in nothing.stdout
