"""A group of commands of which ``list`` is what it does by itself."""

from typing import Any

from typer.core import TyperGroup


class ListingGroup(TyperGroup):
    """``cost-sentry incidents`` is ``cost-sentry incidents list``, and so with its options."""

    def __init__(self, **told: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**{**told, "epilog": "Without a command: list."})

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own
        """Arguments that name no command are those of ``list``."""
        names_none = not args or (args[0].startswith("-") and "--help" not in args)
        return super().parse_args(ctx, ["list", *args] if names_none else args)
