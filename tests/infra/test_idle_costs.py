"""What the emergency store is asked while nobody calls, and that the page has its cost (P11)."""

import pathlib
from dataclasses import replace

import pytest

from cost_sentry import bootstrap
from cost_sentry.domain.reservation import EXPIRY_EVERY_MINUTES
from cost_sentry.domain.spend_watch import WATCHED_MAX
from infra.triggers import RECONCILED_EVERY_MINUTES
from infra.watched_spend import read_watched
from scripts.running_cost import (
    ALARM_MONTH,
    MINUTES_A_MONTH,
    RUNS_A_MONTH,
    detect_anomalies_month,
    emergency_store_month,
    spend_alarms_month,
    usage_reconciliation_month,
)

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "sentry.yaml"
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "explanation" / "what-the-sentry-costs.md"


def asked(house):
    """By one more scheduled run."""
    house.recorder.requests.clear()
    house.expire()
    return dict(house.recorder.requests)


@pytest.mark.slow
def test_without_an_allowance_a_run_asks_for_one_listing_and_leaves_nothing(house):
    config = bootstrap.config_source().current()
    house.expire()
    house.put_in_force(replace(config, emergency_allowances=()))
    house.expire()

    assert asked(house) == {"ListObjectsV2": 1}


@pytest.mark.slow
def test_with_one_it_asks_for_two_listings_and_the_mirrored_configuration(house):
    house.expire()

    assert asked(house) == {"ListObjectsV2": 2, "GetObject": 1}


def test_the_page_of_costs_says_what_that_comes_to():
    without = emergency_store_month(listings=1, reads=0)
    more = emergency_store_month(listings=2, reads=1) - without
    page = PAGE.read_text()

    assert RUNS_A_MONTH == 30 * 24 * 60 // EXPIRY_EVERY_MINUTES
    assert f"${without:.2f} for a listing of the emergency store" in page
    assert f"${more:.2f} more for its listings" in page


def test_the_page_of_costs_says_what_comparing_usage_comes_to_while_nobody_calls():
    assert MINUTES_A_MONTH == 30 * 24 * 60 // RECONCILED_EVERY_MINUTES
    assert f"43,200 runs a month | ${usage_reconciliation_month():.2f}:" in PAGE.read_text()


def test_the_page_of_costs_says_what_looking_for_anomalies_and_alarms_come_to():
    page, example = PAGE.read_text(), len(read_watched(EXAMPLE).watched)

    assert f"43,200 runs a month | ${detect_anomalies_month():.2f}:" in page
    assert f"settings.md#alarms)) | ${ALARM_MONTH:.2f} each a month |" in page
    assert f"${spend_alarms_month(WATCHED_MAX):.2f} a month for {WATCHED_MAX} of them" in page
    assert f"${spend_alarms_month(example):.2f} for the {example} of `examples/sentry.yaml`" in page


def test_the_page_of_costs_has_every_function_that_runs_by_the_clock(template):
    rules = template.of_type("AWS::Events::Rule").values()
    clocks = [one["Properties"] for one in rules if "ScheduleExpression" in one["Properties"]]
    targets = [target["Arn"] for one in clocks for target in one["Targets"]]
    schedules = template.of_type("AWS::Scheduler::Schedule").values()
    targets += [one["Properties"]["Target"]["Arn"] for one in schedules]
    functions = template.of_type("AWS::Lambda::Function")

    for target in targets:
        function = functions[target["Fn::GetAtt"][0]]["Properties"]
        name = function["Handler"].split(".")[-2]
        assert f"| `{name}`, " in PAGE.read_text(), name
