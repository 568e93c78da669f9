"""Commands at a deployment whose configuration this version of `cost-sentry` cannot read."""

import json

import pytest

from cost_sentry.application.config_document import config_to_document
from tests.unit.client.conftest import configuration, cost_sentry
from tests.unit.client.test_config_commands import BAD, GOOD


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sentry.yaml"
    path.write_text(GOOD.replace("id: everything", "id: dollars"))
    return path


@pytest.fixture(params=["newer", "damaged"])
def unreadable(request, desk):
    """A newer version wrote it, or somebody's hand; with its version."""
    config = configuration()
    newer = json.dumps({**config_to_document(config), "format": 6})
    text = newer if request.param == "newer" else "{"
    desk.operator.dynamodb.update_item(
        TableName="ledger",
        Key={"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}},
        UpdateExpression="SET #d = :d, #v = :v",
        ExpressionAttributeNames={"#d": "document", "#v": "version"},
        ExpressionAttributeValues={":d": {"S": text}, ":v": {"S": "unreadable"}},
    )
    return desk


def told(ended):
    return " ".join(ended.stderr.split())


def test_apply_replaces_it_and_says_what_nobody_can_compare(unreadable, file):
    ended = cost_sentry("config", "apply", str(file), "--json")

    assert ended.code == 0
    assert ended.json["replaced"] == "unreadable"
    assert ended.json["notCompared"]["version"] == "unreadable"
    assert ended.json["notCompared"]["budgets"] == ["everything", "search-daily"]
    assert "version unreadable cannot be compared" in told(ended)
    assert "budgets everything, search-daily. No call is charged to them" in told(ended)
    assert unreadable.operator.config().version == ended.json["version"]
    assert cost_sentry("config", "apply", str(file), "--json").json["notCompared"] is None


def test_diff_says_the_same_before_and_changes_nothing(unreadable, file):
    ended = cost_sentry("config", "diff", str(file), "--json")

    assert (ended.code, ended.json["inForce"]) == (0, "unreadable")
    assert ended.json["notCompared"]["budgets"] == ["everything", "search-daily"]
    assert "version unreadable cannot be compared" in told(ended)
    assert unreadable.operator.stored_config().version == "unreadable"


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_a_budget_that_the_ledger_counts_otherwise_is_refused(unreadable, file, command):
    file.write_text(GOOD)

    ended = cost_sentry("config", command, str(file))

    assert ended.code == 1
    assert "budget 'everything' counts tokens per month" in told(ended)
    assert unreadable.operator.stored_config().version == "unreadable"


@pytest.mark.parametrize("command", [("budget", "list"), ("budget", "set", "search-daily", "1")])
def test_commands_that_need_it_name_the_way_out(unreadable, command):
    ended = cost_sentry(*command)

    assert ended.code == 1
    assert "cost-sentry config apply" in told(ended)


def test_beside_an_invalid_file_stands_that_it_cannot_be_read(unreadable, file):
    file.write_text(BAD)

    assert "stays in force, and cannot be read: the configuration in force" in told(
        cost_sentry("config", "apply", str(file))
    )
