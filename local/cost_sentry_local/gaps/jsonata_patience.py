"""Step Functions: an expression is not cut off because other executions are busy.

AWS gives an evaluation one second of a machine of its own. Here all executions share one Python
interpreter, and a burst of 200 can keep a harmless expression waiting for longer than that; it
would fail with `States.QueryEvaluationError`. The limit stays, and is longer.
"""

from types import SimpleNamespace
from typing import Any

from ministack.services import stepfunctions

_LIMIT_MILLISECONDS = 30_000


def close() -> None:
    """Give the interpreter expressions with a longer limit."""
    engine = stepfunctions.jsonata

    def expression(text: str, timeout: int | None = None) -> Any:
        return engine.Jsonata.jsonata(text, timeout=timeout and _LIMIT_MILLISECONDS)

    stepfunctions.jsonata = SimpleNamespace(
        Jsonata=SimpleNamespace(jsonata=expression), utils=engine.utils
    )
