"""What is known of each scope's burn rate, in the ledger's table."""

from cost_sentry.adapters.detector_items import state_attributes, state_key, state_of
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import number
from cost_sentry.application.anomaly_ports import KeptState
from cost_sentry.domain.burn_state import BurnState
from cost_sentry.domain.meter import Scope


class DynamoDbDetectorStates:
    """``application.anomaly_ports.DetectorStates``.

    Args:
        calls: the ledger's table.
    """

    def __init__(self, calls: LedgerCalls) -> None:
        self._calls = calls

    def read(self, scope: Scope) -> KeptState | None:
        """See the port."""
        item = self._calls.get(state_key(scope))
        if item is None:
            return None
        version = int(item["version"]["N"])
        try:
            return KeptState(state=state_of(item), version=version)
        except ValueError:
            return KeptState(state=None, version=version)

    def write(self, scope: Scope, before: int | None, state: BurnState) -> int | None:
        """See the port. One write, on the condition that the version is the one that was read."""
        version = 1 if before is None else before + 1
        attributes = state_attributes(state, version)
        condition = "attribute_not_exists(pk)" if before is None else "#version = :before"
        names = {f"#{name}": name for name in attributes}
        values = {f":{name}": value for name, value in attributes.items()}
        if before is not None:
            values[":before"] = number(before)
        arguments = {
            "Key": state_key(scope),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        return version if isinstance(self._calls.update(arguments), Written) else None
