"""Each model at the service tiers that may serve the request, the flexible one first.

Never without the caller's wish, and never at a price that nobody wrote down.
"""

from collections.abc import Iterable, Iterator

from cost_sentry.application.candidates import Candidate, Offer, listed_model
from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.decision import RungOutcome
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.service_tier import FLEX, STANDARD, flex_price, service_tier_of

UNPRICED = "sentry.yaml names no price of its flex tier, so that is not used"


def at_service_tiers(offers: Iterable[Offer]) -> Iterator[Offer]:
    """Of a request that may wait: each model at the flexible tier, then at the standard one."""
    for offer in offers:
        if isinstance(offer, Candidate):
            yield at_flex(offer) or RungOutcome(model_id=offer.model_id, outcome=UNPRICED)
        yield offer


def at_flex(candidate: Candidate) -> Candidate | None:
    """At the quote of the flexible tier; ``None`` if the call may not have that."""
    if candidate.flex is None:
        return None
    price = flex_price(candidate.price, candidate.flex)
    return candidate._replace(price=price, service_tier=FLEX).within()


def first_offered(candidate: Candidate, *, may_wait: bool) -> Candidate:
    """The same model at the service tier that is tried first."""
    return (at_flex(candidate) if may_wait else None) or candidate


def prices_of(
    held: Reservation, config: SentryConfig, book: PriceBook
) -> tuple[ModelPrice | None, ModelPrice | None]:
    """What a reservation is priced at; and the standard price, where that is another one.

    It is the standard price where the other is not written down any more: that is no less.
    """
    standard, listed = book.price(held.model_used), listed_model(config, held.model_used)
    if standard is None or service_tier_of(held.price_version) == STANDARD:
        return standard, None
    flex = listed.flex if listed else None
    return (flex_price(standard, flex) if flex else standard), standard
