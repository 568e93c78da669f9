"""What every command has in common: its options, where it prints, and how it ends."""

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, wraps
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.target_options import TargetName, TargetOptions

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from cost_sentry_client.operations import Operator
    from cost_sentry_client.problems import Problem

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show stack traces of faults.")]
StageOption = Annotated[
    str, typer.Option("--stage", envvar="COST_SENTRY_STAGE", help="Which deployment.")
]
TargetOption = Annotated[
    TargetName | None,
    typer.Option("--target", envvar="COST_SENTRY_TARGET", help="Where it is, if unclear."),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="AWS profile; means --target aws.")
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="AWS Region; means --target aws.")
]

SAID_EVERY_SECONDS = 10
"""How far a command is, where nobody watches a spinner."""

_OUTPUT: tuple[tuple[str, Any, Any], ...] = (
    ("as_json", JsonOption, False),
    ("verbose", VerboseOption, False),
)
_TARGET: tuple[tuple[str, Any, Any], ...] = (
    ("stage", StageOption, "dev"),
    ("target", TargetOption, None),
    ("profile", ProfileOption, None),
    ("region", RegionOption, None),
)


class Run:
    """One command at work: results go to stdout, everything else to stderr."""

    def __init__(self, *, as_json: bool, verbose: bool, options: TargetOptions) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self.options = options

    @cached_property
    def operator(self) -> "Operator":
        """The deployment's verbs; says on stderr which deployment was chosen."""
        from cost_sentry_client.operations import Operator
        from cost_sentry_client.target import open_target, running_local_cloud

        chosen = open_target(self.options, os.environ, running_local_cloud)
        self.note(f"target: {chosen.text}", style="dim")
        return Operator(chosen)

    @cached_property
    def _notes(self) -> "Console":
        return _console(sys.stderr)

    def note(self, text: str, style: str = "") -> None:
        """A line for people, on stderr."""
        self._notes.print(text, style=style, markup=False, soft_wrap=True)

    def show_note(self, *parts: "RenderableType") -> None:
        """The same as in ``answer``, on stderr."""
        _show(self._notes, parts)

    @contextmanager
    def progress(self, doing: str) -> "Iterator[Callable[[str], None]]":
        """Say what takes long, on stderr: a spinner on a terminal, a line elsewhere.

        What it yields says how far it is; elsewhere than on a terminal every few seconds.
        """
        if self._notes.is_terminal:
            with self._notes.status(doing) as status:
                yield lambda how_far: status.update(f"{doing}: {how_far}")
        else:
            self.note(f"{doing} ...")
            yield self._said_seldom(doing)

    def _said_seldom(self, doing: str) -> Callable[[str], None]:
        said_at = monotonic()

        def say(how_far: str) -> None:
            nonlocal said_at
            if monotonic() - said_at >= SAID_EVERY_SECONDS:
                said_at = monotonic()
                self.note(f"{doing}: {how_far}")

        return say

    def answer(self, document: Any, *parts: "RenderableType") -> None:  # noqa: ANN401 - JSON
        """The result: ``document`` with --json, ``parts`` without.

        A plain ``str`` is printed as it is, for copying and for shells; a ``Text`` is wrapped.
        """
        if self.as_json:
            sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
            return
        _show(_console(sys.stdout), parts)

    def fail(self, problem: "Problem") -> ExitCode:
        """Say what, where and how to fix it: on stderr, and with --json on stdout too."""
        self.note(f"error: {problem.what}", style="bold red")
        self.note(f"where: {problem.where}")
        self.note(f"fix:   {problem.fix}")
        if self.as_json:
            self.answer({"error": problem.to_json()})
        return problem.exit_code


Command = Callable[..., ExitCode | None]


def local_command(command: Command) -> Callable[..., None]:
    """Give ``command`` its ``run`` and the options --json and --verbose."""
    return _with_options(command, _OUTPUT)


def deployed_command(command: Command) -> Callable[..., None]:
    """The same, and the options that say which deployment is meant."""
    return _with_options(command, (*_TARGET, *_OUTPUT))


def _with_options(
    command: Command, options: tuple[tuple[str, Any, Any], ...]
) -> Callable[..., None]:
    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, kind, default in options
    ]

    @wraps(command)
    def wrapper(**arguments: Any) -> None:  # noqa: ANN401 - typer calls it with what it parsed
        common = {name: arguments.pop(name) for name, _, _ in options}
        as_json, verbose = common.pop("as_json"), common.pop("verbose")
        chosen = TargetOptions(**{"stage": "dev", **common})
        run = Run(as_json=as_json, verbose=verbose, options=chosen)
        raise typer.Exit(_ended(run, command, arguments))

    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    wrapper.__signature__ = inspect.Signature([*keyword, *added])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in (*keyword, *added)}
    return wrapper


def _ended(run: Run, command: Command, arguments: dict[str, Any]) -> ExitCode:
    """Every way a command can end, as an exit code and without a stack trace."""
    try:
        return command(run, **arguments) or ExitCode.OK
    except (typer.Exit, typer.BadParameter, typer.Abort):
        raise
    except KeyboardInterrupt:
        run.note("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - nobody is helped by a stack trace
        from cost_sentry_client.faults import problem_of

        if run.verbose:
            _console(sys.stderr).print_exception()
        return run.fail(problem_of(error, run.options))


def _show(console: "Console", parts: "Sequence[RenderableType]") -> None:
    for part in parts:
        console.print(part, markup=False, soft_wrap=isinstance(part, str))


def _console(file: Any) -> "Console":  # noqa: ANN401 - a text stream
    from rich.console import Console

    return Console(file=file, highlight=False, emoji=False)
