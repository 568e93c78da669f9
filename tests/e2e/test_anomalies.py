"""An anomaly through the deployed workflow: the event, the freeze, one mail, and the end of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry.adapters.anomaly_record import anomaly_document
from cost_sentry.adapters.dynamodb_config_store import CachedConfigSource, DynamoDbConfigStore
from cost_sentry.adapters.dynamodb_incidents import DynamoDbIncidents
from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
from cost_sentry.adapters.dynamodb_notice_outbox import DynamoDbNoticeOutbox
from cost_sentry.adapters.system_clock import SystemClock, pause
from cost_sentry.application.incident_parts import IncidentParts
from cost_sentry.application.lift_incidents import lift_incident
from cost_sentry.domain.anomaly import Anomaly, Evidence, Severity, Signal
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, AnomalyRules
from cost_sentry.domain.sentry_config import Team
from cost_sentry_local.mailbox import mails
from tests.e2e.cloud_kit import until
from tests.e2e.sentry_kit import DeployedSentry, prompt, usd
from tests.fakes.memory_journal import MemoryJournal
from tests.fakes.memory_meters import MemoryMeters

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

OWNER = "search-leads@example.com"
RULE = AnomalyRule(scope={}, severity=Severity.CRITICAL, action=Action.FREEZE)
TEAMS = {"search": Team(id="search", owners=(OWNER,)), "support": Team(id="support")}


@pytest.fixture
def watched(local_cloud, deployed):
    """A deployment that freezes what is critical."""
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    rules = AnomalyRules(rules=(RULE,))
    sentry.configure(usd("everything", 10**13), teams=TEAMS, anomalies=rules)
    yield sentry
    DynamoDbMeasures(sentry.calls, pause, SystemClock()).lift_restraints()


def tell(sentry):
    """As the detector does."""
    now = datetime.now(tz=UTC).replace(microsecond=0)
    told = Anomaly(
        scope=("team", "search"),
        since=now - timedelta(minutes=4),
        now=now,
        severity=Severity.CRITICAL,
        expected_picodollars_per_minute=3 * 10**12,
        seen_picodollars_per_minute=12 * 10**12,
        factor_percent=400,
        evidence=Evidence(
            signal=Signal.CALLS,
            window_minutes=3,
            calls_percent=390,
            tokens_per_call_percent=100,
            cost_per_token_percent=100,
        ),
    )
    entry = {
        "Source": "cost-sentry",
        "DetailType": "Anomaly",
        "Detail": json.dumps(anomaly_document(told)),
    }
    answer = sentry.cloud.client("events").put_events(Entries=[entry, entry])
    assert answer["FailedEntryCount"] == 0


def code(sentry, team="search"):
    tags = {"team": team, "application": "web"}
    return sentry.invoke(prompt(tags=tags))["sentry"]["code"]


def about(cloud, incident_id):
    return [one for one in mails(cloud) if incident_id in one["body"] and one["to"] == OWNER]


def parts_of(sentry):
    """What an operator's command lifts with."""
    store = DynamoDbConfigStore(sentry.calls, SystemClock())
    return IncidentParts(
        incidents=DynamoDbIncidents(sentry.calls, pause),
        measures=DynamoDbMeasures(sentry.calls, pause, SystemClock()),
        books=sentry.books,
        notices=DynamoDbNoticeOutbox(sentry.calls, pause),
        journal=MemoryJournal(),
        meters=MemoryMeters(),
        config_source=CachedConfigSource(store, SystemClock()),
        clock=SystemClock(),
    )


def test_an_anomaly_freezes_its_team_is_told_once_and_is_lifted(watched):
    cloud, incidents = watched.cloud, DynamoDbIncidents(watched.calls, pause)
    tell(watched)

    until(lambda: code(watched) == "FROZEN", seconds=40)
    incident = incidents.current("team=search")
    until(lambda: about(cloud, incident.id))
    others = code(watched, "support")
    done = lift_incident(incident.id, "arn:owner", "a load test", parts_of(watched))

    until(lambda: code(watched) == "WITHIN_BUDGETS")
    assert others == "WITHIN_BUDGETS"
    assert not done.was_over
    (mail,) = about(cloud, incident.id)
    assert [line.split()[0] for line in mail["body"].splitlines()[:4]] == [
        "What:",
        "Whose:",
        "Done:",
        "Undo:",
    ]
