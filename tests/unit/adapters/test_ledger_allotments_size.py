"""How much of a window's money one transaction moves."""

import pytest

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import TooLarge
from cost_sentry.adapters.ledger_items import definition_key
from cost_sentry.domain.allotment import Part, Spread, gathered
from cost_sentry.domain.errors import LedgerUnavailable
from tests.fakes.builders import NOON
from tests.fakes.noted_calls import NotedCalls

PURSE = "search-daily@2026-11-21"


class Small(NotedCalls):
    """Takes no transaction of more actions than this."""

    actions_max = 100

    def transact(self, actions):
        written = super().transact(actions)
        return written if len(actions) <= self.actions_max else TooLarge()


def placed(places, *, actions_max=100, limit=100):
    parts = {f"search/app{n}": Part(free=1) for n in range(places)}
    calls = Small()
    calls.actions_max = actions_max
    spread = Spread(limit=100, unallotted=0, impounded=0, places=parts)
    done = Allotments(calls).place(PURSE, spread, gathered(spread, limit), NOON)
    return done, [len(actions) for actions in calls.transactions]


@pytest.mark.parametrize(
    ("places", "limit", "expected"),
    [
        (98, 100, (True, [99])),
        (98, 120, (True, [100])),
        (99, 100, (True, [100])),
        (100, 100, (False, [100])),
        (99, 120, (False, [99])),
        (101, 120, (False, [99])),
    ],
)
def test_as_many_places_as_fit_give_at_once_and_more_give_in_turn(places, limit, expected):
    """The window takes one of a hundred actions, and a limit that changes one more."""
    assert placed(places, limit=limit) == expected


def test_what_is_too_large_is_halved_until_it_fits():
    assert placed(12, actions_max=4) == (False, [13, 7, 4])
    assert placed(13, actions_max=2) == (False, [14, 7, 4, 2])


def test_a_window_whose_single_place_is_too_large_cannot_be_moved():
    with pytest.raises(LedgerUnavailable, match="for its size"):
        placed(3, actions_max=1)


def test_a_new_limit_is_compared_with_the_definition_of_its_budget_whatever_that_is_called():
    calls = Small()
    spread = Spread(limit=100, unallotted=0, impounded=0, places={})

    Allotments(calls).place("odd@name@2026-11-21", spread, gathered(spread, 120), NOON)

    [[_, check]] = calls.transactions
    assert check["ConditionCheck"]["Key"] == definition_key("odd@name")
