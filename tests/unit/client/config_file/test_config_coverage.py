"""Teams that no budget covers are warned of; more budgets than one call can charge are refused."""

from tests.fakes.sentry_files import GOOD, load, problems


def test_a_team_that_no_budget_covers_is_a_warning(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {team: search}\n")

    (warning,) = load(file, text).warnings

    assert (warning.line, warning.field) == (4, "teams.growth")
    assert 'calls of "growth" to any model' in warning.problem
    assert "NO_BUDGET" in warning.problem


def test_a_budget_on_one_model_leaves_the_others_uncovered(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {model: amazon.nova-pro-v1:0}\n")

    warnings = load(file, text).warnings

    assert [w.field for w in warnings] == ["teams.search", "teams.growth"]
    assert all("to us.amazon.nova-lite-v1:0;" in w.problem for w in warnings)


def test_a_budget_that_needs_a_further_tag_does_not_cover_the_team(file):
    text = GOOD.replace("id: all\n", "id: all\n    scope: {application: web}\n")

    assert len(load(file, text).warnings) == 2


def test_budgets_of_agent_runs_cover_no_call(file):
    """There may be any number of runs, so they bound nothing."""
    head = GOOD.partition("budgets:")[0]
    text = f"{head}budgets:\n  - {{id: run, unit: usd, window: session, limit: 1}}\n"

    warnings = load(file, text).warnings

    assert [w.field for w in warnings] == ["teams.search", "teams.growth"]
    assert all("to any model;" in w.problem and "NO_BUDGET" in w.problem for w in warnings)
    assert all("not of agent runs" in w.allowed for w in warnings)


def many(number: int, scope: str) -> str:
    return GOOD + "".join(
        f"  - {{id: b{i}, unit: usd, window: day, limit: 1, scope: {scope.format(i)}}}\n"
        for i in range(number)
    )


def test_fails_on_more_budgets_for_one_call_than_one_write_can_charge(file):
    (found,) = problems(file, many(39, "{{team: search}}"))

    assert (found.line, found.field) == (8, "budgets")
    assert 'a call of "search" to us.amazon.nova-pro-v1:0 may match 41 budgets' in found.problem


def test_budgets_that_no_call_can_match_together_are_no_crowd(file):
    assert load(file, many(38, "{{team: search}}")).config.budgets
    assert load(file, many(200, "{{team: search, application: app-{0}}}")).config.budgets
