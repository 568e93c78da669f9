"""A boto3-shaped S3 client of one process: what can happen to DynamoDB's calls happens to these.

The second attempts are those of the SDK, as in ``dynamodb_client``.
"""

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.world import deployment_facts, latencies, outages
from tests.simulation.world.faults import Faults
from tests.simulation.world.s3_bucket import Bucket, refusal
from tests.simulation.world.scheduler import Promise, Scheduler
from tests.simulation.world.sdk_client import SdkClient

_REFUSALS = ("InternalError", "SlowDown")
"""Which the SDK tries again; a failed condition and a conflict it does not."""


class SimulatedS3(SdkClient):
    """Args:
    scheduler: whose tasks call.
    bucket: the only one.
    faults: what goes wrong.
    may_die: ends the process now and then; its DynamoDB client's.
    trace: is told of each call, if anybody listens.
    """

    methods: ClassVar = {
        "put_object": "PutObject",
        "get_object": "GetObject",
        "delete_object": "DeleteObject",
        "list_objects_v2": "ListObjectsV2",
    }
    retried = frozenset(_REFUSALS)

    def __init__(
        self,
        scheduler: Scheduler,
        bucket: Bucket,
        faults: Faults,
        may_die: Callable[[Random], None],
        trace: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(scheduler, deployment_facts.client_limits("s3_client"))
        self._bucket = bucket
        self._faults = faults
        self._process_may_die = may_die
        self._trace = trace

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        random = self._scheduler.current.random
        self.may_die(random)
        answer, _ = self._tried(operation, request, random)
        return self._with_stream(answer, random)

    def may_die(self, random: Random) -> None:
        """The process has one death, whichever service it asks."""
        self._process_may_die(random)

    def _attempt(self, operation: str, request: dict[str, Any], random: Random) -> dict[str, Any]:
        faults, there = self._faults, self._one_way(random)
        outage = faults.outage(outages.S3, self._scheduler.now)
        if outage is not None:
            if random.random() < outage.heard:
                self._send(there, operation, request, None)
            self._fail(operation, there, refuses=outage.refuses)
        if faults.strike("lost_request", random):
            if random.random() < 0.5:
                late = self._silence + int(random.random() * latencies.LATE_REQUEST_MAX)
                self._send(late, operation, request, None)
            self._fail(operation, there)
        if faults.strike("lost_response", random):
            self._send(there, operation, request, None)
            self._fail(operation, there)
        if faults.strike("refused", random):
            if random.random() < 0.25:  # It has done what it says it has not.
                self._send(there, operation, request, None)
            self._fail(operation, there, refuses=True, code=random.choice(_REFUSALS))
        answer = self._scheduler.promise()
        self._send(there, operation, request, answer)
        result: dict[str, Any] = answer.wait()
        self._scheduler.sleep(self._one_way(random))
        if isinstance(result, ClientError):
            raise result
        return result

    def _one_way(self, random: Random) -> int:
        low, high = latencies.S3_ONE_WAY
        time = low + int(random.random() * (high - low))
        return time * random.randrange(1, 50) if self._faults.strike("slow", random) else time

    def _fail(
        self, operation: str, there: int, *, refuses: bool = False, code: str = "InternalError"
    ) -> None:
        self._scheduler.sleep(2 * there if refuses else self._silence)
        if refuses:
            raise refusal(operation, code, "We encountered an internal error. Please try again.")
        raise ReadTimeoutError(endpoint_url="the bucket")

    def _send(
        self, delay: int, operation: str, request: dict[str, Any], answer: Promise | None
    ) -> None:
        sender = self._scheduler.current_name
        self._scheduler.after(delay, lambda: self._arrive(sender, operation, request, answer))

    def _arrive(
        self, sender: str, operation: str, request: dict[str, Any], answer: Promise | None
    ) -> None:
        """At the bucket. The sender may be gone, or may have given up."""
        key, is_new = request.get("Key", request.get("Prefix")), "IfNoneMatch" in request

        def ended(work: Callable[[], dict[str, Any]]) -> bool:
            result: Any
            try:
                result = work()
            except ClientError as error:
                result = error
            failed = isinstance(result, ClientError)
            if self._trace is not None:
                what = result.response["Error"]["Code"] if failed else "done"
                self._trace(f"{sender}: {operation} {key} → {what}")
            if answer is not None:
                answer.keep(result)
            return not failed

        if not is_new:
            ended(lambda: self._bucket.run(operation, request))
            return
        assert request["IfNoneMatch"] == "*", "S3 knows no other condition of this kind"
        try:
            self._bucket.begin_new(request["Key"])
        except ClientError as error:
            refused = error
            ended(lambda: _raised(refused))
            return
        low, high = latencies.S3_UPLOAD
        body = request["Body"]
        self._scheduler.after(
            (low + high) // 2, lambda: ended(lambda: self._bucket.end_new(request["Key"], body))
        )

    def _with_stream(self, answer: dict[str, Any], random: Random) -> dict[str, Any]:
        """The body is read after the answer: it may break off, and the SDK does not ask again."""
        if "Body" not in answer:
            return answer
        breaks = self._faults.strike("lost_response", random, 0.25)
        return {**answer, "Body": _Body(answer["Body"], breaks=breaks)}


class _Body:
    def __init__(self, text: bytes, *, breaks: bool) -> None:
        self._text = text
        self._breaks = breaks

    def read(self) -> bytes:
        if self._breaks:
            raise ReadTimeoutError(endpoint_url="the bucket")
        return self._text


def _raised(error: ClientError) -> dict[str, Any]:
    raise error
