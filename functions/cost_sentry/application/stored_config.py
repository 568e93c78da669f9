"""The configuration in force, also where this version of the sentry cannot read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cost_sentry.application.config_document import config_from_document
from cost_sentry.application.ports import ConfigStore
from cost_sentry.domain.errors import ConfigurationError, DamagedDocument
from cost_sentry.domain.sentry_config import SentryConfig

_BUDGETS_TOLD_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConfig:
    """What is stored, as far as this version understands it."""

    version: str
    """What a configuration that takes its place must name, whoever can read it."""
    config: SentryConfig | None
    """``None``: it cannot be read."""
    fault: str = ""
    """Why, and what to do; empty if it can be read."""

    def readable(self) -> SentryConfig:
        """The configuration; ``ConfigurationError`` if it cannot be read."""
        if self.config is None:
            raise ConfigurationError(self.fault)
        return self.config


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompared:
    """What nobody can say of a change, because the version in force cannot be read."""

    version: str
    fault: str
    budgets: tuple[str, ...]
    """Those that the ledger holds and the wanted configuration does not name."""

    @property
    def lines(self) -> tuple[str, ...]:
        """As an operator reads it."""
        first = (
            f"version {self.version} cannot be compared, and all is told as added but limits, "
            f"which the ledger holds: {self.fault}"
        )
        return (first, self._budgets_in_words()) if self.budgets else (first,)

    def _budgets_in_words(self) -> str:
        named = ", ".join(self.budgets[:_BUDGETS_TOLD_MAX])
        more = len(self.budgets) - _BUDGETS_TOLD_MAX
        return (
            f"in the ledger and not in this file: budgets {named}"
            f"{f' and {more} more' if more > 0 else ''}. No call is charged to them by it; their "
            "limits and what they have spent are kept: those that shall guard, add to the file"
        )


def stored_config(store: ConfigStore) -> StoredConfig | None:
    """What is stored; ``None`` before the first."""
    try:
        stored = store.read()
    except DamagedDocument as damaged:
        return StoredConfig(version=damaged.version, config=None, fault=str(damaged))
    if stored is None:
        return None
    version, document = stored
    try:
        return StoredConfig(version=version, config=config_from_document(document))
    except ConfigurationError as error:
        return StoredConfig(version=version, config=None, fault=str(error))


def read_config(store: ConfigStore) -> SentryConfig | None:
    """The configuration in force; ``None`` before the first, an error if it cannot be read."""
    stored = stored_config(store)
    return stored.readable() if stored else None


def not_compared(
    stored: StoredConfig | None, wanted: SentryConfig, limits: Mapping[str, int]
) -> NotCompared | None:
    """``None`` if ``wanted`` could be compared, or nothing was in force.

    Args:
        stored: in force before.
        wanted: takes its place.
        limits: what the ledger holds, by budget id.
    """
    if stored is None or stored.config is not None:
        return None
    named = {budget.id for budget in wanted.budgets}
    others = tuple(sorted(limits.keys() - named))
    return NotCompared(version=stored.version, fault=stored.fault, budgets=others)
