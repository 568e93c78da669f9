"""Money made, lost or overspent is noticed: one tampered run per way to do it."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cost_sentry_local.demo.ledger_view import ledger_view
from tests.fakes import audited_run as run
from tests.fakes.audited_run import Items
from tests.fakes.tampered_run import COST, broken, change_ending, find, holder


def test_the_honest_run_has_all_places_that_money_can_be_in(honest):
    ledger = honest.ledger

    assert {"search/web", "search/web#0", "search/web#1"} <= ledger.shards.keys()
    assert all(ledger.pools[purse] > 0 for purse in (run.PURSE, f"{run.TOKENS.id}@2026-11-21"))
    assert [e.kind for e in ledger.entries if e.held and e.held.request_id == "late"] == [
        "ADJUSTED",
        "RESERVED",
        "RESOLVED",
    ]
    assert honest.samples[0].posted(run.PURSE) == 2 * run.QUOTE + run.COST
    assert ledger.posted(run.PURSE) == 2 * run.QUOTE + 2 * run.COST


def test_overspending_is_seen_in_the_end_and_at_an_instant_of_the_run(items, honest):
    window = find(items, "BUDGET#search-daily", "WINDOW#2026-11-21")
    window["unallotted"]["N"] = str(-(10**12))

    assert "P1" in broken(replace(honest, ledger=ledger_view(items)))
    assert "P1" in broken(replace(honest, samples=(*honest.samples, ledger_view(items))))


@pytest.mark.parametrize(("request_id", "kind"), [("settled", "RESOLVED"), ("late", "ADJUSTED")])
def test_overspending_that_only_the_journal_tells_of_is_seen(items, request_id, kind):
    change_ending(items, request_id, kind, COST, 10**12)

    assert "P1" in broken(run.evidence(items))


def test_a_run_that_nobody_watched_proves_nothing(honest):
    assert broken(replace(honest, samples=())) == ["P1"]


def window_of(items: Items) -> dict[str, Any]:
    return find(items, "BUDGET#search-daily", "WINDOW#2026-11-21")["unallotted"]


def pool_of(items: Items) -> dict[str, Any]:
    pools = (i for i in items if i["sk"]["S"].startswith("POOL#2026-11-21#"))
    return next(i["unallotted"] for i in pools if i["pk"]["S"] == "BUDGET#search-daily")


def first_shard_of(items: Items) -> dict[str, Any]:
    return find(items, "ACCOUNT#search/web", "SHARD#")["free"]["M"][run.PURSE]


def half_of(items: Items) -> dict[str, Any]:
    return find(items, "ACCOUNT#search/web", "SHARD#0")["free"]["M"][run.PURSE]


PLACES = (window_of, pool_of, first_shard_of, half_of)


def add(amount: dict[str, Any], change: int) -> None:
    amount["N"] = str(int(amount["N"]) + change)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("change", [1, -1])
def test_a_picodollar_made_or_lost_in_any_place_is_seen_in_the_end_and_on_the_way(
    kept, items, halfway, place: Callable[[Items], dict[str, Any]], change
):
    add(place(items), change)
    add(place(halfway), change)

    assert "P3" in broken(run.evidence(items, kept[0]))
    assert "P3" in broken(run.evidence(kept[1], halfway))


@pytest.mark.parametrize("to", [window_of, pool_of, half_of])
def test_money_that_moved_without_an_entry_is_seen(kept, items, halfway, to):
    """The sum is right; what the shard has is not what its entries say."""
    for instant in (items, halfway):
        add(first_shard_of(instant), -1)
        add(to(instant), 1)

    assert broken(run.evidence(items, kept[0])) == ["P3"]
    assert broken(run.evidence(kept[1], halfway)) == ["P3"]


def test_a_call_that_holds_more_than_it_reserved_is_seen(items):
    shard = holder(items, "pending")
    text = shard["pending"]["M"]["pending"]
    text["S"] = text["S"].replace(f'"usd",{run.QUOTE}]', f'"usd",{run.QUOTE + 1}]')
    add(shard["free"]["M"][run.PURSE], -1)

    assert "P3" in broken(run.evidence(items))


def an_entry_lost(items: Items) -> None:
    items.remove(next(i for i in items if i["pk"]["S"].startswith("ENTRIES#")))


def an_entry_of_a_half_lost(items: Items) -> None:
    items.remove(next(i for i in items if i["pk"]["S"] == "ENTRIES#search/web#0"))


def an_entry_twice(items: Items) -> None:
    entry = copy.deepcopy(next(i for i in items if i["pk"]["S"].startswith("ENTRIES#")))
    items.append({**entry, "sk": {"S": "again"}})


def a_shard_lost(items: Items) -> None:
    items.remove(find(items, "ACCOUNT#search/web", "SHARD#0"))


def totals_too_low(items: Items) -> None:
    add(find(items, "BUDGET#search-daily", "TOTALS#2026-11-21")["posted"], -1)


def totals_of_a_window_that_never_was(items: Items) -> None:
    totals = find(items, "BUDGET#search-daily", "TOTALS#2026-11-21")
    items.append({**totals, "sk": {"S": "TOTALS#2026-11-22"}})


def a_true_cost_that_was_not_posted(items: Items) -> None:
    items.remove(find(items, "REQUEST#late", "search/web#ADJUSTED"))


@pytest.mark.parametrize(
    "tamper",
    [
        an_entry_lost,
        an_entry_of_a_half_lost,
        an_entry_twice,
        a_shard_lost,
        totals_too_low,
        totals_of_a_window_that_never_was,
        a_true_cost_that_was_not_posted,
    ],
)
def test_books_that_do_not_agree_are_seen(items, tamper: Callable[[Items], None]):
    tamper(items)

    assert "P3" in broken(run.evidence(items))
