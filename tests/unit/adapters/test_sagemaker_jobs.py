"""Jobs and notebooks as SageMaker tells them, and how they are stopped."""

import pytest
from botocore.stub import Stubber

from cost_sentry.adapters.sagemaker_jobs import SageMakerJobs
from cost_sentry.application.endpoint_ports import (
    EndpointDenied,
    EndpointFault,
    EndpointThrottled,
    LimitedJob,
)
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.job_guard import HOURS_TAG, JobKind
from tests.fakes.builders import NOON
from tests.fakes.jobs_service import PREFIX, JobsService
from tests.fakes.stubbed_sagemaker import client

TRAIN = LimitedJob(kind=JobKind.TRAINING, name="train", tags={HOURS_TAG: "1"})
LAB = LimitedJob(kind=JobKind.NOTEBOOK, name="lab", tags={HOURS_TAG: "1"})


class Stubbed:
    def __init__(self) -> None:
        sagemaker = client("sagemaker")
        self.stub = Stubber(sagemaker)
        self.stub.activate()
        self.jobs = SageMakerJobs(sagemaker, client("resourcegroupstaggingapi"))

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


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_what_has_ended_is_nothing(world, status):
    world.training(status, TrainingStartTime=NOON)

    assert world.jobs.look(TRAIN) is None


def test_what_is_being_stopped_cannot_be_stopped_again(world):
    world.training("Stopping", TrainingStartTime=NOON)

    assert world.jobs.look(TRAIN).can_stop is False


def test_a_job_that_still_waits_for_its_instances_costs_nothing_yet(world):
    world.training("InProgress")

    assert world.jobs.look(TRAIN) is None


def test_all_instances_are_counted(world):
    world.training("InProgress", TrainingStartTime=NOON)
    groups = [
        {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2, "InstanceGroupName": "a"},
        {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "InstanceGroupName": "b"},
    ]
    world.training("InProgress", TrainingStartTime=NOON, ResourceConfig={"InstanceGroups": groups})

    one, grouped = world.jobs.look(TRAIN), world.jobs.look(TRAIN)

    assert one.fleets == (Fleet(instance_type="ml.g5.xlarge", count=4),)
    assert {fleet.instance_type: fleet.count for fleet in grouped.fleets} == {
        "ml.g5.xlarge": 2,
        "ml.p3.2xlarge": 1,
    }


def test_an_answer_that_cannot_be_read_is_a_fault_that_names_it(world):
    world.stub.add_response("describe_notebook_instance", {"NotebookInstanceStatus": "InService"})

    with pytest.raises(EndpointFault, match="lab: SageMaker's answer cannot be read"):
        world.jobs.look(LAB)


def test_jobs_that_ended_long_ago_cost_no_call():
    """3,000 of them, tagged for ever, and one that runs since before them."""
    service = JobsService()
    service.add(JobKind.TRAINING, "runs", {HOURS_TAG: "12"})
    for n in range(3_000):
        service.add(JobKind.TRAINING, f"old-{n}", {HOURS_TAG: "12"})
        service.end(f"old-{n}")

    (found,) = [one for page in service.jobs.running(JobKind.TRAINING) for one in page]

    assert found.name == "runs"
    assert service.calls == {"ListTrainingJobs": 1, "GetResources": 1}


def test_a_page_is_asked_for_when_it_is_taken():
    service = JobsService()
    for n in range(100):
        service.add(JobKind.TRAINING, f"j{n}", {HOURS_TAG: "12"})

    next(service.jobs.running(JobKind.TRAINING))

    assert service.calls["ListTrainingJobs"] == 1


@pytest.mark.parametrize("operation", ["ListNotebookInstances", "GetResources"])
def test_a_list_that_is_throttled_is_a_fault_that_says_of_what(operation):
    service = JobsService()
    service.add(JobKind.NOTEBOOK, "lab", {HOURS_TAG: "12"})
    service.throttled.add(operation)

    with pytest.raises(EndpointThrottled, match="notebook instances"):
        list(service.jobs.running(JobKind.NOTEBOOK))


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
