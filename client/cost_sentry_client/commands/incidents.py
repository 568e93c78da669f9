from typing import Annotated

import typer

from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

app = typer.Typer(cls=ListingGroup, help="Spending that was unlike itself, and what was done.")

IncidentId = Annotated[str, typer.Argument(metavar="ID", help="As mails and refusals name it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept on record, and mailed.")]


@app.command("list")
@deployed_command
def list_incidents(run: Run) -> None:
    """The latest incident of every scope; those that go on come first."""
    from cost_sentry_client.incident_operations import IncidentDesk
    from cost_sentry_client.incident_report import incident_json, incidents_table

    found = IncidentDesk(run.operator).latest()
    now = run.operator.clock.now()
    run.answer([incident_json(one) for one in found], incidents_table(found, now))


@app.command()
@deployed_command
def show(run: Run, incident_id: IncidentId) -> None:
    """One incident: what was seen, what was done, and every step with who did it."""
    from cost_sentry_client.incident_operations import IncidentDesk
    from cost_sentry_client.incident_report import (
        incident_facts,
        incident_json,
        step_json,
        steps_table,
    )

    steps = IncidentDesk(run.operator).steps(incident_id)
    latest = steps[-1]
    run.answer(
        {**incident_json(latest), "steps": [step_json(one) for one in steps]},
        f"incident {incident_id}",
        incident_facts(latest, run.operator.clock.now()),
        "",
        steps_table(steps),
    )


@app.command()
@deployed_command
def lift(
    run: Run,
    reason: Reason,
    incident_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="As mails and refusals name it.")
    ] = None,
    *,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Every incident, and all that is in force for a while, approvals among it; also"
            " where what is in force cannot be read.",
        ),
    ] = False,
) -> None:
    """End an incident now, and what was done for it. Calls run again within a second or two.

    For the length of its cool-down the scope is not acted on for the same again.
    """
    from cost_sentry_client.exit_codes import ExitCode
    from cost_sentry_client.incident_operations import IncidentDesk
    from cost_sentry_client.incident_report import incident_json
    from cost_sentry_client.problems import Problem

    if (incident_id is None) == (not everything):
        raise Problem(
            "it is not clear what to lift",
            where="incidents lift",
            fix="name one incident, or give --all",
            exit_code=ExitCode.USAGE,
        )
    desk = IncidentDesk(run.operator)
    if incident_id is None:
        lifted = desk.lift_all(reason)
        told = ", ".join(one.id for one in lifted) or "no incident went on"
        run.answer([incident_json(one) for one in lifted], f"lifted: {told}")
        return
    done = desk.lift(incident_id, reason)
    text = f"incident {incident_id} was over already" if done.was_over else f"lifted {incident_id}"
    run.answer(incident_json(done.incident), text)
