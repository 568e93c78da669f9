"""The template of the real app, deployed without the CDK CLI."""

import json
from pathlib import Path

import pytest

from cost_sentry_local.assembly import AssemblyMissing
from cost_sentry_local.asset_zip import zip_directory
from cost_sentry_local.deploy import DeploymentFailed, deploy
from tests.e2e.cloud_kit import unique

cloud = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]
STACK = "CostSentry-dev"


def write_assembly(directory: Path, name: str, template: dict) -> Path:
    """The least that a CDK app writes: one stack, whose template is its only asset."""
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": f"{name}.template.json"},
    }
    bucket = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    destination = {"bucketName": bucket, "objectKey": f"{hash(json.dumps(template))}.json"}
    asset = {
        "source": {"path": f"{name}.template.json", "packaging": "file"},
        "destinations": {"current": destination},
    }
    (directory / f"{name}.template.json").write_text(json.dumps(template))
    (directory / f"{name}.assets.json").write_text(json.dumps({"files": {"t": asset}}))
    (directory / "manifest.json").write_text(json.dumps({"artifacts": {name: artifact}}))
    return directory


def queues(*names: str) -> dict:
    return {
        "Resources": {name: {"Type": "AWS::SQS::Queue"} for name in names},
        "Outputs": {f"{name}Url": {"Value": {"Ref": name}} for name in names},
    }


class TestRealApp:
    pytestmark = cloud

    def test_every_resource_of_the_template_exists(self, local_cloud, deployed):
        cloudformation = local_cloud.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        resources = [row for page in pages for row in page["StackResourceSummaries"]]
        template = cloudformation.get_template(StackName=STACK)["TemplateBody"]
        declared = template if isinstance(template, dict) else json.loads(template)

        assert {row["LogicalResourceId"] for row in resources} == set(declared["Resources"])
        assert {row["ResourceStatus"] for row in resources} == {"CREATE_COMPLETE"}
        found = local_cloud.state_machines.values()
        assert deployed["GuardedInvocationArnPrefix"] + "search" in found

    def test_a_second_deployment_changes_nothing(self, local_cloud, deployed, assembly):
        cloudformation = local_cloud.client("cloudformation")
        before = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]

        assert deploy(local_cloud, assembly) == deployed

        after = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        assert after["StackStatus"] == before["StackStatus"] == "CREATE_COMPLETE"

    def test_a_reset_cloud_takes_it_again_under_the_same_names(self, newly_deployed, deployed):
        bucket = {"EmergencyBucketName": newly_deployed["EmergencyBucketName"]}  # new each time
        assert newly_deployed == {**deployed, **bucket}


class TestDeploy:
    pytestmark = cloud

    def test_a_changed_template_is_an_update(self, local_cloud, tmp_path):
        name = unique("stack")
        first = deploy(local_cloud, write_assembly(tmp_path, name, queues("One")))

        second = deploy(local_cloud, write_assembly(tmp_path, name, queues("One", "Two")))

        assert second.keys() == {"OneUrl", "TwoUrl"}
        assert second["OneUrl"] == first["OneUrl"]

    def test_a_refused_resource_is_named_with_its_reason(self, local_cloud, tmp_path):
        machine = {"StartAt": "Nowhere", "States": {"A": {"Type": "Pass", "End": True}}}
        resource = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"Definition": machine, "RoleArn": "arn:aws:iam::123456789012:role/r"},
        }
        template = {"Resources": {"Broken": resource}}

        with pytest.raises(DeploymentFailed, match=r"(?s)Broken .*MISSING_TRANSITION_TARGET"):
            deploy(local_cloud, write_assembly(tmp_path, unique("stack"), template))

    def test_metric_math_alarms_are_kept_as_written(self, local_cloud, tmp_path):
        metric = {"Namespace": "N", "MetricName": "M"}
        sources = [
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
            {"Id": "e", "Expression": "m * 2", "ReturnData": True},
        ]
        alarm = {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": unique("alarm"),
                "Metrics": sources,
                "Threshold": 1,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        }

        deploy(local_cloud, write_assembly(tmp_path, unique("stack"), {"Resources": {"A": alarm}}))

        names = [alarm["Properties"]["AlarmName"]]
        found = local_cloud.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        assert [source["Id"] for source in found[0]["Metrics"]] == ["m", "e"]

    def test_a_directory_without_an_assembly_is_named(self, local_cloud, tmp_path):
        with pytest.raises(AssemblyMissing, match="holds no manifest"):
            deploy(local_cloud, tmp_path)


def test_the_same_directory_zips_to_the_same_bytes(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.py").write_text("2")
    (tmp_path / "one.py").write_text("1")
    first = zip_directory(tmp_path)
    (tmp_path / "one.py").touch()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.pyc").write_text("")

    assert zip_directory(tmp_path) == first
