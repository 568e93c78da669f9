"""The steps of an endpoint's sleep, from every version of its record that the table's stream has.

Read as documented (docs/reference/ledger-items.md), with no code of the sentry.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cost_sentry_local.demo.deployment import Stage

_PARTITION = "ENDPOINTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A state that the record reached."""

    state: str
    at: datetime
    reason: str


class SleepTrail:
    """From the moment that it is made on.

    Args:
        stage: where the table is.
        endpoint: whose record is followed.
    """

    def __init__(self, stage: Stage, endpoint: str) -> None:
        self._streams = stage.cloud.client("dynamodbstreams")
        self._endpoint = endpoint
        self._since = datetime.now(UTC)
        table = stage.dynamodb.describe_table(TableName=stage.table)["Table"]
        stream = table["LatestStreamArn"]
        told = self._streams.describe_stream(StreamArn=stream)["StreamDescription"]
        self._iterators = [
            self._streams.get_shard_iterator(
                StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )["ShardIterator"]
            for shard in told["Shards"]
        ]

    def steps(self) -> list[Step]:
        """Those that were reached since then; each state once, in order."""
        found: list[Step] = []
        for record in self._records():
            step = _step(record, self._endpoint)
            if step is None or step.at < self._since:
                continue
            if not found or found[-1].state != step.state:
                found.append(step)
        return found

    def _records(self) -> Iterator[dict[str, Any]]:
        for number, place in enumerate(self._iterators):
            answer = self._streams.get_records(ShardIterator=place)
            while answer["Records"]:
                yield from answer["Records"]
                self._iterators[number] = answer["NextShardIterator"]
                answer = self._streams.get_records(ShardIterator=self._iterators[number])


def _step(record: dict[str, Any], endpoint: str) -> Step | None:
    change = record["dynamodb"]
    keys, after = change["Keys"], change.get("NewImage", {})
    if (keys["pk"]["S"], keys["sk"]["S"]) != (_PARTITION, endpoint) or "sleep" not in after:
        return None
    told = json.loads(after["sleep"]["S"])
    at = datetime.fromtimestamp(told["since"] / 1000, tz=UTC)
    return Step(state=told["state"], at=at, reason=told["reason"])
