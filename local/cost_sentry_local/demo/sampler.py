"""Looks at the ledger while the calls run: all balances at one instant, again and again."""

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import ClientError

from cost_sentry_local.demo.ledger_view import LedgerView, ledger_view

_EVERY_SECONDS = 1.0
_PARTS = (
    *("pk", "sk", "limit", "unallotted", "impounded", "retired"),
    *("free", "posted", "pending", "sequence"),
)
_NAMES = {f"#{part}": part for part in _PARTS}


class Sampler:
    """A thread that reads budget windows and accounts together, in one transaction.

    Single reads would see money twice, or not at all, when it moves between two of them.

    Args:
        dynamodb: A boto3 client.
        table: The ledger.
        keys: Of every item that may hold money; those that do not exist yet are left out.
    """

    def __init__(self, dynamodb: Any, table: str, keys: Sequence[tuple[str, str]]) -> None:  # noqa: ANN401
        self._dynamodb = dynamodb
        self._gets = [_get(table, pk, sk) for pk, sk in keys]
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
        try:
            found = self._dynamodb.transact_get_items(TransactItems=self._gets)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            return
        self._samples.append(
            ledger_view(answer["Item"] for answer in found["Responses"] if answer.get("Item"))
        )

    def _look_on(self) -> None:
        try:
            while not self._ended.wait(_EVERY_SECONDS):
                self.look()
        except Exception as failure:  # noqa: BLE001 - raised again where the run ends
            self._failure = failure


def _get(table: str, pk: str, sk: str) -> dict[str, Any]:
    return {
        "Get": {
            "TableName": table,
            "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
            "ProjectionExpression": ", ".join(_NAMES),
            "ExpressionAttributeNames": _NAMES,
        }
    }
