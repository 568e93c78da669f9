"""Records that nobody can read: functions go on without them, and operators are told."""

import json
from dataclasses import replace

import pytest

from cost_sentry import bootstrap
from cost_sentry.bootstrap.unreadable_log import SERVICE, tell_unreadable
from cost_sentry.domain.errors import RecordUnreadable
from cost_sentry.handlers import expire_reservations, respond_to_anomaly
from tests.contract.engines import Table, spoil
from tests.contract.test_notice_outbox_contract import NOTICE
from tests.infra.test_incident_functions import anomaly
from tests.unit.handlers.test_emergency_handlers import house as house  # noqa: PLC0414 - a fixture


@pytest.fixture
def table(house):
    return Table(client=bootstrap.dynamodb_client(), name="ledger")


@pytest.fixture
def told(capsys):
    """How many records operators were told of since the last look."""

    def told():
        lines = [
            json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line
        ]
        counted = [line for line in lines if "RecordsUnreadable" in line]
        return [(line["RecordsUnreadable"], line["service"]) for line in counted]

    return told


def test_a_mail_that_cannot_be_read_is_told_each_run_and_the_others_go_out(house, table, told):
    for key in ("a", "b"):
        bootstrap.notices().record(replace(NOTICE, key=key))
    spoil(table, "NOTICES", "a", notice='{"key": "a"}')

    sent = [house.sweep()["alerts_sent"] for _ in range(2)]

    assert sent == [1, 0]
    assert told() == [([1.0], SERVICE)] * 2


def test_an_incident_that_cannot_be_read_is_told_and_the_other_scope_is_responded_to(
    house, table, told
):
    respond_to_anomaly.handler(anomaly(house, team="search"), house.context())
    assert told() == [], "where all can be read nothing is written"
    spoil(table, "INCIDENTS", "team=search", incident="{")

    answer = respond_to_anomaly.handler(anomaly(house, team="support"), house.context())

    assert (answer["response"], answer["scope"]) == ("new", "team=support")
    assert told() == [([1.0], SERVICE)]


def test_a_scope_whose_own_record_cannot_be_read_fails_and_is_told_at_once(house, table, told):
    respond_to_anomaly.handler(anomaly(house, team="search"), house.context())
    told()
    spoil(table, "INCIDENTS", "team=search", incident="{")

    with pytest.raises(RecordUnreadable):
        respond_to_anomaly.handler(anomaly(house, team="search"), house.context())

    assert told() == [([1.0], SERVICE)]


def test_the_log_says_of_each_record_where_it_is(caplog, capsys):
    tell_unreadable(("the mail at NOTICES / a cannot be read",), expire_reservations.logger)

    assert [one.problem for one in caplog.records] == ["the mail at NOTICES / a cannot be read"]
