"""Policies know the Region where a model without a profile is called; the starter goes by it."""

from pathlib import Path

import pytest

from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.adapters.rules_on_demand import policy_engine
from cost_sentry.application.admit_request import Admission
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.policy import Policies, Policy
from cost_sentry.domain.sentry_config import Model
from cost_sentry_client.config_file.cedar_text import statements
from cost_sentry_client.config_file.policy_checks import read_policy
from tests.fakes.admissions import FixedConfig, config, request
from tests.fakes.builders import ManualClock, budget
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.policies import policies, policy
from tests.unit.adapters.test_cedar_policies import CALL, HAIKU, OFFER, WEB, asked

STARTER = Path(__file__).parents[3] / "examples" / "policies" / "starter.cedar"
LITE = "amazon.nova-lite-v1:0"
IRISH = f"arn:aws:bedrock:eu-west-1::foundation-model/{LITE}"
AMERICAN = f"arn:aws:bedrock:us-west-2::foundation-model/{LITE}"
PROFILE = f"us.{LITE}"
IN_OREGON = 'resource has region && resource.region == "us-west-2"'


def starter():
    text = STARTER.read_text(encoding="utf-8")
    written = [read_policy("starter", one) for one in statements(text)]
    return Policies(
        rules=tuple(
            Policy(id=one.id, text=one.text, sentence=one.sentence, mode=one.mode)
            for one in written
        )
    )


def decide(model, region, rules):
    daily, ledger = budget(limit=10**12), MemoryLedger()
    ledger.define(daily, "2026-11-21")
    names = (LITE, f"us.{LITE}", f"eu.{LITE}")
    admission = Admission(
        config_source=FixedConfig(
            config(daily, models={name: Model(id=name) for name in names}, policies=rules)
        ),
        price_book=PackagedPriceBook(region=region),
        ledger=ledger,
        clock=ManualClock(),
        policy_engines=lambda given: CedarPolicies(given, region),
    )
    return admission.decide(request(model_id=model), "e")


@pytest.mark.parametrize(
    ("model", "region", "is_permitted"),
    [
        (LITE, "us-east-1", True),
        (LITE, "us-west-2", True),
        (LITE, "eu-west-1", False),
        (PROFILE, "us-east-1", True),
        (PROFILE, "eu-west-1", True),
        (f"eu.{LITE}", "eu-west-1", False),
        (IRISH, "us-east-1", False),
        (AMERICAN, "eu-west-1", True),
        (LITE, None, False),
    ],
)
def test_the_starter_lets_models_run_in_the_us_alone(model, region, is_permitted):
    decision = decide(model, region, starter())

    assert decision.code is (
        ReasonCode.WITHIN_BUDGETS if is_permitted else ReasonCode.FORBIDDEN_BY_POLICY
    )
    named = [note.policy_id for note in decision.policies]
    assert named == ([] if is_permitted else ["models-run-in-the-us"])


@pytest.mark.parametrize(
    ("model", "region", "is_known"),
    [(LITE, "us-west-2", True), (LITE, "eu-west-1", False), (PROFILE, "us-west-2", False)],
)
def test_only_a_model_without_a_profile_has_a_region(model, region, is_known):
    forbid = policies(oregon=f"forbid (principal, action, resource) when {{ {IN_OREGON} }};")

    assert bool(decide(model, region, forbid).policies) is is_known


def test_what_is_deployed_tells_policies_its_own_region(monkeypatch):
    rule = policy("oregon", f"permit (principal, action, resource) when {{ {IN_OREGON} }};")
    found = []
    for region in ("us-west-2", "eu-west-1"):
        monkeypatch.setenv("AWS_REGION", region)
        engine = policy_engine(Policies(rules=(rule,)))
        found.append(_verdict(engine).is_permitted)

    assert found == [True, False]


def _verdict(engine):
    return asked(engine, WEB, HAIKU._replace(geography="regional"), {**CALL, **OFFER})
