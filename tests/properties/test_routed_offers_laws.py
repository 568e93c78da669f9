"""For any models, prices, budgets and rules: what a router may and may not offer."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.application.candidates import Candidate, candidates_for
from cost_sentry.application.expected_use import expected_use
from cost_sentry.application.model_refusal import refusal_of
from cost_sentry.application.offers import Offers, offers_for
from cost_sentry.domain.decision import Decision, DecisionKind
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.routing import TIER_NAMES
from cost_sentry.domain.routing_rules import AUTO, NO_ROUTING
from cost_sentry.domain.sentry_config import Model
from tests.fakes.admissions import Sentry, config
from tests.fakes.builders import budget
from tests.fakes.routings import routed, routing, rule, virtual

IDS = tuple(f"example.m{number}-v1:0" for number in range(6))
TIERS = st.sampled_from([None, 0, 1, 2])
PLENTY = budget(limit=10**18)


class Book:
    """Any rates and abilities; an id that it was not told of has no price."""

    version, region = "any", None

    def __init__(self, told) -> None:
        self.told = told

    def price(self, model_id):
        if model_id not in self.told:
            return None
        into, out, _ = self.told[model_id]
        return ModelPrice(model_id=model_id, rates=TokenRates(input=into, output=out))

    def card(self, model_id):
        if model_id not in self.told:
            return None
        return ModelCard(
            model_id=model_id,
            context_tokens=10_000,
            output_tokens_max=500,
            modalities=frozenset({"text", "image"} if self.told[model_id][2] else {"text"}),
            tools=True,
            system=True,
            streaming=True,
            prompt_cache=True,
        )


ROWS = st.tuples(st.integers(1, 50), st.integers(1, 50), st.booleans())
BOOKS = st.dictionaries(st.sampled_from(IDS), ROWS, min_size=1).map(Book)
LADDERS = st.lists(st.sampled_from(IDS), unique=True, max_size=3).map(tuple)
MODELS = st.fixed_dictionaries(
    {id_: st.builds(Model, id=st.just(id_), ladder=LADDERS, tier=TIERS) for id_ in IDS}
)
CHOICES = st.lists(st.sampled_from(IDS), unique=True, max_size=5).map(tuple)
NEEDS = st.sampled_from([Needs(), Needs(modalities=frozenset({"text", "image"}))])
WORTHS = st.none() | st.integers(0, 10**6)


@st.composite
def worlds(draw):
    """A configuration that routes, a book, a request for one of its virtual models."""
    parts = [virtual(AUTO, draw(TIERS), *draw(CHOICES)), rule("summary", draw(st.integers(0, 2)))]
    given_config = config(PLENTY, models=draw(MODELS), routing=routing(*parts, worth=draw(WORTHS)))
    task_type = draw(st.sampled_from([None, "summary"]))
    asked = routed(draw(st.sampled_from([AUTO, None])) if task_type else AUTO, task_type=task_type)
    asked = routed(asked.model_id, task_type=task_type, needs=draw(NEEDS))
    estimate = draw(st.none() | st.integers(0, 1000))
    return given_config, draw(BOOKS), asked, lambda _request: estimate


def listed(world):
    """The offers of the virtual model itself, without the rungs of ladders; ``None``: refused."""
    given_config, book, asked, estimate = world
    offers = offers_for(asked, given_config, book, estimate)
    if isinstance(offers, Decision):
        return None, None
    each = list(offers.each)
    count = len(offers.route.order)
    return offers.route, each[:count]


def choice(world):
    """The models that the virtual model stands for and that can do the job."""
    given_config, book, asked, _ = world
    named = given_config.routing.virtual_models[AUTO].models
    among = named or [m.id for m in given_config.models.values() if m.tier is not None]
    cards = {id_: book.card(id_) for id_ in among}
    return {id_ for id_, card in cards.items() if card and not card.lacks(asked.needs, 10, 100)}


def tier_of(world, model_id):
    return world[0].models[model_id].tier or 0


@given(worlds())
def test_the_order_is_a_permutation_of_the_compatible_that_are_not_below_a_promised_tier(world):
    route, offered = listed(world)
    if route is None:
        return
    promised = route.decided_by.value in ("VIRTUAL_MODEL", "TASK_TYPE")
    expected = {m for m in choice(world) if not promised or tier_of(world, m) >= route.tier}

    assert [one.model_id for one in offered] == [p.model.model_id for p in route.order]
    assert len(offered) == len(expected)
    assert {one.model_id for one in offered} == expected


@given(worlds())
def test_every_model_of_the_choice_is_in_the_order_or_passed_over_with_a_reason(world):
    route, _ = listed(world)
    if route is None:
        return
    given_config = world[0]
    named = given_config.routing.virtual_models[AUTO].models
    among = named or [m.id for m in given_config.models.values() if m.tier is not None]
    told = [*(place.model.model_id for place in route.order), *(p[0] for p in route.passed_over)]

    assert sorted(told) == sorted(among)
    assert all(one.reason for one in (*route.order, *route.passed_over))


@given(worlds())
def test_nothing_below_the_tier_is_offered_before_something_that_reaches_it(world):
    route, offered = listed(world)
    if route is None:
        return
    reaches = [tier_of(world, one.model_id) >= route.tier for one in offered]

    assert reaches == sorted(reaches, reverse=True)


@given(worlds())
def test_the_first_is_the_cheapest_that_reaches_the_tier_when_money_is_no_object(world):
    route, offered = listed(world)
    if route is None:
        return
    given_config, book, asked, estimate = world
    costs = {
        m: expected_use(asked, given_config).picodollars(book.price(m))
        for m in choice(world)
        if tier_of(world, m) >= route.tier
    }
    sentry = Sentry(PLENTY, models=given_config.models, routing=given_config.routing)
    for name, part in {"price_book": book, "complexity": estimate}.items():
        object.__setattr__(sentry.admission, name, part)

    decision = sentry.decide(asked)

    assert decision.kind is DecisionKind.ALLOW
    assert decision.model_used == offered[0].model_id
    if costs:
        assert costs[decision.model_used] == min(costs.values())


@given(worlds())
def test_a_virtual_model_uses_nothing_but_its_choice_and_their_ladders_each_once(world):
    given_config, book, asked, estimate = world
    offers = offers_for(asked, given_config, book, estimate)
    if isinstance(offers, Decision):
        return
    order = [place.model.model_id for place in offers.route.order]
    ladders = set(chain.from_iterable(given_config.models[id_].ladder for id_ in order))
    offered = [one.model_id for one in offers.each]

    assert offered[: len(order)] == order
    assert len(set(offered)) == len(offered)
    assert set(offered[len(order) :]) <= ladders


@given(worlds())
def test_the_first_is_what_was_asked_for_and_every_other_is_a_reroute(world):
    given_config, book, asked, estimate = world
    offers = offers_for(asked, given_config, book, estimate)
    if isinstance(offers, Decision):
        return
    found = [one.decision for one in offers.each if isinstance(one, Candidate)]

    assert found == [DecisionKind.ALLOW, *[DecisionKind.REROUTE] * (len(found) - 1)]


@given(worlds())
def test_a_tier_that_a_name_or_a_rule_asks_for_is_the_tier_that_is_required(world):
    route, _ = listed(world)
    if route is None:
        return
    given_config, _, asked, _ = world
    named, ruled = given_config.routing.virtual_models[AUTO].tier, "taskType" in asked.tags
    of_rule = given_config.routing.task_types["summary"].tier if ruled else None
    by_name = named if asked.model_id == AUTO and named is not None else of_rule
    wanted = named if by_name is None else by_name

    if wanted is not None:
        assert route.tier == wanted
        assert TIER_NAMES[wanted] in route.message


@given(worlds(), st.sampled_from(IDS))
def test_a_request_that_names_a_real_model_is_decided_as_if_there_were_no_routing(world, model):
    given_config, book, asked, estimate = world
    named = routed(model, needs=asked.needs)
    bare = config(PLENTY, models=given_config.models, routing=NO_ROUTING)
    refused = refusal_of(named, bare, book)
    found = offers_for(named, given_config, book, estimate)

    if refused is None:
        assert isinstance(found, Offers)
        assert found.route is None
        assert list(found.each) == list(candidates_for(named, bare, book))
    else:
        assert isinstance(found, Decision)
        assert (found.code, found.model_asked) == (refused.code, model)
