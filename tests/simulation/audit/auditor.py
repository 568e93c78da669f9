"""Checks every accepted write against the promises, trusting no code of the project.

It keeps its own account of what happened (``truth.py``) from the items' versions, which it reads
with its own reader, and compares both after every write.
"""

from collections.abc import Sequence

from tests.simulation import ledger_reader as reader
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import Purse, Story, Truth, budget_of
from tests.simulation.dynamodb.items import Written
from tests.simulation.ledger_reader import Change, Ended, Entry, Held, Part


class Auditor:
    """Listens to a table."""

    def __init__(self) -> None:
        self.truth = Truth()
        self.entries: dict[tuple[str, int], Entry] = {}
        """Every entry that an item ever carried, by source and number."""
        self.billed: dict[tuple[str, str], int] = {}
        """What calls really cost, by account and request id; see ``calls.py``."""
        self.writes = 0

    def __call__(self, written: Sequence[Written]) -> None:
        """One atomic write."""
        self.writes += 1
        changes = [reader.change(one.key, one.before, one.after) for one in written]
        for change in changes:
            self._note_definition(change)
            self._check_entry(change)
        for change in changes:
            self._open_windows(change)
        self._check_money(changes)

    def _note_definition(self, change: Change) -> None:
        if change.defined is not None:
            budget, limit = change.defined
            self.truth.definitions[budget] = limit
            self.truth.ever_defined.add((budget, limit))
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
            self.truth.purses.setdefault(purse, Purse(limit)).limit = limit

    def _check_entry(self, change: Change) -> None:
        if change.numbers is None:
            return
        before, after = change.numbers
        moves = change.reserved or change.gone or change.ended
        moves = moves or any(p.free or p.posted for p in change.parts.values())
        if after == before and not moves:
            return
        if after != before + 1 or change.entry is None:
            detail = f"{change.source} goes from entry {before} to {after}"
            raise BrokenPromise(broken.ENTRY_PER_WRITE, detail)
        _check_entry_tells(change, change.entry)
        self.entries[(change.source, after)] = change.entry

    def _check_money(self, changes: Sequence[Change]) -> None:
        reserved = [held for change in changes for held in change.reserved]
        gone = [held for change in changes for held in change.gone]
        ended = [one for change in changes for one in change.ended]
        parts = _summed(changes)
        self._check_reservations(reserved, gone, ended, parts)
        for purse, part in parts.items():
            due = part.free + part.pending + part.posted
            if part.limit != due:
                detail = f"{purse}: the limit moves by {part.limit}, the places by {due}"
                raise BrokenPromise(broken.CONSERVED, detail)
            if part.pending or part.posted or part.limit:
                self._follow(purse, part)
        for held in reserved:
            self._check_within_limit(held)

    def _follow(self, purse: str, part: Part) -> None:
        kept = self.truth.purses.get(purse)
        if kept is None:
            detail = f"{purse} moves money before it is opened"
            raise BrokenPromise(broken.LIMIT_IN_FORCE, detail)
        kept.pending += part.pending
        kept.posted += part.posted
        self.truth.see(purse)

    def _check_reservations(
        self, reserved: list[Held], gone: list[Held], ended: list[Ended], parts: dict[str, Part]
    ) -> None:
        self._check_ends(gone, ended)
        for held in reserved:
            self._hold(held)
        for one in ended:
            self._end(one)
        due: dict[str, Part] = {}
        for records, sign in ((reserved, 1), (gone, -1)):
            for held in records:
                for purse, _, amount in held.holds:
                    due.setdefault(purse, Part()).pending += sign * amount
        for one in ended:
            for purse, amount in one.postings():
                due.setdefault(purse, Part()).posted += amount
        for purse in {**parts, **due}:
            found, wanted = parts.get(purse, Part()), due.get(purse, Part())
            if (found.pending, found.posted) != (wanted.pending, wanted.posted):
                raise BrokenPromise(
                    broken.POSTED_AS_RESOLVED,
                    f"{purse}: pending moves by {found.pending} and posted by {found.posted}, "
                    f"reservations by {wanted.pending} and {wanted.posted}",
                )

    def _check_ends(self, gone: list[Held], ended: list[Ended]) -> None:
        if {id_of(held): held for held in gone} != {id_of(e.held): e.held for e in ended}:
            detail = f"{_ids(gone)} leave pending, {_ids([e.held for e in ended])} are resolved"
            raise BrokenPromise(broken.RESOLVED_ONCE, detail)

    def _hold(self, held: Held) -> None:
        known = self.truth.stories.get(id_of(held))
        if known is not None:
            detail = f"{held.request_id} of {held.account} is held again"
            raise BrokenPromise(broken.HELD_ONCE, detail)
        self.truth.stories[id_of(held)] = Story(held)

    def _end(self, one: Ended) -> None:
        story = self.truth.stories.get(id_of(one.held))
        if story is None or story.ended is not None:
            detail = f"{one.held.request_id} ends as {one.state} and was not pending"
            raise BrokenPromise(broken.RESOLVED_ONCE, detail)
        story.ended = one
        held = {purse: amount for purse, _, amount in one.held.holds}
        for purse, amount in one.postings():
            self.truth.purses[purse].overrun += max(0, amount - held[purse])
        if one.state == reader.VOIDED and id_of(one.held) in self.billed:
            detail = f"{one.held.request_id} is voided after its call ran"
            raise BrokenPromise(broken.NEVER_FREE, detail)

    def _check_within_limit(self, held: Held) -> None:
        """A hold was accepted: with it, nothing may pass the limit but what overran before."""
        for purse, _, _ in held.holds:
            kept = self.truth.purses[purse]
            if kept.left + kept.overrun < 0:
                raise BrokenPromise(
                    broken.NEVER_OVERSPENT,
                    f"{purse}: posted {kept.posted} and pending {kept.pending} pass the limit of "
                    f"{kept.limit} when {held.request_id} is held",
                )


def id_of(held: Held) -> tuple[str, str]:
    """What makes a request the same one."""
    return held.account, held.request_id


def _ids(records: list[Held]) -> list[str]:
    return [held.request_id for held in records]


def _summed(changes: Sequence[Change]) -> dict[str, Part]:
    """Differences of all items together, by purse."""
    if len(changes) == 1:
        return changes[0].parts
    total: dict[str, Part] = {}
    for change in changes:
        for purse, part in change.parts.items():
            whole = total.setdefault(purse, Part())
            whole.limit += part.limit
            whole.free += part.free
            whole.pending += part.pending
            whole.posted += part.posted
    return total


def _check_entry_tells(change: Change, entry: Entry) -> None:
    """The entry of a write says what the write did."""
    told: tuple[object, ...] = (entry.held,) if entry.kind == "reserve" else ()
    ended: tuple[object, ...] = (entry.ended,) if entry.ended is not None else ()
    if told != tuple(change.reserved) or ended != tuple(change.ended):
        detail = f"entry {entry.sequence} of {change.source} tells of another {entry.kind}"
        raise BrokenPromise(broken.ENTRY_PER_WRITE, detail)
    for purse, amount in entry.moves:
        moved = change.parts.get(purse, Part()).free
        if amount != moved:
            detail = f"entry {entry.sequence} of {change.source} moves {amount}, its item {moved}"
            raise BrokenPromise(broken.ENTRY_PER_WRITE, detail)
