"""For any cards: of models that can serve a request, prices alone say which comes first."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry import bootstrap
from cost_sentry.application.expected_use import expected_use
from cost_sentry.application.offers import offers_for
from cost_sentry.domain.decision import Decision
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates, rates_at
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FlexPrice, flex_price
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from tests.fakes.admissions import config
from tests.fakes.builders import budget
from tests.fakes.routings import routed, routing, virtual

IDS = ("example.one-v1:0", "example.two-v1:0")
PLENTY = budget(limit=10**18)
RATES = st.builds(TokenRates, input=st.integers(1, 60), output=st.integers(1, 60))
LINES = st.integers(1, 300_000)
MEDIA = frozenset({"text", "document"})


class TwoModels:
    """A book of two models with any price, window and longest answer."""

    version = "any"

    def __init__(self, prices, windows, answers) -> None:
        self.prices = dict(zip(IDS, prices, strict=True))
        self.sizes = dict(zip(IDS, zip(windows, answers, strict=True), strict=True))

    def price(self, model_id):
        return self.prices.get(model_id)

    def card(self, model_id):
        if model_id not in self.sizes:
            return None
        window, answer = self.sizes[model_id]
        return ModelCard(
            model_id=model_id,
            context_tokens=window,
            output_tokens_max=answer,
            modalities=MEDIA,
            tools=True,
            system=True,
            streaming=True,
            prompt_cache=True,
        )


@st.composite
def prices(draw):
    lines = sorted(draw(st.sets(LINES, max_size=2)))
    tiers = tuple(ContextTier(above_prompt_tokens=line, rates=draw(RATES)) for line in lines)
    return ModelPrice(model_id="any", rates=draw(RATES), context_tiers=tiers)


PAIRS = st.builds(
    TwoModels,
    st.tuples(prices(), prices()),
    st.tuples(st.integers(4_000, 2_000_000), st.integers(4_000, 2_000_000)),
    st.tuples(st.integers(400, 100_000), st.integers(400, 100_000)),
)
LIMITS = st.none() | st.integers(1, 400)
TEXTS = st.integers(0, 1_500_000)
"""Tokens that a text is bounded by."""


def order_of(book, bound, limit, flex=(None, None), **changes):
    """Ids in the router's order; the output limit of a request that names none is 4,000."""
    given_config = config(
        PLENTY,
        models={id_: Model(id=id_, tier=0, flex=of) for id_, of in zip(IDS, flex, strict=True)},
        routing=routing(virtual("auto")),
        output_tokens_default=4_000,
        output_tokens_max=8_000,
    )
    needs = Needs(modalities=MEDIA) if bound >= UNBOUNDED_TOKENS else Needs()
    size = {"max_tokens": limit, "input_bound_tokens": bound, "input_floor_tokens": 0}
    asked = routed(needs=needs, **size, **changes)
    offers = offers_for(asked, given_config, book, None)
    assert not isinstance(offers, Decision)
    return [place.model.model_id for place in offers.route.order]


def is_cheaper(one, other):
    return one.input < other.input and one.output < other.output


def is_cheaper_at_any_length(one, other):
    lines = {tier.above_prompt_tokens for price in (one, other) for tier in price.context_tiers}
    lengths = {0, *(line + 1 for line in lines)}
    return all(is_cheaper(rates_at(one, n), rates_at(other, n)) for n in lengths)


@given(PAIRS, TEXTS, LIMITS)
def test_a_model_with_both_prices_lower_never_comes_after_for_text_of_any_length(
    book, bound, limit
):
    order = order_of(book, bound, limit)

    for one, other in itertools.permutations(order):
        if is_cheaper_at_any_length(book.price(one), book.price(other)):
            assert order.index(one) < order.index(other)


@given(PAIRS, st.integers(1, 60), TEXTS, LIMITS)
def test_a_model_with_both_prices_lower_never_comes_after_for_documents_of_unknown_length(
    book, files, text, limit
):
    order = order_of(book, files * UNBOUNDED_TOKENS + text, limit)

    for one, other in itertools.permutations(order):
        if is_cheaper(book.price(one).rates, book.price(other).rates):
            assert order.index(one) < order.index(other)


@given(st.tuples(prices(), prices()), st.data(), LIMITS)
def test_how_much_a_model_may_read_or_write_changes_nothing_in_the_order(of, data, limit):
    bound = data.draw(TEXTS | st.just(UNBOUNDED_TOKENS))
    sizes = st.tuples(st.integers(4_000, 2_000_000), st.integers(4_000, 2_000_000))
    one, other = (TwoModels(of, data.draw(sizes), data.draw(sizes)) for _ in range(2))

    assert order_of(one, bound, limit) == order_of(other, bound, limit)


FLEX = st.none() | st.builds(FlexPrice, input=st.integers(1, 60), output=st.integers(1, 60))


@given(PAIRS, st.tuples(FLEX, FLEX), TEXTS, st.integers(1, 400))
def test_the_cheapest_tier_that_a_call_may_have_of_each_model_orders_them(book, flex, bound, limit):
    asked = routed(max_tokens=limit, input_bound_tokens=bound, input_floor_tokens=0)
    use, cheapest = expected_use(asked, config()), {}
    for id_, of in zip(IDS, flex, strict=True):
        usual = book.price(id_)
        tiers = [usual, *([flex_price(usual, of)] if of else [])]
        cheapest[id_] = min(use.picodollars(price) for price in tiers)

    order = order_of(book, bound, limit, flex, may_wait=True)

    assert order == sorted(IDS, key=cheapest.__getitem__)


@given(PAIRS, st.tuples(FLEX, FLEX), TEXTS, LIMITS)
def test_prices_of_the_flexible_tier_change_nothing_for_a_call_that_does_not_wait(
    book, flex, bound, limit
):
    assert order_of(book, bound, limit, flex) == order_of(book, bound, limit)


def test_of_all_packaged_models_that_read_documents_the_cheaper_one_is_expected_to_cost_less():
    book = bootstrap.price_book()
    cards = [(book.price(id_), book.card(id_)) for id_ in book.model_ids()]
    readers = [price for price, card in cards if price and card and "document" in card.modalities]
    use = expected_use(routed(input_bound_tokens=UNBOUNDED_TOKENS + 1_500), config())

    assert len(readers) > 20
    for one, other in itertools.permutations(readers, 2):
        if is_cheaper(one.rates, other.rates):
            assert use.picodollars(one) < use.picodollars(other)
