"""Records that this version cannot read: named in a list beside those that it can."""

from typing import TYPE_CHECKING, Any

from cost_sentry.application.rows import Unreadable
from cost_sentry_client.exit_codes import ExitCode

if TYPE_CHECKING:
    from cost_sentry.application.rows import Rows
    from cost_sentry_client.run import Run

FIX = (
    "use the version of cost-sentry that wrote it; one that is damaged is left as it is until"
    " somebody puts it right in the ledger's table. `cost-sentry incidents lift --all` lets calls"
    " run again whatever cannot be read"
)


def unreadable_json(rows: "Rows[Any]") -> list[dict[str, Any]]:
    """Each in the place of what it would be."""
    return [
        {"record": one.name, "state": "unreadable", "problem": one.problem}
        for one in rows.unreadable
    ]


def unreadable_row(one: Unreadable) -> tuple[str, list[tuple[str, str]]]:
    """For ``tables.records``."""
    return one.name, [("state", "unreadable")]


def told_unreadable(run: "Run", rows: "Rows[Any]") -> ExitCode:
    """Say on stderr why; the exit code of a list that is not whole."""
    for problem in rows.problems:
        run.note(f"error: {problem}", style="bold red")
    if not rows.problems:
        return ExitCode.OK
    run.note(f"fix:   {FIX}")
    return ExitCode.FAULT
