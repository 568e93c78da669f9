"""A boto3-shaped DynamoDB client of one process: its calls take time, get lost, and meet others.

A call travels to the table, is carried out there whether or not its sender still lives, and its
answer travels back. What the SDK does by itself is done here as well: a token for each write
transaction, and a second attempt after silence or a fault that may pass.
"""

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.dynamodb.model import METHODS, DynamoDbModel
from tests.simulation.dynamodb.refusals import CONFLICT, NO_REASON, cancelled, refusal
from tests.simulation.dynamodb.transactions import OPERATION
from tests.simulation.world import deployment_facts, latencies, outages
from tests.simulation.world.faults import Faults
from tests.simulation.world.outages import Outage
from tests.simulation.world.scheduler import Promise, Scheduler, TaskKilled
from tests.simulation.world.sdk_client import SdkClient

RETRIED_BY_THE_SDK = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Of botocore's "standard" retries; a cancelled transaction and a failed condition are not."""
_WRITES = frozenset({"UpdateItem", "PutItem", "DeleteItem"})
_TRACED = Callable[[str], None]


class SimulatedClient(SdkClient):
    """Args:
    scheduler: whose tasks call.
    model: the table.
    faults: what goes wrong.
    date: the true time as HTTP's header gives it.
    trace: is told of each call, if anybody listens.
    """

    methods: ClassVar = METHODS
    retried = RETRIED_BY_THE_SDK

    def __init__(
        self,
        scheduler: Scheduler,
        model: DynamoDbModel,
        faults: Faults,
        date: Callable[[], str],
        trace: _TRACED | None = None,
    ) -> None:
        super().__init__(scheduler, deployment_facts.client_limits())
        self._model = model
        self._faults = faults
        self._date = date
        self._trace = trace
        self._is_dead = False

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        random = self._scheduler.current.random
        self.may_die(random)
        if operation == OPERATION and "ClientRequestToken" not in request:
            request["ClientRequestToken"] = f"{random.getrandbits(64):016x}"
        answer, retries = self._tried(operation, request, random)
        answer["ResponseMetadata"]["RetryAttempts"] = retries
        return answer

    def may_die(self, random: Random) -> None:
        """Whoever dies stays dead: a call from a cleaning-up handler never leaves the process."""
        if self._is_dead or self._faults.strike("killed", random, 0.5):
            self._is_dead = True
            raise TaskKilled

    def die(self) -> None:
        """The process is gone."""
        self._is_dead = True

    def _attempt(self, operation: str, request: dict[str, Any], random: Random) -> dict[str, Any]:
        faults, there = self._faults, self._one_way(random)
        sender = self._scheduler.current_name
        outage = faults.outage(outages.DYNAMODB, self._scheduler.now)
        if outage is not None:
            self._suffer(outage, operation, request, random, there)
        if faults.strike("lost_request", random):
            if random.random() < 0.5:
                late = self._silence + int(random.random() * latencies.LATE_REQUEST_MAX)
                self._scheduler.after(late, lambda: self._arrive(sender, operation, request, None))
            self._silent()
        answer = self._scheduler.promise()
        if faults.strike("lost_response", random):
            self._scheduler.after(there, lambda: self._arrive(sender, operation, request, None))
            self._silent()
        if faults.strike("refused", random):
            self._refuse(operation, request, random, there)
        self._scheduler.after(there, lambda: self._arrive(sender, operation, request, answer))
        result: dict[str, Any] = answer.wait()
        self._scheduler.sleep(self._one_way(random))
        if isinstance(result, ClientError):
            raise result
        return result

    def _suffer(
        self, outage: Outage, operation: str, request: dict[str, Any], random: Random, there: int
    ) -> None:
        """Nobody gets an answer; what was asked may have been done."""
        sender = self._scheduler.current_name
        if random.random() < outage.heard:
            self._scheduler.after(there, lambda: self._arrive(sender, operation, request, None))
        if not outage.refuses:
            self._silent()
        self._scheduler.sleep(2 * there)
        raise refusal(operation, "InternalServerError", "an outage")

    def _dated(self, result: dict[str, Any]) -> dict[str, Any]:
        """With the header that every endpoint sends: the true time, to the second."""
        result["ResponseMetadata"]["HTTPHeaders"] = {"date": self._date()}
        return result

    def _one_way(self, random: Random) -> int:
        low, high = latencies.DYNAMODB_ONE_WAY
        time = low + int(random.random() * (high - low))
        return time * random.randrange(1, 100) if self._faults.strike("slow", random) else time

    def _silent(self) -> None:
        self._scheduler.sleep(self._silence)
        raise ReadTimeoutError(endpoint_url="the table")

    def _refuse(self, operation: str, request: dict[str, Any], random: Random, there: int) -> None:
        """A fault of the service: sometimes it has done what it says it has not."""
        sender = self._scheduler.current_name
        code = random.choice(self._refusals_of(operation, request))
        if code == "InternalServerError" and random.random() < 0.5:
            self._scheduler.after(there, lambda: self._arrive(sender, operation, request, None))
        self._scheduler.sleep(2 * there)
        self._tell(sender, operation, request, f"refused: {code}")
        if code == "TransactionCanceledException":
            count = len(request["TransactItems"])
            at = random.randrange(count)
            reasons = [CONFLICT if i == at else NO_REASON for i in range(count)]
            raise cancelled(operation, reasons)
        raise refusal(operation, code, "an injected fault")

    def _refusals_of(self, operation: str, request: dict[str, Any]) -> tuple[str, ...]:
        """Only what can happen: single writes conflict where transactions are."""
        always = ("InternalServerError", "ThrottlingException")
        if operation == OPERATION:
            return (*always, "TransactionCanceledException", "TransactionInProgressException")
        if operation == "TransactGetItems":
            return (*always, "TransactionCanceledException")
        more = (*always, "ProvisionedThroughputExceededException")
        if operation in _WRITES and self._is_transacted(request):
            return (*more, "TransactionConflictException", "TransactionConflictException")
        return more

    def _is_transacted(self, request: dict[str, Any]) -> bool:
        key = request.get("Key") or request["Item"]
        return (key["pk"]["S"], key["sk"]["S"]) in self._model.items.transacted

    def _arrive(
        self, sender: str, operation: str, request: dict[str, Any], answer: Promise | None
    ) -> None:
        """At the table. The sender may be gone, or may have given up."""
        try:
            if operation == OPERATION:
                self._transact(sender, request, answer)
                return
            result: Any = self._dated(self._model.run(operation, request))
        except ClientError as error:
            result = possible(error)
        self._tell(sender, operation, request, result)
        if answer is not None:
            answer.keep(result)

    def _transact(self, sender: str, request: dict[str, Any], answer: Promise | None) -> None:
        try:
            prepared = self._model.prepare(request)
        except ClientError as error:
            self._tell(sender, OPERATION, request, possible(error))
            if answer is not None:
                answer.keep(error)
            return

        def finish() -> None:
            try:
                result: Any = self._dated(self._model.finish(prepared))
            except ClientError as error:
                result = possible(error)
            self._tell(sender, OPERATION, request, result)
            if answer is not None:
                answer.keep(result)

        low, high = latencies.DYNAMODB_TRANSACTION
        self._scheduler.after((low + high) // 2, finish)

    def _tell(self, sender: str, operation: str, request: dict[str, Any], result: Any) -> None:
        if self._trace is not None:
            self._trace(f"{sender}: {described(operation, request, result)}")


def possible(error: ClientError) -> ClientError:
    """The refusal, unless it is one that the real code never meets with."""
    if error.response["Error"]["Code"] == "ValidationException":
        raise BrokenPromise(broken.NO_BUG, str(error))
    return error


def described(operation: str, request: dict[str, Any], result: Any) -> str:
    """One call in one line, for the trace."""
    if "TransactItems" in request:
        bodies = [(verb, body) for one in request["TransactItems"] for verb, body in one.items()]
        what = ", ".join(f"{verb} {_place(body)}" for verb, body in bodies[:6])
        what += f" and {len(bodies) - 6} more" if len(bodies) > 6 else ""
    else:
        what = _place(request)
    if isinstance(result, ClientError):
        result = result.response["Error"]["Code"]
    return f"{operation} {what} → {result if isinstance(result, str) else 'done'}"


def _place(body: dict[str, Any]) -> str:
    key = body.get("Key") or body.get("Item")
    if key is None:
        values = body.get("ExpressionAttributeValues", {})
        return str([value.get("S") for value in values.values()])
    return f"{key['pk']['S']}/{key['sk']['S']}"
