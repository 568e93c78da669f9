"""P1 and P3: nothing overspent, nothing lost, and the journal tells the same story."""

from collections import Counter
from collections.abc import Iterator

from cost_sentry_local.demo.audit_evidence import Evidence, Finding
from cost_sentry_local.demo.ledger_view import LedgerView, charged, holds


def never_overspent(evidence: Evidence) -> Finding:
    """P1: posted + pending ≤ limit, in the end and at every instant that was looked at."""
    broken = [
        f"{purse}: posted {view.posted(purse)} + pending {view.pending(purse)}"
        f" > limit {window.limit} ({when})"
        for when, view in _instants(evidence)
        for purse, window in view.windows.items()
        if view.posted(purse) + view.pending(purse) > window.limit
    ]
    if not evidence.samples:
        broken.append("nobody looked while the calls ran")
    checked = (
        f"posted + pending ≤ limit in {len(evidence.ledger.windows)} budget windows,"
        f" at {len(evidence.samples)} instants of the run and in the end"
    )
    return Finding(
        promise="P1", title="Never overspent", checked=checked, broken=tuple(sorted(set(broken)))
    )


def money_conserved(evidence: Evidence) -> Finding:
    """P3: limit = unallotted + free + pending + posted, and the journal replays to it."""
    broken = [
        f"{purse}: limit {window.limit} ≠ {_places(view, purse)} in all its places ({when})"
        for when, view in _instants(evidence)
        for purse, window in view.windows.items()
        if _places(view, purse) != window.limit
    ]
    broken += _journal_breaches(evidence.ledger)
    checked = (
        f"limit = unallotted + free + pending + posted at the same instants;"
        f" {len(evidence.ledger.entries)} journal entries, none missing, none twice,"
        " replay to the balances and the totals"
    )
    return Finding(promise="P3", title="Money conserved", checked=checked, broken=tuple(broken))


def _instants(evidence: Evidence) -> Iterator[tuple[str, LedgerView]]:
    for number, sample in enumerate(evidence.samples, start=1):
        yield f"instant {number}", sample
    yield "the end", evidence.ledger


def _places(view: LedgerView, purse: str) -> int:
    window = view.windows[purse]
    own = window.unallotted + window.impounded
    return own + view.free(purse) + view.pending(purse) + view.posted(purse)


def _journal_breaches(ledger: LedgerView) -> Iterator[str]:
    yield from _sequence_breaches(ledger)
    free, posted = _replayed(ledger)
    for account in ledger.accounts.values():
        for purse in account.free.keys() | {p for name, p in free if name == account.name}:
            told, kept = free[account.name, purse], account.free.get(purse, 0)
            if told != kept:
                yield f"{account.name}: journal says {told} free of {purse}, account has {kept}"
    for purse in ledger.windows:
        for where, amount in (
            ("accounts", ledger.posted(purse)),
            ("totals", ledger.totals.get(purse, 0)),
        ):
            if posted[purse] != amount:
                yield f"{purse}: journal says {posted[purse]} posted, {where} say {amount}"


def _sequence_breaches(ledger: LedgerView) -> Iterator[str]:
    """Every write of an account has a number, and every number one entry."""
    for account in ledger.accounts.values():
        found = Counter(e.sequence for e in ledger.entries if e.account == account.name)
        wanted = Counter(range(1, account.sequence + 1))
        for number in sorted((wanted - found) + (found - wanted)):
            yield f"{account.name}: {found[number]} journal entries have number {number}"


def _replayed(ledger: LedgerView) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Free money by account and window, and posted money by window, from entries alone."""
    free: Counter[tuple[str, str]] = Counter()
    posted: Counter[str] = Counter()
    for entry in ledger.entries:
        for purse, amount in entry.moves.items():
            free[entry.account, purse] += amount
        if entry.reservation is None:
            continue
        held = holds(entry.reservation)
        if entry.resolution is None:
            for purse, amount in held.items():
                free[entry.account, purse] -= amount
            continue
        for purse, cost in charged(entry.reservation, entry.resolution).items():
            free[entry.account, purse] += held[purse] - cost
            posted[purse] += cost
    return free, posted
