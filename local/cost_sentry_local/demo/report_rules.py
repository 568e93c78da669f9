"""What rules did with the calls that met them, in lines of a terminal of 80 columns."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.rules import Scene

_INDENT = (0, 0, 0, 2)


def rules_report(scenes: Sequence[Scene]) -> Iterator[RenderableType]:
    """Each scene: its title, and what became of its calls, like ones together."""
    for scene in scenes:
        yield Text(scene.title, style="bold")
        for name, same in groupby(scene.calls, key=lambda call: call[0]):
            answers = [answer for _, answer in same]
            times = f" ({len(answers)} calls)" if len(answers) > 1 else ""
            yield Padding(Text(f"{name}{times}: {_outcome(answers[-1])}"), _INDENT)
            why = _why(answers[-1])
            if why:
                yield Padding(Text(why, style="dim"), _INDENT)
        if scene.note:
            yield Padding(Text(scene.note), _INDENT)
        yield ""


def _outcome(answer: Answer) -> str:
    sentry = answer.sentry
    if answer.outcome is Outcome.FAILED:
        error = str(answer.error).removeprefix("BedrockRuntime.")
        return f"failed with {error}, {sentry.get('status')}"
    cost = "" if sentry.get("costUsd") is None else f", ${sentry['costUsd']}"
    return f"{answer.outcome.value}, {sentry['code']}{cost}"


def _why(answer: Answer) -> str:
    """What its caller was told, with the sentences of the policies that forbade something."""
    if answer.outcome is Outcome.FAILED:
        return ""
    message = str(answer.sentry["message"])
    notes = answer.sentry.get("policies") or ()
    said = dict.fromkeys(n["sentence"] for n in notes if n["sentence"] not in message)
    return "; ".join([message, *said])
