"""Callers in ``sentry.yaml``: what keeps them from being told apart is found beforehand."""

import pytest

from cost_sentry.domain.sentry_config import WORKFLOWS_MAX
from cost_sentry_client.config_file import ConfigFileInvalid, load_config

HEAD = """apiVersion: cost-sentry/v1
models: {us.amazon.nova-lite-v1:0: {}}
"""
BUDGET = "budgets: [{id: all, scope: {}, unit: usd, window: day, limit: 1}]\n"
SEARCH = """teams:
  search:
    applications:
      web: {environment: prod}
      batch:
  growth:
"""


def loaded(tmp_path, teams, budgets=BUDGET, more=""):
    path = tmp_path / "sentry.yaml"
    path.write_text(HEAD + teams + budgets + more)
    return load_config(path).config


def problems(tmp_path, *parts):
    with pytest.raises(ConfigFileInvalid) as invalid:
        loaded(tmp_path, *parts)
    return [(p.line, p.field, p.problem, p.allowed) for p in invalid.value.problems]


def test_a_team_has_a_workflow_or_each_of_its_applications_has(tmp_path):
    config = loaded(tmp_path, SEARCH)

    assert [c.workflow_suffix for t in config.teams.values() for c in t.callers] == [
        "search_web",
        "search_batch",
        "growth",
    ]
    assert config.teams["search"].applications["web"].environment == "prod"
    assert config.teams["search"].applications["batch"].environment is None


def test_a_scope_of_an_application_that_its_team_does_not_name_is_a_mistake(tmp_path):
    budgets = (
        "budgets:\n  - {id: a, scope: {team: search, application: wep}, unit: usd, window: day,"
        " limit: 1}\n"
    )

    [(line, field, problem, allowed)] = problems(tmp_path, SEARCH, budgets)

    assert (line, field) == (10, "budgets[0].scope.application")
    assert problem == 'team "search" has no application "wep" (did you mean web?)'
    assert allowed == "one of its applications: web, batch"


@pytest.mark.parametrize(
    ("scope", "is_wrong"),
    [
        ("team: search, application: web, environment: dev", True),
        ("team: search, application: web, environment: prod", False),
        ("team: search, application: batch, environment: dev", False),
        ("team: growth, application: anything, environment: dev", False),
    ],
)
def test_a_scope_of_another_environment_than_the_applications_is_a_mistake(
    tmp_path, scope, is_wrong
):
    budgets = (
        f"budgets:\n  - {{id: a, scope: {{{scope}}}, unit: usd, window: day, limit: 1}}\n"
        "  - {id: all, scope: {}, unit: usd, window: day, limit: 1}\n"
    )
    if not is_wrong:
        loaded(tmp_path, SEARCH, budgets)
        return

    [(_, field, problem, allowed)] = problems(tmp_path, SEARCH, budgets)

    assert field == "budgets[0].scope.environment"
    assert problem == 'application "web" is of environment "prod"'
    assert allowed == '"prod"'


def test_more_callers_than_one_stack_can_hold_are_refused(tmp_path):
    names = "".join(f"      app{n}:\n" for n in range(WORKFLOWS_MAX))
    teams = f"teams:\n  search:\n    applications:\n{names}"

    assert len(loaded(tmp_path, teams).teams["search"].callers) == WORKFLOWS_MAX
    [(_, field, problem, allowed)] = problems(tmp_path, f"{teams}  growth:\n")

    assert field == "teams"
    assert problem.startswith(f"{WORKFLOWS_MAX + 1} teams and applications")
    assert str(WORKFLOWS_MAX) in allowed


def test_two_callers_whose_workflows_would_have_one_name_are_refused(tmp_path, monkeypatch):
    from cost_sentry.domain import caller  # noqa: PLC0415

    monkeypatch.setattr(caller, "_part", lambda _name: "same")

    [(_, field, problem, _)] = problems(tmp_path, "teams:\n  a:\n  b:\n")

    assert field == "teams.b"
    assert problem == "its workflow would have the name of that of a"


@pytest.mark.parametrize("name", ["Web", "web app", "web/1", "-web", "ü"])
def test_an_application_is_named_as_a_team_is(tmp_path, name):
    [(_, field, _, allowed)] = problems(
        tmp_path, f'teams:\n  search:\n    applications: {{"{name}": {{}}}}\n'
    )

    assert field.startswith("teams.search.applications")
    assert "a-z, 0-9" in allowed


def test_an_unknown_field_of_an_application_is_told_with_those_that_there_are(tmp_path):
    [(_, field, _, allowed)] = problems(
        tmp_path, "teams:\n  search:\n    applications: {web: {env: dev}}\n"
    )

    assert field == "teams.search.applications.web.env"
    assert "environment" in allowed
