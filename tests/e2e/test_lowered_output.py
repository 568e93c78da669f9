"""A budget that is nearly empty gives a shorter answer, through the whole workflow."""

import time
from dataclasses import dataclass

import pytest

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.price_book import quote_picodollars
from cost_sentry.domain.token_bound import counted_bound_tokens
from cost_sentry_local.stand_in.control import orders
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import NOVA_PRO, SONNET, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

ASKED, LEFT = 1_000, 300
CONFIG_SECONDS = 1.2
"""Functions look at the configuration at most once a second."""


def asking(application: str, **changes):
    """For a thousand tokens, of a model that would write them all."""
    given = {
        "inferenceConfig": {"maxTokens": ASKED},
        "requestMetadata": orders(outputTokens=ASKED),
        "tags": {"team": "search", "application": application},
    }
    return prompt(**{**given, **changes})


def pays_for(output_tokens: int) -> int:
    """Picodollars of the prompt and so many tokens of answer."""
    price = PackagedPriceBook(region="us-east-1").price(NOVA_PRO)
    asked = parse_request(asking("any"), default_request_id="r")
    return quote_picodollars(
        price,
        input_bound_tokens=asked.input_bound_tokens,
        output_limit_tokens=output_tokens,
        writes_cache=False,
    )


@dataclass(frozen=True, kw_only=True)
class House:
    sentry: DeployedSentry
    poor: Budget
    proud: Budget
    rich: Budget


@pytest.fixture(scope="module")
def house(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    limits = {"poor": pays_for(LEFT), "proud": pays_for(LEFT), "rich": 10**15}
    budgets = {}
    for name, limit in limits.items():
        application = unique(name)
        budgets[name] = usd(application, limit, scope={"application": application})
    sentry.configure(*budgets.values())
    time.sleep(CONFIG_SECONDS)
    return House(sentry=sentry, **budgets)


def test_a_nearly_empty_budget_gives_a_shorter_answer_and_says_so(house):
    answer = house.sentry.invoke(asking(house.poor.id))

    told = answer["sentry"]
    assert (told["decision"], told["code"]) == ("ALLOW", "OUTPUT_LIMIT_LOWERED")
    assert (told["maxTokens"], told["maxTokensAsked"]) == (LEFT, ASKED)
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", LEFT)
    assert told["status"] == "SETTLED"
    balance = house.sentry.balance(house.poor)
    assert balance.pending == 0
    assert 0 < balance.left < house.poor.limit


def test_a_caller_who_declines_it_is_refused_and_nothing_is_spent(house):
    answer = house.sentry.invoke(asking(house.proud.id, lowerOutputLimit=False))

    assert answer["sentry"]["code"] == "BUDGET_EXHAUSTED"
    assert "output" not in answer
    assert house.sentry.balance(house.proud).left == house.proud.limit


def test_a_long_prompt_of_a_model_that_counts_is_held_at_its_tokens_and_not_at_its_bytes(house):
    before = counts(house)
    text = "a word and another one, " * 1_000
    message = {"role": "user", "content": [{"text": text}]}

    answer = house.sentry.invoke(asking(house.rich.id, modelId=SONNET, messages=[message]))

    used = answer["usage"]["inputTokens"]
    assert used <= answer["sentry"]["inputTokensBound"] == counted_bound_tokens(used)
    assert counted_bound_tokens(used) * 2 < len(text)
    [counted] = counts(house)[len(before) :]
    assert (counted["model"], counted["billed"]) == (SONNET.removeprefix("us."), False)


def counts(house):
    return [call for call in house.sentry.billed()["calls"] if call["operation"] == "CountTokens"]
