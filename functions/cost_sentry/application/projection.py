"""What the stream brings to the projection, and what a run of it did."""

from dataclasses import dataclass, field
from datetime import datetime

from cost_sentry.application.entry_sequence import Gap
from cost_sentry.application.record_alerts import BudgetWindow
from cost_sentry.application.send_alerts import SendOutcome
from cost_sentry.domain.alert import AlertKey
from cost_sentry.domain.figures import Figures
from cost_sentry.domain.ledger_entry import LedgerEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedEntry:
    """One record of the stream: an entry, a refusal, a mark, or one that should be an entry."""

    record_id: str
    place: str
    """The shard whose item carried it; the account, for a refusal."""
    entry: LedgerEntry | None
    problem: str = ""
    """Why there is no entry."""
    used_up: BudgetWindow | None = None
    """What the refusal found used up; a refusal has no entry."""
    mark: datetime | None = None
    """When the mark was sent; a mark has no entry."""

    @property
    def is_known(self) -> bool:
        """Whether it is anything that the projection knows."""
        return self.entry is not None or self.used_up is not None or self.mark is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What one run did, for the log and for the stream."""

    failed_ids: tuple[str, ...] = ()
    """Records to deliver again: a shard's first failing record and all its later ones."""
    problems: tuple[str, ...] = ()
    new: int = 0
    figures: tuple[Figures, ...] = ()
    """Of the new entries. A run that dies loses them: CloudWatch is told what is likely."""
    repeated: int = 0
    gaps: tuple[Gap, ...] = ()
    alerts: tuple[AlertKey, ...] = ()
    """Recorded by this run."""
    sending: SendOutcome = field(default_factory=SendOutcome)

    @property
    def counts(self) -> dict[str, int]:
        """By the names that metrics and the log have for them."""
        return {
            "EntriesProjected": self.new,
            "EntriesFailed": len(self.failed_ids),
            "LedgerGap": len(self.gaps),
            "AlertsRecorded": len(self.alerts),
            "AlertsSent": self.sending.sent,
            "AlertsFailed": self.sending.failed,
        }
