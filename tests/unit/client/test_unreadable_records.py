"""Records that the command line cannot read: named in its lists, beside all that it can."""

import pytest

from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.incident import NO_EVIDENCE
from cost_sentry.domain.incident_course import opened
from cost_sentry_client.unreadable_report import FIX
from tests.contract.engines import Table, spoil
from tests.contract.test_approvals_contract import approval
from tests.fakes.approval_world import FIRST, SECOND
from tests.fakes.incident_desk import FREEZE, sighting
from tests.unit.client.conftest import cost_sentry
from tests.unit.client.test_incidents_command import (  # noqa: F401 - fixtures
    NOW,
    calls,
    frozen,
    incident,
    measures,
)

pytestmark = pytest.mark.usefixtures("stopped_clock")
LIFT_ALL = ("incidents", "lift", "--all", "--reason", "all is well")


@pytest.fixture
def table(desk):
    return Table(client=desk.operator.dynamodb, name="ledger")


@pytest.fixture
def unreadable(table, calls, measures):  # noqa: F811
    """Team growth is frozen, by an incident of another version."""
    told = sighting(scope={"team": "growth"}, severity=Severity.CRITICAL, since=NOW, seen_at=NOW)
    made = opened(None, told, FREEZE, NO_EVIDENCE, NOW)
    DynamoDbIncidents(calls, lambda _: None).write(made)
    measures.put(made.measure)
    for pk, sk in (("INCIDENTS", "team=growth"), (f"INCIDENT#{made.id}", "STEP#000001")):
        spoil(table, pk, sk, incident='{"form": 2}')
    return made


def test_a_list_of_incidents_names_what_cannot_be_read_beside_the_others(incident, unreadable):  # noqa: F811
    text, machine = cost_sentry("incidents", "list"), cost_sentry("incidents", "list", "--json")

    assert (text.code, machine.code) == (3, 3)
    assert incident.id in text.stdout
    assert "team=growth" in text.stdout
    assert "state  unreadable" in text.stdout
    assert "INCIDENTS / team=growth cannot be read: an incident of form 2" in text.stderr
    assert FIX in text.stderr
    assert [one["state"] for one in machine.json] == ["acting", "unreadable"]
    assert machine.json[1]["record"] == "team=growth"


def test_one_that_cannot_be_read_is_told_as_that_and_not_as_a_network_that_is_away(unreadable):
    for verb in ("show", "lift"):
        reason = ("--reason", "all is well") if verb == "lift" else ()
        ended = cost_sentry("incidents", verb, unreadable.id, *reason)

        assert ended.code == 3
        assert "STEP#000001 cannot be read" in ended.stderr
        assert FIX in ended.stderr
        assert "nothing was lost" not in ended.stderr


def test_an_incident_is_shown_without_a_step_that_cannot_be_read(incident, table):  # noqa: F811
    cost_sentry("incidents", "lift", incident.id, "--reason", "a load test")
    spoil(table, f"INCIDENT#{incident.id}", "STEP#000001", incident="{")

    shown = cost_sentry("incidents", "show", incident.id, "--json")

    assert shown.code == 3
    assert (shown.json["state"], shown.json["note"]) == ("lifted", "a load test")
    assert [one.get("record", one.get("step")) for one in shown.json["steps"]] == [
        "lifted",
        "STEP#000001",
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_all_that_can_be_ended_is_and_what_could_not_be_read_is_said(
    incident,  # noqa: F811
    unreadable,
    measures,  # noqa: F811
    as_json,
):
    ended = cost_sentry(*LIFT_ALL, *(("--json",) if as_json else ()))

    assert (ended.code, frozen(measures)) == (3, [])
    assert "INCIDENTS / team=growth cannot be read" in ended.stderr
    assert "is lifted, and it stays on record" in ended.stderr
    assert "nobody was mailed" not in ended.stderr
    if as_json:
        error = ended.json["error"]
        assert [one["id"] for one in error["lifted"]] == [incident.id]
        assert len(error["unreadable"]) == 1
        assert {one["scope"]["team"] for one in error["restraints"]} == {"search", "growth"}
    else:
        assert f"lifted: {incident.id}\n" in ended.stdout
        assert unreadable.measure.id in ended.stdout


def test_a_list_of_requests_names_what_cannot_be_read_beside_the_others(desk, table):
    for id_ in (FIRST, SECOND):
        desk.operator.approvals.create(approval(id_))
    spoil(table, "APPROVALS", SECOND, approval='{"x": 1}')

    text = cost_sentry("approval", "list", "--all")
    machine = cost_sentry("approval", "list", "--all", "--json")
    one = cost_sentry("approval", "show", SECOND)

    assert (text.code, machine.code, one.code) == (3, 3, 3)
    assert FIRST in text.stdout
    assert SECOND in text.stdout
    assert "state  unreadable" in text.stdout
    assert {one.get("record") or one["id"]: one["state"] for one in machine.json} == {
        FIRST: "asked",
        SECOND: "unreadable",
    }
    assert f"APPROVALS / {SECOND} cannot be read" in one.stderr
    assert "this is a bug" not in one.stderr
