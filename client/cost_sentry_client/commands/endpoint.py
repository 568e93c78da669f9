from typing import Annotated

import typer

from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

app = typer.Typer(cls=ListingGroup, help="Endpoints that sleep, and what that saved.")


@app.command("list")
@deployed_command
def list_endpoints(
    run: Run,
    *,
    month: Annotated[
        str | None, typer.Option("--month", help="YYYY-MM, in UTC; this month if left out.")
    ] = None,
) -> None:
    """Every endpoint that ever slept: its state, since when, and what was saved until now."""
    from cost_sentry.domain.endpoint_saving import month_of
    from cost_sentry_client.endpoint_operations import EndpointDesk
    from cost_sentry_client.endpoint_report import endpoint_json, endpoints_table, unreadable_json

    now = run.operator.clock.now()
    shown = _month(month) or month_of(now)
    found = EndpointDesk(run.operator).all()
    run.answer(
        [
            *(endpoint_json(one, now) for one in found.records),
            *(unreadable_json(one) for one in found.unreadable),
        ],
        endpoints_table(found.records, found.unreadable, shown, now),
    )


@app.command()
@deployed_command
def forget(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the list has it.")],
    *,
    asleep: Annotated[
        bool,
        typer.Option("--asleep", help="Also one that sleeps: it can never be woken afterwards."),
    ] = False,
) -> None:
    """Delete the record of an endpoint that is gone for good, and with it what it saved.

    The answer is the record, with what the endpoint was made of: nothing else keeps it.
    """
    from cost_sentry_client.endpoint_operations import EndpointDesk
    from cost_sentry_client.endpoint_report import forgotten_json

    record = EndpointDesk(run.operator).forget(name, is_asleep_allowed=asleep)
    run.answer(
        forgotten_json(record, run.operator.clock.now()),
        f"forgotten: {name}. It was made of:",
        record.snapshot.content,
    )


def _month(text: str | None) -> str | None:
    from datetime import date

    if text is None:
        return None
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter(f"--month is {text!r}; allowed is YYYY-MM") from None
    return text
