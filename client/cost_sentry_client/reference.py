"""Writes `docs/reference/command-line.md` from the commands themselves.

`python -m cost_sentry_client.reference`; a test fails when the page is not current.
"""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from typer.main import get_command

from cost_sentry_client.command_line import app
from cost_sentry_client.exit_codes import MEANINGS
from cost_sentry_client.target import RULE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"

_COMMON = ("stage", "target", "profile", "region", "as_json", "verbose", "help")
_HEAD = """\
<!-- Made by `python -m cost_sentry_client.reference`; change the commands, not this page. -->
# `cost-sentry`

Every command works the same against the local cloud and an AWS account. Results go to stdout,
everything else (progress, the target, warnings, errors) to stderr, so that output can be piped.
"""
_JSON = """\
## `--json`

Stdout then holds exactly one JSON document, also when the answer is no (exit code 1), the command
was called wrongly (2), or something broke (3): an error is
`{"error": {"what", "where", "fix", …}}`. Money is decimal strings of dollars, tokens are decimal
strings too; an amount that is not known is `null`, never zero. `simulate` gives whole picodollars,
10⁻¹² dollars, in fields that are named so.
"""


def page() -> str:
    """The whole page."""
    root: Any = get_command(app)
    parts = [
        _HEAD,
        "## Which deployment a command talks to\n\n" + RULE + "\n" + _TARGET_SHOWN,
        _exit_codes(),
        _JSON,
        "## Options that most commands have\n\n" + _options(_common_options(root)),
        "## Commands\n",
        *(_command(path, command) for path, command in _leaves("cost-sentry", root)),
    ]
    return "\n".join(part.rstrip() + "\n" for part in parts)


_TARGET_SHOWN = """\
The choice is the first line on stderr: `target: local cloud at http://127.0.0.1:41234, stage dev`.
The deployment itself is found by the outputs of the CloudFormation stack `CostSentry-<stage>`.
"""


def _exit_codes() -> str:
    rows = [f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(["## Exit codes\n", "| code | means |", "| --- | --- |", *rows])


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(f"{path} {name}", child)


def _command(path: str, command: Any) -> str:  # noqa: ANN401 - typer's own
    own = [p for p in command.params if p.name not in _COMMON]
    arguments = [p for p in own if p.param_type_name == "argument"]
    options = [p for p in own if p.param_type_name == "option"]
    deployed = any(p.name == "target" for p in command.params)
    usage = " ".join([path, *(_shown(p) for p in arguments), "[OPTIONS]"])
    common = "" if deployed else "\nAsks no AWS account; of the common options it has `--json` and"
    parts = [
        f"### `{path}`\n",
        f"    {usage}\n",
        _help(command),
        common and f"{common} `--verbose`.",
    ]
    rows = [_row(f"`{p.metavar}`", p) for p in arguments]
    table = _table([*rows, *(_option(p) for p in options)])
    return "\n".join([*(part for part in parts if part), "", table])


def _shown(argument: Any) -> str:  # noqa: ANN401 - typer's own
    return str(argument.metavar) if argument.required else f"[{argument.metavar}]"


def _help(command: Any) -> str:  # noqa: ANN401 - typer's own
    paragraphs = str(command.help).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _common_options(root: Any) -> list[Any]:  # noqa: ANN401 - typer's own
    explain = root.commands["explain"]
    return [p for p in explain.params if p.name in _COMMON and p.name != "help"]


def _options(options: list[Any]) -> str:
    return _table([_option(option) for option in options])


def _option(option: Any) -> str:  # noqa: ANN401 - typer's own
    return _row(f"`{'`, `'.join(option.opts)}`", option)


def _row(name: str, parameter: Any) -> str:  # noqa: ANN401 - typer's own
    said = [str(getattr(parameter, "help", None) or "").strip()]
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        said.append("One of " + ", ".join(f"`{choice.value}`" for choice in kind) + ".")
    if parameter.default not in (None, False, [], ()):
        said.append(f"Default `{parameter.default}`.")
    if parameter.envvar:
        said.append(f"Also `{parameter.envvar}`.")
    return f"| {name} | {' '.join(text for text in said if text)} |"


def _table(rows: list[str]) -> str:
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows, ""]) if rows else ""


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
