"""What boto3's clients share: methods by their names, and the SDK's own second attempts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, ClassVar

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.world import latencies
from tests.simulation.world.scheduler import Scheduler


class SdkClient(ABC):
    """Args:
    scheduler: whose tasks call.
    limits: how often the client tries, and how long it waits for an answer; in seconds.
    """

    methods: ClassVar[Mapping[str, str]]
    """Operations by the names of their methods."""
    retried: ClassVar[frozenset[str]]
    """Codes that the SDK tries again; silence it always does."""

    def __init__(self, scheduler: Scheduler, limits: tuple[int, float]) -> None:
        self._scheduler = scheduler
        self._attempts, silence_seconds = limits
        self._silence = int(silence_seconds * latencies.SECOND)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name not in self.methods:
            raise AttributeError(name)
        method = partial(self._call, self.methods[name])
        setattr(self, name, method)
        return method

    @abstractmethod
    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        """One call of the process."""

    @abstractmethod
    def _attempt(self, operation: str, request: dict[str, Any], random: Random) -> dict[str, Any]:
        """One request of it."""

    @abstractmethod
    def may_die(self, random: Random) -> None:
        """End the process now and then."""

    def _tried(
        self, operation: str, request: dict[str, Any], random: Random
    ) -> tuple[dict[str, Any], int]:
        """The answer, and how many attempts were in vain before it."""
        for attempt in range(1, self._attempts + 1):
            try:
                answer = self._attempt(operation, request, random)
            except (ClientError, ReadTimeoutError) as error:
                if attempt == self._attempts or not self._may_pass(error):
                    self.may_die(random)
                    raise
                self._scheduler.sleep(int(random.random() * 2 ** (attempt - 1) * latencies.SECOND))
            else:
                self.may_die(random)
                return answer, attempt - 1
        raise AssertionError("unreachable")

    def _may_pass(self, error: Exception) -> bool:
        if isinstance(error, ClientError):
            return error.response["Error"]["Code"] in self.retried
        return True
