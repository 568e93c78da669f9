import pytest

from tests.contract.journal_contract import JournalContract
from tests.contract.outbox_contract import OutboxContract
from tests.fakes.moto_journal import journal_on_moto


class TestDynamoDbJournal(JournalContract, OutboxContract):
    @pytest.fixture
    def store(self, monkeypatch):
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        with journal_on_moto() as store:
            yield store

    @pytest.fixture
    def journal(self, store):
        return store.journal

    @pytest.fixture
    def outbox(self, store):
        return store.outbox

    @pytest.fixture
    def log(self, store):
        return store.log
