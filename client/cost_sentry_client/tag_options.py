from collections.abc import Iterable

import typer


def parse_tags(pairs: Iterable[str], team: str | None) -> dict[str, str]:
    """``NAME=VALUE`` options as tags; ``--team search`` is short for ``--tag team=search``."""
    tags: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(
                f"{pair!r} is no tag; allowed: NAME=VALUE, such as application=chat",
                param_hint="--tag",
            )
        if name in tags:
            raise typer.BadParameter(f"{name} is given twice", param_hint="--tag")
        tags[name] = value
    if team is not None and tags.setdefault("team", team) != team:
        raise typer.BadParameter(
            f"--team {team} and --tag team={tags['team']} name two teams", param_hint="--team"
        )
    return tags
