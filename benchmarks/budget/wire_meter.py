"""A real boto3 client whose requests end at the simulator's model of DynamoDB, counted on the way.

Requests are counted where botocore would send them, hidden retries included. Units are DynamoDB's:
by the size of whole items, per kilobyte written and per four kilobytes read, twice in transactions.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from cost_sentry.application.ports import Clock
from scripts.item_size import READ_UNIT_BYTES, units
from tests.simulation.dynamodb.model import DynamoDbModel

CONFIG = "reading the configuration"
"""At most once a second in each execution environment, however many calls there are."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """Of one kind of work."""

    round_trips: int
    write_units: int
    read_units: int


class WireMeter:
    """Counts by the kind of work that ``doing`` names.

    Args:
        model: answers.
        clock: the table's, told in every answer as AWS tells it.
    """

    def __init__(self, model: DynamoDbModel, clock: Clock) -> None:
        self._model = model
        self._clock = clock
        self._doing = ""
        self._counts: dict[str, Counter[str]] = {}
        self.client: Any = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 2}),
        )
        self.client.meta.events.register("before-send.dynamodb", self._sent)

    @contextmanager
    def doing(self, kind: str) -> Iterator[None]:
        """Count what happens meanwhile as this kind of work."""
        before, self._doing = self._doing, kind
        try:
            yield
        finally:
            self._doing = before

    def start_again(self) -> None:
        """Forget all counts."""
        self._counts = {}

    def count(self, kind: str) -> Count:
        """Since the last start."""
        found = self._counts.get(kind, Counter())
        return Count(found["round_trips"], found["write_units"], found["read_units"])

    def _sent(self, request: AWSPreparedRequest, **_event: object) -> Any:  # noqa: ANN401
        """Instead of the network; botocore takes an ``AWSResponse`` from whoever gives one."""
        operation = _text(request.headers["X-Amz-Target"]).rpartition(".")[2]
        asked = json.loads(_text(request.body))
        reads_config = asked.get("Key", {}).get("pk") == {"S": "CONFIG"}
        counts = self._counts.setdefault(CONFIG if reads_config else self._doing, Counter())
        units_before = self._model.items.write_units
        status, answer = self._answer(operation, asked)
        counts["round_trips"] += 1
        counts["write_units"] += self._model.items.write_units - units_before
        counts["read_units"] += _read_units(operation, answer)
        return self._response(request.url, status, answer)

    def _answer(self, operation: str, asked: Json) -> tuple[int, Json]:
        try:
            answer = self._model.run(operation, asked)
        except ClientError as error:
            told: Json = {**error.response}
            told.pop("ResponseMetadata", None)
            fault: Json = told.pop("Error")
            kind = f"com.amazonaws.dynamodb.v20120810#{fault['Code']}"
            return 400, {"__type": kind, "message": fault["Message"], **told}
        return 200, {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _response(self, url: str, status: int, answer: Json) -> AWSResponse:
        headers: Any = {
            "Content-Type": "application/x-amz-json-1.0",
            "Date": format_datetime(self._clock.now(), usegmt=True),
        }
        return AWSResponse(url, status, headers, _Body(json.dumps(answer).encode()))


def _read_units(operation: str, answer: Mapping[str, Any]) -> int:
    """Of strongly consistent reads, which are all that the ledger makes."""
    match operation:
        case "GetItem":
            return units(answer.get("Item"), READ_UNIT_BYTES)
        case "Query":
            return units({"items": {"L": answer["Items"]}}, READ_UNIT_BYTES)
        case "BatchGetItem":
            found = (item for items in answer["Responses"].values() for item in items)
            return sum(units(item, READ_UNIT_BYTES) for item in found)
        case "TransactGetItems":
            found = (response.get("Item") for response in answer["Responses"])
            return sum(2 * units(item, READ_UNIT_BYTES) for item in found)
        case _:
            return 0


class _Body(io.BytesIO):
    """What urllib3 would hand to botocore."""

    def stream(self, *_how: object, **_more: object) -> Iterator[bytes]:
        """All of it at once."""
        yield self.read()


def _text(given: Any) -> str:  # noqa: ANN401 - botocore's body may be anything that is sent
    return given.decode() if isinstance(given, bytes) else str(given)
