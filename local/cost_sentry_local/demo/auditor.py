"""The auditor: trusts nothing that the sentry says of itself.

It reads the ledger's raw items, the provider's own log of billed calls, the list prices, and the
answers that callers got, and holds them against the promises of the design. P11 (idle costs
nothing) cannot be seen in a run like this; a test of its own shows it.
"""

from cost_sentry_local.demo.audit_answers import (
    every_answer_says_why,
    never_falsely_refused,
    resolved_once,
    same_id_same_answer,
)
from cost_sentry_local.demo.audit_bills import quote_is_upper_bound, unknown_never_free
from cost_sentry_local.demo.audit_closed import no_ledger_no_call
from cost_sentry_local.demo.audit_evidence import Evidence, Finding
from cost_sentry_local.demo.audit_money import money_conserved, never_overspent
from cost_sentry_local.demo.audit_privacy import no_prompt_text

CHECKS = (
    never_overspent,
    never_falsely_refused,
    money_conserved,
    resolved_once,
    same_id_same_answer,
    unknown_never_free,
    quote_is_upper_bound,
    every_answer_says_why,
    no_ledger_no_call,
    no_prompt_text,
)


def audit(evidence: Evidence) -> tuple[Finding, ...]:
    """One finding per promise, kept or broken, in the order of the design."""
    return tuple(check(evidence) for check in CHECKS)
