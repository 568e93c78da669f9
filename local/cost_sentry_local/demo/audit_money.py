"""P1 and P3: nothing overspent, nothing lost, and the journal tells the same story."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cost_sentry_local.demo.audit_evidence import Evidence, Finding
from cost_sentry_local.demo.audit_replay import Balances, replayed
from cost_sentry_local.demo.ledger_view import LedgerView


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instant:
    """What was seen together, and what the journal's entries until then come to."""

    when: str
    view: LedgerView
    told: Balances


def never_overspent(evidence: Evidence) -> Finding:
    """P1: posted + pending ≤ limit, in the end and at every instant that was looked at."""
    broken = [
        f"{purse}: posted {posted} + pending {pending} > limit {window.limit} ({instant.when})"
        for instant in _instants(evidence)
        for purse, window in instant.view.windows.items()
        for pending in (instant.view.pending(purse),)
        for posted in (instant.view.posted(purse), instant.told.posted[purse])
        if posted + pending > window.limit
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
    """P3: limit = unallotted + free + pending + posted, where posted is what entries say.

    The balances have no word of what is posted: it is what has left all of them. So entries that
    come to the same are proof that nothing was lost or made on the way.
    """
    broken = [breach for instant in _instants(evidence) for breach in _instant_breaches(instant)]
    broken += _sequence_breaches(evidence.ledger)
    broken += _totals_breaches(evidence.ledger)
    shards = len(evidence.ledger.shards)
    checked = (
        "limit = unallotted + free + pending + posted at the same instants;"
        f" {len(evidence.ledger.entries)} journal entries of {shards} shards, none missing, none"
        " twice, replay to the balances of each and to the totals"
    )
    return Finding(promise="P3", title="Money conserved", checked=checked, broken=tuple(broken))


def _instants(evidence: Evidence) -> Iterator[_Instant]:
    entries = evidence.ledger.entries
    for number, sample in enumerate(evidence.samples, start=1):
        seen = {place: shard.sequence for place, shard in sample.shards.items()}
        yield _Instant(when=f"instant {number}", view=sample, told=replayed(entries, seen))
    yield _Instant(when="the end", view=evidence.ledger, told=replayed(entries))


def _instant_breaches(instant: _Instant) -> Iterator[str]:
    view, told = instant.view, instant.told
    for purse, window in view.windows.items():
        places = view.left(purse) + view.pending(purse) + told.posted[purse]
        if places != window.limit:
            yield f"{purse}: limit {window.limit} ≠ {places} in all its places ({instant.when})"
    for what, kept, said in (
        ("free", _free(view), told.free),
        ("pending", _pending(view), told.pending),
    ):
        for place, purse in sorted(kept.keys() | said.keys()):
            if kept[place, purse] != said[place, purse]:
                yield (
                    f"{place}: journal says {said[place, purse]} {what} of {purse},"
                    f" its item has {kept[place, purse]} ({instant.when})"
                )


def _free(view: LedgerView) -> Counter[tuple[str, str]]:
    shards = view.shards.values()
    return Counter({(s.place, purse): n for s in shards for purse, n in s.free.items()})


def _pending(view: LedgerView) -> Counter[tuple[str, str]]:
    shards = view.shards.values()
    return Counter({(s.place, purse): n for s in shards for purse, n in s.held().items()})


def _totals_breaches(ledger: LedgerView) -> Iterator[str]:
    posted = replayed(ledger.entries).posted
    for purse in sorted(ledger.windows.keys() | ledger.totals.keys() | posted.keys()):
        total = ledger.totals.get(purse, 0)
        if posted[purse] != total:
            yield f"{purse}: journal says {posted[purse]} posted, totals say {total}"


def _sequence_breaches(ledger: LedgerView) -> Iterator[str]:
    """Every write of a shard has a number, and every number one entry."""
    found: dict[str, Counter[int]] = {}
    for entry in ledger.entries:
        found.setdefault(entry.place, Counter())[entry.sequence] += 1
    for place in sorted(ledger.shards.keys() | found.keys()):
        shard = ledger.shards.get(place)
        wanted = Counter(range(1, shard.sequence + 1 if shard else 1))
        told = found.get(place, Counter())
        for number in sorted((wanted - told) + (told - wanted)):
            yield f"{place}: {told[number]} journal entries have number {number}"
