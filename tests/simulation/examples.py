"""What calls are made of: a price book of two models, and requests as their parser makes them."""

from cost_sentry.domain.invocation import InvocationPath, InvocationRequest, Needs, Priority
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.session import SESSION_TAG, Session
from tests.simulation.plan import RATES, TEAM, Caller


class ExampleBook:
    """``application.ports.PriceBook`` of the models that workloads use."""

    version, region = "2026-11-21+simulation", "us-east-1"

    def price(self, model_id: str) -> ModelPrice | None:
        rate = RATES.get(model_id)
        if rate is None:
            return None
        return ModelPrice(model_id=model_id, rates=TokenRates(input=rate, output=rate))

    def card(self, model_id: str) -> ModelCard | None:
        if model_id not in RATES:
            return None
        return ModelCard(
            model_id=model_id,
            context_tokens=100_000,
            output_tokens_max=5_000,
            modalities=frozenset({"text"}),
            tools=True,
            system=True,
            streaming=True,
            prompt_cache=False,
        )


def request_of(caller: Caller) -> InvocationRequest:
    """The request as its parser would hand it on."""
    of_run = {} if caller.session is None else {SESSION_TAG: caller.session}
    return InvocationRequest(
        request_id=caller.request_id,
        model_id=caller.model,
        tags={"team": TEAM, "application": caller.application, **of_run},
        session=_session_of(caller),
        priority=Priority.NORMAL,
        max_tokens=caller.output_limit_tokens,
        input_bound_tokens=caller.input_bound_tokens,
        input_floor_tokens=1,
        needs=Needs(),
        path=InvocationPath.DIRECT,
        digest=f"digest of {caller.content}",
        converse={},
        lower_output_limit=caller.may_lower,
    )


def _session_of(caller: Caller) -> Session | None:
    if caller.session is None:
        return None
    above = tuple(f"agent{level}" for level in range(caller.depth - 1))
    path = (*above, f"branch{caller.branch}") if caller.depth else ()
    return Session(id=caller.session, path=path, retry=caller.retry)
