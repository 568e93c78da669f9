"""Training jobs and notebook instances that carry a limit as a tag."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cost_sentry.adapters.sagemaker_errors import named_faults, or_none
from cost_sentry.application.endpoint_ports import LimitedJob
from cost_sentry.domain.instance_price import Fleet
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, Job, JobKind

_ROWS_MAX = 100
_RUNS = {"InProgress": True, "Stopping": False, "InService": True}
"""Whether it can be stopped; of other states nothing runs, or nothing is billed."""

Document = Mapping[str, Any]

_LISTS: Mapping[JobKind, tuple[str, str, str, Document]] = {
    JobKind.TRAINING: (
        "list_training_jobs",
        "TrainingJobSummaries",
        "TrainingJob",
        {"StatusEquals": "InProgress", "SortBy": "CreationTime", "SortOrder": "Descending"},
    ),
    JobKind.NOTEBOOK: (
        "list_notebook_instances",
        "NotebookInstances",
        "NotebookInstance",
        {"StatusEquals": "InService", "PaginationConfig": {"PageSize": _ROWS_MAX}},
    ),
}
"""The operation, where a page has its rows, how the fields of a row begin, what is asked for."""


class SageMakerJobs:
    """``application.endpoint_ports.Jobs``.

    Args:
        sagemaker: boto3 client of SageMaker.
        tagging: boto3 client of the Resource Groups Tagging API.
    """

    def __init__(self, sagemaker: Any, tagging: Any) -> None:  # noqa: ANN401 - boto3 clients
        self._sagemaker = sagemaker
        self._tagging = tagging

    def running(self, kind: JobKind) -> Iterator[Sequence[LimitedJob]]:
        """See the port. What has ended, however much it is, is not asked about.

        Without ``MaxResults``, for with it ListTrainingJobs counts its pages before it looks at
        the status (API reference of ListTrainingJobs, note). The newest first, so that the pages
        of what runs come first in any case: a training job ends within thirty days.
        """
        with named_faults(f"{kind.value}s"):
            operation, rows, one_is, asked = _LISTS[kind]
            for page in self._sagemaker.get_paginator(operation).paginate(**asked):
                names = {one[f"{one_is}Arn"]: one[f"{one_is}Name"] for one in page[rows]}
                yield self._limited(kind, names)

    def look(self, one: LimitedJob) -> Job | None:
        """See the port."""
        with named_faults(one.name):
            if one.kind is JobKind.TRAINING:
                told = self._training(one.name)
                return None if told is None else _training_job(told, one.tags)
            told = self._notebook(one.name)
            return None if told is None else _notebook_instance(told, one.tags)

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

    def _limited(self, kind: JobKind, names: Mapping[str, str]) -> Sequence[LimitedJob]:
        """Of those on one page, by ARN; a page has a hundred rows at most, as this call takes."""
        if not names:
            return []
        told = self._tagging.get_resources(ResourceARNList=list(names))["ResourceTagMappingList"]
        found = []
        for one in told:
            tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
            if tags.keys() & {HOURS_TAG, MONEY_TAG}:
                found.append(LimitedJob(kind=kind, name=names[one["ResourceARN"]], tags=tags))
        return found

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
