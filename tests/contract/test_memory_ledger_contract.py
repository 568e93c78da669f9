import pytest

from tests.contract.ledger_contract import LedgerContract
from tests.fakes.memory_ledger import MemoryLedger


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger()

    @pytest.fixture
    def books(self, ledger):
        return ledger
