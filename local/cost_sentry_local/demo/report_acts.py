"""The two acts, in lines of a terminal of 80 columns."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cost_sentry.domain.budget import Unit
from cost_sentry_client.money_display import left_text, spent_text
from cost_sentry_local.demo.acts import Acts
from cost_sentry_local.demo.anomaly import Freeze
from cost_sentry_local.demo.audit_instances import hourly_picodollars
from cost_sentry_local.demo.endpoint import IDLE_MINUTES, NAME, Wake
from cost_sentry_local.demo.past import DAYS, REPORTS
from cost_sentry_local.demo.sleep_trail import Step
from cost_sentry_local.idle_endpoints import INSTANCE_TYPE

_MAIL_LINES = 5
_INDENT = (0, 0, 0, 2)
_NIGHT_HOURS = 14


def anomaly_report(freeze: Freeze) -> Iterator[RenderableType]:
    """What was made up, what ran away, what was done, told, refused and lifted."""
    runaway, incident = freeze.runaway, freeze.incident
    who = f"{REPORTS.team}/{REPORTS.application}"
    yield Text(
        f"Made up: {DAYS} days of calls of team {REPORTS.team}, {runaway.past_minutes} minutes in"
        " the meters, written as the meters write each call; the detector looked at them by a clock"
        " that was told. What follows is not made up.",
        style="dim",
    )
    yield ""
    spent = spent_text(Unit.USD, runaway.spent_picodollars)
    yield _at(runaway.began_at, f"{who} runs away: {len(runaway.answers)} calls, {spent}")
    yield _at(runaway.seen_from, "the minute is whole, and the detector looks")
    yield _at(incident.opened_at, f"an incident is opened, {incident.severity.value}: frozen")
    yield _at(datetime.fromisoformat(freeze.mail["at"]), "one mail goes out, and begins:")
    yield Text(f"To:       {', '.join(freeze.readers)}")
    yield Text(f"Subject:  {freeze.mail['subject']}")
    yield Text("\n".join(freeze.mail["body"].splitlines()[:_MAIL_LINES]))
    yield ""
    refused, after = freeze.refused.sentry, freeze.after.sentry
    yield Text(f"A call meanwhile: rejected, {refused['code']}", style="bold")
    yield Padding(Text(str(refused["message"]), style="dim"), _INDENT)
    yield Text("An owner lifts it:", style="bold")
    yield Padding(Text(f"$ {freeze.command}\n{freeze.lifted}"), _INDENT)
    yield Text(
        f"The next call: {freeze.after.outcome}, {after['code']}, ${after['costUsd']}", style="bold"
    )


def endpoint_report(acts: Acts) -> Iterator[RenderableType]:
    """Its steps down and up, who paid, and what was saved."""
    wake = acts.wake
    yield Text(
        f"Made up: the stand-in for SageMaker was told that {NAME}, one {INSTANCE_TYPE}, has stood"
        f" there idle for {IDLE_MINUTES} minutes; to make it takes seconds here, in AWS minutes.",
        style="dim",
    )
    yield ""
    yield Text("Nobody calls it, so the sentry puts it to sleep:", style="bold")
    yield from _steps(acts.sleep.steps)
    yield Text("Then an application calls it:", style="bold")
    yield Padding(Text(wake.failed_with, style="dim"), _INDENT)
    yield Text("It asks the sentry, which wakes it:", style="bold")
    yield from _steps(wake.steps)
    yield Padding(Text(f"and the application has its answer: “{wake.answer}”"), _INDENT)
    yield ""
    yield from _money(wake)


def _money(wake: Wake) -> Iterator[RenderableType]:
    paid = spent_text(Unit.USD, wake.paid_picodollars)
    budgets = " and ".join(wake.paid_by)
    yield Text(
        f"The wake was paid by {budgets}: {paid}, for the {wake.paid_minutes} minutes that it is"
        " awake at least."
    )
    hourly = hourly_picodollars(INSTANCE_TYPE)
    saved = left_text(Unit.USD, wake.saved_picodollars)
    yield Text(
        f"Asleep for {wake.record.total.seconds} s: {wake.gpu_hours:.4f} GPU hours and {saved}"
        f" saved, at {spent_text(Unit.USD, hourly)} an hour. By the stand-in's own log it had no"
        f" instance for {wake.asleep_seconds:.0f} s."
    )
    night = left_text(Unit.USD, hourly * _NIGHT_HOURS)
    yield Text(f"A night of {_NIGHT_HOURS} hours would save {night}.", style="dim")


def _steps(steps: Sequence[Step]) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for step in steps:
        state = step.state.replace("_", " ").lower()
        table.add_row(f"{step.at:%H:%M:%S}", state, step.reason)
    yield Padding(table, _INDENT)


def _at(moment: datetime, said: str) -> Text:
    return Text(f"{moment.astimezone(UTC):%H:%M:%S}  {said}", style="bold")
