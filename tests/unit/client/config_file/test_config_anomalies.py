"""What `sentry.yaml` says of anomalies: defaults, rules that could never apply, what they need."""

import pytest

from cost_sentry.application.config_changes import plan_config
from cost_sentry.application.config_document import config_from_document
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import NO_ANOMALY_RULES, Action, AnomalyRule
from infra.addresses import read_addresses
from tests.fakes.sentry_files import GOOD, load, problems

RULES = """anomalies:
  scopesPerHourMax: 3
  rules:
    - {scope: {team: search}, severity: critical, do: freeze, tell: [lead@example.com]}
    - {do: tighten, percent: 150, floor: "0.50", coolDownMinutes: 30}
"""


def test_where_nothing_is_said_owners_are_told_and_nothing_is_done(file):
    loaded = load(file, GOOD)

    assert loaded.config.anomalies is None
    assert "anomalies" not in loaded.document
    rule = NO_ANOMALY_RULES.rule_for({"team": "search"}, Severity.CRITICAL)
    assert (rule.action, rule.cool_down_minutes) == (Action.TELL, 60)


def test_what_is_named_is_what_the_sentry_goes_by(file):
    loaded = load(file, f"{GOOD}{RULES}")

    anomalies = loaded.config.anomalies
    assert anomalies.scopes_per_hour_max == 3
    assert anomalies.rules == (
        AnomalyRule(
            scope={"team": "search"},
            severity=Severity.CRITICAL,
            action=Action.FREEZE,
            tell=("lead@example.com",),
        ),
        AnomalyRule(
            scope={}, action=Action.TIGHTEN, percent=150, floor=5 * 10**11, cool_down_minutes=30
        ),
    )
    assert config_from_document(loaded.document) == loaded.config


def test_whoever_a_rule_tells_is_subscribed_when_it_is_deployed(file):
    load(file, f"{GOOD}{RULES}")

    addresses = read_addresses(file)

    assert "lead@example.com" in addresses.recipients
    assert "lead@example.com" not in addresses.operators


def test_a_change_of_rules_is_told_by_their_place(file):
    before, after = load(file, GOOD).config, load(file, f"{GOOD}{RULES}").config

    told = [
        change.text for change in plan_config(before, after, {b.id: b.limit for b in after.budgets})
    ]
    back = [
        change.text for change in plan_config(after, before, {b.id: b.limit for b in after.budgets})
    ]

    assert told == [
        "added anomalies: scopesPerHourMax 3",
        (
            "added anomaly rule 0: scope team=search, severity critical, do freeze, percent none,"
            " floor none, coolDownMinutes 60, tell lead@example.com"
        ),
        (
            "added anomaly rule 1: scope everything, severity warning, do tighten, percent 150,"
            " floor 0.50 usd, coolDownMinutes 30, tell none"
        ),
    ]
    assert back == ["removed anomalies", "removed anomaly rule 0", "removed anomaly rule 1"]


@pytest.mark.parametrize(
    ("rule", "field", "says"),
    [
        ("{do: tighten, percent: 150}", "", "it tightens, and names no floor"),
        ("{do: tighten, floor: 1}", "", "it tightens, and names no percent"),
        ("{do: freeze, percent: 150}", ".percent", "the rule is to freeze"),
        ("{do: tell, floor: 1}", ".floor", "the rule is to tell"),
        ("{do: tighten, percent: 9, floor: 0.00}", ".floor", "a floor of nothing"),
        ("{scope: {team: serch}}", ".scope.team", 'there is no team "serch"'),
        ("{scope: {application: web}}", ".scope", "no anomaly has a scope of application"),
        ("{scope: {project: x}}", ".scope", "no anomaly has a scope of project"),
        ("{scope: {team: search, model: x}}", ".scope", "a scope of model, team"),
        ("{scope: {model: nobodys}}", ".scope.model", 'no model has the id "nobodys"'),
        ("{coolDownMinutes: 4}", ".coolDownMinutes", ""),
        ("{coolDownMinutes: 1441}", ".coolDownMinutes", ""),
        ("{severity: bad}", ".severity", ""),
        ("{do: delete}", ".do", ""),
        ("{tell: [nobody]}", ".tell[0]", ""),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_line(file, rule, field, says):
    (problem,) = problems(file, f"{GOOD}anomalies:\n  rules:\n    - {rule}\n")

    assert problem.field == f"anomalies.rules[0]{field}"
    assert says in problem.problem
    assert problem.line == GOOD.count("\n") + 3


def test_a_rule_behind_one_that_takes_all_of_its_anomalies_is_found(file):
    rules = "anomalies:\n  rules:\n    - {do: tell}\n    - {scope: {team: search}, do: freeze}\n"

    (problem,) = problems(file, f"{GOOD}{rules}")

    assert problem.field == "anomalies.rules[1]"
    assert "anomalies.rules[0] applies to all that this one does" in problem.problem


def test_a_rule_of_a_model_acts_on_causes_in_it_also_behind_one_for_everything(file):
    rule = "{scope: {model: 'amazon.nova-lite-v1:0'}, do: freeze}"

    config = load(file, f"{GOOD}anomalies: {{rules: [{{do: tell}}, {rule}]}}\n").config
    (problem,) = problems(file, f"{GOOD}anomalies: {{rules: [{{do: tell}}, {rule}, {rule}]}}\n")

    cause = {"team": "search", "application": "web"}
    found = config.anomalies.rule_for_cause(cause, ["amazon.nova-lite-v1:0"], Severity.WARNING)
    assert found.action is Action.FREEZE
    assert problem.field == "anomalies.rules[2]"
    assert "anomalies.rules[1] applies to all that this one does" in problem.problem


def test_a_worse_severity_behind_a_milder_one_is_found_and_the_other_way_round_is_fine(file):
    mild, bad = "{do: tell}", "{severity: critical, do: freeze}"

    load(file, f"{GOOD}anomalies: {{rules: [{bad}, {mild}]}}\n")
    (problem,) = problems(file, f"{GOOD}anomalies: {{rules: [{mild}, {bad}]}}\n")

    assert problem.field == "anomalies.rules[1]"


def test_a_member_without_a_value_is_none(file):
    (problem,) = problems(file, f"{GOOD}anomalies:\n")

    assert problem.field == "anomalies"


def test_an_application_is_one_of_its_teams_if_that_names_some(file):
    with_named = GOOD.replace("teams:\n", "teams:\n  ops: {applications: {desk: {}}}\n", 1)
    rule = "anomalies: {rules: [{scope: {team: ops, application: mail}}]}\n"

    (problem,) = problems(file, f"{with_named}{rule}")

    assert problem.field == "anomalies.rules[0].scope.application"
    assert "desk" in problem.allowed
