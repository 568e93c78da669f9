"""Alarms watch what is written, topics may be published to, and each mail has its reader."""

import json
import subprocess
import sys
from datetime import timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.adapters.ledger_items import key
from cost_sentry.application.endpoint_problems import Problem, ProblemKind
from cost_sentry.application.usage_survey import Unread
from cost_sentry.bootstrap import anomalies, figures_log, usage
from cost_sentry.domain.figures import SPEND
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.sleep_tries import PAUSE_MAX, SLEEP_PAUSE_MAX
from cost_sentry.handlers import (
    detect_anomalies,
    respond_to_anomaly,
    usage_reconciliation,
)
from infra.alarm_mail import CHARACTERS_MAX, MAILS, described, spend_mail
from infra.alarms import ALARMS
from infra.spend_alarms import SPEND_ALARMS
from infra.watched_spend import read_watched
from tests.fakes.builders import NOON
from tests.infra.recorded_house import SONNET, answering

RECONCILED = SimpleNamespace(
    booked=(
        SimpleNamespace(
            model_id=SONNET,
            charged_as=SONNET,
            minute=NOON,
            is_forbidden=True,
            is_priced=False,
            amounts=Counts(calls=1),
            is_overrun=False,
            request_id="external",
        ),
    ),
    compared=(),
    problems=("CloudWatch throttles",),
    waits="the journal is behind",
    unread=Unread(since=NOON, until=NOON),
    at=NOON,
)
DETECTED = SimpleNamespace(
    looked_at=1, raised=("a",), problems=("a state",), repeated=0, passed_over=0
)


def test_budget_mails_are_encrypted_at_rest(template):
    topic = template.of_type("AWS::SNS::Topic")["AlertsTopicCF7C81C9"]

    assert topic["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"


def test_alarms_can_be_published_to_their_topic(template):
    """CloudWatch may not use the AWS managed key of SNS: such an alarm is silently lost."""
    topic = template.of_type("AWS::SNS::Topic")["AlertsOperatorTopic320053B7"]

    assert "KmsMasterKeyId" not in topic["Properties"]


def test_every_alarm_says_what_to_do_and_tells_the_operators_or_opens_an_incident(template):
    alarms = template.of_type("AWS::CloudWatch::Alarm")

    of_spending = len(read_watched(Path("examples/sentry.yaml")).watched) * len(SPEND_ALARMS)
    assert len(alarms) == len(ALARMS) + of_spending
    for name, alarm in alarms.items():
        opens_an_incident = "-anomaly-" in str(alarm["Properties"].get("AlarmName"))
        told = [] if opens_an_incident else [{"Ref": "AlertsOperatorTopic320053B7"}]
        assert alarm["Properties"].get("AlarmActions", []) == told, name
        assert len(alarm["Properties"]["AlarmDescription"]) > 60, name
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching", name


def test_the_first_five_lines_of_an_alarm_say_what_whose_done_and_how_to_undo_it(template):
    """CloudWatch's mail has them as the alarm's description, at most so long."""
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        text = alarm["Properties"]["AlarmDescription"]
        lines = dict(line.split(": ", 1) for line in text.splitlines())

        assert list(lines) == ["What", "Whose", "Done", "Undo", "Runbook"], name
        assert min(map(len, lines.values())) > 10, name
        assert len(text) <= CHARACTERS_MAX, name
        page, _, section = lines["Runbook"].partition("#")
        assert f"\n## {section}\n" in Path(page).read_text(encoding="utf-8"), name


def test_what_is_tried_again_after_pauses_alarms_once_and_not_with_every_try(template):
    [found] = [
        alarm["Properties"]
        for alarm in template.of_type("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "EndpointProblems"
    ]

    stands = timedelta(seconds=found["Period"] * found["EvaluationPeriods"])

    assert found["DatapointsToAlarm"] == 1
    assert max(PAUSE_MAX, SLEEP_PAUSE_MAX) <= stands <= timedelta(days=1), "CloudWatch's most"


def test_every_alarm_has_its_mail_and_no_mail_is_without_an_alarm():
    assert set(MAILS) == {row.name for row in ALARMS}


def test_the_longest_name_that_sentry_yaml_allows_leaves_room_in_the_mail_of_an_alarm():
    for row, dimension in product(SPEND_ALARMS, ("team", "model")):
        value = "m" * 128
        meaning = f"{dimension} {value}: {row.meaning}"

        text = described(f"anomaly_{row.name}", meaning, spend_mail(dimension, value))

        assert len(text) <= CHARACTERS_MAX


def test_alarms_on_our_own_metrics_watch_what_the_handlers_write(dev, house, capsys, monkeypatch):
    """An alarm on a metric that nobody writes is silent for ever."""
    bootstrap.ledger_calls().transact([{"Put": {"Item": key("NOTICES", "no mail")}}])
    house.expire()
    monkeypatch.setattr(usage, "usage_reconciliation", lambda: Told(RECONCILED))
    monkeypatch.setattr(anomalies, "anomaly_detector", lambda: Told(DETECTED))
    for handler in (usage_reconciliation.handler, detect_anomalies.handler):
        handler({}, None)
    denied = Problem(of="gpu", kind=ProblemKind.DENIED, words="a right is missing")
    figures_log.publish_problems((denied,))
    house.recorder.table_is_silent = True
    house.call(SONNET, 500, "search", answering(400))
    house.recorder.table_is_silent = False
    respond = house.task("respond_to_anomaly", respond_to_anomaly.handler)
    respond({"source": "aws.ec2"})
    put_in_force_unreadably(house.clock)
    house.call(SONNET, 500, "search", answering(400))
    printed = capsys.readouterr().out + projected()
    written = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    alarms = [one["Properties"] for one in dev.of_type("AWS::CloudWatch::Alarm").values()]
    watched = {
        (alarm["Namespace"], alarm["MetricName"], *dimensions(alarm))
        for alarm in alarms
        if alarm.get("Namespace") == "CostSentry" and alarm["MetricName"] != SPEND
    }

    assert ("CostSentry", "EmergencyCalls", ("service", "admit_request")) in watched
    counted = {
        ("CostSentry", transformed["MetricName"])
        for resource in dev.of_type("AWS::Logs::MetricFilter").values()
        for transformed in resource["Properties"]["MetricTransformations"]
    }
    names = ("WorkflowFailures", "AnomalyResponseFailures", "ApprovalFailures")
    assert counted == {("CostSentry", name) for name in (*names, "WorkflowTimeouts")}
    assert watched - counted <= {found for document in written for found in metrics_of(document)}


def put_in_force_unreadably(clock):
    """As a newer version of cost-sentry might."""
    store = DynamoDbConfigStore(bootstrap.ledger_calls(), clock)
    version, document = store.read()
    store.write("newer", {**document, "format": "newer"}, version)


def projected():
    """What ``project_entries`` prints of a run."""
    program = """
from cost_sentry.application.projection import Projection
from cost_sentry.handlers.project_entries import _report, metrics
metrics.log_metrics(lambda event, context: _report(Projection()))({}, None)
"""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def dimensions(alarm):
    return sorted((d["Name"], d["Value"]) for d in alarm.get("Dimensions", ()))


def metrics_of(document):
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names, metric in product(directive["Dimensions"], directive["Metrics"]):
            where = sorted((name, document[name]) for name in names)
            yield directive["Namespace"], metric["Name"], *where


class Told:
    """A use case whose run found this."""

    def __init__(self, found):
        self.found = found

    def run(self, *_):
        return self.found


def test_every_address_is_subscribed_to_its_own_mails_alone(template):
    mails = [
        subscription["Properties"]
        for subscription in template.of_type("AWS::SNS::Subscription").values()
        if subscription["Properties"]["TopicArn"] == {"Ref": "AlertsTopicCF7C81C9"}
    ]

    assert len(mails) > 1
    for mail in mails:
        assert mail["Protocol"] == "email"
        assert mail["FilterPolicy"] == {"recipients": [mail["Endpoint"]]}


def test_operators_hear_alarms_without_a_filter(template):
    told = [
        subscription["Properties"]
        for subscription in template.of_type("AWS::SNS::Subscription").values()
        if subscription["Properties"]["TopicArn"] == {"Ref": "AlertsOperatorTopic320053B7"}
    ]

    assert told
    assert all("FilterPolicy" not in subscription for subscription in told)
