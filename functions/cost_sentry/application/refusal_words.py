"""What a refusal for want of money says: which budget, why, and what would help."""

from datetime import datetime

from cost_sentry.application.candidate_tries import CandidateTries, Short
from cost_sentry.application.candidates import Candidate
from cost_sentry.application.output_limit import shortens_answers
from cost_sentry.domain.budget import Budget, Unit, amount_in_words, amount_text
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.sentry_config import scope_text
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from cost_sentry.domain.window import WindowKind

_ONE_A_CALL = (Unit.REQUESTS, Unit.IN_FLIGHT, Unit.RETRIES)


def why_exhausted(request: InvocationRequest, budget: Budget, tries: CandidateTries) -> str:
    """The sentence about the budget that cannot pay for the model that was asked for.

    A window that ends helps only a call that an empty one could pay for.
    """
    return f"{_why_short(request, budget, tries)}{_why_there(budget)}"


def _why_there(budget: Budget) -> str:
    """Of a budget that stands in no sentry.yaml: who put it there, until when, what to do."""
    by = budget.temporary
    if by is None:
        return ""
    which = f"is there until {by.until.isoformat()} by {by.why}"
    return f"; budget {budget.id}, for {scope_text(budget.scope)}, {which}; {by.undo}"


def _why_short(request: InvocationRequest, budget: Budget, tries: CandidateTries) -> str:
    short = tries.first_short
    lower = tries.may_lower and shortens_answers(budget, short.why)
    ladder = _nothing_else_fits(tries, lower=lower)
    if least_needed(short, tries) <= short.why.remaining.limit:
        return f"budget {budget.id} has {_too_little(budget, short)}; {ladder}"
    never = f"budget {budget.id} can never pay for it: {_too_much(short)}"
    return f"{never}; {ladder}; {_what_helps(request, short)}"


def least_needed(short: Short, tries: CandidateTries) -> int:
    """What this call would hold of the budget with the lowest output limit that may be sent."""
    candidate = short.candidate
    if tries.may_lower:
        candidate = candidate.within(
            output_limit_tokens=min(tries.floor, candidate.output_limit_tokens)
        )
    return _needed(candidate, short)


def _needed(candidate: Candidate, short: Short) -> int:
    holds = candidate.holds(short.asked.reserved_at)
    return next((hold.amount for hold in holds if hold.key == short.why.hold.key), 0)


def _too_little(budget: Budget, short: Short) -> str:
    """What the budget lacks, and until when."""
    if not budget.unit.is_spent:
        most = amount_in_words(budget.unit, short.why.remaining.limit)
        return f"no room until a running call ends ({most} at most)"
    until = _until(budget, short.asked.reserved_at)
    missed = short.why.out_of_reach_percent_max
    unless = f" (up to {missed} % of its limit may be free, but out of reach)" if missed else ""
    return f"too little left {until}{unless}"


def _until(budget: Budget, now: datetime) -> str:
    if budget.window is WindowKind.SESSION:
        return "in this session; a new session has its own"
    end = budget.resets_at(now)
    return f"until it resets at {end.isoformat()}" if end else "and never resets"


def _too_much(short: Short) -> str:
    """That one call is more than the whole limit."""
    unit, needed = short.why.hold.unit, short.why.hold.amount
    limit = short.why.remaining.limit
    if unit in _ONE_A_CALL:
        return f"its limit is {amount_in_words(unit, limit)}"
    if unit is Unit.USD:
        of_limit = f"more than the whole limit of ${amount_text(unit, limit)}"
        return f"one such call may cost ${amount_text(unit, needed)}, {of_limit}"
    of_limit = f"more than the whole limit of {amount_in_words(unit, limit)}"
    return f"one such call may use {amount_in_words(unit, needed)}, {of_limit}"


def _what_helps(request: InvocationRequest, short: Short) -> str:
    unit = short.why.hold.unit
    helps = ["raise the limit"]
    if unit not in _ONE_A_CALL:
        prompt = _needed(short.candidate.within(output_limit_tokens=0), short)
        if prompt < short.why.remaining.limit:
            helps.append("ask for less output")
        elif request.input_bound_tokens >= UNBOUNDED_TOKENS:
            helps.append("send the text instead of the file")
        else:
            helps.append("shorten the prompt")
        helps.append("choose another model")
    return ", ".join(helps[:-1]) + (", or " if helps[:-1] else "") + helps[-1]


def _nothing_else_fits(tries: CandidateTries, *, lower: bool) -> str:
    ladder = len({rung.model_id for rung in tries.rungs}) > 1
    if tries.is_routed:
        nor = ", nor does a lower output limit" if lower else ""
        return f"no other model that may serve it fits either{nor}"
    if not lower:
        return "no model of the ladder fits either" if ladder else "the model has no ladder"
    if ladder:
        return "no model of the ladder fits either, nor does a lower output limit"
    return "the model has no ladder, and no lower output limit fits"
