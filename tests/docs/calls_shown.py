"""The calls that the documentation simulates, and what the command says of them.

``python -m tests.docs.calls_shown`` writes both into examples/. Times and tokens are the trace's
own; teams, models and output limits are assigned by row number, as in the demo.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner

from cost_sentry_client.command_line import app
from cost_sentry_local.demo.trace import SAMPLE
from cost_sentry_local.demo.traffic import assignment
from tests.docs.answers_shown import EXAMPLES
from tests.docs.page_code import blocks, shell_lines

CALLS, SHOWN = EXAMPLES / "calls.jsonl", EXAMPLES / "simulation.txt"
PAGE = "docs/how-to/try-a-change-before-it-bites.md"
ROWS = 400
STEP = 256
"""Callers ask for the next of these above what they get."""


def calls() -> str:
    """The file of calls, one JSON object a line."""
    rows = SAMPLE.read_text(encoding="utf-8").splitlines()[1 : 1 + ROWS]
    found = (_call(number, *row.split(",")) for number, row in enumerate(rows))
    return "".join(f"{json.dumps(call)}\n" for call in found)


def _call(
    number: int, arrived: str, context_tokens: str, generated_tokens: str
) -> dict[str, object]:
    who = assignment(number)
    answer = int(generated_tokens)
    return {
        "at": f"{arrived[:23].replace(' ', 'T')}Z",
        "requestId": f"row-{number + 1}",
        "tags": {"team": who.caller.team, "application": who.caller.application},
        "modelId": who.caller.model_id,
        "inferenceConfig": {"maxTokens": -(-(answer + 1) // STEP) * STEP},
        "usage": {"inputTokens": int(context_tokens), "outputTokens": answer},
    }


def simulation() -> str:
    """What the page's command prints, in 80 columns."""
    (line,) = (line for page, line in shell_lines() if page == PAGE and "--requests" in line)
    _, *words = line.split()
    with _beside_the_examples():
        ended = CliRunner().invoke(app, words, env={"COLUMNS": "80"})
    if ended.exit_code:
        raise ValueError(f"exit code {ended.exit_code}: {ended.stderr}")
    return "\n".join(text.rstrip() for text in ended.stdout.splitlines()) + "\n"


@contextmanager
def _beside_the_examples() -> Iterator[None]:
    """A folder with a link to examples/, and a new.yaml changed as the page says."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("examples").symlink_to(EXAMPLES)
            Path("new.yaml").write_text(_changed(), encoding="utf-8")
            yield
        finally:
            os.chdir(here)


def _changed() -> str:
    """The example with the page's budget in place of the one of its name."""
    (shown,) = (body for page, body in blocks("yaml") if page == PAGE)
    budget = shown.removeprefix("budgets:\n").rstrip()
    name = budget.splitlines()[0]
    before, _, after = (EXAMPLES / "sentry.yaml").read_text(encoding="utf-8").partition(name)
    _, _, others = after.partition("\n\n")
    return f"{before}{budget}\n\n{others}"


def main() -> None:
    """Write them."""
    CALLS.write_text(calls(), encoding="utf-8")
    SHOWN.write_text(simulation(), encoding="utf-8")


if __name__ == "__main__":
    main()
