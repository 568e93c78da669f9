from typing import Annotated

import typer

from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

app = typer.Typer(cls=ListingGroup, help="What there is to spend, and what is left.")

BudgetId = Annotated[str, typer.Argument(metavar="ID", help="The budget, as in sentry.yaml.")]


@app.command("list")
@deployed_command
def list_budgets(run: Run) -> None:
    """Every budget in its current window: limit, posted, pending, left."""
    from cost_sentry_client.budget_report import budget_json, budget_table

    operator = run.operator
    with run.progress("reading budgets"):
        states = list(operator.budgets())
    run.answer([budget_json(state) for state in states], budget_table(states))


@app.command()
@deployed_command
def show(
    run: Run,
    budget_id: BudgetId,
    window: Annotated[
        str | None,
        typer.Option(
            "--window",
            help="Another one, such as 2026-11 or 2026-11-21T13Z; session- and its id for a run.",
        ),
    ] = None,
) -> None:
    """One budget to the last digit: where its money is, and who spent it on which model.

    Of a budget of agent runs, without --window: the newest runs that may still call.
    """
    from cost_sentry.domain.alert_mail import recipients_of
    from cost_sentry_client.budget_report import (
        budget_details,
        budget_details_json,
        spend_json,
        spend_table,
    )
    from cost_sentry_client.run_report import runs_shown
    from cost_sentry_client.tables import facts_table

    state = run.operator.budget(budget_id, window)
    spend = run.operator.journal.spend(budget_id, state.balance.window_id)
    unit = state.budget.unit
    mailed = recipients_of(state.budget, run.operator.config())
    facts = {**budget_details_json(state), "mailed": list(mailed)}
    of_runs, runs = runs_shown(run.operator, state)
    run.answer(
        {**facts, "spentBy": spend_json(unit, spend), **of_runs},
        f"budget {budget_id}",
        facts_table(budget_details(state, mailed)),
        *(("", spend_table(unit, spend)) if spend.lines else ()),
        *runs,
    )


@app.command("set")
@deployed_command
def set_limit(
    run: Run,
    budget_id: BudgetId,
    limit: Annotated[
        str, typer.Argument(metavar="LIMIT", help="Dollars such as 12.50, or a whole number.")
    ],
) -> None:
    """Change a limit at once. Nothing that is spent is lost.

    It changes the configuration in force, not your sentry.yaml: write the new limit there too, or
    the next `config apply` sets it back.
    """
    from cost_sentry_client.budget_limit import change_limit

    change = change_limit(run.operator, budget_id, limit)
    run.answer(change.to_json(), change.text)
    if change.changed:
        run.note(f"write it into sentry.yaml too: budget {budget_id}, limit: {change.after}")
