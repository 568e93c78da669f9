"""Operators hear of a configuration in force that the deployed version cannot read."""

import json
from datetime import timedelta

import pytest

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_config_store import IN_FORCE_FOR, DynamoDbConfigStore
from tests.unit.handlers.test_emergency_handlers import house as house  # noqa: PLC0414 - a fixture


@pytest.fixture
def unreadable(house):
    """Seen in force by a warm environment, and then replaced by a newer version's."""
    house.admit("warm")
    store = DynamoDbConfigStore(bootstrap.ledger_calls(), house.clock)
    version, document = store.read()
    store.write("newer", {**document, "format": 6}, version)
    return version


@pytest.fixture
def told(capsys, caplog):
    """How often operators were told since the last look, and the log."""

    def told():
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        counts = [line["ConfigurationFaults"] for line in lines if "ConfigurationFaults" in line]
        return counts, caplog.records

    return told


def test_a_call_that_an_older_configuration_decides_is_counted_and_logged_with_its_age(
    house, unreadable, told
):
    house.clock.advance(seconds=90)
    told()

    admitted = house.admit("r1")

    assert admitted["decision"] == "ALLOW"
    counts, (*_, log) = told()
    assert counts == [[1.0]]
    assert (log.stand_in["version"], log.stand_in["age_seconds"]) == (unreadable, 90)
    assert "format 6" in log.stand_in["fault"]


@pytest.mark.parametrize("is_warm", [True, False])
def test_after_that_or_without_one_the_refusal_is_counted_and_names_the_way_out(
    house, unreadable, told, is_warm
):
    house.clock.advance(seconds=IN_FORCE_FOR / timedelta(seconds=1))
    if not is_warm:
        house.new_environments()
    told()

    answer = house.admit("r1")["sentry"]

    assert answer["code"] == "NOT_CONFIGURED"
    assert "cost-sentry config apply" in answer["message"]
    counts, (*_, log) = told()
    assert counts == [[1.0]]
    assert not hasattr(log, "stand_in")


def test_a_call_that_the_configuration_in_force_decides_counts_nothing(house, told):
    house.admit("r1")

    counts, (*_, log) = told()
    assert counts == []
    assert not hasattr(log, "stand_in")
