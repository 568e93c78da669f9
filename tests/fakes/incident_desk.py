"""The incident use cases over fakes, under a clock that a test moves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cost_sentry.application.incident_parts import IncidentParts
from cost_sentry.application.lift_incidents import end_incident, lift_incident
from cost_sentry.application.respond_to_anomaly import Responded, respond_to_anomaly
from cost_sentry.domain.anomaly import Severity
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, AnomalyRules
from cost_sentry.domain.incident import Incident, Sighting, scope_key
from cost_sentry.domain.sentry_config import Team
from tests.fakes.admissions import FixedConfig, config
from tests.fakes.builders import NOON, ManualClock, budget
from tests.fakes.memory_incidents import MemoryIncidents, NotedMails
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_measures import MemoryMeasures
from tests.fakes.memory_meters import MemoryMeters

DOLLAR = 10**12
SEARCH = {"team": "search"}
FREEZE = AnomalyRule(scope={}, severity=Severity.CRITICAL, action=Action.FREEZE)
TIGHTEN = AnomalyRule(scope={}, action=Action.TIGHTEN, percent=200, floor=DOLLAR)
TEAMS = {
    "search": Team(id="search", owners=("search@example.com",)),
    "support": Team(id="support", owners=("support@example.com",)),
}


def sighting(**changes: Any) -> Sighting:
    """Team search spends four times what is usual since five to twelve."""
    given: dict[str, Any] = {
        "scope": SEARCH,
        "severity": Severity.WARNING,
        "since": NOON - timedelta(minutes=5),
        "seen_at": NOON,
        "source": "detector",
        "usual": 3 * DOLLAR,
        "seen": 12 * DOLLAR,
        "percent": 400,
        "how": "calls 390 %, tokens a call 103 %, cost a token 100 %",
    }
    return Sighting(**{**given, **changes})


class Desk:
    """Each of these may be asked in any order."""

    def __init__(self, *rules: AnomalyRule, scopes_per_hour_max: int = 5) -> None:
        self.clock, self.ledger = ManualClock(), MemoryLedger()
        self.incidents, self.mails = MemoryIncidents(), NotedMails()
        self.measures, self.journal = MemoryMeasures(self.clock), MemoryJournal()
        self.meters = MemoryMeters()
        anomalies = AnomalyRules(rules=rules, scopes_per_hour_max=scopes_per_hour_max)
        applied = config(
            budget(),
            teams=TEAMS,
            anomalies=anomalies,
            alert_addresses=("finops@example.com",),
        )
        self.source = FixedConfig(applied)

    @property
    def parts(self) -> IncidentParts:
        return IncidentParts(
            incidents=self.incidents,
            measures=self.measures,
            books=self.ledger,
            notices=self.mails,
            journal=self.journal,
            meters=self.meters,
            config_source=self.source,
            clock=self.clock,
        )

    def see(self, **changes: Any) -> Responded:
        """An event of now, unless it says otherwise."""
        return respond_to_anomaly(sighting(**{"seen_at": self.clock.now(), **changes}), self.parts)

    def end(self, scope: Any = None) -> Incident | None:
        """The wait is over."""
        return end_incident(scope_key(scope or SEARCH), self.parts)

    def lift(self, incident_id: str) -> Any:
        """An owner does."""
        return lift_incident(incident_id, "arn:owner", "a load test", self.parts)

    def standing(self, scope: Any = None) -> Incident:
        found = self.incidents.current(scope_key(scope or SEARCH))
        assert found
        return found

    def in_force(self) -> list[str]:
        """Kinds of measures."""
        now = self.clock.now()
        return [one.kind.value for one in self.measures.on_record if one.is_in_force(now)]

    def rules(self, *rules: AnomalyRule) -> None:
        """Other rules are applied."""
        self.source.config = replace(self.source.config, anomalies=AnomalyRules(rules=rules))
