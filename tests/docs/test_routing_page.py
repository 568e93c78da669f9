"""The page about routing does what it says: its configuration decides the calls it speaks of."""

import json

import pytest

from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.prompt_complexity import estimated_complexity
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.application.admit_request import Admission
from cost_sentry.domain.decision import ReasonCode
from cost_sentry_client.config_file import load_config
from tests.docs.page_code import blocks
from tests.fakes.admissions import FixedConfig
from tests.fakes.builders import ManualClock
from tests.fakes.memory_ledger import MemoryLedger

PAGE = "docs/how-to/let-the-sentry-choose-the-model.md"
PERMIT = '@id("rest")\n@sentence("The rest.")\npermit (principal, action, resource);\n'
REST = """\
apiVersion: cost-sentry/v1
teams: {support: , research: }
budgets: [{id: all, unit: usd, window: month, limit: 100}]
policies: {files: [page.cedar]}
"""
LARGE, LITE, MICRO = (
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "eu.amazon.nova-lite-v1:0",
    "eu.amazon.nova-micro-v1:0",
)


def of_page(language):
    return next(body for page, body in blocks(language) if page == PAGE)


@pytest.fixture
def decide(tmp_path):
    (tmp_path / "page.cedar").write_text(of_page("cedar") + PERMIT, encoding="utf-8")
    file = tmp_path / "sentry.yaml"
    file.write_text(REST + of_page("yaml"), encoding="utf-8")
    config, ledger = load_config(file).config, MemoryLedger()
    for budget in config.budgets:
        ledger.define(budget, budget.window_at(ManualClock().now()).id)
    admission = Admission(
        config_source=FixedConfig(config),
        price_book=PackagedPriceBook(region="eu-central-1"),
        ledger=ledger,
        clock=ManualClock(),
        policy_engines=CedarPolicies,
        complexity=estimated_complexity,
    )

    def decided(**changes):
        request = {**json.loads(of_page("json")), **changes}
        return admission.decide(parse_request(request, default_request_id="r"), "e")

    return decided


def test_the_request_of_the_page_is_served_by_the_tier_that_its_rule_asks_for(decide) -> None:
    decision = decide()

    assert (decision.code, decision.model_used) == (ReasonCode.ROUTED, LARGE)
    assert decision.model_asked == "taskType=contract-review"


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({"modelId": "drafts", "tags": {"team": "support"}}, MICRO),
        ({"modelId": "large"}, LARGE),
        ({"tags": {"team": "support", "taskType": "summary"}}, MICRO),
        ({"tags": {"team": "support", "taskType": "slogan"}}, MICRO),
        ({"modelId": "auto", "tags": {"team": "support"}}, MICRO),
    ],
)
def test_every_name_and_task_type_of_the_page_is_served(decide, changes, used) -> None:
    assert decide(**changes).model_used == used


def test_the_policy_of_the_page_forbids_to_name_a_model_to_all_but_one_team(decide) -> None:
    support, research = (
        decide(modelId=LITE, tags={"team": team}, requestId=team)
        for team in ("support", "research")
    )

    assert support.code is ReasonCode.FORBIDDEN_BY_POLICY
    assert (research.code, research.model_used) == (ReasonCode.WITHIN_BUDGETS, LITE)
