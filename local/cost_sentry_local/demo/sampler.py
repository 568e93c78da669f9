"""Looks at the ledger while the calls run: all balances at one instant, again and again."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import ClientError

from cost_sentry_local.demo.ledger_view import LedgerView, RawItem, ledger_view

_EVERY_SECONDS = 1.0
_READ_TOGETHER_MAX = 100
"""DynamoDB's limit on the items of one transaction."""
_TRIES_MAX = 8
_PARTS = (
    *("pk", "sk", "limit", "unallotted", "impounded", "pools"),
    *("free", "pending", "sequence"),
)
_NAMES = {f"#{part}": part for part in _PARTS}

Key = tuple[str, str]


class Sampler:
    """A thread that reads budget windows, their pools and all shards together, at one instant.

    Single reads would see money twice, or not at all, when it moves between two of them. Shards and
    pools come while it looks on, and none ever goes: so whoever asks after a reading which there
    are knows whether it missed one.

    Args:
        dynamodb: A boto3 client.
        table: The ledger.
        windows: Keys of every budget window; those that do not exist yet are left out.
    """

    def __init__(self, dynamodb: Any, table: str, windows: Sequence[Key]) -> None:  # noqa: ANN401
        self._dynamodb = dynamodb
        self._table = table
        self._keys = list(windows)
        self._samples: list[LedgerView] = []
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look no more; raise what went wrong meanwhile, unless something else did first."""
        self._ended.set()
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    def samples(self) -> tuple[LedgerView, ...]:
        """What was seen; instants before the first reservation hold nothing and are left out."""
        return tuple(sample for sample in self._samples if sample.windows)

    def look(self) -> None:
        """One sample; none if other writers were in the way."""
        for _ in range(_TRIES_MAX):
            found = self._at_one_instant()
            if found is None:
                return
            missed = {*self._shards(), *_pools(found)} - set(self._keys)
            if not missed:
                self._samples.append(ledger_view(found))
                return
            self._keys += sorted(missed)

    def _at_one_instant(self) -> list[RawItem] | None:
        """All items that are known; ``None`` if they were not seen together.

        More than one transaction takes are read twice over: if nothing differs, they stood like
        that all together between the two readings.
        """
        found = self._read()
        if len(self._keys) > _READ_TOGETHER_MAX and self._read() != found:
            return None
        return found

    def _read(self) -> list[RawItem] | None:
        found: list[RawItem] = []
        for start in range(0, len(self._keys), _READ_TOGETHER_MAX):
            some = self._keys[start : start + _READ_TOGETHER_MAX]
            try:
                answer = self._dynamodb.transact_get_items(
                    TransactItems=[_get(self._table, pk, sk) for pk, sk in some]
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                return None
            found += (got["Item"] for got in answer["Responses"] if got.get("Item"))
        return found

    def _shards(self) -> Iterator[Key]:
        for _, account in self._keys_of("ACCOUNTS"):
            yield from self._keys_of(f"ACCOUNT#{account}")

    def _keys_of(self, pk: str) -> Iterator[Key]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        for page in pages:
            yield from ((item["pk"]["S"], item["sk"]["S"]) for item in page["Items"])

    def _look_on(self) -> None:
        try:
            while not self._ended.wait(_EVERY_SECONDS):
                self.look()
        except Exception as failure:  # noqa: BLE001 - raised again where the run ends
            self._failure = failure


def _pools(items: Iterable[RawItem]) -> Iterator[Key]:
    """The pools of the windows that have some."""
    for item in items:
        pk, (kind, _, window) = item["pk"]["S"], item["sk"]["S"].partition("#")
        if kind == "WINDOW":
            for number in range(int(item.get("pools", {"N": "0"})["N"])):
                yield pk, f"POOL#{window}#{number:02d}"


def _get(table: str, pk: str, sk: str) -> dict[str, Any]:
    return {
        "Get": {
            "TableName": table,
            "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
            "ProjectionExpression": ", ".join(_NAMES),
            "ExpressionAttributeNames": _NAMES,
        }
    }
