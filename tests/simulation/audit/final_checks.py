"""After everything is healed: what must hold once nothing moves any more."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.simulation import ledger_reader as reader
from tests.simulation import ledger_records as records
from tests.simulation.audit import broken
from tests.simulation.audit.auditor import Auditor
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import STRANDED_PERCENT_MAX, budget_of
from tests.simulation.dynamodb.items import Item, Items
from tests.simulation.ledger_records import Entry, Part


class FinalChecks:
    """Args:
    items: the table.
    auditor: who saw every write.
    """

    def __init__(self, items: Items, auditor: Auditor) -> None:
        self.rows: list[tuple[tuple[str, str], Item]] = [*_rows(items)]
        self._auditor = auditor
        self._truth = auditor.truth

    def run(self) -> None:
        """All of them; the first that fails is raised."""
        self._check_balances()
        self._check_journal()
        self._check_sequences()
        self._check_replay()
        self._auditor.checks += 4 * len(self._truth.purses) + 2 * len(self._auditor.entries)

    def check_stranded(self, current: set[str]) -> None:
        """Idle shards behind pools keep little: that is how P2 is bounded for crowded windows."""
        for purse in sorted(current & self._truth.purses.keys()):
            kept = self._truth.purses[purse]
            stranded = sum(free for free in kept.hidden if free > 0)
            if stranded * 100 > max(0, kept.limit) * STRANDED_PERCENT_MAX:
                detail = f"{purse}: {stranded} of {kept.limit} lie behind its pools"
                raise BrokenPromise(broken.LITTLE_IS_STRANDED, detail)

    def check_debts(self, current: set[str]) -> None:
        """Nobody owes where the next call does not look, else others spend what is owed.

        Nor anywhere, where there is money to pay it.
        """
        for purse in sorted(current & self._truth.purses.keys()):
            kept = self._truth.purses[purse]
            places = kept.free.keys() if kept.left >= 0 else kept.behind_pools
            owing = {place: kept.free[place] for place in places if kept.free[place] < 0}
            if owing:
                raise BrokenPromise(broken.DEBTS_SEEN, f"{purse}: {owing}, left {kept.left}")

    def _check_balances(self) -> None:
        found: dict[str, Part] = {}
        for key, item in self.rows:
            for purse, part in reader.places(key, item).items():
                found.setdefault(purse, Part()).add(part)
        for purse, kept in self._truth.purses.items():
            part = found[purse]
            if (part.limit, part.pending, part.posted) != (kept.limit, kept.pending, kept.posted):
                raise BrokenPromise(broken.CONSERVED, f"{purse}: {part} should be {kept}")

    def _check_journal(self) -> None:
        journaled = Counter(
            (entry.source, entry.sequence)
            for key, item in self.rows
            if (entry := reader.journal_entry(key, item)) is not None
        )
        missing = self._auditor.entries.keys() - journaled.keys()
        other = journaled.keys() - self._auditor.entries.keys()
        if missing or other:
            detail = f"missing {sorted(missing)[:3]}, made up {sorted(other)[:3]}"
            raise BrokenPromise(broken.JOURNAL_COMPLETE, detail)
        posted = dict(filter(None, (reader.totals(key, item) for key, item in self.rows)))
        for purse, kept in self._truth.purses.items():
            if posted.get(purse, 0) != kept.posted:
                detail = f"{purse}: {posted.get(purse)} projected, {kept.posted} posted"
                raise BrokenPromise(broken.TOTALS_EQUAL, detail)

    def _check_sequences(self) -> None:
        highest: dict[str, int] = {}
        for source, sequence in self._auditor.entries:
            highest[source] = max(sequence, highest.get(source, 0))
        progress = {}
        for key, item in self.rows:
            found = reader.progress(key, item)
            if found is not None:
                source, projected, has_gap = found
                progress[source] = projected
                if has_gap:
                    raise BrokenPromise(broken.NO_GAP, f"{source} misses entries")
        if progress != highest:
            raise BrokenPromise(broken.NO_GAP, f"projected {progress}, written {highest}")

    def _check_replay(self) -> None:
        """From the journal alone, to what the items say."""
        entries = [
            entry
            for key, item in self.rows
            if (entry := reader.journal_entry(key, item)) is not None
        ]
        free, posted = replayed(entries)
        found: dict[tuple[str, str], int] = {}
        for key, item in self.rows:
            source = reader.change(key, None, item).source
            if source:
                for purse, part in reader.places(key, item).items():
                    found[(source, purse)] = part.free
        if _nonzero(found) != _nonzero(free):
            detail = f"entries say {_nonzero(free)}, items {_nonzero(found)}"
            raise BrokenPromise(broken.REPLAYED, detail)
        truth = {purse: kept.posted for purse, kept in self._truth.purses.items()}
        if _nonzero(posted) != _nonzero(truth):
            raise BrokenPromise(broken.REPLAYED, f"entries say {posted}, posted is {truth}")

    def check_alerts(self, mails: set[tuple[str, int]], thresholds: Mapping[str, object]) -> None:
        """Every threshold that is passed has its mail; of budgets whose limit never moved."""
        waiting = [key for key, _ in self.rows if reader.waiting_alert(key)]
        if waiting:
            raise BrokenPromise(broken.ALERTS_OUT, f"{waiting} wait for ever")
        recorded = set(filter(None, (reader.recorded_alert(key) for key, _ in self.rows)))
        if recorded != mails:
            raise BrokenPromise(broken.ALERTS_OUT, f"on record {recorded}, sent {mails}")
        for purse, kept in self._truth.purses.items():
            budget = budget_of(purse)
            if len({limit for b, limit in self._truth.ever_defined if b == budget}) != 1:
                continue
            for percent in thresholds.get(budget, ()):  # type: ignore[attr-defined]
                is_passed = kept.posted and kept.posted * 100 >= kept.limit * percent
                if is_passed and (purse, percent) not in mails:
                    raise BrokenPromise(broken.ALERTS_OUT, f"{purse} passed {percent} %")

    def check_limits(self, limits: Mapping[str, int], current: Mapping[str, str]) -> None:
        """Windows that run have the limits of the configuration in force."""
        for budget, limit in limits.items():
            kept = self._truth.purses.get(current[budget])
            if kept is not None and kept.limit != limit:
                detail = f"{current[budget]} has {kept.limit}, the configuration says {limit}"
                raise BrokenPromise(broken.LIMIT_APPLIED, detail)


def replayed(entries: list[Entry]) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """What entries add up to: free money by source and purse, and posted money by purse."""
    free: Counter[tuple[str, str]] = Counter()
    posted: Counter[str] = Counter()
    charged: dict[tuple[str, str], dict[str, int]] = {}
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        for purse, amount in entry.moves:
            free[(entry.source, purse)] += amount
        if entry.kind == records.RESERVE and entry.held is not None:
            for purse, _, amount in entry.held.holds:
                free[(entry.source, purse)] -= amount
        if entry.ended is not None:
            held = entry.ended.held
            before = charged.get((held.account, held.request_id), {})
            charged[(held.account, held.request_id)] = now = dict(entry.ended.postings())
            for purse, _, amount in held.holds:
                free[(entry.source, purse)] += before.get(purse, amount) - now[purse]
                posted[purse] += now[purse] - before.get(purse, 0)
    return dict(free), dict(posted)


def _nonzero(amounts: Mapping[object, int]) -> dict[object, int]:
    return {name: amount for name, amount in amounts.items() if amount}


def _rows(items: Items) -> Iterator[tuple[tuple[str, str], Item]]:
    for pk in items.partitions():
        for sk in items.sort_keys(pk):
            item = items.get((pk, sk))
            if item is not None:
                yield (pk, sk), item
