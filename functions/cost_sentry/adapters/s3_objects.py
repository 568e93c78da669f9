"""The few S3 calls that the emergency store makes, with their outcomes named.

Every other outcome is ``StoreUnavailable``: the write may or may not have happened. S3 answers 404
for what is not there only to those who may list the bucket, and 403 to everybody else.
"""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.application.emergency_ports import StoreUnavailable

CONFLICTS_MAX = 4
"""Meetings with another writer of the same key, who had not finished, before giving up."""

_ABSENT = frozenset({"NoSuchKey", "404"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_CONFLICT = frozenset({"ConditionalRequestConflict", "409"})


class S3Objects:
    """One bucket behind a boto3 S3 client.

    Args:
        client: with time-outs of its own.
        bucket: its name.
        pause: waits a little after the n-th meeting with another writer.
        in_time: whether somebody still waits for the answer; once not, nothing more is asked.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 client
        bucket: str,
        pause: Callable[[int], None],
        in_time: Callable[[], bool] = lambda: True,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._pause = pause
        self._in_time = in_time

    def get(self, key: str) -> bytes | None:
        """What stands there; ``None`` if nothing does."""
        try:
            answer = self._s3().get_object(Bucket=self._bucket, Key=key)
            body: bytes = answer["Body"].read()
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        return body

    def put(self, key: str, body: bytes) -> None:
        """Write it, whatever stands there."""
        self._asked(lambda: self._s3().put_object(**self._object(key, body)))

    def put_new(self, key: str, body: bytes) -> bool:
        """Write it unless something stands there; whether it was written now.

        False does not tell whose it is: the answer to an earlier try of the same write may have
        been lost.
        """
        for attempt in range(CONFLICTS_MAX):
            try:
                self._s3().put_object(**self._object(key, body), IfNoneMatch="*")
            except ClientError as error:
                if _code(error) in _TAKEN:
                    return False
                if _code(error) not in _CONFLICT:
                    raise _unavailable(error) from error
                self._pause(attempt)
            except BotoCoreError as error:
                raise _unavailable(error) from error
            else:
                return True
        raise StoreUnavailable(f"other writers were at {key} all the time")

    def delete(self, key: str) -> None:
        """Nothing happens if nothing stands there."""
        self._asked(lambda: self._s3().delete_object(Bucket=self._bucket, Key=key))

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Every key with this prefix, in order, and how many bytes stand there."""
        more: dict[str, str] = {}
        while True:
            page = self._asked(
                lambda: self._s3().list_objects_v2(Bucket=self._bucket, Prefix=prefix, **more)  # noqa: B023 - asked at once
            )
            for found in page.get("Contents", ()):
                yield found["Key"], found["Size"]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _s3(self) -> Any:  # noqa: ANN401 - boto3 client
        if not self._in_time():
            raise StoreUnavailable("it took too long")
        return self._client

    def _object(self, key: str, body: bytes) -> dict[str, Any]:
        return {
            "Bucket": self._bucket,
            "Key": key,
            "Body": body,
            "ContentType": "application/json",
        }

    @staticmethod
    def _asked(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - boto3 answer
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(str(error))
