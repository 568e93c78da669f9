from dataclasses import replace

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.domain.price_book import cost_picodollars
from cost_sentry.domain.usage import TokenUsage
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.list_prices import ListPrices
from cost_sentry_local.demo.report import model_name
from cost_sentry_local.demo.savings import savings
from cost_sentry_local.demo.traffic import CALLERS, HAIKU, NOVA_MICRO, OPUS, SONNET
from cost_sentry_local.demo.workload import plan_call


@pytest.fixture(scope="module")
def prices():
    return ListPrices.read()


def rerouted(asked=SONNET, used=HAIKU, fresh=1_000, output=100) -> Answer:
    return Answer(
        call=plan_call(request_id="r1", caller=CALLERS[0], tokens=(30, 10)),
        outcome=Outcome.REROUTED,
        sentry={"modelAsked": asked, "modelUsed": used},
        response={"usage": {"inputTokens": fresh, "outputTokens": output}},
        error=None,
        seconds=0.1,
    )


@pytest.mark.parametrize("model", [OPUS, SONNET, HAIKU, NOVA_MICRO])
def test_list_prices_are_those_of_the_price_book(prices, model):
    usage = TokenUsage(
        input_tokens=1_234, output_tokens=56, cache_read_tokens=789, cache_write_5m_tokens=1_011
    )
    price = PackagedPriceBook().price(model)
    assert price is not None

    cost = prices.cost(model, fresh=1_234, output=56, cache_read=789, cache_write=1_011)

    assert cost == cost_picodollars(price, usage)


def test_a_model_without_a_price_is_not_free(prices):
    assert not prices.knows("us.anthropic.claude-nobody-priced-v1:0")
    with pytest.raises(KeyError):
        prices.cost("us.anthropic.claude-nobody-priced-v1:0", fresh=1, output=1)


def test_a_prompt_in_a_long_context_tier_has_no_simple_price(prices):
    with pytest.raises(KeyError):
        prices.cost(SONNET, fresh=200_001, output=1)


def test_saved_is_the_same_usage_at_the_asked_price_less_its_real_cost(prices):
    (line,) = savings([rerouted(), rerouted()], prices)

    assert line.calls == 2
    assert line.asked_cost == 2 * (1_000 * 3_300_000 + 100 * 16_500_000)
    assert line.real_cost == 2 * (1_000 * 1_100_000 + 100 * 5_500_000)
    assert line.saved == line.asked_cost - line.real_cost


def test_only_rerouted_calls_save_and_the_largest_saving_comes_first(prices):
    allowed = replace(rerouted(), outcome=Outcome.ALLOWED)
    answers = [allowed, rerouted(), rerouted(used=NOVA_MICRO)]

    assert [line.model_used for line in savings(answers, prices)] == [NOVA_MICRO, HAIKU]


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        (SONNET, "claude-sonnet-4-5"),
        (NOVA_MICRO, "nova-micro"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku"),
        ("a model of our own", "a model of our own"),
    ],
)
def test_a_model_has_the_name_that_people_use(model_id, name):
    assert model_name(model_id) == name
