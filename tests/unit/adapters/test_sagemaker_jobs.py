"""Jobs and notebooks as SageMaker tells them, and how they are stopped."""

import pytest
from botocore.stub import Stubber

from cost_sentry.adapters.sagemaker_jobs import SageMakerJobs
from cost_sentry.application.endpoint_ports import EndpointDenied
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, JobKind
from tests.fakes.builders import NOON
from tests.fakes.stubbed_sagemaker import client

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:"


class Stubbed:
    def __init__(self) -> None:
        self.sagemaker, self.tagging = client("sagemaker"), client("resourcegroupstaggingapi")
        self.stub, self.tags = Stubber(self.sagemaker), Stubber(self.tagging)
        self.stub.activate()
        self.tags.activate()
        self.jobs = SageMakerJobs(self.sagemaker, self.tagging)

    def tagged(self, **arns: dict) -> None:
        """By tag, which are asked for one after the other."""
        for tag in (HOURS_TAG, MONEY_TAG):
            found = [
                {
                    "ResourceARN": f"{PREFIX}{kind}/{name}",
                    "Tags": [{"Key": k, "Value": v} for k, v in tags.items()],
                }
                for name, (kind, tags) in arns.items()
                if tag in tags
            ]
            expected = {
                "TagFilters": [{"Key": tag}],
                "ResourceTypeFilters": ["sagemaker:training-job", "sagemaker:notebook-instance"],
            }
            self.tags.add_response("get_resources", {"ResourceTagMappingList": found}, expected)

    def training(self, status: str, **more) -> None:
        response = {
            "TrainingJobName": "train",
            "TrainingJobArn": f"{PREFIX}training-job/train",
            "ModelArtifacts": {"S3ModelArtifacts": "s3://b/k"},
            "TrainingJobStatus": status,
            "SecondaryStatus": "Training",
            "AlgorithmSpecification": {"TrainingInputMode": "File"},
            "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 4},
            "StoppingCondition": {},
            "CreationTime": NOON,
            **more,
        }
        self.stub.add_response("describe_training_job", response, {"TrainingJobName": "train"})

    def notebook(self, status: str) -> None:
        response = {
            "NotebookInstanceName": "lab",
            "NotebookInstanceStatus": status,
            "InstanceType": "ml.g5.xlarge",
            "LastModifiedTime": NOON,
        }
        self.stub.add_response(
            "describe_notebook_instance", response, {"NotebookInstanceName": "lab"}
        )


@pytest.fixture
def world():
    return Stubbed()


def test_what_carries_a_limit_and_runs_is_told_once_with_its_instances(world):
    world.tagged(
        train=("training-job", {HOURS_TAG: "1", MONEY_TAG: "2"}),
        lab=("notebook-instance", {MONEY_TAG: "3"}),
    )
    world.notebook("InService")
    world.training("InProgress", TrainingStartTime=NOON)

    lab, train = world.jobs.running().jobs

    assert (lab.name, lab.kind, lab.can_stop) == ("lab", JobKind.NOTEBOOK, True)
    assert train.tags == {HOURS_TAG: "1", MONEY_TAG: "2"}
    assert train.fleets == (Fleet(instance_type="ml.g5.xlarge", count=4),)
    assert train.started_at == NOON


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_what_has_ended_is_not_told(world, status):
    world.tagged(train=("training-job", {HOURS_TAG: "1"}))
    world.training(status, TrainingStartTime=NOON)

    assert list(world.jobs.running().jobs) == []


def test_a_job_that_still_waits_for_its_instances_costs_nothing_yet(world):
    world.tagged(train=("training-job", {HOURS_TAG: "1"}))
    world.training("InProgress")

    assert list(world.jobs.running().jobs) == []


def test_instance_groups_are_all_counted(world):
    groups = [
        {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2, "InstanceGroupName": "a"},
        {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "InstanceGroupName": "b"},
    ]
    world.tagged(train=("training-job", {MONEY_TAG: "1"}))
    world.training("InProgress", TrainingStartTime=NOON, ResourceConfig={"InstanceGroups": groups})

    (job,) = world.jobs.running().jobs

    assert {fleet.instance_type: fleet.count for fleet in job.fleets} == {
        "ml.g5.xlarge": 2,
        "ml.p3.2xlarge": 1,
    }


def test_what_is_gone_between_two_questions_is_left_out(world):
    world.tagged(train=("training-job", {HOURS_TAG: "1"}))
    world.stub.add_client_error(
        "describe_training_job", "ValidationException", "Requested resource not found."
    )

    assert list(world.jobs.running().jobs) == []


def test_one_that_may_not_be_looked_at_hides_no_other_and_is_named(world):
    world.tagged(
        lab=("notebook-instance", {HOURS_TAG: "1"}), train=("training-job", {HOURS_TAG: "1"})
    )
    world.stub.add_client_error("describe_notebook_instance", "AccessDeniedException", "no")
    world.training("InProgress", TrainingStartTime=NOON)

    seen = world.jobs.running()

    assert [job.name for job in seen.jobs] == ["train"]
    assert isinstance(seen.faults["lab"], EndpointDenied)


def test_an_answer_that_cannot_be_read_hides_no_other(world):
    world.tagged(
        lab=("notebook-instance", {HOURS_TAG: "1"}), train=("training-job", {HOURS_TAG: "1"})
    )
    world.stub.add_response("describe_notebook_instance", {"NotebookInstanceStatus": "InService"})
    world.training("InProgress", TrainingStartTime=NOON)

    seen = world.jobs.running()

    assert [job.name for job in seen.jobs] == ["train"]
    assert "cannot be read" in f"{seen.faults['lab']}"


def test_it_is_stopped_if_it_runs_and_not_twice(world):
    world.training("InProgress", TrainingStartTime=NOON)
    world.stub.add_response("stop_training_job", {}, {"TrainingJobName": "train"})
    world.training("Stopping", TrainingStartTime=NOON)
    world.notebook("InService")
    world.stub.add_response("stop_notebook_instance", {}, {"NotebookInstanceName": "lab"})
    world.notebook("Stopping")

    for kind, name in ((JobKind.TRAINING, "train"), (JobKind.NOTEBOOK, "lab")):
        world.jobs.stop(kind, name)
        world.jobs.stop(kind, name)

    world.stub.assert_no_pending_responses()


def test_a_missing_permission_is_named(world):
    world.notebook("InService")
    world.stub.add_client_error("stop_notebook_instance", "AccessDeniedException", "no")

    with pytest.raises(EndpointDenied, match="lab"):
        world.jobs.stop(JobKind.NOTEBOOK, "lab")
