"""Lambda: an exception's class is the error's name, and the environment outlives it.

AWS reports `errorType`, `errorMessage` and `stackTrace`
(docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html), and Step Functions takes `errorType`
as the error that Catch and Retry match. The emulator says `Runtime.HandlerError` for all of them
and ends the worker, which AWS does not.
"""

import uuid
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

Json = dict[str, Any]

_SCRIPT_SAYS = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e),'
    ' "trace": traceback.format_exc()}) + "\\n")'
)
# "ok" keeps the worker alive; the failure travels beside it.
_SCRIPT_SHALL_SAY = (
    '_real_stdout.write(json.dumps({"status": "ok", "result": None, "failure":'
    ' {"errorMessage": str(e), "errorType": type(e).__name__,'
    ' "stackTrace": traceback.format_tb(e.__traceback__)}}) + "\\n")'
)


class _Failure(str):
    """An error message that carries AWS's whole error object through the emulator."""

    __slots__ = ("payload",)
    payload: Json


def close() -> None:
    """Wrap the worker's script, its invocation and the executor."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if _SCRIPT_SAYS not in script:
        raise RuntimeError("the emulator's worker script is not the pinned one")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_SCRIPT_SAYS, _SCRIPT_SHALL_SAY)
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke_with_failure(worker: Any, *args: Any, **kwargs: Any) -> Json:
        answer = invoke(worker, *args, **kwargs)
        failure = answer.pop("failure", None)
        return answer | _failed(failure) if failure else answer

    def execute_with_failure(func: Json, event: Any, request_id: str) -> Json:
        result = execute(func, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body["errorMessage"], _Failure):
            result["body"] = {**body["errorMessage"].payload, "requestId": str(uuid.uuid4())}
        return result

    lambda_runtime.Worker.invoke = invoke_with_failure
    lambda_svc._execute_function_warm = execute_with_failure


def _failed(failure: Json) -> Json:
    message = _Failure(failure["errorMessage"])
    message.payload = failure
    trace = f"[ERROR] {failure['errorType']}: {message}\n" + "".join(failure["stackTrace"])
    return {"status": "error", "error": message, "trace": trace}
