import json

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from cost_sentry.adapters.sns_alerts import SnsAlerts
from cost_sentry.application.journal_ports import AlertNotPublished
from tests.contract.outbox_contract import alert

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture
def client(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return boto3.client("sns", region_name="us-east-1", **KEYS)


def test_a_mail_reaches_only_the_queue_of_its_recipient(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        sns = boto3.client("sns", region_name="us-east-1", **KEYS)
        sqs = boto3.client("sqs", region_name="us-east-1", **KEYS)
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        queues = {}
        for address in ("ann@example.com", "bob@example.com"):
            name = address.split("@")[0]
            queues[address] = sqs.create_queue(QueueName=name)["QueueUrl"]
            sns.subscribe(
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{name}",
                Attributes={"FilterPolicy": json.dumps({"recipients": [address]})},
            )

        SnsAlerts(sns, topic).publish(alert())

        [message] = sqs.receive_message(QueueUrl=queues["ann@example.com"])["Messages"]
        mail = json.loads(message["Body"])
        assert (mail["Subject"], mail["Message"]) == (alert().subject, alert().body)
        assert "Messages" not in sqs.receive_message(QueueUrl=queues["bob@example.com"])


def test_a_refused_publish_says_which_alert_and_why(client):
    with Stubber(client) as answers:
        answers.add_client_error("publish", "Throttling", "Rate exceeded")

        with pytest.raises(AlertNotPublished, match=r"search-daily at 50%: .*Rate exceeded"):
            SnsAlerts(client, "arn:aws:sns:us-east-1:123456789012:alerts").publish(alert())


def test_a_topic_that_cannot_be_reached_is_a_failed_publish():
    class Unreachable:
        def publish(self, **_arguments):
            raise EndpointConnectionError(endpoint_url="https://sns")

    with pytest.raises(AlertNotPublished, match="sns"):
        SnsAlerts(Unreachable(), "arn").publish(alert())
