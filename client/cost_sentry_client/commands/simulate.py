import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.run import Run, deployed_command

if TYPE_CHECKING:
    from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
    from cost_sentry.domain.sentry_config import SentryConfig
    from cost_sentry_client.simulation.source import CallSource

_DAYS_MAX = 366


@deployed_command
def simulate(
    run: Run,
    *,
    against: Annotated[
        Path, typer.Option("--against", metavar="FILE", help="The sentry.yaml to try.")
    ],
    before: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="What decides now; else what is in force."),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option("--requests", metavar="FILE", help="Calls, one JSON object a line."),
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option("--day", metavar="DATE", formats=["%Y-%m-%d"], help="A recorded day of UTC."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=_DAYS_MAX, help="So many days, from --day on; else 1."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Count bad lines of --requests and leave them out.")
    ] = False,
    fail_on_refusals: Annotated[
        bool,
        typer.Option("--fail-on-refusals", help="Exit code 1 if calls become refused."),
    ] = False,
) -> ExitCode:
    """What another sentry.yaml would change: decisions, spend, and for whom.

    Decides calls of a file, or of recorded days, by both configurations. Calls no model, counts no
    tokens and writes nothing: both ledgers are in memory. With --from and --requests it asks no
    deployment.

    A line of --requests is a request as applications send it. Beside that it may say `at`
    (ISO 8601), `usage` (as Bedrock reports it), `durationSeconds`, and `inputTokens` in place of
    messages.
    """
    from cost_sentry_client.config_file import load_config

    if (requests is None) is (day is None):
        raise typer.BadParameter("give one of the two", param_hint="--requests / --day")
    if requests is not None and days is not None:
        raise typer.BadParameter("it goes with --day, not with --requests", param_hint="--days")
    tried = load_config(against)
    sides = Sides(
        before=_config_before(run, before),
        after=tried.config,
        book=_price_book(run, asks_deployment=before is None or day is not None),
    )
    if requests is not None:
        source = _source_of_file(run, requests, skip_bad=skip_bad)
    else:
        source = _source_of_days(run, sides, day, days or 1)
    newly_refused = _show(run, sides, source)
    for warning in tried.warnings:
        run.note(f"warning: {warning.text}", style="yellow")
    return ExitCode.REFUSED if fail_on_refusals and newly_refused else ExitCode.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared, at which prices."""

    before: "SentryConfig"
    after: "SentryConfig"
    book: "PackagedPriceBook"


def _config_before(run: Run, file: Path | None) -> "SentryConfig":
    """Of a file; or what is in force, with the limits that the ledger has."""
    from dataclasses import replace

    from cost_sentry_client.config_file import load_config

    if file is not None:
        return load_config(file).config
    config = run.operator.config()
    limits = run.operator.books.limits()
    # The ledger's limit of a budget in shadow mode is one that nobody reaches.
    real = {b.id: b.limit if b.is_shadow else limits.get(b.id, b.limit) for b in config.budgets}
    budgets = (replace(b, limit=real[b.id]) for b in config.budgets)
    return replace(config, budgets=tuple(budgets))


def _price_book(run: Run, *, asks_deployment: bool) -> "PackagedPriceBook":
    from cost_sentry.adapters.packaged_price_book import PackagedPriceBook

    if asks_deployment:
        return run.operator.price_book
    return PackagedPriceBook(region=run.options.region or os.environ.get("AWS_REGION"))


def _source_of_file(run: Run, file: Path, *, skip_bad: bool) -> "CallSource":
    from cost_sentry.adapters.system_clock import SystemClock
    from cost_sentry_client.simulation.call_file import read_calls, source_of

    with run.progress(f"reading {file}") as progress:
        found = read_calls(file, now=SystemClock().now(), skip_bad=skip_bad, progress=progress)
    for problem in found.problems:
        run.note(f"left out: {problem}", style="yellow")
    return source_of(found)


def _source_of_days(run: Run, sides: Sides, day: datetime | None, count: int) -> "CallSource":
    from cost_sentry_client.simulation.recorded_days import Days, read_days, reading_cost

    if day is None:
        raise typer.BadParameter("it is missing", param_hint="--day")
    operator = run.operator
    run.note(reading_cost(operator.recorded_calls.size()))
    with run.progress("reading the journal") as progress:
        return read_days(
            Days(first=day.date(), count=count),
            operator.recorded_calls,
            operator.journal,
            before=sides.before,
            after=sides.after,
            price_book=sides.book,
            now=operator.clock.now(),
            progress=progress,
        )


def _show(run: Run, sides: Sides, source: "CallSource") -> bool:
    """Decide, and tell; whether a call is refused that was not."""
    from cost_sentry.application.simulation_tally import Outcome
    from cost_sentry_client.simulation.assumptions import assumptions
    from cost_sentry_client.simulation.comparison import compare
    from cost_sentry_client.simulation.report import comparison_report
    from cost_sentry_client.simulation.report_json import comparison_json

    with run.progress("deciding") as progress:
        found = compare(
            source.calls,
            sides.before,
            sides.after,
            price_book=sides.book,
            posted=source.posted,
            progress=progress,
            region=sides.book.region,
        )
    said = list(assumptions(source, found, sides.before, sides.after, sides.book.version))
    document = {
        "source": source.name,
        "versions": {"before": sides.before.version, "after": sides.after.version},
        "priceBook": sides.book.version,
        **comparison_json(found),
        "assumed": said,
    }
    run.answer(document, *comparison_report(found, said))
    return found.tally.moved(to=Outcome.REJECTED) > 0
