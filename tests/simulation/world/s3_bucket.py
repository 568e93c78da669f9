"""One S3 bucket: strongly consistent, with writes that happen only where nothing stands yet.

A conditional write takes time. Of several at one key the first to finish is written; the others are
told that the key is taken, or, where they overlap, that they were in each other's way.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from botocore.exceptions import ClientError

PAGE_KEYS_MAX = 8
"""Of one listing. The service may always give fewer than it is asked for, and 1,000 at most."""
_STATUS = {
    "NoSuchKey": 404,
    "ConditionalRequestConflict": 409,
    "PreconditionFailed": 412,
    "InternalError": 500,
    "SlowDown": 503,
}
Listener = Callable[[str, bytes | None, bytes | None], None]
"""Hears of every change: key, what stood there, what stands there now."""


def refusal(operation: str, code: str, message: str) -> ClientError:
    """An error of S3 as botocore raises it."""
    status = {"HTTPStatusCode": _STATUS[code], "RetryAttempts": 0}
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": status}
    return ClientError(response, operation)


class Bucket:
    """Args:
    chance: decides who is in whose way.
    """

    def __init__(self, chance: Random) -> None:
        self.objects: dict[str, bytes] = {}
        self.operations = 0
        """Requests that reached the bucket."""
        self._chance = chance
        self._uploads: Counter[str] = Counter()
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell it every change from now on."""
        self._listeners.append(listener)

    def begin_new(self, key: str) -> None:
        """A conditional write arrives; it is carried out by ``end_new``."""
        self.operations += 1
        if key in self.objects:
            raise _taken()
        if self._uploads[key] and self._chance.random() < 0.5:
            message = "A conflicting conditional operation is currently in progress"
            raise refusal("PutObject", "ConditionalRequestConflict", message)
        self._uploads[key] += 1

    def end_new(self, key: str, body: bytes) -> dict[str, Any]:
        """The write, unless another was first."""
        self._uploads[key] -= 1
        if key in self.objects:
            raise _taken()
        return self._write(key, body)

    def run(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Any operation but a conditional write, at this instant."""
        self.operations += 1
        if operation == "PutObject":
            return self._write(request["Key"], request["Body"])
        if operation == "GetObject":
            return self._get(request["Key"])
        if operation == "DeleteObject":
            self._change(request["Key"], None)
            return _answer()
        return self._list(request["Prefix"], request.get("ContinuationToken", ""))

    def _write(self, key: str, body: bytes) -> dict[str, Any]:
        self._change(key, body)
        return _answer(ETag=f'"{len(body)}"')

    def _get(self, key: str) -> dict[str, Any]:
        if key not in self.objects:
            raise refusal("GetObject", "NoSuchKey", "The specified key does not exist.")
        return _answer(Body=self.objects[key])

    def _list(self, prefix: str, after: str) -> dict[str, Any]:
        keys = sorted(k for k in self.objects if k.startswith(prefix) and k > after)
        page = keys[:PAGE_KEYS_MAX]
        found = _answer(
            Contents=[{"Key": key, "Size": len(self.objects[key])} for key in page],
            IsTruncated=len(keys) > len(page),
        )
        if found["IsTruncated"]:
            found["NextContinuationToken"] = page[-1]
        return found

    def _change(self, key: str, body: bytes | None) -> None:
        before = self.objects.pop(key, None)
        if body is not None:
            self.objects[key] = body
        for listener in self._listeners:
            listener(key, before, body)


def _taken() -> ClientError:
    message = "At least one of the pre-conditions you specified did not hold"
    return refusal("PutObject", "PreconditionFailed", message)


def _answer(**members: Any) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}, **members}
