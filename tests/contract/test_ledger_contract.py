"""Every ledger keeps every promise, whatever it is made of."""

import pytest

from tests.contract.engines import EVERY, SIMULATED
from tests.contract.ledger_contract import LedgerContract
from tests.contract.ledger_debts_contract import LedgerDebtsContract
from tests.contract.ledger_executions_contract import LedgerExecutionsContract
from tests.contract.ledger_expiry_contract import LedgerExpiryContract
from tests.contract.ledger_external_contract import LedgerExternalContract
from tests.contract.ledger_limits_contract import LedgerLimitsContract
from tests.contract.ledger_runs_contract import LedgerRunsContract
from tests.contract.ledger_units_contract import LedgerUnitsContract


@pytest.mark.parametrize("engine", [*EVERY, SIMULATED])
class TestLedger(
    LedgerContract,
    LedgerDebtsContract,
    LedgerExecutionsContract,
    LedgerExpiryContract,
    LedgerExternalContract,
    LedgerLimitsContract,
    LedgerRunsContract,
    LedgerUnitsContract,
):
    """The suites, once per engine."""
