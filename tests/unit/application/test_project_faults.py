"""Entries reach the journal however seldom it, the alerts or the ledger answer."""

from cost_sentry.domain.errors import ConfigurationError, LedgerUnavailable
from tests.fakes.builders import budget
from tests.fakes.entries import Account
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.projector import OWNER, Projector, ids

DAY = "2026-11-21"


def posted(projector: Projector) -> int:
    return projector.journal.totals("search-daily", DAY).posted


def test_a_journal_that_fails_midway_gets_everything_again_and_counts_it_once():
    projector, account = Projector(budget(limit=100, owners=(OWNER,))), Account()
    entries = [e for n in range(3) for e in account.call(f"r{n}", 20)]
    projector.journal.fails_after = 3

    done = projector.run(*entries)
    assert done.failed_ids == ids(entries)
    assert posted(projector) == 20
    assert done.gaps == ()

    projector.journal.fails_after = None
    again = projector.run(*entries)
    assert (again.failed_ids, again.new, again.repeated) == ((), 3, 3)
    assert posted(projector) == 60
    assert projector.mailed() == [("search-daily", DAY, 50)]


class SeldomThere(MemoryJournal):
    """Answers so many writes of one entry a run, and none of several at once."""

    answers = 0

    def write(self, entries):
        if len(entries) > 1 or self.answers <= 0:
            raise LedgerUnavailable("the journal did not answer")
        self.answers -= 1
        return super().write(entries)


def test_a_journal_that_seldom_answers_gets_further_with_every_delivery():
    """Or the stream would give the same first record up after its last attempt."""
    projector = Projector(journal=SeldomThere())
    web, app = Account(), Account("search/app")
    waiting = [*web.call("r1", 10), *app.call("r2", 5), *web.call("r3", 2)]

    deliveries = 0
    while waiting:
        projector.journal.answers = 2
        failed = projector.run(*waiting).failed_ids
        assert failed == ids(waiting)[2:]
        waiting, deliveries = waiting[2:], deliveries + 1

    assert deliveries == 3
    assert projector.journal.totals("search-daily", DAY).posted == 17


def test_an_alert_that_could_not_be_recorded_comes_again_with_its_entries():
    projector = Projector(budget(limit=100, owners=(OWNER,)))
    entries = Account().call("r1", 60)
    projector.outbox.down = True

    done = projector.run(*entries)
    assert done.failed_ids == ids(entries)
    assert done.alerts == ()

    projector.outbox.down = False
    assert projector.run(*entries).failed_ids == ()
    assert projector.mailed() == [("search-daily", DAY, 50)]


def test_a_ledger_that_cannot_forget_fails_nothing():
    projector = Projector()
    projector.ledger.down = True

    done = projector.run(*Account().call("r1", 10))

    assert done.failed_ids == ()
    assert "was not tidied" in done.problems[0]


def test_a_configuration_that_cannot_be_read_stops_alerts_and_not_the_projection():
    projector = Projector(budget(limit=100, owners=(OWNER,)))
    projector.config.error = ConfigurationError("the document is broken")
    account = Account()

    done = projector.run(*account.call("r1", 60))
    assert done.failed_ids == ()
    assert "the document is broken" in done.problems[0]
    assert posted(projector) == 60

    projector.config.error = None
    projector.run(*account.call("r2", 1))
    assert projector.mailed() == [("search-daily", DAY, 50)]
