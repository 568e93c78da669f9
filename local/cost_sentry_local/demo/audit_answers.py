"""P2, P4, P5 and P8: what callers were told, against what the ledger wrote down."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.audit_evidence import Evidence, Finding
from cost_sentry_local.demo.ledger_view import ADJUSTED, RESERVED, RESOLVED, LedgerView

_TOLD_ALWAYS = ("requestId", "decision", "code", "message", "modelAsked", "priceBook")
_TOLD_OF_A_CALL = ("modelUsed", "path", "maxTokens", "reservedUsd", "status", "budgets")
_TOLD_OF_A_KEPT_ANSWER = ("modelUsed", "costUsd", "cache")
_TOLD_OF_A_BUDGET = ("id", "window", "unit", "limit", "left", "leftAsOf", "needed")
_KEPT_ON_REPLAY = ("decision", "modelUsed", "reservedUsd", "costUsd", "status")
_NEVER_RESET = ("all", "session-")
"""What the windows of such budgets begin with."""
_LATER = ("PENDING", "EXPIRED")
"""What a caller was told, and what may become of it: nobody resolved the call in time."""
_GIVEN_BACK = ("LEDGER_UNAVAILABLE", "VOIDED")
"""The ledger's answer to a reservation was lost, so it was taken back, and the caller told no."""


def never_falsely_refused(evidence: Evidence) -> Finding:
    """P2: every refusal for lack of money shows a budget with less left than was needed."""
    refused = [a for a in evidence.answers if a.sentry.get("code") == "BUDGET_EXHAUSTED"]
    broken = []
    for answer in refused:
        binding = [b for b in (answer.sentry.get("budgets") or ()) if b.get("binding")]
        if not any(_short(budget) for budget in binding):
            broken.append(f"{answer.call.request_id} was refused, and no budget was short")
    checked = f"{len(refused)} refusals for lack of money: the binding budget had less than needed"
    return Finding(
        promise="P2", title="Never falsely refused", checked=checked, broken=tuple(broken)
    )


def resolved_once(evidence: Evidence) -> Finding:
    """P4: each reservation is pending, or ended once, and its caller was told which."""
    ledger = evidence.ledger
    reserved, ended, adjusted = (_counted_ids(ledger, k) for k in (RESERVED, RESOLVED, ADJUSTED))
    pending = Counter(request for shard in ledger.shards.values() for request in shard.pending)
    broken = [f"{request} was reserved {n} times" for request, n in reserved.items() if n > 1]
    for request in reserved | ended | pending:
        times = ended[request] + pending[request]
        if times != 1 or not reserved[request]:
            broken.append(
                f"{request}: reserved {reserved[request]}, ended {ended[request]},"
                f" pending {pending[request]} times"
            )
    endings = {request: [e.state for _, e in ends] for request, ends in ledger.endings().items()}
    for request, times in adjusted.items():
        if times != 1 or endings[request][0] != "EXPIRED":
            told = " then ".join(endings[request])
            broken.append(f"{request}: {told}; only what expired is put right, and once")
    states = {request: ends[-1] for request, ends in endings.items()}
    states |= dict.fromkeys(pending, "PENDING")
    broken += _told_otherwise(evidence, states)
    checked = f"{len(reserved)} reservations: {_counted(states)}; callers were told the same"
    return Finding(
        promise="P4", title="Resolved exactly once", checked=checked, broken=tuple(broken)
    )


def same_id_same_answer(evidence: Evidence) -> Finding:
    """P5: a repeated request id is answered from memory, or refused if the content differs."""
    broken = []
    for repeat in evidence.repeats:
        first, again, name = repeat.first.sentry, repeat.again.sentry, repeat.first.call.request_id
        if repeat.same_content:
            differ = [k for k in _KEPT_ON_REPLAY if first.get(k) != again.get(k)]
            if differ or again.get("replayed") is not True:
                broken.append(f"{name} sent again: other {', '.join(differ) or 'run'}")
        elif again.get("code") != "REQUEST_ID_REUSED":
            broken.append(f"{name} with other content was answered {again.get('code')}")
    broken += [
        f"{request_id} reached the provider {times} times"
        for request_id, times in Counter(bill.request_id for bill in evidence.bills).items()
        if times > 1
    ]
    same = sum(repeat.same_content for repeat in evidence.repeats)
    checked = (
        f"{same} requests sent again got their first answer and no second call;"
        f" {len(evidence.repeats) - same} ids with other content were refused"
    )
    return Finding(
        promise="P5", title="Same id, same answer", checked=checked, broken=tuple(broken)
    )


def every_answer_says_why(evidence: Evidence) -> Finding:
    """P8: decision, reason, models, reserved and real cost, what is left, when it resets."""
    broken = [
        f"{answer.call.request_id}: {breach}"
        for answer in evidence.answers
        for breach in _untold(answer)
    ]
    checked = f"{len(evidence.answers)} answers, failures included, say all of it"
    return Finding(
        promise="P8", title="Every answer says why", checked=checked, broken=tuple(broken)
    )


def _counted_ids(ledger: LedgerView, kind: str) -> Counter[str]:
    """Request ids of the entries of this kind."""
    return Counter(e.held.request_id for e in ledger.entries if e.kind == kind and e.held)


def _counted(states: Mapping[str, str]) -> str:
    counts = Counter(states.values())
    return ", ".join(f"{count} {state.lower()}" for state, count in sorted(counts.items()))


def _short(budget: Mapping[str, Any]) -> bool:
    left, needed = budget.get("left"), budget.get("needed")
    return left is not None and needed is not None and Decimal(left) < Decimal(needed)


def _told_otherwise(evidence: Evidence, states: Mapping[str, str]) -> Iterator[str]:
    for answer in evidence.answers:
        request_id, told = answer.call.request_id, answer.sentry.get("status")
        known = states.get(request_id)
        if (answer.sentry.get("code"), known) == _GIVEN_BACK:
            continue
        if told != known and (told, known) != _LATER:
            yield f"{request_id}: its caller was told {told}, the ledger has {known}"


def _untold(answer: Answer) -> Iterator[str]:
    sentry = answer.sentry
    if not sentry:
        yield "no sentry block"
        return
    wanted = _TOLD_ALWAYS + _told_beside(answer)
    yield from (f"no {name}" for name in wanted if sentry.get(name) in (None, "", []))
    if answer.outcome in (Outcome.ALLOWED, Outcome.REROUTED):
        yield from _untold_of_success(answer)
    budgets = sentry.get("budgets") or ()
    if sentry.get("code") == "BUDGET_EXHAUSTED" and not any(b.get("binding") for b in budgets):
        yield "no binding budget"
    for budget in budgets:
        if answer.outcome is not Outcome.REJECTED or budget.get("binding"):
            yield from _untold_of_budget(budget)


def _told_beside(answer: Answer) -> tuple[str, ...]:
    if answer.outcome is Outcome.REJECTED:
        return ()
    kept = answer.sentry.get("code") == "ANSWERED_FROM_CACHE"
    return _TOLD_OF_A_KEPT_ANSWER if kept else _TOLD_OF_A_CALL


def _untold_of_success(answer: Answer) -> Iterator[str]:
    if answer.sentry.get("costUsd") is None:
        yield "no costUsd"
    if not answer.response.get("output") or "stopReason" not in answer.response:
        yield "no answer of the model"
    rerouted = answer.sentry.get("modelUsed") != _first_choice(answer.sentry)
    if rerouted != (answer.outcome is Outcome.REROUTED):
        yield f"decision {answer.sentry.get('decision')} does not fit the model that was called"


def _first_choice(sentry: Mapping[str, Any]) -> object:
    """The model that the request names, or that the sentry would rather have called."""
    routing = sentry.get("routing")
    return routing["order"][0]["modelId"] if routing else sentry.get("modelAsked")


def _untold_of_budget(budget: Mapping[str, Any]) -> Iterator[str]:
    where = f"budget {budget.get('id')}"
    yield from (f"{where} has no {name}" for name in _TOLD_OF_A_BUDGET if budget.get(name) is None)
    if budget.get("resetsAt") is None and not str(budget.get("window")).startswith(_NEVER_RESET):
        yield f"{where} has no resetsAt"
