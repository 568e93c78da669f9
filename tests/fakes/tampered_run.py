"""Breaking an honest run on purpose, and hearing what the auditor says."""

import json
from dataclasses import replace
from typing import Any

from cost_sentry_local.demo.answers import Answer
from cost_sentry_local.demo.audit_evidence import Evidence
from cost_sentry_local.demo.auditor import audit
from tests.fakes.audited_run import Items

STATE, COST = 0, 2
"""Where an ending says so."""


def broken(evidence: Evidence) -> list[str]:
    """The promises of which the auditor found a breach."""
    return [finding.promise for finding in audit(evidence) if finding.broken]


def find(items: Items, pk: str, sk: str) -> dict[str, Any]:
    return next(item for item in items if item["pk"]["S"] == pk and item["sk"]["S"] == sk)


def holder(items: Items, request_id: str) -> dict[str, Any]:
    """The shard that holds this call."""
    shards = (item for item in items if item["sk"]["S"].startswith("SHARD#"))
    return next(shard for shard in shards if request_id in shard["pending"]["M"])


def change_ending(items: Items, request_id: str, kind: str, at: int, value: object) -> None:
    """Another member in what the journal says of how this call ended."""
    item = find(items, f"REQUEST#{request_id}", f"search/web#{kind}")
    held, end = json.loads(item["record"]["S"])
    end[at] = value
    item["record"]["S"] = json.dumps([held, end])


def with_answer(evidence: Evidence, request_id: str, **changes: Any) -> Evidence:
    def changed(answer: Answer) -> Answer:
        if answer.call.request_id != request_id:
            return answer
        return replace(answer, sentry={**answer.sentry, **changes})

    return replace(evidence, answers=tuple(changed(answer) for answer in evidence.answers))
