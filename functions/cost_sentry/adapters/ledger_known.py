"""Whether a request id is taken, and who goes on with what its execution holds (P5)."""

from collections.abc import Callable
from dataclasses import replace

from cost_sentry.adapters.ledger_answers import remaining_in, reserved
from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import CLOSED, SPLIT, ShardState, place_key
from cost_sentry.adapters.ledger_memory import Memory
from cost_sentry.adapters.ledger_patience import Patience
from cost_sentry.adapters.ledger_shards import Shards
from cost_sentry.adapters.ledger_writes import adopt_arguments
from cost_sentry.application.ports import Remaining, Reserved, SameId
from cost_sentry.domain.errors import LedgerContention
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.shard import DEPTH_MAX, ROOT, place_of

LOOKS_MAX = 2 * DEPTH_MAX
"""At shards: down to where calls with this id are held, while others split and merge them."""


class KnownIds:
    """Holds nothing. ``pause`` waits a little after the n-th throttled answer."""

    def __init__(
        self, calls: LedgerCalls, memory: Memory, shards: Shards, pause: Callable[[int], None]
    ) -> None:
        self._calls = calls
        self._memory = memory
        self._shards = shards
        self._pause = pause

    def known(self, asked: Reservation) -> Reserved | SameId | None:
        """See ``Ledger.known``; ``LedgerContention`` if it changes faster than it can be read."""
        for _ in range(LOOKS_MAX):
            found = self._found(asked)
            if not isinstance(found, Reservation):
                return found
            held = self.adopted(found, asked.attempt)
            if held is not None:
                return held
        raise LedgerContention(f"request id {asked.request_id!r} is held and let go all the time")

    def adopted(self, held: Reservation, attempt: str) -> Reserved | None:
        """Another invocation of this execution held it; ``None`` if it was just given back."""
        if held.attempt == attempt:
            return Reserved(reservation=held, remaining=self._left(held))
        outcome = self._calls.update(adopt_arguments(held, attempt))
        if not isinstance(outcome, Written):
            return None
        return reserved(replace(held, attempt=attempt), outcome.attributes)

    def _left(self, held: Reservation) -> tuple[Remaining, ...]:
        item = self._calls.get(place_key(held.place))
        return () if item is None else remaining_in(held, ShardState.of(item))

    def _found(self, asked: Reservation) -> Reservation | SameId | None:
        """The journal says first, and then the shard, as ``reserve`` asks them."""
        patience = Patience(self._pause)
        past = patience.asked(
            lambda: self._memory.of_the_past(asked, at_once=not patience.has_waited)
        )
        if past is not None:
            return past
        for _ in range(LOOKS_MAX):
            shard = patience.asked(lambda: self._shard(asked))
            if shard is None:
                return None
            known = self._memory.in_shard(shard, asked)
            if known is not None or not self._goes_on(shard, asked):
                return known
        raise LedgerContention(f"account {asked.account!r} has shards that change all the time")

    def _shard(self, asked: Reservation) -> ShardState | None:
        """The one that takes calls with this id, as far as is known here.

        One that is not there yet has the memory of the one above it.
        """
        shard = self._shards.shard_of(asked.account, asked.request_id)
        for bits in (shard[:length] for length in range(len(shard), -1, -1)):
            item = self._calls.get(place_key(place_of(asked.account, bits)))
            if item is not None:
                return ShardState.of(item)
        return None

    def _goes_on(self, shard: ShardState, asked: Reservation) -> bool:
        """Whether another shard takes this id's calls, and has been found.

        None does while the account is at rest: its first shard is closed.
        """
        if shard.state == SPLIT:
            before = self._shards.shard_of(asked.account, asked.request_id)
            self._shards.learn(shard, asked.request_id)
            return self._shards.shard_of(asked.account, asked.request_id) != before
        if shard.state == CLOSED and shard.shard != ROOT:
            self._shards.unlearn(asked.account, shard.shard)
            return True
        return False
