"""What is wrong, or easily misread, about who may approve."""

from collections.abc import Iterator

from cost_sentry_client.config_file.problems import Finding, quoted
from cost_sentry_client.config_file.shapes import SentryFile


def approval_findings(file: SentryFile) -> Iterator[Finding]:
    """A member without a value, and what stands in a list twice."""
    approvals = file.approvals
    if approvals is None:
        if "approvals" in file.model_fields_set:
            yield Finding(
                path=("approvals",),
                problem="approvals has no value, so it would be as if it were not there",
                allowed="approvals with approvers and mail, or no approvals at all",
            )
        return
    for field, values in (("approvers", approvals.approvers), ("mail", approvals.mail)):
        for place, value in enumerate(values):
            if value in values[:place]:
                yield Finding(
                    path=("approvals", field, place),
                    problem=f"{quoted(value)} stands here twice",
                    allowed="each once",
                )
