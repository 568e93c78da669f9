from typing import TYPE_CHECKING, Annotated

import typer

from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

if TYPE_CHECKING:
    from cost_sentry.application.lift_incidents import AllLifted

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
            help="Every incident, and all that freezes or slows down; also where the configuration,"
            " or what is in force for a while, cannot be read. Approvals stay: those in force are"
            " named, with the command that ends each.",
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
        _tell_all(run, desk.lift_all(reason))
        return
    done = desk.lift(incident_id, reason)
    text = f"incident {incident_id} was over already" if done.was_over else f"lifted {incident_id}"
    run.answer(incident_json(done.incident), text)


def _tell_all(run: Run, done: "AllLifted") -> None:
    from cost_sentry_client.incident_report import all_lifted_json, all_lifted_shown
    from cost_sentry_client.problems import Problem

    if not (done.problems and run.as_json):
        run.answer(all_lifted_json(done), *all_lifted_shown(done))
    if done.problems:
        raise Problem(
            f"not all of it went through: {'; '.join(done.problems)}",
            where="incidents lift --all",
            fix="those named as lifted are over, and calls run again, but nobody was mailed:"
            " `cost-sentry incidents lift ID` mails it once the cause is corrected, and lifts what"
            " is not over yet",
            details=all_lifted_json(done),
        )
