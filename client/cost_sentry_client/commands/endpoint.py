import json
import time
from typing import Annotated

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

app = typer.Typer(cls=ListingGroup, help="Endpoints that sleep, and what that saved.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As the list has it.")]


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
def show(run: Run, name: Name) -> None:
    """One endpoint: its state and why, who asked for it, what it saved, what it is made of."""
    from cost_sentry_client.endpoint_operations import EndpointDesk
    from cost_sentry_client.endpoint_report import endpoint_facts, whole_json

    record, now = EndpointDesk(run.operator).one(name), run.operator.clock.now()
    shown = whole_json(record, now)
    run.answer(
        shown,
        f"endpoint {name}",
        endpoint_facts(record, now),
        "",
        "made of:",
        json.dumps(shown["snapshot"], indent=2),
    )


@app.command()
@deployed_command
def wake(
    run: Run,
    name: Name,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until it answers, at most until it is first expected.")
    ] = False,
) -> ExitCode:
    """Ask for an endpoint that sleeps. Budgets pay for the wake, or it sleeps on.

    The exit code is 1 if it may not wake now; the answer says why, and what to call meanwhile.
    """
    from cost_sentry_client.endpoint_calls import awaited, may_come
    from cost_sentry_client.endpoint_operations import EndpointDesk
    from cost_sentry_client.endpoint_report import wake_facts

    desk, now = EndpointDesk(run.operator), run.operator.clock.now
    if wait:
        with run.progress(f"waking {name}") as say:
            told = awaited(lambda: desk.wake(name), now, time.sleep, say)
    else:
        told = desk.wake(name)
    run.answer(told, wake_facts(told))
    is_as_asked = told["state"] == "AWAKE" if wait else may_come(told)
    return ExitCode.OK if is_as_asked else ExitCode.REFUSED


@app.command()
@deployed_command
def forget(
    run: Run,
    name: Name,
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
    from cost_sentry_client.endpoint_report import whole_json

    record = EndpointDesk(run.operator).forget(name, is_asleep_allowed=asleep)
    run.answer(
        whole_json(record, run.operator.clock.now()),
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
