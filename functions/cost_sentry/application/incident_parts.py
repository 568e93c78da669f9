"""What incidents are watched over with, and how a revision takes effect.

A revision is kept first, and then takes effect: its measure is put, what it replaces is lifted, a
mail is recorded. Each of these may be done again without harm. Whoever dies between is followed by
his own repetition, or by the next who looks at the incident.
"""

from dataclasses import dataclass

from cost_sentry.application.incident_notice import incident_notice
from cost_sentry.application.incident_ports import Incidents, Kept, Share, WindowSpend
from cost_sentry.application.measure_ports import MeasureStore
from cost_sentry.application.meter_ports import Meters
from cost_sentry.application.notice_ports import NoticeOutbox
from cost_sentry.application.ports import Clock, ConfigSource, LedgerBooks
from cost_sentry.application.take_measure import take_measure
from cost_sentry.domain.errors import ConfigurationError, LedgerContention
from cost_sentry.domain.incident import Incident, IncidentState, scope_key
from cost_sentry.domain.incident_course import not_acted
from cost_sentry.domain.measure import MeasuresFull
from cost_sentry.domain.sentry_config import SentryConfig

LOOKS_MAX = 8
"""At one scope's record before giving up with ``LedgerContention``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentParts:
    """The ports."""

    incidents: Incidents
    measures: MeasureStore
    books: LedgerBooks
    notices: NoticeOutbox
    journal: WindowSpend
    meters: Meters
    config_source: ConfigSource
    clock: Clock

    def config(self) -> SentryConfig:
        """In force; ``ConfigurationError`` if none is."""
        config = self.config_source.current()
        if config is None:
            raise ConfigurationError("no configuration is in force; apply a sentry.yaml first")
        return config

    def kept(self, incident: Incident, share: Share | None = None) -> Kept:
        """Keep this revision; of one that was kept with its answer lost too."""
        outcome = self.incidents.write(incident, share)
        if outcome is Kept.MET_ANOTHER and self._current(incident) == incident:
            return Kept.WRITTEN
        return outcome

    def take_effect(self, incident: Incident) -> Incident:
        """Of this revision, or of a later one; what stands then.

        The record is looked at once more before the mail, so that nobody is told what has changed.
        """
        for _ in range(LOOKS_MAX):
            self._do(incident)
            latest = self._current(incident)
            if latest is None or latest == incident:
                self._tell(incident)
                return incident
            incident = latest
        raise _busy(incident)

    def _do(self, incident: Incident) -> None:
        """What is new first: no call slips through between two measures."""
        measure = incident.measure
        if measure and incident.state is IncidentState.ACTING:
            try:
                take_measure(measure, store=self.measures, books=self.books, clock=self.clock)
            except MeasuresFull as full:
                self.kept(not_acted(incident, f"no measure has room: {full}", self.clock.now()))
                return
        for one in incident.replaced:
            self.measures.lift(one)

    def _tell(self, incident: Incident) -> None:
        self.notices.record(incident_notice(incident, self.config()))

    def _current(self, incident: Incident) -> Incident | None:
        return self.incidents.current(scope_key(incident.scope))


def busy(key: str) -> LedgerContention:
    """Whoever tried too often may try again."""
    return LedgerContention(f"the incident of {key} is being changed by others; try again")


def _busy(incident: Incident) -> LedgerContention:
    return busy(scope_key(incident.scope))
