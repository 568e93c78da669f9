"""Stages of a budget in ``sentry.yaml``."""

import pytest

from cost_sentry.domain.budget import Stages
from cost_sentry_client.config_file import ConfigFileInvalid, load_config

FILE = """apiVersion: cost-sentry/v1
teams: {search: {}}
models: {us.amazon.nova-lite-v1:0: {}}
budgets:
  - {id: all, scope: {}, unit: usd, window: day, limit: 1}
  - {id: b, scope: {team: search}, unit: UNIT, window: none, limit: 9, stages: STAGES}
"""


def loaded(tmp_path, stages, unit="usd"):
    path = tmp_path / "sentry.yaml"
    path.write_text(FILE.replace("STAGES", stages).replace("UNIT", unit))
    return load_config(path).config.budgets[1].stages


def problem(tmp_path, stages, unit="usd"):
    with pytest.raises(ConfigFileInvalid) as invalid:
        loaded(tmp_path, stages, unit)
    [found] = invalid.value.problems
    return found.field, found.problem, found.allowed


def test_stages_are_percentages_and_each_may_be_left_out(tmp_path):
    assert loaded(tmp_path, "{preferLadder: 80, lowerOutput: 90, criticalOnly: 95}") == Stages(
        prefer_ladder_percent=80, lower_output_percent=90, critical_only_percent=95
    )
    assert loaded(tmp_path, "{criticalOnly: 95}") == Stages(critical_only_percent=95)
    assert loaded(tmp_path, "{preferLadder: 90, criticalOnly: 90}").critical_only_percent == 90
    assert loaded(tmp_path, "{}") == Stages()


@pytest.mark.parametrize(
    ("stages", "field", "message"),
    [
        (
            "{preferLadder: 80, lowerOutput: 70}",
            "lowerOutput",
            "70 comes before preferLadder at 80",
        ),
        ("{preferLadder: 80, criticalOnly: 70}", "criticalOnly", "preferLadder at 80"),
        (
            "{lowerOutput: 80, criticalOnly: 79}",
            "criticalOnly",
            "79 comes before lowerOutput at 80",
        ),
    ],
)
def test_a_harder_stage_does_not_come_before_a_softer_one(tmp_path, stages, field, message):
    where, what, allowed = problem(tmp_path, stages)

    assert where == f"budgets[1].stages.{field}"
    assert message in what
    assert "at least 80" in allowed


@pytest.mark.parametrize("percent", ["0", "101", "-5", "1.5", "high"])
def test_what_is_no_percentage_is_refused(tmp_path, percent):
    where, _, _ = problem(tmp_path, f"{{criticalOnly: {percent}}}")

    assert where == "budgets[1].stages.criticalOnly"


def test_a_cap_on_calls_in_flight_has_no_stages(tmp_path):
    where, what, _ = problem(tmp_path, "{criticalOnly: 90}", unit="in_flight")

    assert where == "budgets[1].stages.criticalOnly"
    assert what == "calls in flight do not run out"


def test_an_unknown_stage_is_told_with_those_that_there_are(tmp_path):
    where, _, allowed = problem(tmp_path, "{pauseAt: 90}")

    assert where == "budgets[1].stages.pauseAt"
    assert "preferLadder, lowerOutput, criticalOnly" in allowed
