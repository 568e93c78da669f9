"""From a request that names no model of its own to the models that may serve it, in order.

1. Models that can do the job.
2. Which tier is required: the virtual model's own, or the rule of the task type, or what the
   estimate of the prompt makes worth its price; or none, and then the cheapest is enough.
3. The cheapest that reaches it first, each by the cheapest service tier that the call may have.
   What is written is a promise: nothing below the required tier is offered. What is estimated is
   advice: smaller models come last.
4. The rungs of their ladders, each model once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cost_sentry.application.candidate_budgets import ByModel, budgets_by_model
from cost_sentry.application.candidates import (
    Candidate,
    candidate_of,
    listed_model,
    why_unfit,
)
from cost_sentry.application.expected_use import expected_use
from cost_sentry.application.ports import Complexity, PriceBook
from cost_sentry.application.required_tier import required_tier
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.decision import DecisionKind, RungOutcome
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.model_id import base_model_id, provider_of
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.route import PassedOver, Route
from cost_sentry.domain.routing import SMALL, Place, RoutedModel, in_order
from cost_sentry.domain.routing_rules import Wish
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import FLEX, STANDARD, FlexPrice

CHOICE_MAX = 20
"""Models that are considered for one request: those that reach the tier it is promised, first.

``config check`` accepts no routing under which more of them could reach that tier.
"""
RUNGS_MAX = 8
"""Rungs of their ladders that are offered after them."""

Offer = Candidate | RungOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What is offered, and why."""

    route: Route
    offers: Iterator[Offer]
    """The first is decided ``ALLOW``; rungs of ladders are priced when they are asked for."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """No model can do it: each that was considered, and why it cannot."""

    passed_over: tuple[PassedOver, ...]


def route_request(
    wish: Wish,
    request: InvocationRequest,
    config: SentryConfig,
    book: PriceBook,
    complexity: Complexity | None,
) -> Routed | Unserved:
    """The models that may serve it, in order, whatever policies and budgets will say of them."""
    among = choice(wish, config)
    pricing = _Pricing(request, config, book, budgets_by_model(request.tags, config), among)
    found, unfit = pricing.sorted_out()
    if not found:
        return Unserved(unfit)
    models = pricing.models(found.values())
    required = required_tier(wish, models, request, config.routing, complexity)
    least = required.tier if required.is_promise else SMALL
    order, below = _divided(in_order(models, required.tier), least)
    if not order:
        return Unserved((*below, *unfit))
    route = Route(
        virtual_model=wish.virtual_model,
        task_type=wish.task_type,
        tier=required.tier,
        decided_by=required.decided_by,
        message=required.message,
        complexity_thousandths=required.complexity_thousandths,
        order=order,
        passed_over=(*below, *unfit),
    )
    return Routed(route=route, offers=_offers(route, found, unfit, pricing))


def _divided(
    order: tuple[Place, ...], tier: int
) -> tuple[tuple[Place, ...], tuple[PassedOver, ...]]:
    """Those that reach the tier, and why not the rest."""
    below = [place for place in order if place.model.tier < tier]
    reaching = order[: len(order) - len(below)]
    return reaching, tuple(PassedOver(one.model.model_id, one.reason) for one in below)


class _Fit(NamedTuple):
    """A model that can do the job. It becomes a candidate when it is asked for: most never are."""

    model_id: str
    price: ModelPrice
    card: ModelCard | None
    budgets: tuple[Budget, ...]
    tier: int
    flex: FlexPrice | None
    """If the request may wait, and somebody wrote it down."""


def choice(wish: Wish, config: SentryConfig) -> tuple[str, ...]:
    """The models that a wish is about, of whatever tier, in the order of the configuration."""
    if wish.model is not None:
        return (wish.model,)
    with_tier = (one.id for one in config.models.values() if one.tier is not None)
    among = wish.models or tuple(with_tier)
    if len(among) <= CHOICE_MAX:
        return among
    least = SMALL if wish.tier is None else wish.tier
    # What reaches a promised tier is considered before what the tier rules out.
    return tuple(sorted(among, key=lambda id_: _tier(config, id_) < least))[:CHOICE_MAX]


def _tier(config: SentryConfig, model_id: str) -> int:
    listed = config.models.get(model_id)
    return SMALL if listed is None or listed.tier is None else listed.tier


@dataclass(frozen=True, slots=True)
class _Pricing:
    request: InvocationRequest
    config: SentryConfig
    book: PriceBook
    budgets_of: ByModel
    among: tuple[str, ...]

    def sorted_out(self) -> tuple[dict[str, _Fit], tuple[PassedOver, ...]]:
        """Who can do the job, by model, and who cannot."""
        found, passed_over = {}, []
        for model_id in self.among:
            fit = self._fit(model_id)
            if isinstance(fit, str):
                passed_over.append(PassedOver(model_id, fit))
            else:
                found[model_id] = fit
        return found, tuple(passed_over)

    def models(self, found: Iterable[_Fit]) -> list[RoutedModel]:
        """What the order goes by."""
        use = expected_use(self.request, self.config)
        return [
            RoutedModel(
                fit.model_id,
                fit.tier,
                use.picodollars(fit.price, fit.flex),
                place,
                FLEX if fit.flex else STANDARD,
            )
            for place, fit in enumerate(found)
        ]

    def candidate(self, fit: _Fit) -> Candidate:
        """At its quote."""
        return candidate_of(
            self.request,
            fit.model_id,
            self.config,
            price=fit.price,
            card=fit.card,
            budgets=fit.budgets,
        )

    def rung(self, model_id: str) -> Candidate | RungOutcome:
        """Of a ladder: a candidate, or why it cannot do the job."""
        fit = self._fit(model_id)
        if isinstance(fit, str):
            return RungOutcome(model_id=model_id, outcome=fit)
        return self.candidate(fit)

    def _fit(self, model_id: str) -> _Fit | str:
        price, card = self.book.price(model_id), self.book.card(model_id)
        budgets, is_covered = self.budgets_of(base_model_id(model_id))
        listed = self.config.models.get(model_id)
        if listed is None or price is None:
            return "it has no price" if listed else "it is not in sentry.yaml"
        why = why_unfit(self.request, self.config, card, is_covered=is_covered, made_for=model_id)
        if self.request.needs.vendor_parts:
            why = why or self._foreign(model_id, card)
        tier = SMALL if listed.tier is None else listed.tier
        flex = listed.flex if self.request.may_wait else None
        return why or _Fit(model_id, price, card, budgets, tier, flex)

    def _foreign(self, model_id: str, card: ModelCard | None) -> str | None:
        """Why it may not take parts that are made for one provider, which nobody named.

        Where all models of the choice are one provider's, they are made for that.
        """
        parts = self.request.needs.vendor_parts
        foreign = sorted(parts - card.takes if card else parts)
        providers = {provider_of(one) for one in self.among}
        if not foreign or providers == {provider_of(model_id)}:
            return None
        return f"nobody says whose models its {' or '.join(foreign)} is made for"


def _offers(
    route: Route, found: Mapping[str, _Fit], unfit: tuple[PassedOver, ...], pricing: _Pricing
) -> Iterator[Offer]:
    """The order, then the rungs of their ladders: also those below the tier, for that is written.

    Each model once, and none again that cannot do the job.
    """
    ids = [place.model.model_id for place in route.order]
    yield pricing.candidate(found[ids[0]])._replace(decision=DecisionKind.ALLOW)
    for model_id in ids[1:]:
        yield pricing.candidate(found[model_id])
    considered, offered = {*ids, *[one.model_id for one in unfit]}, 0
    for model_id in ids:
        model = listed_model(pricing.config, model_id)
        for rung in model.ladder if model else ():
            if rung not in considered and offered < RUNGS_MAX:
                considered.add(rung)
                offered += 1
                yield pricing.rung(rung)
