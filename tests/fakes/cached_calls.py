"""Calls of applications that have a cache, from request to kept answer, over memory."""

from dataclasses import replace
from typing import Any

from cost_sentry.adapters.converse_usage import parse_usage
from cost_sentry.application.keep_answer import keep_answer
from cost_sentry.application.settle_reservation import settle_reservation
from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.sentry_config import Application, Team
from tests.fakes.admissions import Sentry, request
from tests.fakes.builders import budget

CACHING = AnswerCaching(ttl_seconds=3600)
WEB, BATCH = Caller(team="search", application="web"), Caller(team="search", application="batch")
PLENTY = budget(limit=1_000_000)
CALL = 10 * 37
"""The dear model's 30 tokens in and 7 out."""


def teams(**caching: AnswerCaching | None) -> dict[str, Team]:
    """Team search with these applications; web has a cache unless it is told otherwise."""
    named = {"web": CACHING, **caching}
    applications = {name: Application(id=name, answer_cache=one) for name, one in named.items()}
    return {"search": Team(id="search", applications=applications)}


def asked(request_id: str = "r1", text: str = "hello", **changes: Any) -> InvocationRequest:
    """A request of web at temperature 0."""
    given = {
        "caller": WEB,
        "digest": f"of {text}",
        "converse": {
            "messages": [{"role": "user", "content": [{"text": text}]}],
            "inferenceConfig": {"temperature": 0, "maxTokens": 100},
        },
    }
    return request(request_id, **{**given, **changes})


def answer(text: str = "hi", **changes: Any) -> dict[str, Any]:
    """As Converse gives it: 30 tokens in, 7 out."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 30, "outputTokens": 7, "totalTokens": 37},
        "metrics": {"latencyMs": 5},
        **changes,
    }


def settled(sentry: Sentry, decision: Decision, given: dict[str, Any]) -> str | None:
    """The model gives this answer, which is paid and, if admission wanted it, kept."""
    assert decision.reservation, decision.message
    assert decision.price
    told = settle_reservation(
        decision.reservation,
        decision.price,
        parse_usage(given),
        ledger=sentry.ledger,
        clock=sentry.clock,
    )
    if decision.keep_at is None:
        return "admission did not want it"
    keeper = lambda: sentry.answers  # noqa: E731
    return keep_answer(decision.keep_at, given, told.resolved, keeper=keeper, clock=sentry.clock)


def called(sentry: Sentry, of: InvocationRequest, given: dict[str, Any] | None = None) -> Decision:
    """Decide; if a model is to be called it answers so, and the call is settled."""
    decision = sentry.decide(of, attempt=f"execution of {of.request_id}")
    if decision.reservation and not decision.replayed:
        settled(sentry, decision, given or answer())
    return decision


def sentry(*budgets: Budget, caching: AnswerCaching | None = CACHING, **changes: Any) -> Sentry:
    """Plenty of money, unless these budgets say otherwise."""
    return Sentry(*(budgets or (PLENTY,)), **{"teams": teams(web=caching), **changes})


def posted(house: Sentry, of: Budget = PLENTY) -> int:
    """What calls have cost so far."""
    return house.ledger.balance(of, "2026-11-21").posted


def change(house: Sentry, **changes: Any) -> None:
    """Another configuration is in force."""
    source = house.admission.config_source
    source.config = replace(source.config, **changes)
