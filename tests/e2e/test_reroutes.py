"""A rung gets what it can serve, unchanged; what it would refuse never reaches it."""

import base64
import time
from dataclasses import dataclass

import pytest

from cost_sentry.domain.budget import Budget
from cost_sentry.domain.sentry_config import Model
from cost_sentry_local import stand_in_control
from tests.e2e.cloud_kit import unique
from tests.e2e.sentry_kit import NOVA_LITE, NOVA_PRO, SONNET, DeployedSentry, prompt, usd

pytestmark = [pytest.mark.cloud, pytest.mark.slow, pytest.mark.xdist_group("cloud")]

CONFIG_SECONDS = 1.2
"""Functions look at the configuration at most once a second."""
CENT = 10**10


@dataclass(frozen=True, kw_only=True)
class House:
    sentry: DeployedSentry
    text: Budget
    """Pays for 8,000 tokens of Nova, and not of Sonnet."""
    file: Budget
    """Pays for a file that fills the window of Nova Lite, and not of Nova Pro."""


@pytest.fixture(scope="module")
def house(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    sentry.clear_faults()
    purses = {"text": 5 * CENT, "file": 5 * CENT}
    budgets = {name: usd(unique(name), limit) for name, limit in purses.items()}
    budgets = {
        name: usd(one.id, one.limit, scope={"application": one.id}) for name, one in budgets.items()
    }
    models = {
        SONNET: Model(id=SONNET, ladder=(NOVA_PRO,)),
        NOVA_PRO: Model(id=NOVA_PRO, ladder=(NOVA_LITE,)),
        NOVA_LITE: Model(id=NOVA_LITE),
    }
    sentry.configure(*budgets.values(), models=models)
    time.sleep(CONFIG_SECONDS)
    return House(sentry=sentry, **budgets)


def asking(budget: Budget, **changes):
    """Sonnet for a long answer or none, at this budget's cost."""
    given = {
        "modelId": SONNET,
        "inferenceConfig": {"maxTokens": 8_000},
        "tags": {"team": "search", **budget.scope},
        "lowerOutputLimit": False,
    }
    return prompt(**{**given, **changes})


def test_a_rung_gets_the_request_under_its_own_name_and_unchanged_otherwise(house):
    asked = asking(house.text, system=[{"text": "Be brief."}])

    answer = house.sentry.invoke(asked)

    told = answer["sentry"]
    assert (told["decision"], told["modelUsed"], told["status"]) == ("REROUTE", NOVA_PRO, "SETTLED")
    sent = {name: asked[name] for name in ("messages", "system", "inferenceConfig")}
    assert stand_in_control.last_request(house.sentry.cloud) == {"modelId": NOVA_PRO, **sent}


def test_a_file_goes_to_a_rung_although_nobody_knows_how_long_it_is(house):
    source = {"bytes": base64.b64encode(b"%PDF").decode()}
    document = {"document": {"format": "pdf", "name": "report", "source": source}}
    content = [document, {"text": "What is in it?"}]
    message = {"role": "user", "content": content}
    asked = asking(house.file, modelId=NOVA_PRO, messages=[message])

    answer = house.sentry.invoke(asked)

    told = answer["sentry"]
    assert (told["decision"], told["modelUsed"], told["path"]) == ("REROUTE", NOVA_LITE, "LAMBDA")
    assert told["status"] == "SETTLED"


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("additionalModelRequestFields", {"additionalModelRequestFields": {"top_k": 20}}),
        (
            "reasoningContent",
            {
                "messages": [
                    {"role": "user", "content": [{"text": "Why?"}]},
                    {
                        "role": "assistant",
                        "content": [{"reasoningContent": {"reasoningText": {"text": "Hm"}}}],
                    },
                    {"role": "user", "content": [{"text": "Well?"}]},
                ]
            },
        ),
    ],
)
def test_what_is_made_for_claude_never_reaches_a_rung_that_would_refuse_it(house, part, changes):
    answer = house.sentry.invoke(asking(house.text, **changes))

    told = answer["sentry"]
    assert told["decision"] == "REJECT"
    assert told["rungs"][-1]["outcome"] == f"it does not take {part} made for anthropic models"
