"""Mails of the local SNS: who gets them, what they say, where they are read."""

import json

import pytest

from cost_sentry_local.mailbox import mails
from tests.e2e.cloud_kit import unique

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]


@pytest.fixture
def topic(local_cloud) -> str:
    return local_cloud.client("sns").create_topic(Name=unique("alerts"))["TopicArn"]


def subscribe(cloud, topic: str, address: str) -> None:
    cloud.client("sns").subscribe(
        TopicArn=topic,
        Protocol="email",
        Endpoint=address,
        Attributes={"FilterPolicy": json.dumps({"recipients": [address]})},
    )


def recipients(*addresses: str) -> dict:
    value = {"DataType": "String.Array", "StringValue": json.dumps(addresses)}
    return {"recipients": value}


def test_a_mail_reaches_only_the_addresses_that_it_names(local_cloud, topic):
    names = [unique(name) + "@example.com" for name in ("ada", "bob", "eve")]
    for name in names:
        subscribe(local_cloud, topic, name)

    local_cloud.client("sns").publish(
        TopicArn=topic,
        Subject="80 % of search's budget",
        Message="Spent: $8.00\nLeft: $2.00",
        MessageAttributes=recipients(names[0], names[1]),
    )

    found = [mail for mail in mails(local_cloud) if mail["to"] in names]
    assert [mail["to"] for mail in found] == names[:2]
    assert {mail["subject"] for mail in found} == {"80 % of search's budget"}
    assert found[0]["body"] == "Spent: $8.00\nLeft: $2.00"
    assert found[0]["at"].endswith("+00:00")


def test_a_subscriber_without_filter_gets_everything_with_a_default_subject(local_cloud, topic):
    address = unique("ops") + "@example.com"
    sns = local_cloud.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)

    sns.publish(TopicArn=topic, Message="hello")

    found = [mail for mail in mails(local_cloud) if mail["to"] == address]
    assert [(mail["subject"], mail["body"]) for mail in found] == [
        ("AWS Notification Message", "hello")
    ]
