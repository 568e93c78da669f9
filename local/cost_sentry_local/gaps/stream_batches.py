"""Lambda: `ReportBatchItemFailures` of a DynamoDB stream.

docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html: records before the
first failed one are done; it and those after it come again. The emulator takes such an answer for
success and loses the failed records.
"""

import time
from typing import Any

from ministack.services import lambda_svc

Json = dict[str, Any]
_PAUSE_SECONDS = 0.2
_ATTEMPTS_MAX = 10


def close() -> None:
    """Wrap the executor as the stream's poller sees it."""
    execute = lambda_svc._execute_function

    def execute_until_done(func: Json, event: Any) -> Json:
        result: Json = execute(func, event)
        for _ in range(_ATTEMPTS_MAX):
            left = _left_over(event, result)
            if not left:
                return result
            time.sleep(_PAUSE_SECONDS)
            event = {"Records": left}
            result = execute(func, event)
        return _failed(result) if _left_over(event, result) else result

    lambda_svc._execute_function = execute_until_done


def _left_over(event: Any, result: Json) -> list[Json]:
    """The records from the first failed one on, if these came from a DynamoDB stream."""
    records = event.get("Records") if isinstance(event, dict) else None
    body = result.get("body")
    if not records or result.get("error") or not isinstance(body, dict):
        return []
    if records[0].get("eventSource") != "aws:dynamodb":
        return []
    failed = {entry["itemIdentifier"] for entry in body.get("batchItemFailures") or []}
    places = [
        place
        for place, record in enumerate(records)
        if record["dynamodb"]["SequenceNumber"] in failed
    ]
    return records[min(places) :] if places else []


def _failed(result: Json) -> Json:
    body = {"errorType": "BatchItemFailures", "errorMessage": "records still fail"}
    return {**result, "error": True, "body": body}
