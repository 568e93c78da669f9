import pytest

from tests.contract.ledger_contract import LedgerContract
from tests.contract.ledger_limits_contract import LedgerLimitsContract
from tests.contract.ledger_units_contract import LedgerUnitsContract
from tests.fakes.memory_ledger import MemoryLedger


class TestMemoryLedger(LedgerContract, LedgerLimitsContract, LedgerUnitsContract):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()

    @pytest.fixture
    def books(self, ledger):
        return ledger
