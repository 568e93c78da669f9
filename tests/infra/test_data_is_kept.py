"""What a stage loses when it is changed or deleted, read from the synthesized template."""

import json
from datetime import timedelta

import pytest

from cost_sentry.adapters.s3_emergency_store import CONFIG
from cost_sentry.domain.emergency import KEPT_AFTER_ITS_DAY

# Replacing one of these loses data or confirmed subscriptions, so its id must never change.
PINNED = {
    "AWS::DynamoDB::Table": {"LedgerTable9343E4AA", "AnswersTable6C29FC0C"},
    "AWS::S3::Bucket": {"EmergencyBucket9AF741A9"},
    "AWS::SNS::Topic": {"AlertsTopicCF7C81C9", "AlertsOperatorTopic320053B7"},
    "AWS::SQS::Queue": {"TriggersDeadLetters74EF38FB", "AnomalyEventsDeadLettersEB8EF6D6"},
}
STATEFUL = {"AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}


@pytest.mark.parametrize(("kind", "ids"), PINNED.items(), ids=PINNED.keys())
def test_ids_of_what_must_not_be_replaced_are_pinned(template, kind, ids):
    assert template.of_type(kind).keys() == ids


def test_the_ledger_can_be_restored_and_streams_both_images(template):
    table = template.table("Ledger")["Properties"]

    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "delete_after", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_production_keeps_its_data_whatever_happens_to_the_stack(prod):
    assert prod.table("Ledger")["Properties"]["DeletionProtectionEnabled"] is True
    for name, resource in prod.resources.items():
        if resource["Type"] in STATEFUL and resource is not prod.table("Answers"):
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_a_development_stage_leaves_nothing_behind(dev):
    assert dev.table("Ledger")["Properties"]["DeletionProtectionEnabled"] is False
    for name, resource in dev.resources.items():
        if resource["Type"] in STATEFUL:
            assert resource["DeletionPolicy"] == "Delete", name


def test_answers_that_are_kept_end_and_nothing_of_them_outlives_that_or_the_stack(template):
    """No recovery copy, which would keep text for 35 days, and no stream that carries it on."""
    table = template.table("Answers")
    told = table["Properties"]

    assert told["TimeToLiveSpecification"] == {"AttributeName": "delete_after", "Enabled": True}
    assert told["SSESpecification"] == {"SSEEnabled": True}
    assert not {"PointInTimeRecoverySpecification", "StreamSpecification"} & told.keys()
    assert told.get("DeletionProtectionEnabled", False) is False
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Delete", "Delete")


def test_what_an_outage_leaves_behind_ends_after_a_month_and_the_configuration_does_not(template):
    """Long after it is booked; an outage that no configuration survives would refuse everybody."""
    rules = template.only("AWS::S3::Bucket")["Properties"]["LifecycleConfiguration"]["Rules"]
    ends = {rule["Prefix"]: (rule["Status"], rule["ExpirationInDays"]) for rule in rules}

    assert ends.keys() == {"slots/", "claims/", "ids/", "outcomes/"}
    assert set(ends.values()) == {("Enabled", 30)}
    assert (KEPT_AFTER_ITS_DAY + timedelta(days=1)).days < 30
    assert not any(CONFIG.startswith(prefix) for prefix in ends)


def test_production_cannot_be_deleted_by_a_slip(prod, dev):
    for template, expected in ((prod, True), (dev, False)):
        manifest = json.loads((template.path.parent / "manifest.json").read_text())
        (properties,) = (
            artifact["properties"]
            for artifact in manifest["artifacts"].values()
            if artifact["type"] == "aws:cloudformation:stack"
        )
        assert properties.get("terminationProtection", False) is expected
