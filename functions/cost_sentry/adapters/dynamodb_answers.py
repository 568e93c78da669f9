"""Answers on a DynamoDB table of their own: the only place of the sentry that keeps text.

| item | pk | attributes |
| --- | --- | --- |
| the deployment's secret | ``SECRET`` | secret: 32 bytes, made once |
| an answer | ``ANSWER#<keyed hash>`` | answer, account, model, kept_at, ends_at, delete_after |

DynamoDB deletes what has ended within days, not at once: who reads looks at ``ends_at``.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.adapters.answer_key import answer_key
from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.adapters.ledger_items import Item, number
from cost_sentry.adapters.reservation_record import milliseconds, moment_of, record_text
from cost_sentry.application.answer_ports import AnswersUnavailable
from cost_sentry.application.ports import Clock
from cost_sentry.domain.answer_cache import AnswerPlace, KeptAnswer
from cost_sentry.domain.invocation import InvocationRequest

ANSWER_SIZE_MAX_BYTES = 160 * 1024
"""Of an answer as UTF-8 JSON. Step Functions carries 256 KiB: the sentry's block goes with it."""
PAUSE = timedelta(seconds=10)
"""For which nobody asks a table that did not answer: no call after the first waits for it."""
SECRET_KEY = "SECRET"  # noqa: S105 - the name of the item
_SECRET_BYTES = 32
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
_CONDITION_FAILED = "ConditionalCheckFailedException"


class DynamoDbAnswers:
    """``application.answer_ports``: the reader and the keeper of one environment.

    Args:
        client: low-level boto3 DynamoDB client with short time-outs.
        table_name: the answers' own table.
        clock: ends a pause.
    """

    def __init__(self, client: Any, table_name: str, clock: Clock) -> None:  # noqa: ANN401
        self._client = client
        self._table = table_name
        self._clock = clock
        self._secret: bytes | None = None
        self._paused: tuple[datetime, str] | None = None

    def key(self, request: InvocationRequest, output_limit_tokens: int) -> str:
        """See the port. The first one of an environment reads the secret, or makes it."""
        self._secret = self._secret or self._read_secret() or self._make_secret()
        return answer_key(self._secret, request, output_limit_tokens)

    def find(self, key: str) -> KeptAnswer | None:
        """See the port. Eventually consistent: half the price, and a miss harms nobody."""
        item = self._get(f"ANSWER#{key}", consistent=False)
        if item is None:
            return None
        try:
            return _kept(item)
        except _UNREADABLE as error:
            raise AnswersUnavailable(f"an answer cannot be read: {type(error).__name__}") from None

    def keep(self, place: AnswerPlace, kept: KeptAnswer) -> None:
        """See the port. One that is too large is not kept."""
        text = record_text(kept.answer)
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise AnswersUnavailable("it has half a character") from None
        if size > ANSWER_SIZE_MAX_BYTES:
            raise AnswersUnavailable("it is too large")
        item = {**_pk(f"ANSWER#{place.key}"), **_attributes(kept, text)}
        self._asked(lambda: self._client.put_item(TableName=self._table, Item=item))

    def _read_secret(self) -> bytes | None:
        item = self._get(SECRET_KEY, consistent=True)
        if item is None:
            return None
        try:
            return bytes(item["secret"]["B"])
        except _UNREADABLE as error:
            raise AnswersUnavailable(f"no secret: {type(error).__name__}") from None

    def _make_secret(self) -> bytes:
        """Of two environments that make one at once the first wins."""
        made = secrets.token_bytes(_SECRET_BYTES)
        item = {**_pk(SECRET_KEY), "secret": {"B": made}}
        try:
            self._asked(
                lambda: self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk)",
                )
            )
        except AnswersUnavailable as error:
            found = self._read_secret() if str(error) == _CONDITION_FAILED else None
            if found is None:
                raise
            return found
        return made

    def _get(self, pk: str, *, consistent: bool) -> Item | None:
        arguments = {"TableName": self._table, "Key": _pk(pk), "ConsistentRead": consistent}
        answer = self._asked(lambda: self._client.get_item(**arguments))
        item: Item | None = answer.get("Item")
        return item

    def _asked(self, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Only a name goes on: a message might quote what was sent (P10)."""
        if self._paused and self._clock.now() < self._paused[0]:
            raise AnswersUnavailable(f"{self._paused[1]} within {int(PAUSE.total_seconds())} s")
        try:
            return call()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
            raise self._fault(code, pauses=code != _CONDITION_FAILED) from None
        except BotoCoreError as error:
            raise self._fault(type(error).__name__, pauses=True) from None

    def _fault(self, name: str, *, pauses: bool) -> AnswersUnavailable:
        if pauses:
            self._paused = self._clock.now() + PAUSE, name
        return AnswersUnavailable(name)


def _pk(pk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}}


def _attributes(kept: KeptAnswer, text: str) -> Item:
    return {
        "answer": {"S": text},
        "account": {"S": kept.account},
        "model": {"S": kept.model_id},
        "kept_at": number(milliseconds(kept.kept_at)),
        "ends_at": number(milliseconds(kept.ends_at)),
        "delete_after": number(-(-milliseconds(kept.ends_at) // 1000)),
    }


def _kept(item: Item) -> KeptAnswer:
    answer = json.loads(item["answer"]["S"])
    usage = parse_usage(answer)
    if usage is None:
        raise ValueError("without usage")
    return KeptAnswer(
        account=item["account"]["S"],
        model_id=item["model"]["S"],
        answer=answer,
        usage=usage,
        kept_at=moment_of(int(item["kept_at"]["N"])),
        ends_at=moment_of(int(item["ends_at"]["N"])),
    )
