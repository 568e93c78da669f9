"""Money for a shard that cannot pay, out of the window or a pool; or proof that there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cost_sentry.adapters.ledger_allotments import Allotments
from cost_sentry.adapters.ledger_answers import reserved_with
from cost_sentry.adapters.ledger_calls import ConditionFailed, Conflict, LedgerCalls, Written
from cost_sentry.adapters.ledger_items import ShardState, number, window_key
from cost_sentry.adapters.ledger_moves import (
    Action,
    give_to_pool,
    move_in_shard,
    take_from_window,
)
from cost_sentry.adapters.ledger_pools import Pools, pool_of
from cost_sentry.adapters.ledger_proofs import Proofs
from cost_sentry.adapters.ledger_wants import (
    Grant,
    Want,
    all_takes,
    is_recent,
    remember,
    seen_of,
)
from cost_sentry.adapters.ledger_windows import WindowState
from cost_sentry.adapters.ledger_writes import bring_and_hold
from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.allotment import (
    CALLS_PER_REFILL,
    DIRECT_PLACES_MAX,
    POOLS,
    SHARE_PER_REFILL,
    nearly_spent,
    refill_amount,
)
from cost_sentry.domain.errors import LedgerContention, LedgerUnavailable
from cost_sentry.domain.reservation import Reservation

ATTEMPTS_MAX = 60
"""Looks at one budget window before giving up with ``LedgerContention``."""
WINDOW_KNOWN = timedelta(seconds=10)
"""How long a crowded window's limit is taken as read: all that a refill through a pool needs."""
WINDOW_SEEN_TRUSTED = timedelta(minutes=5)
"""How long a shard refills itself out of a window without a look at it; what it tells callers of
the window stays as old."""
DRAWS_MAX = 3
"""On pools of a large window, before all that is left is looked at: so many others are drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who is to hold what is brought, and its shard as it was seen."""

    reservation: Reservation
    shard: ShardState


class Refills:
    """Brings shards what they need; remembers of crowded windows only what may be a little old."""

    def __init__(
        self,
        calls: LedgerCalls,
        allotments: Allotments,
        pools: Pools,
        pause: Callable[[int], None],
    ) -> None:
        self._calls = calls
        self._allotments = allotments
        self._pools = pools
        self._pause = pause
        self._crowded: dict[str, tuple[datetime, WindowState]] = {}
        self._proofs = Proofs(calls, allotments)

    def supply(
        self, holder: Holder, wants: Sequence[Want], scarce: Sequence[Want] = ()
    ) -> Reserved | Shortage | None:
        """Bring a shard what all ``wants`` need and hold it at once, or prove it short (P2).

        In one transaction if each window, or its pool, has more than enough; then with some more of
        what is ``scarce``. For a window that is not crowded the proof is one instant over all
        places of its money; for one that is, it stands for a second.

        Returns:
            ``None`` if the shard is not as it was: then its money was not the reason.

        Raises:
            LedgerUnavailable: with ``perhaps_held`` if it was silent after it was told to hold it.
        """
        known = [short for short in map(self._proofs.known_short, wants) if short is not None]
        if known:
            return known[0]
        for attempt in range(ATTEMPTS_MAX):
            found = self._found(wants, attempt)
            if isinstance(found, Shortage):
                return found
            if found is not None:
                more = {want.purse: self._grant(want) for want in scarce if not attempt}
                held = self._hold(holder, _given({**more, **found}))
                if not isinstance(held, Conflict):
                    return held
            self._pause(attempt)
        raise LedgerContention(f"budget {wants[0].hold.budget_id!r} has too many writers at once")

    def _found(self, wants: Sequence[Want], attempt: int) -> Shortage | dict[str, Grant] | None:
        """Where there is enough for each; ``None`` if one of them must be looked at again."""
        grants = {}
        for want in wants:
            grant = self._grant(want, attempt) or self._proven(want, attempt)
            if grant is None or isinstance(grant, Shortage):
                return grant
            grants[want.purse] = grant
        return grants

    def _proven(self, want: Want, attempt: int) -> Shortage | Grant | None:
        known = self._crowded.get(want.purse)
        return self._proofs.prove(want, known[1] if known else None, attempt)

    def _hold(self, holder: Holder, grants: Mapping[str, Grant]) -> Reserved | Conflict | None:
        """``Conflict`` if what was to be brought was not there any more."""
        if not grants:
            return None
        here = holder.reservation
        takes = all_takes(grants, here.reserved_at)
        try:
            outcome = self._calls.transact([*takes, bring_and_hold(here, grants)])
        except LedgerUnavailable as lost:
            raise LedgerUnavailable(str(lost), perhaps_held=here) from lost
        if isinstance(outcome, Written):
            brought = {purse: grant.amount for purse, grant in grants.items()}
            seen = {purse: grant.seen for purse, grant in grants.items()}
            return reserved_with(here, holder.shard, brought, seen)
        is_other = isinstance(outcome, ConditionFailed) and len(takes) in outcome.at
        return None if is_other else Conflict()

    def top_up(self, wants: Sequence[Want]) -> bool:
        """Bring a busy shard what its next calls will need, if there is plenty; one try."""
        grants = {}
        for want in wants:
            grant = self._grant(want)
            if grant is None or 2 * grant.amount < want.hold.amount:
                return False
            grants[want.purse] = grant
        given = _given(grants)
        receive = move_in_shard(
            wants[0].place,
            {purse: grant.amount for purse, grant in given.items()},
            wants[0].now,
            seen={purse: grant.seen for purse, grant in given.items()},
            is_open=True,
        )
        return self._move(*all_takes(given, wants[0].now), receive)

    def _grant(self, want: Want, attempt: int = 0) -> Grant | None:
        """The quick way, without looking at anybody else's money; ``None`` if there is none."""
        unseen = None if attempt else _as_last_time(want)
        if unseen is not None:
            return unseen
        known = self._crowded.get(want.purse)
        if known is None or not is_recent(known[0], want.now, WINDOW_KNOWN):
            window = self._allotments.window(want.purse)
            if window is None:
                return None
            known = want.now, window
            if window.pools:
                remember(self._crowded, want.purse, known)
            if want.place in window.places or not window.pools:
                return self._from_window(want, window)
        elif want.place in known[1].places:
            window = self._allotments.window(want.purse)
            if window is None or want.place in window.places:
                return None if window is None else self._from_window(want, window)
            known = want.now, window  # It has left, and comes back behind a pool.
            remember(self._crowded, want.purse, known)
        if attempt >= DRAWS_MAX and nearly_spent(known[1].limit, want.hold.amount):
            return None
        return self._pools.grant(want, known[1], attempt)

    def _from_window(self, want: Want, window: WindowState) -> Grant | None:
        if want.place not in window.places and len(window.places) >= DIRECT_PLACES_MAX:
            self._crowd(want.purse)
            return None
        if window.impounded or window.unallotted < want.needed:
            return None
        amount = refill_amount(want.needed, want.hold.amount, window.unallotted)
        return Grant(
            takes=(take_from_window(want.purse, amount, window.limit, want.place),),
            amount=amount,
            seen=seen_of(want, window.limit, window.unallotted - amount),
        )

    def _crowd(self, purse: str) -> None:
        """From now on pools stand before the places that come later."""
        self._calls.update(
            {
                "Key": window_key(purse),
                "UpdateExpression": "SET pools = :pools",
                "ConditionExpression": "attribute_not_exists(pools)",
                "ExpressionAttributeValues": {":pools": number(POOLS)},
            }
        )

    def give_back(self, place: str, purse: str, amount: int, now: datetime) -> bool:
        """What a shard behind a pool does not need, so that nothing is stranded there."""
        return self._move(
            give_to_pool(purse, pool_of(place), amount),
            move_in_shard(place, {purse: -amount}, now, has=True),
        )

    def _move(self, *actions: Action) -> bool:
        return isinstance(self._calls.transact(actions), Written)


def _given(grants: Mapping[str, Grant | None]) -> dict[str, Grant]:
    """Those that bring something."""
    return {purse: grant for purse, grant in grants.items() if grant and grant.amount}


def _as_last_time(want: Want) -> Grant | None:
    """Out of a window that had plenty a moment ago; if it has not, the transaction fails."""
    seen = want.seen
    if seen is None or seen.free_max is not None:
        return None
    amount = want.hold.amount * CALLS_PER_REFILL
    if seen.elsewhere < SHARE_PER_REFILL * amount:
        return None
    if not is_recent(seen.at, want.now, WINDOW_SEEN_TRUSTED):
        return None
    amount = max(want.needed, amount)
    return Grant(
        takes=(take_from_window(want.purse, amount, seen.limit, want.place),),
        amount=amount,
        seen=replace(seen, elsewhere=seen.elsewhere - amount),
    )
