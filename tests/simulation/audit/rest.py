"""Checks what is promised of accounts that nobody reads any more."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import Truth
from tests.simulation.ledger_records import Change


class AccountsAtRest:
    """Which accounts are in use and which are at rest, as the writes tell it."""

    def __init__(self, truth: Truth, met: Counter[str]) -> None:
        self._truth = truth
        self._met = met
        self._registered: set[str] = set()
        self._at_rest: dict[str, bool] = {}

    def check(self, changes: Sequence[Change]) -> None:
        """One atomic write: who is on the register is walked, so nobody else may hold anything."""
        for change in changes:
            self._follow(change)
        for account in _touched(changes):
            at_rest = self._at_rest.get(account, True)
            if at_rest == (account in self._registered):
                detail = f"{account} is {'at rest and' if at_rest else 'in use and not'} on it"
                raise BrokenPromise(broken.ON_THE_REGISTER, detail)
            if at_rest:
                self._check_empty(account, changes)

    def _follow(self, change: Change) -> None:
        if change.registered is not None:
            account, is_there = change.registered
            (self._registered.add if is_there else self._registered.discard)(account)
        if change.at_rest is None or self._at_rest.get(change.source) == change.at_rest:
            return
        if change.source in self._at_rest:
            self._met["accounts called back" if not change.at_rest else "accounts at rest"] += 1
        self._at_rest[change.source] = change.at_rest

    def _check_empty(self, account: str, changes: Sequence[Change]) -> None:
        pending = [c.source for c in changes if _account(c.source) == account and c.pending]
        kept = [
            f"{amount} of {name} in {place}"
            for name, purse in self._truth.purses.items()
            for place, amount in purse.free.items()
            if amount and _account(place) == account
        ]
        if pending or kept:
            detail = f"{account} is at rest with {kept or pending}"
            raise BrokenPromise(broken.NOTHING_AT_REST, detail)


def _touched(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if change.source:
            yield _account(change.source)
        if change.registered is not None:
            yield change.registered[0]


def _account(place: str) -> str:
    return place.partition("#")[0]
