"""A window and a table that show debts as a test wants them seen."""

from cost_sentry.adapters.ledger_calls import Written
from cost_sentry.adapters.ledger_debts import WINDOWS_MAX
from cost_sentry.adapters.ledger_windows import WindowState
from tests.fakes.noted_calls import shard_item

PURSE = "search-daily@2026-11-21"
OWING = ["search/app0"]
DEBTS = {f"budget{n:02d}@2026-11-21": OWING for n in range(WINDOWS_MAX + 2)}
WRITTEN = Written(attributes={})


class Scripted:
    """Allotments that show these windows, one a look and the last for ever, and move nothing."""

    def __init__(self, *spreads, moved=False, pools=0, glance=None):
        self._spreads, self._moved, self._pools = list(spreads), moved, pools
        self._glance = glance
        self.looked, self.owing, self.placed, self.glances = [], [], [], 0

    def window(self, purse):
        self.looked.append(purse)
        places = tuple(f"search/app{n}" for n in range(3))
        return WindowState(limit=100, unallotted=0, impounded=0, places=places, pools=self._pools)

    def _next(self):
        return self._spreads.pop(0) if len(self._spreads) > 1 else self._spreads[0]

    def glance(self, purse, window):
        self.glances += 1
        return self._next() if self._glance is None else self._glance

    def spread(self, purse, owing):
        self.owing.append(list(owing))
        return self._next()

    def place(self, purse, spread, placement, now):
        self.placed.append(placement)
        return self._moved


class Table:
    """Answers transactions so, the last answer for ever; a shard owes less after each written one.

    ``owed`` is what the shard that is asked for owes, one a look and the last for ever.
    """

    def __init__(self, *answers, owed=(20, 0)):
        self._answers, self._owed = list(answers) or [WRITTEN], list(owed)
        self.transacted = []

    def get(self, key):
        owed = self._owed.pop(0) if len(self._owed) > 1 else self._owed[0]
        return None if owed is None else shard_item(free=dict.fromkeys((PURSE, *DEBTS), -owed))

    def transact(self, actions):
        self.transacted.append(actions)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
