"""P9: no ledger, no call."""

from collections.abc import Iterator

from cost_sentry_local.demo.answers import Outcome
from cost_sentry_local.demo.audit_evidence import Evidence, Finding

_SAYS = "LEDGER_UNAVAILABLE"


def no_ledger_no_call(evidence: Evidence) -> Finding:
    """P9: the call that was made while the table was out of reach."""
    return Finding(
        promise="P9",
        title="No ledger, no call",
        checked="one call while the table is out of reach: refused, nothing sent, nothing held",
        broken=tuple(_breaches(evidence)),
    )


def _breaches(evidence: Evidence) -> Iterator[str]:
    answer = evidence.without_ledger
    name = answer.call.request_id
    said = answer.sentry.get("code")
    if answer.outcome is not Outcome.REJECTED or said != _SAYS:
        yield f"{name}: the table could not be asked, and the answer was {answer.outcome} ({said})"
    if any(bill.request_id == name for bill in evidence.bills):
        yield f"{name}: the table could not be asked, and the call reached the provider"
    held = (entry.held for entry in evidence.ledger.entries if entry.held)
    pending = (held for shard in evidence.ledger.shards.values() for held in shard.pending)
    if name in pending or any(one.request_id == name for one in held):
        yield f"{name}: the table could not be asked, and yet money was held"
