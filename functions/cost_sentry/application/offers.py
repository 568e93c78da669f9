"""The models that are offered to the ledger for a request, whether it names one or not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cost_sentry.application.candidate_tries import CandidateTries
from cost_sentry.application.candidates import Offer, candidates_for, listed_model
from cost_sentry.application.model_refusal import refusal_of, request_refusal
from cost_sentry.application.ports import Complexity, PriceBook
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.route import Route
from cost_sentry.domain.routing_rules import Wish, is_unnamed, wish_of
from cost_sentry.domain.sentry_config import SentryConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Candidates in the order in which they are tried; the first is what was asked for."""

    each: Iterable[Offer]
    """To be gone through once."""
    first_model: str
    """The model of the request, or the router's first choice."""
    route: Route | None = None
    """``None``: the request names its model."""
    too_long: Callable[[InvocationRequest, CandidateTries], Decision] | None = None
    """The refusal of a prompt that is too long for each of the router's choices."""

    def model_ids(self, config: SentryConfig) -> Iterator[str]:
        """Every model that ``each`` may come to, and perhaps a few that cannot do the job."""
        chosen = [place.model.model_id for place in self.route.order] if self.route else []
        for model_id in chosen or [self.first_model]:
            listed = listed_model(config, model_id)
            yield from (model_id, *(listed.ladder if listed else ()))


def offers_for(
    request: InvocationRequest,
    config: SentryConfig,
    book: PriceBook,
    complexity: Complexity | None,
) -> Offers | Decision:
    """What may serve the request; the refusal where nothing can, whatever the budgets hold."""
    wish = wish_of(request.model_id, request.tags, config.routing)
    if wish is None and not is_unnamed(request.model_id):
        refused = refusal_of(request, config, book)
        each = candidates_for(request, config, book)
        return refused or Offers(each=each, first_model=request.model_id)
    refused = request_refusal(request, config, book)
    return refused or _routed(wish, request, config, book, complexity)


def _routed(
    wish: Wish | None,
    request: InvocationRequest,
    config: SentryConfig,
    book: PriceBook,
    complexity: Complexity | None,
) -> Offers | Decision:
    """Of a request that names no model; no other waits for these imports."""
    from cost_sentry.application import route_refusal
    from cost_sentry.application.route_request import Unserved, route_request

    if wish is None:
        return route_refusal.unknown_choice(request, config)
    found = route_request(wish, request, config, book, complexity)
    if isinstance(found, Unserved):
        return route_refusal.unserved(request, wish, found)
    return Offers(
        each=found.offers,
        first_model=found.route.first_model,
        route=found.route,
        too_long=route_refusal.too_long_for_all,
    )
