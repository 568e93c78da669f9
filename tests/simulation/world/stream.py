"""DynamoDB's stream and the mapping that feeds it to a function: in order per item, at least once.

Each item's versions go to one shard. A shard has one batch on its way at a time. A batch that fails
comes again: from its first failing record if the function says which, else halved.
"""

import zlib
from collections import deque
from collections.abc import Sequence
from typing import Any

from tests.simulation import ledger_reader
from tests.simulation.dynamodb.items import Written
from tests.simulation.world import deployment_facts, latencies, outages
from tests.simulation.world.faults import Faults
from tests.simulation.world.lambda_service import FunctionFailed, LambdaService
from tests.simulation.world.scheduler import Scheduler

SHARDS = 2
FUNCTION = "project_entries"


class Stream:
    """Listens to a table, and hands what the filter lets through to ``project_entries``.

    Args:
        scheduler: each shard's poller is a task.
        functions: Lambda.
        faults: what goes wrong.
    """

    def __init__(self, scheduler: Scheduler, functions: LambdaService, faults: Faults) -> None:
        self._scheduler = scheduler
        self._functions = functions
        self._faults = faults
        self._shards: list[deque[dict[str, Any]]] = [deque() for _ in range(SHARDS)]
        self._number = 0
        self._batches = 0
        self._busy = [False] * SHARDS
        self.given_up: list[str] = []
        """Records that no attempt could project; they lie in the queue of dead letters."""

    def __call__(self, written: Sequence[Written]) -> None:
        """Every version of every item, in the order of writing."""
        for one in written:
            if one.after is not None and ledger_reader.is_streamed(one.key, one.after):
                self._number += 1
                shard = zlib.crc32(one.key[0].encode()) % SHARDS
                self._shards[shard].append(_record(one, self._number))
                self._wake(shard)

    @property
    def waiting(self) -> int:
        """Records that are not projected yet."""
        return sum(map(len, self._shards))

    def _wake(self, shard: int) -> None:
        if not self._busy[shard]:
            self._busy[shard] = True
            self._batches += 1
            name = f"stream {shard}/{self._batches}"
            self._scheduler.spawn(name, lambda: self._poll(shard), self._moment())

    def _moment(self) -> int:
        low, high = latencies.STREAM_POLL
        return (low + high) // 2

    def _poll(self, shard: int) -> None:
        """Deliver what waits until nothing does."""
        records, size, attempts = (
            self._shards[shard],
            deployment_facts.trigger("STREAM_BATCH_MAX"),
            0,
        )
        while records:
            if self._faults.outage(outages.DYNAMODB, self._scheduler.now):
                self._pause()  # The stream is DynamoDB's own.
                continue
            batch = [records[i] for i in range(min(size, len(records)))]
            done, is_halved = self._deliver(batch)
            if done:
                attempts, size = 0, deployment_facts.trigger("STREAM_BATCH_MAX")
                for _ in range(done):
                    records.popleft()
                continue
            attempts += 1
            size = max(1, len(batch) // 2) if is_halved else size
            if attempts > deployment_facts.trigger("STREAM_ATTEMPTS_MAX"):
                self.given_up.append(records.popleft()["dynamodb"]["SequenceNumber"])
                attempts = 0
            self._pause()
        self._busy[shard] = False

    def _deliver(self, batch: list[dict[str, Any]]) -> tuple[int, bool]:
        """How many records from the first are done, and whether the batch shall be halved."""
        name = self._scheduler.current_name
        invocation = self._functions.invoke(FUNCTION, {"Records": batch}, name)
        try:
            answer = invocation.wait()
        except FunctionFailed:
            return 0, True
        if self._faults.strike("duplicate", self._scheduler.current.random, 0.5):
            self._functions.invoke(FUNCTION, {"Records": batch}, f"{name}/redelivered")
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for position, record in enumerate(batch):
            if record["dynamodb"]["SequenceNumber"] in failed:
                return position, False
        return len(batch), False

    def _pause(self) -> None:
        low, high = latencies.STREAM_RETRY
        random = self._scheduler.current.random
        self._scheduler.sleep(low + int(random.random() * (high - low)))


def _record(one: Written, number: int) -> dict[str, Any]:
    change: dict[str, Any] = {
        "Keys": {"pk": {"S": one.key[0]}, "sk": {"S": one.key[1]}},
        "SequenceNumber": f"{number:021d}",
        "NewImage": one.after,
    }
    if one.before is not None:
        change["OldImage"] = one.before
    return {"eventID": str(number), "dynamodb": change}
