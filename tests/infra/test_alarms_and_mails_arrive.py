"""Alarms watch what is written, topics may be published to, and each mail has its reader."""

import json
import subprocess
import sys
from pathlib import Path

from cost_sentry import bootstrap
from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
from cost_sentry.handlers import respond_to_anomaly
from infra.alarms import ALARMS
from infra.spend_alarms import SPEND_ALARMS
from infra.watched_spend import read_watched
from tests.infra.recorded_house import SONNET, answering


def test_budget_mails_are_encrypted_at_rest(template):
    topic = template.of_type("AWS::SNS::Topic")["AlertsTopicCF7C81C9"]

    assert topic["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"


def test_alarms_can_be_published_to_their_topic(template):
    """CloudWatch may not use the AWS managed key of SNS: such an alarm is silently lost."""
    topic = template.of_type("AWS::SNS::Topic")["AlertsOperatorTopic320053B7"]

    assert "KmsMasterKeyId" not in topic["Properties"]


def test_every_alarm_tells_the_operators_and_says_what_to_do(template):
    alarms = template.of_type("AWS::CloudWatch::Alarm")

    of_spending = len(read_watched(Path("examples/sentry.yaml"))) * len(SPEND_ALARMS)
    assert len(alarms) == len(ALARMS) + of_spending
    for name, alarm in alarms.items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AlertsOperatorTopic320053B7"}], name
        assert len(alarm["Properties"]["AlarmDescription"]) > 60, name
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching", name


def test_alarms_on_our_own_metrics_watch_what_the_handlers_write(dev, house, capsys):
    """An alarm on a metric that nobody writes is silent for ever."""
    house.expire()
    house.recorder.table_is_silent = True
    house.call(SONNET, 500, "search", answering(400))
    house.recorder.table_is_silent = False
    respond = house.task("respond_to_anomaly", respond_to_anomaly.handler)
    respond({"source": "aws.ec2"})
    put_in_force_unreadably(house.clock)
    house.call(SONNET, 500, "search", answering(400))
    printed = capsys.readouterr().out + projected()
    written = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    watched = {
        (alarm["Namespace"], alarm["MetricName"], *dimensions(alarm))
        for resource in dev.of_type("AWS::CloudWatch::Alarm").values()
        if (alarm := resource["Properties"])["Namespace"] == "CostSentry"
    }

    assert ("CostSentry", "EmergencyCalls", ("service", "admit_request")) in watched
    counted = {
        ("CostSentry", transformed["MetricName"])
        for resource in dev.of_type("AWS::Logs::MetricFilter").values()
        for transformed in resource["Properties"]["MetricTransformations"]
    }
    names = ("WorkflowFailures", "WorkflowTimeouts", "AnomalyResponseFailures")
    assert counted == {("CostSentry", name) for name in names}
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
        (names,) = directive["Dimensions"]
        where = sorted((name, document[name]) for name in names)
        for metric in directive["Metrics"]:
            yield directive["Namespace"], metric["Name"], *where


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
