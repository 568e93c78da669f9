"""Lambda: what becomes of a DynamoDB stream's batch that fails.

docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html and
.../with-ddb-create.html: with `ReportBatchItemFailures` the records before the first failed one are
done; with `BisectBatchOnFunctionError` a failed batch comes again in halves, so that one bad record
ends alone; after `MaximumRetryAttempts` it goes to the failure destination and the stream goes on.
The emulator has none of the three: a partial failure is a success, an error repeats for ever.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import lambda_svc

Json = dict[str, Any]
_PAUSE_SECONDS = 0.2
_FOR_EVER = -1


def close() -> None:
    """Wrap what the stream's poller calls, one after the other, for each batch."""
    execute, select = lambda_svc._execute_function, lambda_svc._apply_filter_criteria
    mapping: Json = {}

    def select_and_remember(records: list[Json], source: Json) -> list[Json]:
        # The poller is one thread and selects right before it executes.
        mapping.clear()
        mapping.update(source)
        return select(records, source)

    def execute_batch(func: Json, event: Any) -> Json:
        if not _from_stream(event) or mapping.get("MaximumRetryAttempts", _FOR_EVER) == _FOR_EVER:
            return execute(func, event)
        batch = _Batches(execute=execute, func=func, mapping=dict(mapping))
        batch.work(event["Records"], 0)
        return {"body": None, "log": ""}

    lambda_svc._apply_filter_criteria = select_and_remember
    lambda_svc._execute_function = execute_batch


def _from_stream(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(records) and records[0].get("eventSource") == "aws:dynamodb"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batches:
    """Works through records in order until each is done or given up."""

    execute: Callable[[Json, Json], Json]
    func: Json
    mapping: Json

    def work(self, records: list[Json], failures: int) -> None:
        """Run one batch; ``failures`` says how often these very records have failed before."""
        result = self.execute(self.func, {"Records": records})
        left = _left_over(records, result)
        if not left:
            return
        if len(left) < len(records):
            failures = 0  # the batch made progress; what is left is another batch
        time.sleep(_PAUSE_SECONDS)
        if self.mapping.get("BisectBatchOnFunctionError") and len(left) > 1:
            middle = len(left) // 2
            self.work(left[:middle], failures)
            self.work(left[middle:], failures)
        elif failures < self.mapping["MaximumRetryAttempts"]:
            self.work(left, failures + 1)
        else:
            self._give_up(left, result)

    def _give_up(self, records: list[Json], result: Json) -> None:
        source = self.mapping["EventSourceArn"]
        lambda_svc._send_ddb_stream_failure_record(
            self.mapping, self.func, records, source, result, "RetryAttemptsExhausted"
        )


def _left_over(records: list[Json], result: Json) -> list[Json]:
    """The records from the first failed one on."""
    if result.get("error") or result.get("throttle"):
        return records
    body = result.get("body")
    answered = body.get("batchItemFailures") if isinstance(body, dict) else None
    failed = {entry["itemIdentifier"] for entry in answered or []}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    places = [place for place, number in enumerate(numbers) if number in failed]
    return records[min(places) :] if places else []
