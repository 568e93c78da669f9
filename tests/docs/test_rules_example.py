"""``examples/rules.yaml`` is ``examples/sentry.yaml`` with rules on top, and no less."""

from pathlib import Path

from cost_sentry.application.apply_config import ChangedThing, ChangeKind, plan_config
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.load import load_config

EXAMPLES = Path(__file__).parents[2] / "examples"
PLAIN = load_config(EXAMPLES / "sentry.yaml").config
RULES = load_config(EXAMPLES / "rules.yaml").config


def test_it_takes_nothing_away_and_lowers_no_limit():
    limits = {budget.id: budget.limit for budget in PLAIN.budgets}

    changes = plan_config(PLAIN, RULES, limits)

    assert not [change for change in changes if change.kind is ChangeKind.REMOVED]
    more = [budget for budget in RULES.budgets if budget.id not in limits]
    assert {budget.id for budget in RULES.budgets} >= limits.keys()
    assert all(limits[b.id] <= b.limit for b in RULES.budgets if b.id in limits)
    assert {budget.window for budget in more} == {WindowKind.SESSION}


def test_it_has_every_kind_of_rule_that_a_file_can_have():
    things = {change.thing for change in plan_config(PLAIN, RULES, {})}

    assert things >= {
        ChangedThing.POLICY,
        ChangedThing.ROUTING,
        ChangedThing.VIRTUAL_MODEL,
        ChangedThing.TASK_TYPE,
        ChangedThing.CIRCUIT_BREAKER,
    }
    assert any(a.answer_cache for team in RULES.teams.values() for a in team.applications.values())


def test_it_does_the_same_about_anomalies_and_endpoints():
    assert PLAIN.anomalies is not None
    assert PLAIN.endpoints is not None
    assert (RULES.anomalies, RULES.endpoints) == (PLAIN.anomalies, PLAIN.endpoints)
