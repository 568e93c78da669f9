"""A command that was called wrongly: with --json that is one JSON document too."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

JSON_OPTION = "--json"


class JsonUsageGroup(TyperGroup):
    """The outermost command; whatever its parser refuses is also said as ``{"error": …}``."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - typer's own
        """Parse what stands before the first command."""
        self._as_json = _asks_json(args)
        with _told(as_json=self._as_json):
            return super().make_context(info_name, args, *rest, **more)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own
        """Parse the rest, and run it."""
        with _told(as_json=self._as_json):
            return super().invoke(ctx)


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        if as_json:
            sys.stdout.write(json.dumps({"error": _facts(error)}, indent=2) + "\n")
        raise


def _facts(error: Any) -> dict[str, str]:  # noqa: ANN401 - typer has no name for it
    command = error.ctx.command_path if error.ctx else "cost-sentry"
    return {"what": error.format_message(), "where": command, "fix": f"see {command} --help"}


def _asks_json(arguments: Sequence[str]) -> bool:
    """Before ``--``: what comes after it are values."""
    options = list(arguments)
    return JSON_OPTION in options[: options.index("--") if "--" in options else None]


UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer gives its base class no public name."""
