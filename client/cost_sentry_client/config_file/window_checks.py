"""Units, windows and time zones that do not go together, and time zones that there are not."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from cost_sentry.domain.budget import MODEL_TAG, Unit
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.problems import Finding, Path, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import UTC_NAME, BudgetShape

_SAME_EVERYWHERE = {
    WindowKind.NONE: "a budget that never resets has no calendar",
    WindowKind.MINUTE: "minutes are the same in every time zone",
    WindowKind.SESSION: "a session has no calendar",
}


def window_findings(budget: BudgetShape, path: Path) -> Iterator[Finding]:
    """What is wrong with the window of a budget; ``path`` is the budget's."""
    if budget.unit is Unit.IN_FLIGHT:
        yield from _in_flight(budget, path)
    yield from _of_a_run(budget, path)
    if budget.time_zone == UTC_NAME:
        return
    if budget.window in _SAME_EVERYWHERE:
        yield Finding(
            path=(*path, "timeZone"),
            problem=f"{_SAME_EVERYWHERE[budget.window]}: {quoted(budget.time_zone)} says nothing",
            allowed=f"no timeZone with window {budget.window}",
        )
    else:
        yield from zone_findings(budget.time_zone, (*path, "timeZone"))


def zone_findings(name: str, path: Path) -> Iterator[Finding]:
    """A time zone that the functions have not; ``path`` is the field's that names it."""
    if name != UTC_NAME and name not in _zones():
        yield Finding(
            path=path,
            problem=f"there is no time zone {quoted(name)}{suggestion(name, _zones())}",
            allowed="a name of the tz database, such as Europe/Berlin",
        )


@cache
def _zones() -> frozenset[str]:
    """Of the package that the functions have too: this machine may know more (``localtime``).

    ``Factory`` is nowhere: it is what a clock shows that nobody has set (tz database, "factory").
    """
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - {"Factory"}


def _in_flight(budget: BudgetShape, path: Path) -> Iterator[Finding]:
    if budget.window not in (WindowKind.NONE, WindowKind.SESSION):
        yield Finding(
            path=(*path, "window"),
            problem=f"calls in flight are not counted per {budget.window}: each gives back what it "
            "holds when it ends",
            allowed="none or session",
        )
    if "thresholds" in budget.model_fields_set and budget.thresholds:
        yield Finding(
            path=(*path, "thresholds"),
            problem="calls in flight are never spent, so no threshold is ever reached",
            allowed="no thresholds with unit in_flight",
        )


def _of_a_run(budget: BudgetShape, path: Path) -> Iterator[Finding]:
    if budget.unit.is_of_a_run and budget.window is not WindowKind.SESSION:
        yield Finding(
            path=(*path, "window"),
            problem=f"unit {budget.unit} is counted in an agent run, not per {budget.window}",
            allowed="session",
        )
    if not budget.unit.is_held and MODEL_TAG in budget.scope:
        yield Finding(
            path=(*path, "scope", MODEL_TAG),
            problem=f"unit {budget.unit} is of the tree of a run, whichever models it calls",
            allowed="a scope without model",
            at_key=True,
        )
    if not budget.unit.is_held and "thresholds" in budget.model_fields_set and budget.thresholds:
        yield Finding(
            path=(*path, "thresholds"),
            problem=f"{budget.unit} is never spent, so no threshold is ever reached",
            allowed=f"no thresholds with unit {budget.unit}",
        )
