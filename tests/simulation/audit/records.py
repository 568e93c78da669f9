"""Checks what one write does to a shard's records: which it holds, ends, and of when they are."""

from datetime import UTC, datetime, timedelta

from cost_sentry.domain import shard
from tests.simulation import ledger_records as records
from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.truth import Truth, budget_of
from tests.simulation.ledger_records import Change, Held


def check_records(change: Change, truth: Truth) -> None:
    """Of one item; what it does to money is checked elsewhere."""
    _check_replaced(change)
    for held in change.reserved:
        _check_windows(held, truth)
    bits = change.source.partition("#")[2]
    if change.pending > shard.PENDING_MAX * (
        shard.DEEP_FACTOR if len(bits) >= shard.DEEP_FROM_BITS else 1
    ):
        detail = f"{change.source} holds {change.pending} calls"
        raise BrokenPromise(broken.BOUNDED, detail)
    ended = change.entry.ended if change.entry else None
    if ended is None or change.entry is None or change.entry.kind == records.ADJUST:
        return
    if ended.held not in change.gone:
        detail = f"{ended.held.request_id} ends as {ended.state} and is not pending there"
        raise BrokenPromise(broken.RESOLVED_ONCE, detail)
    due_ms = truth.due_ms.get(ended.held.request_id, ended.held.expires_at_ms)
    if ended.state == records.EXPIRED and ended.at_ms < due_ms:
        early = due_ms - ended.at_ms
        detail = f"{ended.held.request_id} expires {early} ms before its hold ends"
        raise BrokenPromise(broken.EXPIRED_LATE_ENOUGH, detail)


def _check_replaced(change: Change) -> None:
    gone = {held.request_id for held in change.gone}
    for held in change.reserved:
        if held.request_id in gone:
            detail = f"{held.request_id} of {held.account} is held over itself"
            raise BrokenPromise(broken.HELD_ONCE, detail)


def _check_windows(held: Held, truth: Truth) -> None:
    """By the very clock that it was admitted with."""
    at = datetime.fromtimestamp(held.reserved_at_ms / 1000, tz=UTC)
    for purse, _, _ in held.holds:
        window = window_id(truth.kinds[budget_of(purse)], at)
        if window is not None and purse != f"{budget_of(purse)}@{window}":
            detail = f"{held.request_id} of {at:%F %T} holds {purse}, it should be {window}"
            raise BrokenPromise(broken.RIGHT_WINDOW, detail)


def window_id(kind: str, at: datetime) -> str | None:
    """The window of UTC that this moment falls into; ``None`` for a kind that is not known here."""
    if kind == "week":
        monday = at - timedelta(days=at.weekday())
        return f"{monday:%G}-W{monday:%V}"
    form = {"day": "%Y-%m-%d", "month": "%Y-%m", "none": "all"}.get(kind)
    return None if form is None else at.strftime(form)
