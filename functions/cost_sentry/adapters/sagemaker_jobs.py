"""Training jobs and notebook instances that carry a limit as a tag."""

from collections.abc import Iterator, Mapping
from typing import Any

from cost_sentry.adapters.sagemaker_errors import named_faults, or_none
from cost_sentry.application.endpoint_ports import EndpointFault, SeenJobs
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, Job, JobKind

_TRAINING, _NOTEBOOK = "sagemaker:training-job", "sagemaker:notebook-instance"
_RUNS = {"InProgress": True, "Stopping": False, "InService": True}
"""Whether it can be stopped; of other states nothing runs, or nothing is billed."""

Document = Mapping[str, Any]


class SageMakerJobs:
    """``application.endpoint_ports.Jobs``.

    Args:
        sagemaker: boto3 client of SageMaker.
        tagging: boto3 client of the Resource Groups Tagging API.
    """

    def __init__(self, sagemaker: Any, tagging: Any) -> None:  # noqa: ANN401 - boto3 clients
        self._sagemaker = sagemaker
        self._tagging = tagging

    def running(self) -> SeenJobs:
        """See the port."""
        with named_faults("jobs by tag"):
            tagged = dict(self._tagged())
        jobs: list[Job] = []
        faults: dict[str, EndpointFault] = {}
        for arn, tags in sorted(tagged.items()):
            name = arn.rpartition("/")[2]
            try:
                with named_faults(name):
                    job = self._job(arn, tags)
            except EndpointFault as fault:
                faults[name] = fault
                continue
            if job is not None:
                jobs.append(job)
        return SeenJobs(jobs=jobs, faults=faults)

    def stop(self, kind: JobKind, name: str) -> None:
        """See the port."""
        with named_faults(name):
            if kind is JobKind.TRAINING:
                told = self._training(name)
                if told is not None and told["TrainingJobStatus"] == "InProgress":
                    self._sagemaker.stop_training_job(TrainingJobName=name)
                return
            told = self._notebook(name)
            if told is not None and told["NotebookInstanceStatus"] == "InService":
                self._sagemaker.stop_notebook_instance(NotebookInstanceName=name)

    def _tagged(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Tag filters of one call are all required, so each tag is asked for by its own."""
        for tag in (HOURS_TAG, MONEY_TAG):
            pages = self._tagging.get_paginator("get_resources").paginate(
                TagFilters=[{"Key": tag}], ResourceTypeFilters=[_TRAINING, _NOTEBOOK]
            )
            for page in pages:
                for one in page["ResourceTagMappingList"]:
                    yield one["ResourceARN"], {t["Key"]: t["Value"] for t in one["Tags"]}

    def _job(self, arn: str, tags: Mapping[str, str]) -> Job | None:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if kind == "training-job":
            told = self._training(name)
            return None if told is None else _training_job(told, tags)
        told = self._notebook(name)
        return None if told is None else _notebook_instance(told, tags)

    def _training(self, name: str) -> Document | None:
        return or_none(lambda: self._sagemaker.describe_training_job(TrainingJobName=name))

    def _notebook(self, name: str) -> Document | None:
        return or_none(
            lambda: self._sagemaker.describe_notebook_instance(NotebookInstanceName=name)
        )


def _training_job(told: Document, tags: Mapping[str, str]) -> Job | None:
    status, started = told["TrainingJobStatus"], told.get("TrainingStartTime")
    if status not in _RUNS or started is None:
        return None
    return Job(
        name=told["TrainingJobName"],
        kind=JobKind.TRAINING,
        tags=tags,
        started_at=started,
        fleets=tuple(_fleets(told["ResourceConfig"])),
        can_stop=_RUNS[status],
    )


def _fleets(resources: Document) -> Iterator[Fleet]:
    groups = resources.get("InstanceGroups") or [resources]
    for group in groups:
        # A type that SageMaker does not tell has no price, and so an unknown cost.
        instance = group.get("InstanceType") or resources.get("SelectedInstanceType") or "unknown"
        yield Fleet(instance_type=instance, count=group.get("InstanceCount") or 1)


def _notebook_instance(told: Document, tags: Mapping[str, str]) -> Job | None:
    """It runs since it was changed last: starting it is such a change, and so is an update."""
    status = told["NotebookInstanceStatus"]
    if status not in _RUNS:
        return None
    return Job(
        name=told["NotebookInstanceName"],
        kind=JobKind.NOTEBOOK,
        tags=tags,
        started_at=told["LastModifiedTime"],
        fleets=(Fleet(instance_type=told["InstanceType"], count=1),),
        can_stop=_RUNS[status],
    )
