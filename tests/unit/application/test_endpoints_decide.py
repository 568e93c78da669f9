"""A model that is an endpoint is priced, counted and refused like any other."""

import pytest

from cost_sentry.domain.budget import Stages, Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.invocation import InvocationPath, Needs
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import CHEAP, DAY, DEAR, request
from tests.fakes.builders import budget
from tests.fakes.memory_sleepers import OWN, endpoint_model
from tests.fakes.policies import engines, policies
from tests.unit.application.test_sleeping_models import PLENTY, Sleeping, of_endpoint


def test_an_endpoint_that_is_awake_is_called_by_a_function_and_priced_by_the_configuration():
    sentry = Sleeping()

    decision = sentry.decide(of_endpoint())

    assert (decision.kind, decision.code) == (DecisionKind.ALLOW, ReasonCode.WITHIN_BUDGETS)
    assert decision.path is InvocationPath.LAMBDA
    assert decision.endpoint == endpoint_model()
    assert decision.reservation.quote_picodollars == 3 * 100 + 3 * 100
    assert decision.reservation.price_version == "sentry.yaml+v1"
    assert decision.wake is None


def test_its_tokens_and_requests_count_in_budgets_like_those_of_any_model():
    budgets = [
        budget("tokens", unit=Unit.TOKENS, limit=150, scope={"model": OWN}),
        budget("calls", unit=Unit.REQUESTS, limit=5),
        budget("flying", unit=Unit.IN_FLIGHT, limit=5, window=WindowKind.NONE),
    ]
    sentry = Sleeping(PLENTY, *budgets, ladder=())

    refused = sentry.decide(of_endpoint(lower_output_limit=False))

    assert refused.code is ReasonCode.BUDGET_EXHAUSTED
    assert [view.budget_id for view in refused.budgets if view.binding] == ["tokens"]
    held = {view.budget_id for view in refused.budgets}
    assert held == {"search-daily", "tokens", "calls", "flying"}


@pytest.mark.parametrize(
    ("needs", "lacks"),
    [
        (Needs(modalities=frozenset({"text", "image"})), "it takes no image"),
        (Needs(tools=True), "it has no tool use"),
        (Needs(prompt_cache=True), "it has no prompt cache"),
        (Needs(vendor_parts=frozenset({"outputConfig"})), "it takes no outputConfig"),
        (Needs(converse_parts=frozenset({"guardrailConfig"})), "it takes no guardrailConfig"),
    ],
)
def test_what_cannot_be_translated_for_an_endpoint_is_refused_in_clear_words(needs, lacks):
    decision = Sleeping(ladder=()).decide(of_endpoint(needs=needs))

    assert decision.code is ReasonCode.MODEL_UNSUITABLE
    assert lacks in decision.message


def test_models_of_bedrock_take_guardrails_as_ever():
    needs = Needs(converse_parts=frozenset({"guardrailConfig"}))

    assert Sleeping().decide(request(needs=needs)).code is ReasonCode.WITHIN_BUDGETS


def test_policies_see_the_provider_sagemaker_and_what_they_forbid_is_woken_by_nobody():
    forbid = 'forbid (principal, action, resource in CostSentry::Provider::"sagemaker");'
    sentry = Sleeping(policies=policies(no_endpoints=forbid), engines=engines)
    sentry.falls_asleep()

    decision = sentry.decide(of_endpoint())

    assert (decision.code, decision.model_used) == (ReasonCode.REROUTED_BY_POLICY, CHEAP)
    assert decision.wake is None


def test_where_an_outage_silences_the_ledger_the_answer_is_no_and_names_no_price():
    sentry = Sleeping()
    sentry.ledger.reserve = silent

    decision = sentry.decide(of_endpoint())

    assert decision.code is ReasonCode.LEDGER_UNAVAILABLE
    assert decision.retry_after_seconds


def silent(_reservation):
    raise LedgerUnavailable("gone")


@pytest.mark.parametrize("dearer", [False, True])
def test_a_budget_that_prefers_the_ladder_prefers_no_stand_in_that_is_dearer(dearer):
    """The rungs of an endpoint are for its sleep: what is dearer saves nothing."""
    staged = budget(limit=10**6, stages=Stages(prefer_ladder_percent=50))
    rung = DEAR if dearer else CHEAP
    sentry = Sleeping(staged, ladder=(rung,))
    sentry.totals.posted[staged.id, DAY] = 6 * 10**5

    decision = sentry.decide(of_endpoint())

    assert decision.model_used == (OWN if dearer else rung)
