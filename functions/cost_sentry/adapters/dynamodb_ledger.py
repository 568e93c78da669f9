"""The ledger on DynamoDB: reserve and resolve are one conditional write each."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_calls import ConditionFailed, LedgerCalls, Written
from cost_sentry.adapters.ledger_debts import cover, cover_all, noting_debts
from cost_sentry.adapters.ledger_forgetting import forget_journaled
from cost_sentry.adapters.ledger_items import (
    AccountState,
    Item,
    Seen,
    account_key,
    parse_resolved,
    resolved_key,
)
from cost_sentry.adapters.ledger_retirement import retire_ended_windows
from cost_sentry.adapters.ledger_writes import (
    reserve_arguments,
    resolve_arguments,
)
from cost_sentry.application.ports import (
    Remaining,
    Reserved,
    ReserveResult,
    Resolved,
    SameId,
    Shortage,
)
from cost_sentry.domain.allotment import Spread, gathered, refill_amount
from cost_sentry.domain.errors import InvariantViolated, LedgerContention, LedgerUnavailable
from cost_sentry.domain.reservation import (
    Hold,
    Reservation,
    ReservationState,
    Resolution,
    ResolvedReservation,
)

ATTEMPTS_MAX = 60
"""Looks at one account or budget window before giving up with ``LedgerContention``."""


class DynamoDbLedger:
    """``application.ports.Ledger``.

    Args:
        calls: the table.
        pause: waits a little after the n-th meeting with another writer; jitter is its business.
    """

    def __init__(self, calls: LedgerCalls, pause: Callable[[int], None]) -> None:
        self._calls = calls
        self._allotments = Allotments(calls)
        self._pause = pause

    def reserve(self, reservation: Reservation) -> ReserveResult:
        """See the port."""
        known = self._journaled(reservation)
        if known is not None:
            return known
        arguments = reserve_arguments(reservation)
        for attempt in range(ATTEMPTS_MAX):
            try:
                outcome = self._calls.update(arguments)
            except LedgerUnavailable as lost:
                raise self._given_back(reservation, lost) from lost
            if isinstance(outcome, Written):
                return _reserved(reservation, outcome.attributes)
            if not isinstance(outcome, ConditionFailed):
                self._pause(attempt)
                continue
            answer = self._overcome(reservation, outcome.item)
            if answer is not None:
                return answer
        raise LedgerContention(f"account {reservation.account!r} has too many writers at once")

    def _given_back(self, reservation: Reservation, lost: LedgerUnavailable) -> LedgerUnavailable:
        """The write may have happened although nobody heard of it: void it, so nothing stays held.

        One try; whoever asks must have an answer soon. The caller will be told no.
        """
        void = Resolution(
            state=ReservationState.VOIDED,
            resolved_at=reservation.reserved_at,
            cost_picodollars=0,
            total_tokens=0,
            usage=None,
            estimated=False,
            reason="the ledger's answer was lost",
        )
        try:
            self.resolve(reservation, void)
        except InvariantViolated:
            return lost  # It was never held.
        except LedgerUnavailable:
            until = reservation.expires_at.isoformat()
            return LedgerUnavailable(f"{lost}; its money may be held until {until}")
        return lost

    def _journaled(self, reservation: Reservation) -> SameId | None:
        """The lasting memory of this id, for when its account has forgotten it."""
        item = self._calls.get(resolved_key(reservation.request_id, reservation.account))
        return None if item is None else _same_id(parse_resolved(item["record"]["S"]))

    def _overcome(self, reservation: Reservation, item: Item | None) -> ReserveResult | None:
        """Why the write was refused: an answer, or ``None`` once the reason is out of the way."""
        if item is None:
            self._allotments.open_account(reservation.account)
            return None
        account = AccountState.of(item)
        pending = account.pending_reservation(reservation.request_id)
        if pending is not None:
            if pending.attempt == reservation.attempt:
                return _reserved(pending, item)
            return SameId(reservation=pending, resolution=None)
        if reservation.request_id in account.resolved:
            ended = account.resolved_reservation(reservation.request_id)
            return _same_id(ended) if ended else self._journaled(reservation)
        short = account.shortages(reservation.holds)
        if not short:
            raise LedgerContention(f"account {reservation.account!r} holds too many calls at once")
        return self._supply(short[0], reservation)

    def _supply(self, hold: Hold, reservation: Reservation) -> Shortage | None:
        """Bring the account enough for this hold, or prove at one instant that there is not."""
        now = reservation.reserved_at
        for attempt in range(ATTEMPTS_MAX):
            spread = self._allotments.spread(hold.key)
            if spread is None:
                self._pause(attempt)
                continue
            if spread.left < hold.amount:
                return Shortage(hold=hold, remaining=_remaining(hold, spread, now))
            if self._move(hold, reservation.account, spread, now):
                return None
            self._pause(attempt)
        raise LedgerContention(f"budget {hold.budget_id!r} has too many writers at once")

    def _move(self, hold: Hold, account: str, spread: Spread, now: datetime) -> bool:
        own = spread.accounts[account].free if account in spread.accounts else 0
        needed = hold.amount - own
        if needed <= 0:
            return True
        in_debt = spread.impounded > 0 or any(
            part.free < 0 for name, part in spread.accounts.items() if name != account
        )
        if in_debt or spread.unallotted < needed:
            self._allotments.place(hold.key, spread, gathered(spread, spread.limit), now)
            return False
        take = refill_amount(needed, hold.amount, spread.unallotted)
        return isinstance(self._allotments.refill(hold.key, account, take, spread, now), Written)

    def resolve(self, reservation: Reservation, resolution: Resolution) -> Resolved:
        """See the port."""
        arguments = resolve_arguments(reservation, resolution)
        for attempt in range(ATTEMPTS_MAX):
            outcome = self._calls.update(arguments)
            if isinstance(outcome, Written):
                self._cover_overrun(reservation, resolution)
                return Resolved(
                    resolved=ResolvedReservation(reservation=reservation, resolution=resolution),
                    first=True,
                )
            if isinstance(outcome, ConditionFailed):
                return self._resolved_before(reservation, resolution, outcome.item)
            self._pause(attempt)
        raise LedgerContention(f"account {reservation.account!r} has too many writers at once")

    def _resolved_before(
        self, reservation: Reservation, resolution: Resolution, item: Item | None
    ) -> Resolved:
        ended = None
        if item is not None:
            ended = AccountState.of(item).resolved_reservation(reservation.request_id)
        if ended is None:
            kept = self._calls.get(resolved_key(reservation.request_id, reservation.account))
            ended = None if kept is None else parse_resolved(kept["record"]["S"])
        if ended is None:
            raise InvariantViolated(
                f"P4: reservation {reservation.request_id!r} is neither pending nor resolved"
            )
        resolved = ResolvedReservation(reservation=ended[0], resolution=ended[1])
        return Resolved(resolved=resolved, first=ended == (reservation, resolution))

    def _cover_overrun(self, reservation: Reservation, resolution: Resolution) -> None:
        """An overrun left its account in debt: let the budget carry it, so that nobody spends it.

        If that fails the debt stays with the account, which cannot spend until it is paid, and
        ``tidy`` gathers it. It never hides that the resolution is written.
        """
        for hold in reservation.holds:
            if resolution.overrun(hold):
                with suppress(LedgerUnavailable):
                    cover(self._allotments, hold.key, resolution.resolved_at, self._pause)

    def expired(self, now: datetime, batch_max: int) -> Iterable[Reservation]:
        """See the port. Read on while they are resolved: the first need not wait for the last."""
        due = (
            reservation
            for account in self._accounts()
            for reservation in account.pending_reservations()
            if reservation.expires_at <= now
        )
        return islice(due, batch_max)

    def tidy(self, now: datetime, batch_max: int) -> int:
        """See the port. Windows with a debt that lies wrong are gathered, and counted too."""
        indebted: set[str] = set()
        accounts = noting_debts(self._accounts(), indebted, now)
        retired = retire_ended_windows(self._calls, accounts, now, batch_max)
        return retired + cover_all(self._allotments, indebted, now, self._pause)

    def forget(self, account: str, now: datetime) -> None:
        """See the port."""
        forget_journaled(self._calls, account, now)

    def _accounts(self) -> Iterator[AccountState]:
        for line in self._calls.query("ACCOUNTS"):
            item = self._calls.get(account_key(line["sk"]["S"]))
            if item is not None:
                yield AccountState.of(item)


def _same_id(ended: tuple[Reservation, Resolution]) -> SameId:
    return SameId(reservation=ended[0], resolution=ended[1])


def _reserved(reservation: Reservation, attributes: Item) -> Reserved:
    account = AccountState.of(attributes)
    remaining = []
    for hold in reservation.holds:
        seen = Seen.parse(account.seen[hold.key])
        remaining.append(
            Remaining(
                budget_id=hold.budget_id,
                window_id=hold.window_id,
                limit=seen.limit,
                left=account.free[hold.key] + seen.elsewhere,
                as_of=datetime.fromtimestamp(seen.at_milliseconds // 1000, tz=UTC),
            )
        )
    return Reserved(reservation=reservation, remaining=tuple(remaining))


def _remaining(hold: Hold, spread: Spread, now: datetime) -> Remaining:
    return Remaining(
        budget_id=hold.budget_id,
        window_id=hold.window_id,
        limit=spread.limit,
        left=spread.left,
        as_of=now,
    )
