"""The page about agents: its budgets stop the run that it describes."""

import json
import re
import shlex
import string
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.request_id import made_at
from cost_sentry_client.config_file import load_config
from cost_sentry_client.request_id import new_session_id
from tests.docs.page_code import blocks, shell_lines
from tests.docs.page_world import World
from tests.docs.test_code_on_pages import sections
from tests.fakes.admissions import DEAR, Sentry
from tests.tidy.tree import ROOT
from tests.unit.client.conftest import cost_sentry, desk, empty_desk

__all__ = ["desk", "empty_desk"]

PAGE = "cap-an-agent"


@pytest.fixture
def page_yaml(tmp_path):
    """The example's, with the budgets of the page; as ``config check`` reads it."""
    [body] = [body for page, body in blocks("yaml") if PAGE in page]
    whole = sections((ROOT / "examples/sentry.yaml").read_text(encoding="utf-8"))
    whole.pop("emergencyAllowances", None)
    file = tmp_path / "sentry.yaml"
    (tmp_path / "policies").symlink_to(ROOT / "examples" / "policies")
    file.write_text("".join({**whole, **sections(body)}.values()), encoding="utf-8")
    return file


@pytest.fixture
def budgets(page_yaml):
    return load_config(page_yaml).config.budgets


def call(number, **changes):
    """One step of the run that the page shows."""
    [body] = [body for page, body in blocks("json") if PAGE in page]
    session = {**json.loads(body)["session"], **changes}
    raw = {
        "modelId": DEAR,
        "tags": {"team": "search"},
        "inferenceConfig": {"maxTokens": 64},
        "messages": [{"role": "user", "content": [{"text": "Look it up."}]}],
        "session": session,
    }
    return parse_request(raw, default_request_id=f"step-{number}")


def run_until_stopped(budgets, **changes):
    """How many steps went through, and why the next did not."""
    sentry = Sentry(*budgets)
    sentry.clock.time = made_at(call(0).session.id) + timedelta(minutes=1)
    for one in budgets:
        sentry.ledger.define(one, one.window_at(sentry.clock.time).id)
    for number in range(100):
        decision = sentry.decide(call(number, **changes), f"execution-{number}")
        if decision.code is ReasonCode.BUDGET_EXHAUSTED:
            return number, decision
    raise AssertionError("nothing stopped it")


def test_an_agent_of_the_page_has_as_many_children_as_the_page_says(budgets):
    sentry = Sentry(*budgets)
    sentry.clock.time = made_at(call(0).session.id) + timedelta(minutes=1)
    paths = [["planner", f"searcher-{number}"] for number in range(9)]

    *others, last = (
        sentry.decide(call(number, path=path), f"execution-{number}")
        for number, path in enumerate(paths)
    )

    assert {one.code for one in others} == {ReasonCode.WITHIN_BUDGETS}
    assert last.code is ReasonCode.BUDGET_EXHAUSTED
    assert "session.path[0] has as many already, without session.path[1]" in last.message
    assert sentry.decide(call(9, path=paths[0]), "execution-9").kind is DecisionKind.ALLOW


@pytest.mark.parametrize(
    ("changes", "steps", "stopped_by"),
    [
        ({}, 40, "run-steps"),
        ({"retry": 1}, 5, "run-retries"),
        ({"path": ["planner", "searcher", "reader"]}, 0, "run-depth"),
    ],
)
def test_the_run_of_the_page_is_stopped_where_the_page_says(budgets, changes, steps, stopped_by):
    went, refused = run_until_stopped(budgets, **changes)

    assert went == steps
    assert [view.budget_id for view in refused.budgets if view.binding] == [stopped_by]
    assert refused.retry_after_seconds is None


def typed(line, environment):
    """Run a line of the page as a shell would; returns what it sent, if it called."""
    match = re.fullmatch(r'export (\w+)="\$\((.+)\)"', line)
    words = shlex.split(match[2] if match else string.Template(line).substitute(environment))
    assert words[0] == "cost-sentry"
    ended = cost_sentry(*words[1:])
    assert ended.code == 0, ended.stderr
    if match:
        environment[match[1]] = ended.stdout.strip()


def test_the_commands_of_the_page_are_a_call_that_its_budgets_allow_today(page_yaml, desk):
    lines = [line for page, line in shell_lines() if PAGE in page]
    environment = {}

    for line in lines:
        typed(line, environment)

    [sent] = desk.workflow.inputs
    region = PackagedPriceBook(region="us-east-1")
    world = World(load_config(page_yaml).config, datetime.now(UTC), region)
    decision = world.decide(**sent)
    assert decision.code is ReasonCode.WITHIN_BUDGETS, decision.message
    assert sent["session"]["path"] == ["planner", "searcher"]


def test_an_id_for_a_run_is_made_by_the_command_and_by_the_function_that_the_page_names():
    printed = cost_sentry("session", "new").stdout.strip()
    told = cost_sentry("session", "new", "--json").json["session"]

    made = [made_at(one) for one in (printed, told, new_session_id())]

    assert len({printed, told}) == 2
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=5) for at in made)
