"""A budget in shadow mode, as operators see it."""

from cost_sentry.domain.budget import BudgetMode
from cost_sentry.domain.money import picodollars
from tests.fakes.builders import budget
from tests.unit.client.conftest import configuration, cost_sentry


def test_a_budget_in_shadow_mode_is_shown_as_one_with_what_it_counted(desk):
    shadow = budget("planned", picodollars("1.00"), mode=BudgetMode.SHADOW)
    desk.apply(configuration(budgets=(shadow, budget("search-daily", picodollars("12.50")))))

    listed = cost_sentry("budget", "list", "--json").json[0]
    shown = cost_sentry("budget", "show", "planned")

    assert (listed["id"], listed["mode"], listed["limit"]) == ("planned", "shadow", "1.00")
    assert (listed["left"], listed["posted"]) == ("1.00", "0.00")
    assert "planned (shadow)" in cost_sentry("budget", "list").stdout
    assert "shadow: it counts, and refuses nothing" in shown.stdout
