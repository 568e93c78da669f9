"""Windows of agent runs leave a shard early: its item stays small however many runs there are.

A run may call for a day, and most call for minutes. Of a shard that carries many of their windows
those that were filled longest ago go home together, in one transaction; a later call of such a
run fills the shard again. Others may write to the shard meanwhile, so its ``sequence`` says
nothing. The condition is that nobody has drawn on these windows:

- ``free`` is as it was. Every hold takes some of it, none is of nothing (``Candidate.holds``), and
  what its end brings back is no more;
- ``seen`` is as it was. Only a refill brings more, and each leaves a mark there that no other has.

So what was idle when the shard was read is idle. Debts stay: they lie where calls will pay them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import Seen, ShardState, number
from cost_sentry.adapters.ledger_moves import Action, give_to_window
from cost_sentry.adapters.ledger_retirement import departure, held_purses
from cost_sentry.adapters.run_windows import is_of_run
from cost_sentry.domain.reservation import Hold, window_of
from cost_sentry.domain.window import has_ended

RUN_WINDOWS_MAX = 48
"""Windows of runs that a shard carries before the oldest idle ones go home, however new."""
RUN_OLD_SECONDS = 60
"""A window that was filled so long ago may be of a run that is over; nobody says when one is."""
SENT_HOME_MIN = 4
"""Such windows that are worth a transaction: the shard is billed by its size, and once for all."""
SENT_HOME_MAX = 8
"""Windows that leave together."""
RUN_IDLE_SECONDS = 300
"""What was filled longer ago goes home with the scheduled run, however few there are."""


def make_room(calls: LedgerCalls, shard: ShardState, now: datetime) -> None:
    """Send old windows home if there are some, or too many of any age; bounded, and one try."""
    carried = sum(map(is_of_run, shard.free))
    if carried >= SENT_HOME_MIN:
        idle = _idle(shard, now)
        old = [purse for purse, seconds in idle.items() if seconds > RUN_OLD_SECONDS]
        leaving = old if len(old) >= SENT_HOME_MIN else []
        leaving = [*idle] if carried > RUN_WINDOWS_MAX else leaving
        _send_home(calls, shard, leaving[:SENT_HOME_MAX], now)


def send_idle_home(
    calls: LedgerCalls, shards: Iterable[ShardState], now: datetime, windows_max: int
) -> int:
    """Send home what nobody filled lately, of some shards; how many windows left.

    What has ended goes without looking at the time (``ledger_retirement``).
    """
    done = 0
    for shard in shards:
        idle = [
            purse
            for purse, seconds in _idle(shard, now).items()
            if seconds > RUN_IDLE_SECONDS and not has_ended(window_of(purse), now)
        ]
        leaving = idle[: max(0, windows_max - done)]
        for first in range(0, len(leaving), SENT_HOME_MAX):
            done += _send_home(calls, shard, leaving[first : first + SENT_HOME_MAX], now)
    return done


def besides_runs(holds: tuple[Hold, ...]) -> tuple[Hold, ...]:
    """What is worth filling a shard with before it is asked: its next call is of another run."""
    return tuple(hold for hold in holds if not is_of_run(hold.key))


def _idle(shard: ShardState, now: datetime) -> dict[str, float]:
    """Windows that no call of the shard holds or was charged to, and seconds since their refill.

    The oldest come first.
    """
    seen = {p: Seen.parse(shard.seen[p]) for p in shard.free if is_of_run(p) and p in shard.seen}
    held = held_purses(shard) if seen else ()
    idle = {
        purse: (now - last.at).total_seconds()
        for purse, last in seen.items()
        if last.mark and shard.free[purse] >= 0 and purse not in held
    }
    return dict(sorted(idle.items(), key=lambda one: (-one[1], one[0])))


def _send_home(calls: LedgerCalls, shard: ShardState, purses: Sequence[str], now: datetime) -> int:
    """How many left: all or none."""
    if not purses:
        return 0
    homes = [give_to_window(p, shard.free[p], leaves=shard.place) for p in purses]
    outcome = calls.transact([_leaving(shard, purses, now), *homes])
    return len(purses) if isinstance(outcome, Written) else 0


def _leaving(shard: ShardState, purses: Sequence[str], now: datetime) -> Action:
    """On the condition that nobody has drawn on any of them since the shard was read."""
    update = departure(shard, purses, now)
    update["ExpressionAttributeNames"]["#seen"] = "seen"
    conditions = []
    for i, purse in enumerate(purses):
        seen = {f":f{i}": number(shard.free[purse]), f":s{i}": {"S": shard.seen[purse]}}
        update["ExpressionAttributeValues"] |= seen
        conditions += [f"#free.#b{i} = :f{i}", f"#seen.#b{i} = :s{i}"]
    update["ConditionExpression"] = " AND ".join(conditions)
    return {"Update": update}
