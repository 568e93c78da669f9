"""The promises that only threads can break, on every engine that serves more than one."""

import pytest

from tests.contract.engines import CONCURRENT, DYNOXIDE, MEMORY
from tests.contract.ledger_crowd_races import LedgerCrowdRaces
from tests.contract.ledger_limit_races import LedgerLimitRaces
from tests.contract.ledger_races import LedgerRaces
from tests.contract.ledger_run_races import LedgerRunRaces
from tests.contract.ledger_sharing_races import LedgerSharingRaces


@pytest.mark.parametrize("engine", CONCURRENT)
class TestLedgerRaces(LedgerRaces, LedgerLimitRaces, LedgerRunRaces, LedgerSharingRaces):
    """The suites, once per engine."""


@pytest.mark.parametrize("engine", [MEMORY, DYNOXIDE])
class TestLedgerCrowdRaces(LedgerCrowdRaces):
    """Hundreds of calls, so on the faster of the DynamoDBs only."""
