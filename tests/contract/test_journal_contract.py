"""Every journal, outbox and decision log keeps every promise, whatever it is made of."""

import pytest

from cost_sentry.adapters.system_clock import pause
from tests.contract.engines import EVERY, MEMORY
from tests.contract.journal_contract import JournalContract
from tests.contract.outbox_contract import OutboxContract
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.moto_journal import journal_on


@pytest.mark.parametrize("engine", EVERY)
class TestJournal(JournalContract, OutboxContract):
    @pytest.fixture
    def parts(self, engine, request):
        if engine == MEMORY:
            journal = MemoryJournal()
            return journal, MemoryOutbox(journal), journal
        table = request.getfixturevalue("table")
        made = journal_on(table.client, table.name, pause)
        return made.journal, made.outbox, made.log

    @pytest.fixture
    def journal(self, parts):
        return parts[0]

    @pytest.fixture
    def outbox(self, parts):
        return parts[1]

    @pytest.fixture
    def log(self, parts):
        return parts[2]
