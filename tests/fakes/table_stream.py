"""The stream of a table, read from its beginning as a Lambda function's event source would."""

from typing import Any

from cost_sentry.adapters.stream_records import streamed_entries
from cost_sentry.application.projection import StreamedEntry


class TableStream:
    """Switches the stream on, and gives each record once, in order."""

    def __init__(self, dynamodb: Any, streams: Any, table: str) -> None:
        wanted = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        dynamodb.update_table(TableName=table, StreamSpecification=wanted)
        arn = dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        place = {"StreamArn": arn, "ShardId": shard["ShardId"]}
        start = streams.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")
        self._streams, self._at = streams, start["ShardIterator"]

    def new(self) -> tuple[StreamedEntry, ...]:
        """What came since the last look."""
        records: list[Any] = []
        while (page := self._streams.get_records(ShardIterator=self._at))["Records"]:
            records += page["Records"]
            self._at = page["NextShardIterator"]
        return streamed_entries({"Records": records})
