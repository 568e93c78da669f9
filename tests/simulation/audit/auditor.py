"""Checks every accepted write against the promises, trusting no code of the project.

It keeps its own account of what happened (``truth.py``) from the items' versions, which it reads
with its own reader, and compares both after every write.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tests.simulation import ledger_reader as reader
from tests.simulation import ledger_records as records
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.records import check_records
from tests.simulation.audit.rest import AccountsAtRest
from tests.simulation.audit.runs import RUN, check_leaving
from tests.simulation.audit.truth import Purse, Story, Truth, budget_of
from tests.simulation.dynamodb.items import Written
from tests.simulation.ledger_records import Change, Ended, Entry, Held, Part


class Auditor:
    """Listens to a table; ``now`` is virtual time in microseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.truth = Truth(now)
        self.entries: dict[tuple[str, int], Entry] = {}
        """Every entry that an item ever carried, by source and number."""
        self.billed: dict[tuple[str, str], int] = {}
        """What calls really cost, by account and request id; see ``calls.py``."""
        self.writes = 0
        self.checks = 0
        """Comparisons of what was found with what is promised."""
        self.met: Counter[str] = Counter()
        """What the ledger rarely does, and how often it did it."""
        self._accounts = AccountsAtRest(self.truth, self.met)

    def __call__(self, written: Sequence[Written]) -> None:
        """One atomic write."""
        self.writes += 1
        changes = [reader.change(one.key, one.before, one.after) for one in written]
        for change in changes:
            self._note_definition(change)
            check_records(change, self.truth)
            self._check_entry(change)
        for change in changes:
            self._open_windows(change)
            for was, held in change.adopted:
                self._adopt(was, held)
        self._check_money(changes)
        check_leaving(changes, self.truth)
        self._accounts.check(changes)
        for change in changes:
            _check_entry_moves(change)

    def _note_definition(self, change: Change) -> None:
        if change.defined is not None:
            budget, limit = change.defined
            self.truth.definitions[budget] = limit
            self.truth.forget_given_back(budget)
            self.truth.ever_defined.add((budget, limit))
            self.truth.kinds[budget] = change.kind
            self.truth.see_budget(budget)

    def _open_windows(self, change: Change) -> None:
        if change.new_window is not None:
            purse, limit = change.new_window
            if self.truth.definitions.get(budget_of(purse)) != limit:
                raise BrokenPromise(broken.LIMIT_IN_FORCE, f"{purse} opens with {limit}")
        moved = change.new_window or change.new_limit
        if moved is not None:
            purse, limit = moved
            if (budget_of(purse), limit) not in self.truth.ever_defined:
                raise BrokenPromise(broken.LIMIT_IN_FORCE, f"{purse} gets a limit of {limit}")
            self.truth.purses.setdefault(purse, Purse(limit)).lower(limit)
        if change.direct is not None:
            self.truth.purses[change.direct[0]].direct = change.direct[1]
        if change.crowded:
            if not self.truth.purses[change.crowded].is_crowded:
                self.met["windows crowded"] += 1
            self.truth.purses[change.crowded].is_crowded = True
        self._note_drained(change)
        if change.source:
            self._follow_free(change)

    def _note_drained(self, change: Change) -> None:
        for purse, part in change.parts.items():
            kept = self.truth.purses.get(purse)
            if kept is not None and part.free < 0 and change.source not in kept.behind_pools:
                kept.drained -= part.free

    def _follow_free(self, change: Change) -> None:
        for purse, part in change.parts.items():
            kept = self.truth.purses.get(purse)
            if not part.free or kept is None:
                continue
            kept.free[change.source] = now = kept.free.get(change.source, 0) + part.free
            if change.entry and change.entry.ended:
                kept.given_back[change.source] += part.free
            held = _held_of(change, purse)
            got, had = part.free + held, now + held
            is_refill = got > 0 and not change.gone and change.entry and not change.entry.ended
            if is_refill and had > 0 and kept.left < 0 and kept.left + kept.excused < 0:
                detail = f"{purse}: {change.source} gets {got} when {-kept.left} are owed"
                raise BrokenPromise(broken.NEVER_OVERSPENT, detail)

    def _check_entry(self, change: Change) -> None:
        if change.numbers is None:
            return
        self.checks += 1
        if change.state:
            self.met[change.state] += 1
        if any(RUN in purse for purse in change.left):
            self.met["windows of runs left"] += 1
        before, after = change.numbers
        moves = change.reserved or change.gone
        if after == before and not moves and not any(p.free for p in change.parts.values()):
            return
        if after != before + 1 or change.entry is None:
            detail = f"{change.source} goes from entry {before} to {after}"
            raise BrokenPromise(broken.ENTRY_PER_WRITE, detail)
        _check_entry_tells(change, change.entry)
        self.entries[(change.source, after)] = change.entry

    def _check_money(self, changes: Sequence[Change]) -> None:
        reserved = [held for change in changes for held in change.reserved]
        gone = [held for change in changes for held in change.gone]
        entries = [change.entry for change in changes if change.entry is not None]
        for held in reserved:
            self._hold(held)
        self._check_moves(_summed(changes), _due(reserved, gone), self._charges(gone, entries))
        for held in reserved:
            self._check_within_limit(held)

    def _check_moves(
        self, parts: Mapping[str, Part], due: Mapping[str, Part], charges: Mapping[str, int]
    ) -> None:
        """What moved is what reservations and their ends account for."""
        for purse in {**parts, **due, **charges}:
            self.checks += 1
            found, wanted = parts.get(purse, Part()), due.get(purse, Part())
            charged = charges.get(purse, 0)
            if (found.pending, found.posted) != (wanted.pending, charged):
                raise BrokenPromise(
                    broken.CONSERVED,
                    f"{purse}: pending moves by {found.pending}, and {found.posted} leaves; "
                    f"reservations move by {wanted.pending} and are charged {charged}",
                )
            if found.pending or found.posted or found.limit:
                self._follow(purse, found)
        for purse in parts:
            self.truth.see(purse)

    def _follow(self, purse: str, part: Part) -> None:
        kept = self.truth.purses.get(purse)
        if kept is None:
            detail = f"{purse} moves money before it is opened"
            raise BrokenPromise(broken.LIMIT_IN_FORCE, detail)
        kept.pending += part.pending
        kept.posted += part.posted

    def _charges(self, gone: list[Held], entries: list[Entry]) -> dict[str, int]:
        """What the ends of reservations charge, by purse; each ends once, as it was held."""
        ended = [e.ended for e in entries if e.ended is not None and e.kind != records.ADJUST]
        self._check_ends(gone, ended)
        charges: dict[str, int] = {}
        for one in ended:
            self._end(one)
            _charge(charges, one, 1)
        for entry in entries:
            if entry.kind == records.ADJUST and entry.ended is not None:
                _charge(charges, self._adjust(entry.ended), -1)
                _charge(charges, entry.ended, 1)
        return charges

    def _adjust(self, true: Ended) -> Ended:
        """The true cost takes the place of what expiry charged, once; what that was."""
        story = self.truth.stories.get(id_of(true.held))
        charged = story.ended if story else None
        if story is None or charged is None or charged.state != records.EXPIRED:
            detail = f"{true.held.request_id} is adjusted, it was {charged}"
            raise BrokenPromise(broken.RESOLVED_ONCE, detail)
        self.met["expired calls adjusted"] += 1
        self._note_end(true, story)
        return charged

    def _check_ends(self, gone: list[Held], ended: list[Ended]) -> None:
        self.checks += len(ended)
        if {id_of(held): held for held in gone} != {id_of(e.held): e.held for e in ended}:
            detail = f"{_ids(gone)} leave pending, {_ids([e.held for e in ended])} are resolved"
            raise BrokenPromise(broken.RESOLVED_ONCE, detail)

    def _hold(self, held: Held) -> None:
        self.checks += 1
        known = self.truth.stories.get(id_of(held))
        if known is not None:
            detail = f"{held.request_id} of {held.account} is held again"
            raise BrokenPromise(broken.HELD_ONCE, detail)
        self.truth.stories[id_of(held)] = Story(held)

    def _adopt(self, was: Held, held: Held) -> None:
        self.met["reservations taken over"] += 1
        if was.execution != held.execution:
            detail = f"{held.request_id} goes from {was.attempt} to {held.attempt}"
            raise BrokenPromise(broken.HELD_ONCE, detail)
        self.truth.stories[id_of(held)].held = held

    def _end(self, one: Ended) -> None:
        story = self.truth.stories.get(id_of(one.held))
        if story is None or story.ended is not None:
            detail = f"{one.held.request_id} ends as {one.state} and was not pending"
            raise BrokenPromise(broken.RESOLVED_ONCE, detail)
        self._note_end(one, story)

    def _note_end(self, one: Ended, story: Story) -> None:
        story.ended = one
        story.told.add((one.state, one.cost))
        held = {purse: amount for purse, _, amount in one.held.holds}
        for purse, amount in one.postings():
            self.truth.purses[purse].overrun += max(0, amount - held[purse])
        if one.state == records.VOIDED and id_of(one.held) in self.billed:
            detail = f"{one.held.request_id} is voided after its call ran"
            raise BrokenPromise(broken.NEVER_FREE, detail)

    def _check_within_limit(self, held: Held) -> None:
        """Nothing passes the limit but overruns nobody carries, and what ADR 0010 leaves shards."""
        for purse, _, _ in held.holds:
            self.checks += 1
            kept = self.truth.purses[purse]
            is_hidden = held.source in kept.behind_pools
            excused = kept.hidden_excused if is_hidden else kept.excused
            if kept.left < 0 and kept.left + excused < 0:
                raise BrokenPromise(
                    broken.NEVER_OVERSPENT,
                    f"{purse}: posted {kept.posted} and pending {kept.pending} pass the limit of "
                    f"{kept.limit} when {held.request_id} is held",
                )


def id_of(held: Held) -> tuple[str, str]:
    """What makes a request the same one."""
    return held.account, held.request_id


def _charge(charges: dict[str, int], one: Ended, sign: int) -> None:
    for purse, amount in one.postings():
        charges[purse] = charges.get(purse, 0) + sign * amount


def _ids(records: list[Held]) -> list[str]:
    return [held.request_id for held in records]


def _summed(changes: Sequence[Change]) -> dict[str, Part]:
    """Differences of all items together, by purse."""
    if len(changes) == 1:
        return changes[0].parts
    total: dict[str, Part] = {}
    for change in changes:
        for purse, part in change.parts.items():
            total.setdefault(purse, Part()).add(part)
    return total


def _check_entry_tells(change: Change, entry: Entry) -> None:
    """The entry of a write says what the write did."""
    told = (entry.held,) if entry.kind == records.RESERVE else ()
    left = (entry.held,) if entry.ended and entry.kind != records.ADJUST else ()
    if told != tuple(change.reserved) or left != tuple(change.gone):
        detail = f"entry {entry.sequence} of {change.source} tells of another {entry.kind}"
        raise BrokenPromise(broken.ENTRY_PER_WRITE, detail)


def _check_entry_moves(change: Change) -> None:
    """It says what came to its shard, or left it; what an ended call gave back is its own."""
    entry = change.entry
    if entry is None or entry.ended is not None:
        return
    told_moves = dict(entry.moves)
    for purse in {**change.parts, **told_moves}:
        amount = told_moves.get(purse, 0)
        moved = change.parts.get(purse, Part()).free + _held_of(change, purse)
        if amount != moved:
            detail = f"entry {entry.sequence} of {change.source} moves {amount}, its item {moved}"
            raise BrokenPromise(broken.ENTRY_PER_WRITE, detail)


def _held_of(change: Change, purse: str) -> int:
    """What the write began to hold."""
    return sum(amount for held in change.reserved for p, _, amount in held.holds if p == purse)


def _due(reserved: Sequence[Held], gone: Sequence[Held]) -> dict[str, Part]:
    """By how much pending money should have moved, by purse."""
    due: dict[str, Part] = {}
    for some, sign in ((reserved, 1), (gone, -1)):
        for held in some:
            for purse, _, amount in held.holds:
                due.setdefault(purse, Part()).pending += sign * amount
    return due
