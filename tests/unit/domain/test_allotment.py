"""When a window owes; what a refill is worth, to the picodollar."""

import pytest

from cost_sentry.domain.allotment import Part, Spread


def spread(*free, impounded=0):
    places = {f"search/app{n}": Part(free=amount) for n, amount in enumerate(free)}
    return Spread(limit=1_000, unallotted=0, impounded=impounded, places=places)


@pytest.mark.parametrize(
    "owing",
    [spread(-1, 5), spread(5, -1), spread(5, impounded=1), spread(impounded=1)],
    ids=["the first place", "the last place", "covered twice, paid once", "no place is left"],
)
def test_a_window_is_in_debt_while_a_place_owes_or_a_debt_is_covered_more_than_once(owing):
    assert owing.in_debt is True


@pytest.mark.parametrize("sound", [spread(), spread(0, 0), spread(0, 5)])
def test_a_window_whose_places_owe_nothing_is_not_in_debt(sound):
    assert sound.in_debt is False
