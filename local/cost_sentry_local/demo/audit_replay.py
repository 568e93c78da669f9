"""What the balances must be if the journal's entries are all that ever happened."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cost_sentry_local.demo.ledger_records import EndView, HeldView
from cost_sentry_local.demo.ledger_view import ADJUSTED, RESOLVED, EntryView


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """Free and pending money by place and window, posted money by window."""

    free: Counter[tuple[str, str]] = field(default_factory=Counter)
    pending: Counter[tuple[str, str]] = field(default_factory=Counter)
    posted: Counter[str] = field(default_factory=Counter)


def replayed(entries: Iterable[EntryView], until: Mapping[str, int] | None = None) -> Balances:
    """Balances from entries alone.

    Args:
        entries: of the whole journal.
        until: by place, the last sequence that counts: an instant in the past. Without it, all.
    """
    entries = tuple(entries)
    first_charges = _first_charges(entries)
    balances = Balances()
    for entry in entries:
        if until is not None and entry.sequence > until.get(entry.place, 0):
            continue
        for purse, amount in entry.moves.items():
            balances.free[entry.place, purse] += amount
        if entry.held is not None and entry.end is None:
            _reserve(balances, entry.place, entry.held)
        elif entry.held is not None and entry.end is not None:
            before = first_charges.get(_name(entry)) if entry.kind == ADJUSTED else None
            _end(balances, entry.place, entry.held, entry.end, before)
    return balances


def _name(entry: EntryView) -> tuple[str, str]:
    return entry.place, entry.held.request_id if entry.held else ""


def _first_charges(entries: Iterable[EntryView]) -> dict[tuple[str, str], dict[str, int]]:
    """What each call was charged when it ended; an adjustment takes the place of that."""
    return {
        _name(entry): entry.end.charges(entry.held)
        for entry in entries
        if entry.kind == RESOLVED and entry.held is not None and entry.end is not None
    }


def _reserve(balances: Balances, place: str, held: HeldView) -> None:
    for purse, amount in held.amounts.items():
        balances.free[place, purse] -= amount
        balances.pending[place, purse] += amount


def _end(
    balances: Balances, place: str, held: HeldView, end: EndView, before: Mapping[str, int] | None
) -> None:
    """``before`` is what it was charged already; its hold came back then."""
    for purse, charge in end.charges(held).items():
        amount = held.amounts[purse] if before is None else before[purse]
        balances.free[place, purse] += amount - charge
        if before is None:
            balances.pending[place, purse] -= amount
            balances.posted[purse] += charge
        else:
            balances.posted[purse] += charge - amount
