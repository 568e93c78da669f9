"""SageMaker's jobs and notebooks behind real clients: calls are checked, and answered from memory.

As AWS answers them: ten rows a page where nobody says how many, and with ``MaxResults`` the pages
of training jobs are counted before their status is looked at.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.validate import ParamValidator

from cost_sentry.adapters.sagemaker_jobs import SageMakerJobs
from cost_sentry.domain.job_guard import JobKind
from tests.fakes.builders import NOON
from tests.fakes.stubbed_sagemaker import client

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:"
ROWS_PER_PAGE = 10
_PARTS = {JobKind.TRAINING: "training-job", JobKind.NOTEBOOK: "notebook-instance"}
_RUNS = {JobKind.TRAINING: "InProgress", JobKind.NOTEBOOK: "InService"}

Document = dict[str, Any]


@dataclass(slots=True)
class Held:
    """One of them."""

    kind: JobKind
    name: str
    tags: Mapping[str, str]
    status: str

    @property
    def arn(self) -> str:
        return f"{PREFIX}{_PARTS[self.kind]}/{self.name}"


class JobsService:
    """Its ``jobs`` is the real adapter over it."""

    def __init__(self) -> None:
        sagemaker, tagging = client("sagemaker"), client("resourcegroupstaggingapi")
        for one in (sagemaker, tagging):
            one.meta.events.register("before-call", self._answer)
        self.jobs = SageMakerJobs(sagemaker, tagging)
        self.held: dict[tuple[JobKind, str], Held] = {}
        self.hidden: set[str] = set()
        self.throttled: set[str] = set()
        """Operations."""
        self.calls: Counter[str] = Counter()
        self.stopped: list[str] = []

    def add(self, kind: JobKind, name: str, tags: Mapping[str, str]) -> None:
        self.held[kind, name] = Held(kind, name, tags, _RUNS[kind])

    def end(self, name: str) -> None:
        for (kind, told), one in self.held.items():
            if told == name:
                one.status = "Completed" if kind is JobKind.TRAINING else "Stopped"

    def hide(self, name: str) -> None:
        self.hidden.add(name)

    def _answer(self, model: Any, params: Mapping[str, Any], **_: object) -> tuple[Any, Document]:
        asked = json.loads(params["body"])
        self.calls[model.name] += 1
        if model.name in self.throttled:
            return _error("ThrottlingException", "Rate exceeded")
        if self.hidden & set(map(str, asked.values())):
            return _error("AccessDeniedException", "no")
        told = getattr(self, model.name)(asked)
        if isinstance(told, tuple):
            return told
        if model.output_shape is not None:
            report = ParamValidator().validate(told, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200), told

    def ListTrainingJobs(self, asked: Document) -> Document:  # noqa: N802 - the API's name
        rows = self._of(JobKind.TRAINING)
        if asked.get("SortOrder") == "Descending":
            rows.reverse()
        wanted = asked.get("StatusEquals")
        if "MaxResults" not in asked:
            rows = [one for one in rows if one.status == wanted]
        page, more = _page(rows, asked)
        told = [
            {
                "TrainingJobName": one.name,
                "TrainingJobArn": one.arn,
                "CreationTime": NOON,
                "TrainingJobStatus": one.status,
            }
            for one in page
            if one.status == wanted
        ]
        return {"TrainingJobSummaries": told, **more}

    def ListNotebookInstances(self, asked: Document) -> Document:  # noqa: N802
        rows = [o for o in self._of(JobKind.NOTEBOOK) if o.status == asked["StatusEquals"]]
        page, more = _page(rows, asked)
        told = [{"NotebookInstanceName": one.name, "NotebookInstanceArn": one.arn} for one in page]
        return {"NotebookInstances": told, **more}

    def GetResources(self, asked: Document) -> Document:  # noqa: N802
        assert asked.keys() == {"ResourceARNList"}, "it is taken with nothing else"
        assert len(asked["ResourceARNList"]) <= 100
        told = [
            {
                "ResourceARN": one.arn,
                "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()],
            }
            for one in self.held.values()
            if one.arn in asked["ResourceARNList"] and one.tags
        ]
        return {"ResourceTagMappingList": told}

    def DescribeTrainingJob(self, asked: Document) -> Any:  # noqa: N802
        one = self.held.get((JobKind.TRAINING, asked["TrainingJobName"]))
        if one is None:
            return _error("ValidationException", "Requested resource not found.")
        return {
            "TrainingJobName": one.name,
            "TrainingJobArn": one.arn,
            "ModelArtifacts": {"S3ModelArtifacts": "s3://b/k"},
            "TrainingJobStatus": one.status,
            "SecondaryStatus": "Training",
            "AlgorithmSpecification": {"TrainingInputMode": "File"},
            "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
            "StoppingCondition": {},
            "CreationTime": NOON,
            "TrainingStartTime": NOON,
        }

    def DescribeNotebookInstance(self, asked: Document) -> Any:  # noqa: N802
        one = self.held.get((JobKind.NOTEBOOK, asked["NotebookInstanceName"]))
        if one is None:
            return _error("ValidationException", "RecordNotFound: it does not exist")
        return {
            "NotebookInstanceName": one.name,
            "NotebookInstanceStatus": one.status,
            "InstanceType": "ml.g5.xlarge",
            "LastModifiedTime": NOON,
        }

    def StopTrainingJob(self, asked: Document) -> Document:  # noqa: N802
        return self._stop(JobKind.TRAINING, asked["TrainingJobName"])

    def StopNotebookInstance(self, asked: Document) -> Document:  # noqa: N802
        return self._stop(JobKind.NOTEBOOK, asked["NotebookInstanceName"])

    def _stop(self, kind: JobKind, name: str) -> Document:
        self.stopped.append(name)
        self.held[kind, name].status = "Stopping"
        return {}

    def _of(self, kind: JobKind) -> list[Held]:
        return [one for one in self.held.values() if one.kind is kind]


def _page(rows: Sequence[Held], asked: Document) -> tuple[Sequence[Held], Document]:
    first, most = int(asked.get("NextToken", "0")), asked.get("MaxResults", ROWS_PER_PAGE)
    more = {"NextToken": str(first + most)} if first + most < len(rows) else {}
    return rows[first : first + most], more


def _error(code: str, words: str) -> tuple[Any, Document]:
    error = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {}}
    return SimpleNamespace(status_code=400), error
