from typing import Annotated

import typer

from cost_sentry_client.run import Run, deployed_command

DAYS_MAX = 366


@deployed_command
def savings(
    run: Run,
    days: Annotated[
        int, typer.Option("--days", min=1, max=DAYS_MAX, help="Days of UTC, today among them.")
    ] = 30,
) -> None:
    """What answers that were kept have spared, by application and day.

    Each request counts once, at the prices of its day: what it would have cost to ask the model.
    """
    from cost_sentry_client.savings_report import savings_json, savings_of, savings_table

    operator = run.operator
    with run.progress("reading savings"):
        found = savings_of(operator, days)
    run.answer(savings_json(found), savings_table(found))
