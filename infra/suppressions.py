"""cdk-nag findings that stay, each with its reason. A finding without a row stops synthesis."""

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import IConstruct

from infra.bedrock_access import GUARDRAILS, priced_models, priced_profiles
from infra.emergency_store import KINDS
from infra.endpoint_access import (
    COMPONENT,
    CONFIG,
    ENDPOINT,
    JOBS,
    MODEL,
    PACKAGE,
    TRACKING_ALARMS,
    WAKE_ALARMS,
)
from infra.model_metrics import PROFILES

_ANYWHERE = "arn:<AWS::Partition>:bedrock:*:"
_BUCKET = "<EmergencyBucket9AF741A9.Arn>"
_SAGEMAKER = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
_CLOUDWATCH = "arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>"
_HERE = "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Findings that may stand below one construct of the stack, and why."""

    path: str
    findings: tuple[str, ...]
    reason: str


def _wildcards(*resources: str) -> tuple[str, ...]:
    return tuple(f"IAM5[Resource::{resource}]" for resource in resources)


ACCEPTANCES = (
    Acceptance(
        path="Functions",
        findings=("L1",),
        reason="Python 3.13 is what the layer's wheels are locked for and what the code is tested "
        "on; a newer runtime comes with a newer lock.",
    ),
    Acceptance(
        path="Functions",
        findings=_wildcards("*"),
        reason="X-Ray's PutTraceSegments and PutTelemetryRecords have no resource to name, nor has "
        "ListStreams as the event source mapping asks for it, nor have CloudWatch's GetMetricData "
        "and ListMetrics.",
    ),
    Acceptance(
        path="Functions",
        findings=_wildcards(f"{_HERE}:{PROFILES}"),
        reason="Which profiles are called past the sentry is known by their metrics only; of each "
        "the model behind it may be read.",
    ),
    Acceptance(
        path="Functions",
        findings=_wildcards(*(f"{_BUCKET}/{kind}" for kind in KINDS)),
        reason="The kind of object is named; which one of it a call needs, a slot's, a claim's, "
        "follows from its request id and the day.",
    ),
    Acceptance(
        path="Emergency/Bucket",
        findings=("S1",),
        reason="An access log needs a second bucket. What calls of an outage did stands in the "
        "ledger's journal once they are booked, and roles of this stack alone write here.",
    ),
    Acceptance(
        path="Answers/Table",
        findings=("DDB3",),
        reason="A recovery copy would keep text for 35 days that was to be kept for an hour, and "
        "nothing is lost with this table: the model answers again.",
    ),
    Acceptance(
        path="Workflows",
        findings=_wildcards("*"),
        reason="Log delivery and X-Ray actions of Step Functions have no resource to name.",
    ),
    Acceptance(
        path="Workflows",
        findings=("SF1",),
        reason="Failures are logged, not every event: at 6 KB a call the log would cost more than "
        "the ledger, and the journal keeps each decision, who asked, and how it ended.",
    ),
    Acceptance(
        path="Models",
        findings=_wildcards(*(f"{_ANYWHERE}:{model}" for model in priced_models())),
        reason="The Region alone is a wildcard: a cross-Region inference profile is authorized "
        "against the model in every Region it may route to. The model is named.",
    ),
    Acceptance(
        path="Models",
        findings=_wildcards(*(f"{_HERE}:{profile}" for profile in priced_profiles())),
        reason="Whoever calls a profile must also be allowed to call the model behind it, and "
        "those are named one by one; naming both would pass IAM's limit of 10,240 characters.",
    ),
    Acceptance(
        path="Models",
        findings=_wildcards(*(f"{_HERE}:{guardrail}" for guardrail in GUARDRAILS)),
        reason="The caller's guardrailConfig names the guardrail. Those of this account and "
        "Region only, and applying one can only take away from an answer.",
    ),
    Acceptance(
        path="Endpoints",
        findings=_wildcards(
            "*", *(f"{_SAGEMAKER}:{one}" for one in (ENDPOINT, CONFIG, COMPONENT, MODEL, *JOBS))
        ),
        reason="Which endpoints may sleep, and which jobs have a limit, their owners say by tags, "
        "and the statements ask for these; listing, metrics and scaling have no resource to name.",
    ),
    Acceptance(
        path="Endpoints",
        findings=_wildcards(f"arn:<AWS::Partition>:sagemaker:<AWS::Region>:*:{PACKAGE}"),
        reason="A model may be made of a package that another account shares or sells. Whether it "
        "is still there is looked at before an endpoint is taken away; its owner allows that too.",
    ),
    Acceptance(
        path="Endpoints",
        findings=_wildcards(f"{_CLOUDWATCH}:{WAKE_ALARMS}", f"{_CLOUDWATCH}:{TRACKING_ALARMS}"),
        reason="The sentry names its own alarms by a prefix and the component; those of a scaling "
        "policy that is put back are named by Application Auto Scaling.",
    ),
    Acceptance(
        path="AnomalyEvents/DeadLetters",
        findings=("SQS3",),
        reason="This is the dead-letter queue itself, of EventBridge's rules, where cdk-nag does "
        "not look.",
    ),
    Acceptance(
        path="Triggers/DeadLetters",
        findings=("SQS3",),
        reason="This is the dead-letter queue itself, of the stream's event source mapping, where "
        "cdk-nag does not look.",
    ),
)


def explain_findings(stack: cdk.Stack) -> None:
    """Acknowledge exactly the findings that a row explains."""
    for row in ACCEPTANCES:
        scope: IConstruct = stack
        for part in row.path.split("/"):
            scope = scope.node.find_child(part)
        cdk.Validations.of(scope).acknowledge(
            *(
                cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{finding}", reason=row.reason)
                for finding in row.findings
            )
        )
