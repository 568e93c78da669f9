"""Step Functions: a function that is invoked as an event is not waited for.

docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html, ``InvocationType``. The emulator
waits for every function; AWS says 202 as soon as Lambda has taken the event. Here nobody invokes it
again if it fails.
"""

import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

_TAKEN = {"StatusCode": 202, "Payload": ""}


def close() -> None:
    """Wrap what a task state invokes."""
    invoke = stepfunctions._invoke_resource

    def invoke_or_send(resource: str, data: Any) -> Any:
        if "states:::lambda:invoke" not in resource or data.get("InvocationType") != "Event":
            return invoke(resource, data)
        context = contextvars.copy_context()
        sent = (_quietly, invoke, resource, data)
        threading.Thread(target=context.run, args=sent, daemon=True, name="event").start()
        return dict(_TAKEN)

    stepfunctions._invoke_resource = invoke_or_send


def _quietly(invoke: Callable[[str, Any], Any], resource: str, data: Any) -> None:
    """What becomes of it is in the function's own log."""
    with contextlib.suppress(stepfunctions._ExecutionError):
        invoke(resource, data)
