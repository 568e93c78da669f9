"""On the deployed stack: the sentry chooses the model, and the tier of calls that may wait."""

import pytest

from cost_sentry.domain.routing_rules import Routing, TaskRule, VirtualModel
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.service_tier import FlexPrice
from cost_sentry_local import stand_in_control
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import NOVA_MICRO, NOVA_PRO, SONNET, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

FLEX = FlexPrice(input=20_000, output=80_000)
"""Picodollars a token: below what Nova Micro costs at the standard tier."""
PURSE = usd(unique("routed"), 10**13)
ROUTING = Routing(
    virtual_models={"auto": VirtualModel(id="auto"), "large": VirtualModel(id="large", tier=2)},
    task_types={
        "classification": TaskRule(task_type="classification", tier=0),
        "legal": TaskRule(task_type="legal", tier=2),
    },
)


@pytest.fixture(scope="module")
def sentry(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    models = {
        NOVA_MICRO: Model(id=NOVA_MICRO, tier=0, flex=FLEX),
        NOVA_PRO: Model(id=NOVA_PRO, tier=1),
        SONNET: Model(id=SONNET, tier=2),
    }
    sentry.configure(PURSE, models=models, routing=ROUTING)
    return sentry


def called(sentry, **changes):
    """The answer, and the call as the model got it."""
    asked = prompt(**changes)
    if asked["modelId"] is None:
        del asked["modelId"]
    answer = sentry.invoke(asked)
    assert answer["sentry"]["status"] == "SETTLED", answer
    return answer, stand_in_control.last_request(sentry.cloud)


@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({"modelId": "auto"}, NOVA_MICRO),
        ({"modelId": "large"}, SONNET),
        ({"modelId": None, "taskType": "classification"}, NOVA_MICRO),
        ({"modelId": None, "taskType": "legal"}, SONNET),
        ({"modelId": NOVA_PRO}, NOVA_PRO),
    ],
    ids=["short", "large by name", "easy task", "hard task", "named"],
)
def test_a_call_goes_to_the_smallest_model_that_can_do_it(sentry, changes, model):
    tags = {"team": "search", "application": "web"}
    tags |= {"taskType": changes["taskType"]} if "taskType" in changes else {}

    answer, sent = called(sentry, modelId=changes["modelId"], tags=tags)

    told = answer["sentry"]
    assert told["modelUsed"] == sent["modelId"] == model
    assert (told["routing"] is None) == (changes["modelId"] == NOVA_PRO)


@pytest.mark.parametrize(("may_wait", "tier"), [(True, "flex"), (False, "default")])
def test_only_a_call_that_may_wait_is_sent_to_the_flexible_tier_and_charged_by_its_price(
    sentry, may_wait, tier
):
    before = sentry.balance(PURSE).posted

    answer, sent = called(sentry, modelId=NOVA_MICRO, mayWait=may_wait)

    usage, told = answer["usage"], answer["sentry"]
    at_flex = FLEX.input * usage["inputTokens"] + FLEX.output * usage["outputTokens"]
    assert told["serviceTier"] == tier
    assert (sent.get("serviceTier") == {"type": "flex"}) is may_wait
    after = sentry.balance(PURSE)
    assert after.pending == 0
    assert (after.posted - before == at_flex) is may_wait
    assert after.posted - before >= at_flex > 0
