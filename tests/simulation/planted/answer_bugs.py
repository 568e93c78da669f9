"""Mistakes in what is asked of the ledger, and in what is answered."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cost_sentry.adapters import dynamodb_ledger, ledger_memory, ledger_refills
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_writes import reserve_arguments
from cost_sentry.application import admit_request, candidates, refusals, serve_request
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.candidates import Candidate
from cost_sentry.application.serve_request import Serving
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from tests.simulation import workloads
from tests.simulation.audit import broken
from tests.simulation.planted import workloads as planted
from tests.simulation.planted.bug import CALM, Bugs

bugs = Bugs()


@bugs.caught_by(broken.SAME_ANSWER, workloads.same_id)
def another_executions_call_is_gone_on_with(patch: pytest.MonkeyPatch) -> None:
    """A pending reservation is given to whoever names its id."""
    patch.setattr(ledger_memory, "_held", lambda held, asked: replace(held, attempt=asked.attempt))


@bugs.caught_by(broken.SAME_ANSWER, workloads.same_id)
def other_content_is_answered(patch: pytest.MonkeyPatch) -> None:
    """A replay does not compare the content's digest."""
    replayed = serve_request.replayed
    patch.setattr(
        serve_request,
        "replayed",
        lambda request, first, ended: replayed(replace(request, digest=first.digest), first, ended),
    )


@bugs.caught_by(broken.SAME_ANSWER, planted.withdrawn_models)
def refuses_before_it_asks_for_the_id(patch: pytest.MonkeyPatch) -> None:
    """A refusal by the configuration is told without asking whether the id was answered."""
    patch.setattr(admit_request, "must_be_asked_first", lambda _decision: False)


@bugs.caught_by(broken.HELD_BEFORE_ALLOWED, workloads.spend)
def a_silent_ledger_allows(patch: pytest.MonkeyPatch) -> None:
    """When the ledger cannot be asked, the answer is yes."""
    decide = Admission.decide

    def fails_open(self: Admission, request: Any, attempt: str) -> Any:
        decision = decide(self, request, attempt)
        if decision.code is not ReasonCode.LEDGER_UNAVAILABLE:
            return decision
        config = self.config_source.current()
        first = next(iter(candidates.candidates_for(request, config, self.price_book)))
        serving = Serving(parts=self, request=request, config=config, attempt=attempt)
        held = serving._reservation(first)
        return replace(decision, kind=DecisionKind.ALLOW, reservation=held)

    patch.setattr(Admission, "decide", fails_open)


@bugs.caught_by(broken.ANSWERS_WHEN_CALM, workloads.hot_budget, CALM)
def gives_up_at_the_first_conflict(patch: pytest.MonkeyPatch) -> None:
    """Another writer at the budget's item is taken for a ledger that is down."""
    patch.setattr(ledger_refills, "ATTEMPTS_MAX", 1)


@bugs.caught_by(broken.UPPER_BOUND, workloads.spend, CALM)
def half_the_output_is_quoted(patch: pytest.MonkeyPatch) -> None:
    """The quote counts half of the output that the call may make."""
    quote = candidates.quote_picodollars

    def halved(price: Any, *, output_limit_tokens: int, **bounds: Any) -> int:
        return quote(price, output_limit_tokens=output_limit_tokens // 2, **bounds)

    patch.setattr(candidates, "quote_picodollars", halved)


@bugs.caught_by(broken.RIGHT_WINDOW, workloads.rollover, CALM)
def the_window_of_a_minute_ago(patch: pytest.MonkeyPatch) -> None:
    """Which window a call falls into is remembered for a minute."""
    holds = Candidate.holds
    patch.setattr(Candidate, "holds", lambda self, now: holds(self, now - timedelta(minutes=1)))


@bugs.caught_by(broken.SAYS_WHY, workloads.last_cent, CALM)
def a_refusal_names_no_budget(patch: pytest.MonkeyPatch) -> None:
    """A refusal for want of money does not say whose."""
    patch.setattr(refusals, "views_before", lambda *_given: ())


@bugs.caught_by(broken.FROM_THE_FUTURE, planted.future_ids, CALM)
def an_id_from_the_future_is_taken(patch: pytest.MonkeyPatch) -> None:
    """An id is new as long as its own time is to come."""
    patch.setattr(ledger_memory, "_refuse_ahead", lambda _request_id, _now: None)


@bugs.caught_by(broken.AT_REST, workloads.last_cent, CALM)
def tries_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A shortage is never told; the same write is tried until the function's time is up."""
    patch.setattr(dynamodb_ledger, "ATTEMPTS_MAX", 1_000_000)
    patch.setattr(DynamoDbLedger, "_supply", lambda *_given: None)


@bugs.caught_by(broken.NO_BUG, workloads.spend, CALM)
def a_write_that_dynamodb_refuses(patch: pytest.MonkeyPatch) -> None:
    """Reserve gives a value that its expressions do not use."""

    def changed(held: Any) -> dict[str, Any]:
        arguments = reserve_arguments(held)
        values = {**arguments["ExpressionAttributeValues"], ":unused": {"S": "x"}}
        return {**arguments, "ExpressionAttributeValues": values}

    patch.setattr(dynamodb_ledger, "reserve_arguments", changed)
