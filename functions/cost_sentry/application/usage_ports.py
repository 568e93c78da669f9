"""What comparing the sentry's own usage with Amazon CloudWatch needs from the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.notice import Notice
from cost_sentry.domain.usage_cursor import UsageCursor


class MetricsUnavailable(CostSentryError):  # noqa: N818 - named as the outcome it is
    """CloudWatch did not answer, or refused for now."""


class ProfilesUnavailable(CostSentryError):  # noqa: N818 - named as the outcome it is
    """Bedrock did not say what is behind a name, or too many were asked for at once."""


class CursorMoved(CostSentryError):  # noqa: N818 - named as the outcome it is
    """Another run stored what it did first."""


class ModelMetrics(Protocol):
    """What Amazon Bedrock metered, of all callers of the account and Region."""

    def recent(self, now: datetime) -> Sequence[str]:
        """Models with anything in the last three hours; some minutes late.

        Raises ``MetricsUnavailable``.
        """
        ...

    def listed(self, now: datetime) -> Sequence[str]:
        """Models with anything in the last two weeks.

        Raises ``MetricsUnavailable``.
        """
        ...

    def minutes(
        self, models: Sequence[str], since: datetime, until: datetime
    ) -> Mapping[str, Mapping[datetime, Counts]]:
        """By model and minute, from ``since`` to before ``until``, where there are points.

        Raises ``MetricsUnavailable``.
        """
        ...


class InferenceProfiles(Protocol):
    """What is behind names under which Bedrock meters and that are no model's."""

    def model_behind(self, profile: str) -> str | None:
        """The model of this application inference profile; ``None``: it is none that is known.

        Raises ``ProfilesUnavailable``.
        """
        ...


class UsageCursors(Protocol):
    """Where it is kept how far each model was compared. Raises ``LedgerUnavailable``."""

    def begun(self, now: datetime) -> datetime:
        """The first minute that is compared at all: the one after the first run's."""
        ...

    def surveyed(self) -> datetime | None:
        """Up to when every model was compared, as was last noted; ``None``: it never was."""
        ...

    def note_surveyed(self, until: datetime) -> None:
        """The later of what is noted and this."""
        ...

    def models(self) -> Sequence[str]:
        """Every model that has a cursor."""
        ...

    def read(self, model_id: str) -> UsageCursor | None:
        """As it was last written; ``None``: nobody looked at this model."""
        ...

    def write(self, cursor: UsageCursor) -> UsageCursor:
        """Store it in place of the version that it was made from; returns it with its new one.

        ``CursorMoved`` if another version is there by now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How far the ledger's entries were carried into the journal."""

    until: datetime | None
    """Everything that was written before is there; ``None``: nobody knows yet."""
    failed_at: datetime | None = None
    """When some could last not be written."""


class StreamWatch(Protocol):
    """Whether the meters have what the ledger has. Raises ``LedgerUnavailable``."""

    def tick(self, now: datetime) -> None:
        """Send a mark through the stream."""
        ...

    def carried(self) -> Carried:
        """By the last mark that came through."""
        ...


class Told(Protocol):
    """The part of ``NoticeOutbox`` that writes. Raises ``LedgerUnavailable``."""

    def record(self, notice: Notice) -> bool:
        """Keep it for sending unless one of this key is on record; whether it was new."""
        ...
