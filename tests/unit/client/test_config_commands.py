"""`cost-sentry config check | diff | apply`."""

import re

import boto3
import pytest

from cost_sentry.domain.errors import LedgerUnavailable
from tests.unit.client.conftest import cost_sentry

GOOD = """\
apiVersion: cost-sentry/v1
alerts:
  addresses: [finops@example.com]
teams:
  search: {owners: [lead@example.com]}
models:
  amazon.nova-lite-v1:0:
budgets:
  - {id: everything, unit: usd, window: month, limit: 12.50}
"""
BAD = GOOD.replace("12.50", "-1").replace("unit: usd", "unit: euro")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sentry.yaml"
    path.write_text(GOOD)
    return path


def test_check_of_a_valid_file_needs_no_deployment(file):
    ended = cost_sentry("config", "check", str(file), "--json")

    assert ended.code == 0
    assert ended.json["valid"] is True
    assert list(ended.json) == ["valid", "file", "version", "problems", "warnings"]
    assert "1 teams, 1 models, 1 budgets" in cost_sentry("config", "check", str(file)).stdout


def test_check_counts_policies_where_there_are_some(file):
    rule = '@id("all") @sentence("All.") permit (principal, action, resource);'
    (file.parent / "one.cedar").write_text(rule, encoding="utf-8")
    assert " policies (" not in cost_sentry("config", "check", str(file)).stdout
    file.write_text(file.read_text() + "policies: {files: [one.cedar]}\n", encoding="utf-8")

    assert "1 budgets, 1 policies (version" in cost_sentry("config", "check", str(file)).stdout


def test_check_names_those_whose_spending_only_the_sentry_itself_watches(file):
    whole = file.read_text(encoding="utf-8")
    quiet = cost_sentry("config", "check", str(file))
    watched = "addresses: [finops@example.com]\n  watchedMax: 1"
    file.write_text(whole.replace("addresses: [finops@example.com]", watched), encoding="utf-8")

    told = cost_sentry("config", "check", str(file))

    assert (quiet.code, told.code) == (0, 0)
    assert "no alarms of CloudWatch's own" not in quiet.stderr
    assert "no alarms of CloudWatch's own" in told.stderr
    assert "the sentry's own detector does" in told.stderr


def test_check_of_an_invalid_file_is_exit_code_1_with_every_problem_by_line(file):
    file.write_text(BAD)

    ended, told = (cost_sentry("config", "check", str(file), *o) for o in (("--json",), ()))

    assert (ended.code, told.code, ended.json["valid"]) == (1, 1, False)
    fields = {problem["field"] for problem in ended.json["problems"]}
    assert fields == {"budgets[0].limit", "budgets[0].unit"}
    assert {problem["line"] for problem in ended.json["problems"]} == {9}
    assert f"{file}:9:" in told.stderr


def test_a_file_that_is_not_there_is_an_invalid_file(tmp_path):
    ended = cost_sentry("config", "check", str(tmp_path / "none.yaml"))

    assert ended.code == 1
    assert "cannot be read" in ended.stderr


def test_apply_says_what_it_changed_and_the_second_time_nothing(empty_desk, file):
    first = cost_sentry("config", "apply", str(file), "--json")
    second = cost_sentry("config", "apply", str(file), "--json")

    assert (first.code, second.code) == (0, 0)
    facts = ["version", "replaced", "changes", "notCompared", "unsubscribed", "withoutWorkflow"]
    assert list(first.json) == [*facts, "leftAsleep"]
    budget = first.json["changes"][-1]
    assert list(budget) == ["kind", "thing", "id", "field", "before", "after"]
    assert (budget["kind"], budget["thing"], budget["id"]) == ("added", "budget", "everything")
    assert second.json["changes"] == []
    assert second.json["replaced"] == first.json["version"] == second.json["version"]


def test_diff_shows_the_changes_and_makes_none(empty_desk, file):
    cost_sentry("config", "apply", str(file))
    file.write_text(GOOD.replace("12.50", "20"))

    ended = cost_sentry("config", "diff", str(file), "--json")
    told = cost_sentry("config", "diff", str(file))

    assert ended.code == 0
    facts = ["version", "inForce", "inForceSince", "changes", "notCompared", "leftAsleep"]
    assert list(ended.json) == facts
    assert ended.json["changes"] == [
        {
            "kind": "changed",
            "thing": "budget",
            "id": "everything",
            "field": "limit",
            "before": "12.50 usd",
            "after": "20.00 usd",
        }
    ]
    assert "changed budget everything: limit 12.50 usd → 20.00 usd" in told.stdout
    assert cost_sentry("budget", "list", "--json").json[0]["limit"] == "12.50"


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_beside_an_invalid_file_stands_what_stays_in_force_and_how_old_it_is(desk, file, command):
    version = desk.operator.config().version
    file.write_text(BAD)

    told = " ".join(cost_sentry("config", command, str(file)).stderr.split())

    assert re.search(rf"version {version}, applied \d+ s ago, stays in force", told)


def test_a_diff_says_what_is_in_force_and_since_when(desk, file):
    file.write_text(GOOD.replace("id: everything", "id: dollars"))

    ended = cost_sentry("config", "diff", str(file), "--json")

    version, since = (ended.json[name] for name in ("inForce", "inForceSince"))
    assert version == desk.operator.config().version
    assert since == desk.operator.config_store.applied_at().isoformat()
    assert re.search(rf"version {version}, applied \d+ s ago, stays in force", ended.stderr)


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_what_another_reason_refuses_says_what_stays_in_force_and_how_old_it_is(
    desk, file, command
):
    version = desk.operator.config().version

    ended = cost_sentry("config", command, str(file))

    assert ended.code == 1
    assert "budget everything counts tokens per month" in ended.stderr
    assert re.search(rf"version {version}, applied \d+ s ago, stays in force", ended.stderr)


def test_a_deployment_that_cannot_be_asked_does_not_hide_what_is_wrong_with_a_file(
    desk, file, monkeypatch
):
    file.write_text(BAD)
    monkeypatch.setattr(
        type(desk.operator), "standing", lambda _: (_ for _ in ()).throw(LedgerUnavailable("gone"))
    )

    ended = cost_sentry("config", "apply", str(file))

    assert ended.code == 1
    assert "budgets[0].limit" in ended.stderr
    assert "stays in force" not in ended.stderr


def test_before_the_first_configuration_nothing_stays_in_force(empty_desk, file):
    file.write_text(BAD)

    assert "no configuration is in force" in cost_sentry("config", "apply", str(file)).stderr


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_an_invalid_file_changes_nothing_and_lists_its_problems(desk, file, command):
    before = desk.operator.config().version
    file.write_text(BAD)

    ended = cost_sentry("config", command, str(file), "--json")

    assert ended.code == 1
    assert len(ended.json["error"]["problems"]) == 2
    assert desk.operator.config().version == before


def test_a_budget_that_would_count_something_else_is_refused_and_nothing_changes(empty_desk, file):
    cost_sentry("config", "apply", str(file))
    file.write_text(GOOD.replace("window: month", "window: day"))

    ended = cost_sentry("config", "apply", str(file), "--json")

    assert ended.code == 1
    assert "budget everything counts usd per month" in ended.json["error"]["what"]


def test_callers_that_have_no_workflow_yet_are_named(empty_desk, file):
    told = cost_sentry("config", "apply", str(file), "--json").json["withoutWorkflow"]
    file.write_text(file.read_text().replace("teams:\n", "teams:\n  newcomers: {}\n"))

    ended = cost_sentry("config", "apply", str(file))

    assert "newcomers" not in told
    assert "newcomers" in ended.stderr
    assert "cannot call yet: workflows are made by a deployment" in ended.stderr.replace("\n", " ")


def test_addresses_that_no_subscription_mails_are_named(empty_desk, file):
    boto3.client("sns", region_name="us-east-1").subscribe(
        TopicArn=empty_desk.operator.deployment.alert_topic_arn,
        Protocol="email",
        Endpoint="finops@example.com",
    )

    ended = cost_sentry("config", "apply", str(file))

    assert cost_sentry("config", "apply", str(file), "--json").json["unsubscribed"] == [
        "lead@example.com"
    ]
    assert "nobody mails lead@example.com yet" in ended.stderr
