from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.run import Run, deployed_command, local_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cost_sentry.application.config_changes import ConfigChange
    from cost_sentry.application.stored_config import NotCompared
    from cost_sentry_client.config_file import ConfigDocument, ConfigProblem
    from cost_sentry_client.operations import Standing

app = typer.Typer(
    help="sentry.yaml: teams, models, budgets, and who is told.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="The configuration file.")]
_FILE_DEFAULT = Path("sentry.yaml")


@app.command()
@local_command
def check(run: Run, file: File = _FILE_DEFAULT) -> ExitCode:
    """Say whether a file is valid, and where it is not. Asks no deployment."""
    from dataclasses import asdict

    from cost_sentry_client.config_file import ConfigFileInvalid, load_config

    try:
        document = load_config(file)
    except ConfigFileInvalid as invalid:
        facts = {"valid": False, "file": str(file), "version": None, "warnings": []}
        problems = [asdict(problem) for problem in invalid.problems]
        run.answer({**facts, "problems": problems}, f"{file} is not valid:")
        _note_problems(run, invalid.problems)
        return ExitCode.REFUSED
    config = document.config
    rules = len(config.policies.rules)
    run.answer(
        {
            "valid": True,
            "file": str(file),
            "version": config.version,
            "problems": [],
            "warnings": [asdict(warning) for warning in document.warnings],
        },
        f"{file} is valid: {len(config.teams)} teams, {len(config.models)} models,"
        f" {len(config.budgets)} budgets{f', {rules} policies' if rules else ''}"
        f" (version {config.version})",
    )
    _note_warnings(run, document)
    return ExitCode.OK


@app.command()
@deployed_command
def diff(run: Run, file: File = _FILE_DEFAULT) -> None:
    """What applying a file would change. Changes nothing."""
    from cost_sentry.application.apply_config import plan_config
    from cost_sentry.application.stored_config import not_compared
    from cost_sentry_client.endpoint_operations import left_asleep

    document = _loaded(run, file)
    standing, books = run.operator.standing(), run.operator.books
    stored, limits = standing.stored if standing else None, books.limits()
    with _saying_what_stands(run):
        unraised = run.operator.without_raises(limits, document.config)
        changes = plan_config(stored.config if stored else None, document.config, unraised)
        books.refuse_other_kinds(budget.in_ledger for budget in document.config.budgets)
    unknown = not_compared(stored, document.config, limits)
    asleep = left_asleep(run.operator, document.config)
    in_force = stored.version if stored else None
    run.answer(
        {
            "version": document.config.version,
            "inForce": in_force,
            "inForceSince": standing.applied_at.isoformat() if standing else None,
            "changes": [_change_json(change) for change in changes],
            "notCompared": _not_compared_json(unknown),
            "leftAsleep": asleep,
        },
        *_change_lines(changes, f"{file} and version {in_force}, which is in force, are the same"),
    )
    run.note(_standing_text(standing))
    _note_not_compared(run, unknown)
    _note_warnings(run, document)
    _note_left_asleep(run, asleep)


@app.command()
@deployed_command
def apply(run: Run, file: File = _FILE_DEFAULT) -> None:
    """Put a file in force. Doing it twice changes nothing the second time."""
    from cost_sentry_client.endpoint_operations import left_asleep
    from cost_sentry_client.undeployed import unsubscribed, without_workflow

    document = _loaded(run, file)
    operator = run.operator
    with _saying_what_stands(run), run.progress("applying"):
        applied = operator.apply(document.config)
        missing = unsubscribed(operator, document.config)
        voiceless = without_workflow(operator, document.config)
        asleep = left_asleep(operator, document.config)
    run.answer(
        {
            "version": applied.version,
            "replaced": applied.replaced,
            "changes": [_change_json(change) for change in applied.changes],
            "notCompared": _not_compared_json(applied.not_compared),
            "unsubscribed": missing,
            "withoutWorkflow": voiceless,
            "leftAsleep": asleep,
        },
        *_change_lines(applied.changes, "nothing to change"),
        f"version {applied.version} is in force",
    )
    _note_not_compared(run, applied.not_compared)
    _note_warnings(run, document)
    _note_left_asleep(run, asleep)
    if voiceless:
        run.note(
            f"{', '.join(voiceless)} cannot call yet: workflows are made by a deployment, so deploy"
            " with this file (`npx cdk deploy -c config=…`)",
            style="yellow",
        )
    if missing:
        run.note(
            f"nobody mails {', '.join(missing)} yet: subscriptions are made by a deployment, so"
            " deploy again with this file (`npx cdk deploy -c config=…`)",
            style="yellow",
        )


def _loaded(run: Run, file: Path) -> "ConfigDocument":
    """The file; if it is not valid, what stays in force is told before what is wrong with it."""
    from cost_sentry_client.config_file import load_config

    with _saying_what_stands(run):
        return load_config(file)


@contextmanager
def _saying_what_stands(run: Run) -> "Iterator[None]":
    """Say which configuration is in force, and how old it is, before why another one is not."""
    from botocore.exceptions import BotoCoreError, ClientError

    from cost_sentry.domain.errors import CostSentryError
    from cost_sentry_client.config_file import ConfigFileInvalid

    try:
        yield
    except (CostSentryError, ConfigFileInvalid):
        # A deployment that cannot be asked must not hide what is wrong.
        with suppress(CostSentryError, ClientError, BotoCoreError):
            run.note(_standing_text(run.operator.standing()))
        raise


def _standing_text(standing: "Standing | None") -> str:
    return standing.text if standing else "no configuration is in force"


def _change_json(change: "ConfigChange") -> dict[str, str | None]:
    return {
        "kind": change.kind.value,
        "thing": change.thing.value,
        "id": change.id or None,
        "field": change.field or None,
        "before": change.before,
        "after": change.after,
    }


def _change_lines(changes: "Sequence[ConfigChange]", none: str) -> list[str]:
    return [change.text for change in changes] or [none]


def _not_compared_json(unknown: "NotCompared | None") -> dict[str, object] | None:
    from dataclasses import asdict

    return asdict(unknown) if unknown else None


def _note_not_compared(run: Run, unknown: "NotCompared | None") -> None:
    for line in unknown.lines if unknown else ():
        run.note(f"warning: {line}", style="yellow")


def _note_problems(run: Run, problems: "Sequence[ConfigProblem]") -> None:
    for problem in problems:
        run.note(problem.text)


def _note_warnings(run: Run, document: "ConfigDocument") -> None:
    for warning in document.warnings:
        run.note(f"warning: {warning.text}", style="yellow")
    if document.unwatched:
        run.note(document.unwatched)


def _note_left_asleep(run: Run, names: "Sequence[str] | None") -> None:
    if names:
        run.note(
            f"warning: still asleep, and the file says nothing of endpoints: {', '.join(names)}."
            " What sleeps wakes for who asks for it, and then stays awake; its owners are mailed."
            " `dryRun: true` in endpoints keeps hours and prices, and lets nothing fall asleep",
            style="yellow",
        )
