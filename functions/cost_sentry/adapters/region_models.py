"""What the table says beside the ledger's own business, by a client that soon gives up.

Of the models of this deployment's Region, and of what budgets in shadow mode count.
"""

from functools import cached_property
from typing import Any

from cost_sentry.adapters.aws_clients import circuits_client
from cost_sentry.adapters.cached_circuits import CachedCircuits
from cost_sentry.adapters.dynamodb_circuits import DynamoDbCircuits
from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_retries import DynamoDbRetries
from cost_sentry.adapters.dynamodb_window_use import DynamoDbWindowUse
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.system_clock import pause
from cost_sentry.application.ports import Clock


class RegionModels:
    """Each part is made on first use: whoever needs none pays for no client.

    Args:
        table_name: the ledger's.
        region: of the deployment.
        clock: the machine's.
    """

    def __init__(self, table_name: str, region: str, clock: Clock) -> None:
        self._table = table_name
        self._region = region
        self._clock = clock

    @cached_property
    def calls(self) -> LedgerCalls:
        """The table, for what is advice: whoever asks rather does without than waits."""
        return LedgerCalls(circuits_client(), self._table)

    @cached_property
    def store(self) -> DynamoDbCircuits:
        """Circuits, and what is counted."""
        return DynamoDbCircuits(self.calls, self._region)

    @cached_property
    def circuits(self) -> CachedCircuits:
        """As an admission sees them."""
        return CachedCircuits(lambda: self.store, self._clock)

    @cached_property
    def config_source(self) -> CachedConfigSource:
        """For whoever would rather do without than wait."""
        return CachedConfigSource(DynamoDbConfigStore(self.calls, self._clock), self._clock)

    def retries(self, calls: LedgerCalls | None = None) -> DynamoDbRetries:
        """What trying again is paid with; ``calls`` of whoever has the time for an answer."""
        return DynamoDbRetries(calls or self.calls, self._region, pause)

    def window_use(self) -> DynamoDbWindowUse:
        """What is used of budgets in shadow mode; few configurations ask."""
        return DynamoDbWindowUse(self.calls)

    def watching(self) -> dict[str, Any]:
        """Everything ``ModelWatch`` takes."""
        return {"store": self.store, "config_source": self.config_source, "clock": self._clock}

    def trying_again(self) -> dict[str, Any]:
        """Everything ``try_again`` takes besides the call."""
        bank = self.retries()
        return {"bank": bank, "config_source": self.config_source, "clock": self._clock}
