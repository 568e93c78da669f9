"""Limits with the raises in force on top: what the ledger is to hold.

A limit is made of two things that different people change: the configuration, and measures. So
whoever writes one looks again afterwards, and writes anew until nothing changed meanwhile: of two
who write at once the later look sees both, whichever write came last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from cost_sentry.application.config_document import config_from_document
from cost_sentry.application.ports import Clock, ConfigStore, LedgerBooks
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import ConfigurationError, LedgerContention
from cost_sentry.domain.measure import Measures
from cost_sentry.domain.measures_in_force import raised_by
from cost_sentry.domain.sentry_config import SentryConfig

LOOKS_MAX = 20
"""At what is in force, before giving up with ``LedgerContention``."""


def config_with_measures(store: ConfigStore) -> SentryConfig | None:
    """The configuration in force with all measures on record; ``None`` before the first.

    ``ConfigurationError`` if this version of the sentry cannot read them.
    """
    stored = store.stored()
    if stored is None:
        return None
    return replace(config_from_document(stored.document), measures=stored.measures)


def measures_on_record(store: ConfigStore) -> Measures:
    """Also where the configuration cannot be read; none where what is stored is damaged.

    Whoever replaces a damaged configuration must not be kept from it by what stands beside it.
    """
    try:
        stored = store.stored()
    except ConfigurationError:
        return ()
    return stored.measures if stored else ()


def as_raised(budget: Budget, measures: Measures, now: datetime) -> Budget:
    """As the ledger is to hold it at this moment."""
    held = budget.in_ledger
    more = 0 if budget.is_shadow else raised_by(measures, budget, now)
    return replace(held, limit=held.limit + more) if more else held


def without_raises(
    limits: Mapping[str, int], budgets: Iterable[Budget], measures: Measures, now: datetime
) -> Mapping[str, int]:
    """What the ledger holds, less what is raised: to be compared with configurations."""
    raised = {b.id: as_raised(b, measures, now).limit - b.in_ledger.limit for b in budgets}
    return {id_: limit - raised.get(id_, 0) for id_, limit in limits.items()}


def set_raised_limit(
    budget_id: str, *, store: ConfigStore, books: LedgerBooks, clock: Clock
) -> Budget | None:
    """Let the ledger hold what is in force of one budget; safe to repeat.

    Returns:
        The budget as it is held; ``None`` where it is not in force: then nobody spends from it, and
        whoever puts it in force again sets its limit.

    Raises:
        LedgerUnavailable: it may be set; do it again.
        ConfigurationError: the configuration in force cannot be read.
    """
    wanted = _wanted(budget_id, store, clock.now())
    for _ in range(LOOKS_MAX):
        if wanted is None:
            return None
        books.define(wanted, wanted.window_at(clock.now()).id)
        latest = _wanted(budget_id, store, clock.now())
        if latest == wanted:
            return wanted
        wanted = latest
    raise LedgerContention(f"the limit of budget {budget_id!r} is being changed by others")


def _wanted(budget_id: str, store: ConfigStore, now: datetime) -> Budget | None:
    config = config_with_measures(store)
    if config is None:
        return None
    found = next((one for one in config.budgets if one.id == budget_id), None)
    return found and as_raised(found, config.measures, now)
