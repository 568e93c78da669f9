"""`cost-sentry config diff | apply` of a file that says nothing of endpoints that sleep."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.dynamodb_sleeps import PARTITION, DynamoDbSleeps
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.domain.endpoint import Snapshot
from cost_sentry.domain.endpoint_sleep import SleepState, first_sleep
from cost_sentry.domain.errors import LedgerUnavailable
from tests.unit.client.conftest import cost_sentry
from tests.unit.client.test_config_commands import GOOD
from tests.unit.domain.test_endpoint_plan import endpoint

STATES = {"chat": SleepState.ASLEEP, "wakes": SleepState.RESTORING, "ended": SleepState.CLOSED}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sentry.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def asleep(empty_desk):
    """Two endpoints that sleep or wake, and one that did."""
    records = DynamoDbSleeps(LedgerCalls(empty_desk.operator.dynamodb, "ledger"))
    for name, state in STATES.items():
        begun = datetime.now(tz=UTC).replace(microsecond=0) - timedelta(days=1)
        made = first_sleep(Snapshot(endpoint=endpoint(name), content="{}"), None, begun)
        records.put(replace(made, state=state), None)
    return empty_desk


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_a_file_without_endpoints_names_those_that_still_sleep(asleep, file, command):
    told = cost_sentry("config", command, str(file), "--json")
    words = " ".join(cost_sentry("config", command, str(file)).stderr.split())

    assert told.json["leftAsleep"] == ["chat", "wakes"]
    assert "still asleep, and the file says nothing of endpoints: chat, wakes." in words


def test_one_whose_record_cannot_be_read_may_sleep_and_is_named(asleep, file):
    broken = {"pk": {"S": PARTITION}, "sk": {"S": "odd"}, "sleep": {"S": "{"}}
    asleep.operator.dynamodb.put_item(TableName="ledger", Item=broken)

    told = cost_sentry("config", "diff", str(file), "--json")

    assert told.json["leftAsleep"] == ["chat", "odd", "wakes"]


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_a_file_with_endpoints_names_none(asleep, file, command):
    file.write_text(f"{GOOD}endpoints: {{dryRun: true}}\n")

    told = cost_sentry("config", command, str(file), "--json")

    assert told.json["leftAsleep"] == []
    assert "still asleep" not in told.stderr


def test_a_file_is_applied_although_nobody_can_say_what_sleeps(asleep, file, monkeypatch):
    def silent(_):
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(DynamoDbSleeps, "all", silent)

    told = cost_sentry("config", "apply", str(file), "--json")

    assert (told.code, told.json["leftAsleep"]) == (0, None)
