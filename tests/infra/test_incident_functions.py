"""The deployed functions of anomaly_response: what they do, and that their roles allow that."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cost_sentry import bootstrap
from cost_sentry.adapters.anomaly_record import anomaly_document
from cost_sentry.adapters.measure_items import put_measures
from cost_sentry.domain.anomaly import Anomaly, Evidence, Severity, Signal
from cost_sentry.domain.anomaly_rules import Action, AnomalyRule, AnomalyRules
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.handlers import lift_incidents, respond_to_anomaly
from infra.names import pascal
from tests.fakes.builders import measure
from tests.infra.policy_evaluator import allows
from tests.infra.recorded_house import SONNET, answering

DOLLAR = 10**12
RULES = AnomalyRules(
    rules=(
        AnomalyRule(scope={}, severity=Severity.CRITICAL, action=Action.FREEZE),
        AnomalyRule(scope={}, action=Action.TIGHTEN, percent=200, floor=DOLLAR),
    )
)


@pytest.fixture
def watched(house):
    """The example's configuration with rules about anomalies."""
    house.put_in_force(replace(bootstrap.config_source().current(), anomalies=RULES))
    return house


def anomaly(house, severity=Severity.WARNING, team="search"):
    """As the detector's event arrives."""
    now = house.clock.now()
    evidence = Evidence(
        signal=Signal.MONEY,
        window_minutes=3,
        calls_percent=390,
        tokens_per_call_percent=103,
        cost_per_token_percent=100,
    )
    raised = Anomaly(
        scope=("team", team),
        since=now - timedelta(minutes=3),
        now=now,
        severity=severity,
        expected_picodollars_per_minute=3 * DOLLAR,
        seen_picodollars_per_minute=12 * DOLLAR,
        factor_percent=400,
        evidence=evidence,
    )
    detail = json.loads(json.dumps(anomaly_document(raised)))
    return {"id": "e-1", "source": "cost-sentry", "detail-type": "Anomaly", "detail": detail}


def alarm(house):
    """It tells no amounts: they are looked for in the meters."""
    model = {"namespace": "AWS/Bedrock", "dimensions": {"ModelId": "us.amazon.nova-pro-v1:0"}}
    state = {"value": "ALARM", "timestamp": house.clock.now().isoformat()}
    detail = {
        "alarmName": "CostSentry-dev-anomaly-nova-pro",
        "state": state,
        "configuration": {"metrics": [{"id": "m1", "metricStat": {"metric": model}}]},
    }
    kind = "CloudWatch Alarm State Change"
    return {"id": "e-2", "source": "aws.cloudwatch", "detail-type": kind, "detail": detail}


def respond(house, event):
    return house.task("respond_to_anomaly", respond_to_anomaly.handler)(event)


def lift(house, scope):
    return house.task("lift_incidents", lift_incidents.handler)({"scope": scope})


def code(house, team="search"):
    house.clock.advance(seconds=2)  # what a function saw a second ago decides no more
    return house.call(SONNET, 500, team, answering(10)).output["sentry"]["code"]


@pytest.mark.slow
def test_an_anomaly_is_acted_on_told_and_undone_and_no_call_of_it_is_denied(watched, dev):
    first = respond(watched, anomaly(watched))
    held = watched.call(SONNET, 500, "search", answering(10)).output["sentry"]
    worse = respond(watched, anomaly(watched, Severity.CRITICAL))
    frozen, others = code(watched), code(watched, "support")
    again = respond(watched, anomaly(watched, Severity.CRITICAL))
    watched.clock.advance(hours=2)
    ended = lift(watched, "team=search")
    after = code(watched)
    by_alarm = respond(watched, alarm(watched))

    assert (by_alarm["response"], by_alarm["scope"]) == ("new", "model=amazon.nova-pro-v1:0")
    assert (first["response"], first["state"], first["waits"]) == ("new", "acting", True)
    assert any(one["id"].startswith("tightened.") for one in held["budgets"])
    assert (worse["response"], worse["incident"]) == ("more", first["incident"])
    assert (frozen, others, after) == ("FROZEN", "WITHIN_BUDGETS", "WITHIN_BUDGETS")
    assert not again["waits"], "the workflow of what was told last does"
    assert (ended["state"], ended["waits"], ended["endsAt"]) == ("closed", False, None)
    permissions = dev.permissions()
    denied = {
        (function, action, *keys)
        for function, action, keys in watched.recorder.calls
        if not allows(
            permissions, role=f"<Functions/{pascal(function)}/Role>", action=action, keys=keys
        )
    }
    assert denied == set()
    functions = {function for function, _, _ in watched.recorder.calls}
    assert {"respond_to_anomaly", "lift_incidents"} <= functions


@pytest.mark.slow
def test_a_mail_goes_out_at_once_and_one_for_all_deliveries(watched):
    for _ in range(5):
        respond(watched, anomaly(watched))

    still_waiting = bootstrap.ledger_calls().query("NOTICES")
    (recorded,) = {
        key for _, action, keys in watched.recorder.calls for key in keys if "NOTICE#" in key
    }
    assert still_waiting == []
    assert recorded.startswith("NOTICE#incident/i-")


def test_an_event_that_nobody_understands_is_an_answer_and_counted(watched, capsys):
    answer = respond(watched, {"id": "e-9", "source": "cost-sentry", "detail-type": "Anomaly"})

    assert (answer["response"], answer["waits"]) == ("not-understood", False)
    assert '"EventsNotUnderstood":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_ledger_that_is_away_fails_the_step_and_the_repetition_makes_it_good(watched):
    event = anomaly(watched, Severity.CRITICAL)
    watched.recorder.table_is_silent = True
    with pytest.raises(LedgerUnavailable):
        respond(watched, event)
    with pytest.raises(LedgerUnavailable):
        lift(watched, "team=search")
    watched.recorder.table_is_silent = False

    assert respond(watched, event)["response"] == "new"
    assert code(watched) == "FROZEN"


def test_a_scope_that_never_had_an_incident_has_nothing_to_wait_for(watched):
    assert not lift(watched, "team=nobody")["waits"]


def test_of_the_configurations_item_nothing_is_written_but_what_the_role_names(template):
    """The evaluator knows keys; which attributes a write names is in its expressions."""
    (attributes,) = {p.attributes for p in template.permissions() if p.attributes}
    for revision in (0, 7):
        written = put_measures((measure(),), revision)
        named = f"{written['UpdateExpression']} {written['ConditionExpression']}"
        words = {word.strip("(),") for word in named.replace("(", " ").split()}
        is_name = words - {"SET", "=", "AND", "attribute_exists", "attribute_not_exists"}

        assert {word for word in is_name if not word.startswith(":")} <= set(attributes)
