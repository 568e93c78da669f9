from typing import TYPE_CHECKING, Annotated

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.listing_group import ListingGroup
from cost_sentry_client.run import Run, deployed_command

if TYPE_CHECKING:
    from cost_sentry.application.lift_incidents import AllLifted

app = typer.Typer(cls=ListingGroup, help="Spending that was unlike itself, and what was done.")

IncidentId = Annotated[str, typer.Argument(metavar="ID", help="As mails and refusals name it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept on record, and mailed.")]


@app.command("list")
@deployed_command
def list_incidents(run: Run) -> ExitCode:
    """The latest incident of every scope; those that go on come first."""
    from cost_sentry_client.incident_operations import IncidentDesk
    from cost_sentry_client.incident_report import incident_json, incidents_table
    from cost_sentry_client.unreadable_report import told_unreadable, unreadable_json

    found = IncidentDesk(run.operator).latest()
    now = run.operator.clock.now()
    run.answer([*map(incident_json, found), *unreadable_json(found)], incidents_table(found, now))
    return told_unreadable(run, found)


@app.command()
@deployed_command
def show(run: Run, incident_id: IncidentId) -> ExitCode:
    """One incident: what was seen, what was done, and every step with who did it."""
    from cost_sentry_client.incident_operations import IncidentDesk
    from cost_sentry_client.incident_report import (
        incident_facts,
        incident_json,
        step_json,
        steps_table,
    )
    from cost_sentry_client.unreadable_report import told_unreadable, unreadable_json

    steps = IncidentDesk(run.operator).steps(incident_id)
    latest, is_whole = steps[-1], not steps.unreadable
    run.answer(
        {
            **incident_json(latest),
            "steps": [*map(step_json, steps), *unreadable_json(steps)],
            "isWhole": is_whole,
        },
        f"incident {incident_id}{'' if is_whole else ', by those of its steps that can be read'}",
        incident_facts(latest, run.operator.clock.now()),
        "",
        steps_table(steps),
    )
    return told_unreadable(run, steps)


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
    from cost_sentry_client.incident_report import (
        all_lifted_fix,
        all_lifted_json,
        all_lifted_shown,
    )
    from cost_sentry_client.problems import Problem

    problems = (*done.problems, *done.unreadable)
    if not (problems and run.as_json):
        run.answer(all_lifted_json(done), *all_lifted_shown(done))
    if problems:
        raise Problem(
            f"not all of it went through: {'; '.join(problems)}",
            where="incidents lift --all",
            fix=all_lifted_fix(done),
            details=all_lifted_json(done),
        )
