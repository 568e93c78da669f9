"""A run whose accounts cannot be written: which of the others have their turn, and who is told."""

import pytest

from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_upkeep import Upkeep
from cost_sentry.domain.errors import LedgerThrottled, LedgerUnavailable
from tests.fakes.builders import NOON
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient

ACCOUNTS = ("ads/web", "search/app", "search/web")
SILENT, THROTTLED = LedgerUnavailable("silence"), LedgerThrottled("too often")


class Some(Upkeep):
    """Tidies accounts; this one not."""

    def __init__(self, calls, account, problem):
        super().__init__(calls, None, NOON, 5)
        self.account, self.problem, self.tidied = account, problem, []

    def _tidy(self, of_account):
        [account] = {shard.account for shard in of_account}
        self.tidied.append(account)
        self._done.merged += 1
        if account == self.account:
            raise self.problem


class NoDebts:
    def cover_all(self, _debts, _now):
        return 100


@pytest.fixture
def calls():
    calls = LedgerCalls(InstantClient(DynamoDbModel(lambda: 0)), "ledger")
    for account in ACCOUNTS:
        Shards(calls).open(account, "")
    return calls


def test_an_account_that_is_throttled_is_told_of_once_all_others_are_done(calls):
    for account in ACCOUNTS:
        upkeep = Some(calls, account, THROTTLED)
        with pytest.raises(LedgerThrottled) as told:
            upkeep.run(NoDebts())
        assert {*upkeep.tidied} == {*ACCOUNTS}
        assert told.value is THROTTLED


def test_a_ledger_that_is_silent_is_asked_for_no_other_account(calls):
    order = Some(calls, None, None)
    order.run(NoDebts())
    upkeep = Some(calls, order.tidied[1], SILENT)

    with pytest.raises(LedgerUnavailable, match="silence"):
        upkeep.run(NoDebts())
    assert upkeep.tidied == order.tidied[:2]


def test_a_run_in_which_nothing_fails_tells_what_it_changed(calls):
    assert Some(calls, None, None).run(NoDebts()) == 100 + len(ACCOUNTS)
