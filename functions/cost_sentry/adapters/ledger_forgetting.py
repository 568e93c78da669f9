"""Accounts forget what the journal keeps, so that an account item stays small for ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from cost_sentry.adapters.ledger_calls import LedgerCalls, Written
from cost_sentry.adapters.ledger_items import (
    AccountState,
    account_key,
    is_tombstone,
    parse_resolved,
    resolved_key,
    tombstone,
    tombstone_age,
)
from cost_sentry.adapters.ledger_writes import forget_arguments

REMEMBERED = timedelta(seconds=60)
"""How long an id stays in its account after the journal was seen to keep it (P5).

Longer than any admission may take: one that looked into the journal before meets the id here.
"""
FORGOTTEN_AT_ONCE_MAX = 40
"""Ids per housekeeping write; an update expression is at most 4 KB."""
WRITES_MAX = 10
"""Housekeeping writes per run: it keeps up with 400 ids a run, and never holds up its caller."""
UNJOURNALED_MAX = 20
"""Ids that the journal does not keep yet, asked for per run.

The oldest are asked for first, in the order in which the journal gets them, so that behind a few
that are missing nothing is to be found. More than one, because an entry that could not be
journaled stays in front until an operator has put it right.
"""


def forget_journaled(calls: LedgerCalls, account: str, now: datetime) -> None:
    """Shrink full records that the journal keeps to stamps, and drop stamps of over a minute.

    Bounded by ``WRITES_MAX``; what is left is for the next run. A refused write means that somebody
    else did some of it: look again.
    """
    unjournaled: set[str] = set()
    for _ in range(WRITES_MAX):
        item = calls.get(account_key(account))
        resolved = AccountState.of(item).resolved if item else {}
        drop = _outlived(resolved, now)
        room = FORGOTTEN_AT_ONCE_MAX - len(drop)
        shrink = _journaled(calls, account, resolved, room, unjournaled)
        if not (shrink or drop):
            return
        stamp = tombstone(now)
        arguments = forget_arguments(account, shrink=shrink, drop=drop, stamp=stamp)
        written = isinstance(calls.update(arguments), Written)
        if written and len(shrink) + len(drop) < FORGOTTEN_AT_ONCE_MAX:
            return


def _outlived(resolved: Mapping[str, str], now: datetime) -> dict[str, str]:
    stamps = [(i, text) for i, text in resolved.items() if is_tombstone(text)]
    old = [(i, text) for i, text in stamps if tombstone_age(text, now) > REMEMBERED]
    return dict(old[:FORGOTTEN_AT_ONCE_MAX])


def _journaled(
    calls: LedgerCalls,
    account: str,
    resolved: Mapping[str, str],
    ids_max: int,
    unjournaled: set[str],
) -> dict[str, str]:
    """Full records that the journal keeps; adds to ``unjournaled`` what it was seen not to."""
    full = [
        (parse_resolved(text)[1].resolved_at, request_id, text)
        for request_id, text in resolved.items()
        if not is_tombstone(text) and request_id not in unjournaled
    ]
    found: dict[str, str] = {}
    for _, request_id, text in sorted(full):
        if len(found) >= ids_max or len(unjournaled) >= UNJOURNALED_MAX:
            break
        if calls.get(resolved_key(request_id, account)) is None:
            unjournaled.add(request_id)
        else:
            found[request_id] = text
    return found
