"""The promises that only threads can break, on every engine that serves more than one."""

import pytest

from tests.contract.engines import CONCURRENT
from tests.contract.ledger_limit_races import LedgerLimitRaces
from tests.contract.ledger_races import LedgerRaces
from tests.contract.ledger_sharing_races import LedgerSharingRaces


@pytest.mark.parametrize("engine", CONCURRENT)
class TestLedgerRaces(LedgerRaces, LedgerLimitRaces, LedgerSharingRaces):
    """The suites, once per engine."""
