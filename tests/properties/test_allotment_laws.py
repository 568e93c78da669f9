"""The laws of moving a budget's money, for any spread and any order of events."""

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.allotment import AccountPart, Spread, gathered, refill_amount

AMOUNTS = st.integers(0, 1_000)
PARTS = st.builds(AccountPart, free=st.integers(-300, 1_000), pending=AMOUNTS, posted=AMOUNTS)


@st.composite
def spreads(draw):
    accounts = draw(st.dictionaries(st.sampled_from("abcdefgh"), PARTS))
    unallotted, impounded, retired = draw(st.tuples(st.integers(-500, 2_000), AMOUNTS, AMOUNTS))
    free = sum(a.free for a in accounts.values())
    used = sum(a.pending + a.posted for a in accounts.values())
    return Spread(
        limit=unallotted + impounded + retired + free + used,
        unallotted=unallotted,
        impounded=impounded,
        retired=retired,
        accounts=accounts,
    )


@given(spreads(), st.integers(0, 5_000))
def test_moving_money_conserves_it(spread, limit):
    placed = gathered(spread, limit)

    places = placed.unallotted + placed.impounded + sum(placed.free.values())
    assert limit == places + spread.pending + spread.posted


@given(spreads(), st.integers(0, 5_000))
def test_no_more_can_be_spent_from_the_places_than_is_left_in_all(spread, limit):
    placed = gathered(spread, limit)

    left = limit - spread.pending - spread.posted
    spendable = sum(max(0, part) for part in (placed.unallotted, *placed.free.values()))
    assert spendable <= max(0, left)


@given(spreads(), st.integers(0, 5_000), st.data())
def test_no_more_can_be_spent_whatever_the_running_calls_give_back(spread, limit, data):
    placed = gathered(spread, limit)
    returned = {
        name: data.draw(st.integers(0, part.pending)) for name, part in spread.accounts.items()
    }

    left = limit - spread.pending - spread.posted + sum(returned.values())
    free = [placed.free[name] + returned[name] for name in placed.free]
    assert sum(max(0, part) for part in (placed.unallotted, *free)) <= max(0, left)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**9))
def test_a_refill_is_enough_and_never_more_than_there_is(needed, call, unallotted):
    take = refill_amount(needed, call, unallotted)

    assert take <= unallotted
    assert take >= min(needed, unallotted)


def test_a_refill_is_worth_several_calls_however_little_is_missing():
    assert refill_amount(1, 100, 10**6) == 800


def test_a_refill_shrinks_to_what_is_needed_as_the_budget_runs_out():
    assert refill_amount(100, 100, 1_500) == 100
