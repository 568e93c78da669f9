"""Each caller has a workflow, and they differ in nothing but the caller."""

import pytest

from cost_sentry.domain.caller import Caller
from cost_sentry.domain.sentry_config import WORKFLOWS_MAX
from cost_sentry.domain.spend_watch import WATCHED_MAX, WATCHED_MAX_MAX
from infra.callers import read_callers
from infra.spend_alarms import SPEND_ALARMS

RESOURCES_MAX = 500
"""Of one CloudFormation stack."""


def written(tmp_path, text):
    path = tmp_path / "sentry.yaml"
    path.write_text(text)
    return path


def test_each_team_is_a_caller_or_its_applications_are(tmp_path):
    path = written(
        tmp_path,
        "teams:\n  search:\n  growth: {owners: [a@b.example], applications: {web: {}, batch: }}\n",
    )

    assert read_callers(path) == (
        Caller(team="search"),
        Caller(team="growth", application="web"),
        Caller(team="growth", application="batch"),
    )


@pytest.mark.parametrize("name", ["no", "010", "007", "1_0", "null", "1e3"])
def test_a_name_is_read_as_it_stands_there(tmp_path, name):
    assert read_callers(written(tmp_path, f"teams: {{{name}: {{}}}}")) == (Caller(team=name),)


@pytest.mark.parametrize("teams", ["", "teams:", "teams: []"])
def test_a_configuration_without_callers_is_refused(tmp_path, teams):
    with pytest.raises(ValueError, match="names 0 callers; allowed are 1 to"):
        read_callers(written(tmp_path, teams))


def test_more_callers_than_a_stack_holds_are_refused(tmp_path):
    names = "".join(f"  team{n}:\n" for n in range(WORKFLOWS_MAX + 1))

    with pytest.raises(ValueError, match=f"names {WORKFLOWS_MAX + 1} callers"):
        read_callers(written(tmp_path, f"teams:\n{names}"))


def test_as_many_callers_as_are_allowed_fit_into_a_stack(template):
    machines = len(template.of_type("AWS::StepFunctions::StateMachine"))
    on_spending = sum("SpendAlarms" in name for name in template.resources)
    for_all = len(template.resources) - machines - on_spending
    alarms = len(SPEND_ALARMS)

    assert for_all + WATCHED_MAX * alarms + WORKFLOWS_MAX < RESOURCES_MAX
    assert for_all + WATCHED_MAX_MAX * alarms + 140 < RESOURCES_MAX, "fewer callers, more alarms"


def test_workflows_differ_in_their_caller_alone(template):
    """All from one definition, one role, one log: only the names of team and application differ."""
    machines = [
        machine
        for machine in template.of_type("AWS::StepFunctions::StateMachine").values()
        if machine["Properties"]["StateMachineType"] == "EXPRESS"
    ]
    callers, others = set(), []
    for machine in machines:
        properties = dict(machine["Properties"])
        substitutions = dict(properties.pop("DefinitionSubstitutions"))
        caller = Caller(
            team=substitutions.pop("Team"), application=substitutions.pop("Application") or None
        )
        stack = template.path.name.removesuffix(".template.json")
        assert properties.pop("StateMachineName") == caller.workflow_name(stack)
        callers.add(caller)
        others.append((properties, substitutions))

    assert len(callers) == len(machines) > 1
    assert all(other == others[0] for other in others)
    assert Caller(team="growth", application="campaigns") in callers
