import pytest

from tests.contract.journal_contract import JournalContract
from tests.contract.outbox_contract import OutboxContract
from tests.fakes.memory_journal import MemoryJournal, MemoryOutbox


class TestMemoryJournal(JournalContract, OutboxContract):
    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def outbox(self, journal):
        return MemoryOutbox(journal)

    @pytest.fixture
    def log(self, journal):
        return journal
