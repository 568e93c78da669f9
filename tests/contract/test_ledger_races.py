"""The promises that only threads can break, on every engine that serves more than one."""

import pytest

from tests.contract.engines import CONCURRENT
from tests.contract.ledger_races import LedgerRaces
from tests.contract.ledger_room_races import LedgerRoomRaces


@pytest.mark.parametrize("engine", CONCURRENT)
class TestLedgerRaces(LedgerRaces, LedgerRoomRaces):
    """The suites, once per engine."""
