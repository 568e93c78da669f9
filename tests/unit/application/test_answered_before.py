"""An id that was answered is answered so again, whatever the configuration says by now (P5)."""

from dataclasses import replace

import pytest

from cost_sentry.domain.budget import Stages
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.sentry_config import Team
from tests.fakes.admissions import Sentry, config, request
from tests.fakes.builders import budget
from tests.fakes.policies import engines, policies

DAILY = budget("day", 100_000)
NOBODY = policies(nobody="forbid (principal, action, resource);")


def changed(**to):
    """Another configuration is in force."""

    def change(house):
        given = {"budgets": (DAILY,), **to}
        house.admission.config_source.config = config(*given.pop("budgets"), **given)

    return change


def spent(house):
    stages = Stages(critical_only_percent=50)
    changed(budgets=(replace(DAILY, stages=stages),))(house)
    window = DAILY.window_at(house.clock.now()).id
    house.totals.posted["day", window] = DAILY.limit


WAYS = {
    ReasonCode.UNKNOWN_MODEL: changed(models={}),
    ReasonCode.UNKNOWN_TEAM: changed(teams={"support": Team(id="support")}),
    ReasonCode.INVALID_REQUEST: changed(output_tokens_max=10),
    ReasonCode.NO_BUDGET: changed(budgets=()),
    ReasonCode.CRITICAL_ONLY: spent,
    ReasonCode.FORBIDDEN_BY_POLICY: changed(policies=NOBODY),
}


@pytest.fixture
def house():
    return Sentry(DAILY, engines=engines)


@pytest.mark.parametrize("code", WAYS)
def test_what_is_refused_by_now_was_answered_before(house, code):
    first = house.decide(request("r1"))
    WAYS[code](house)

    again = house.decide(request("r1"), attempt="execution-2")

    assert house.decide(request("r2")).code is code
    assert (again.code, again.replayed) == (ReasonCode.ALREADY_ANSWERED, True)
    assert again.reservation == first.reservation


@pytest.mark.parametrize("code", WAYS)
def test_an_execution_whose_answer_was_lost_goes_on_with_what_it_holds(house, code):
    first = house.decide(request("r1"), attempt="run.first")
    WAYS[code](house)

    again = house.decide(request("r1"), attempt="run.second")

    assert (again.kind, again.code) == (DecisionKind.ALLOW, ReasonCode.WITHIN_BUDGETS)
    assert again.reservation == replace(first.reservation, attempt="run.second")


def test_other_content_under_a_known_id_is_refused_as_such(house):
    house.decide(request("r1"))
    changed(models={})(house)

    again = house.decide(request("r1", digest="other"), attempt="execution-2")

    assert again.code is ReasonCode.REQUEST_ID_REUSED


def test_a_configuration_that_cannot_be_used_changes_no_answer(house):
    house.decide(request("r1"))

    def broken(*_given):
        raise ConfigurationError("no policy can be read")

    changed(policies=NOBODY)(house)
    admission = replace(house.admission, policy_engines=broken)

    assert admission.decide(request("r2"), "execution-2").code is ReasonCode.NOT_CONFIGURED
    assert admission.decide(request("r1"), "execution-2").code is ReasonCode.ALREADY_ANSWERED


def test_a_refusal_is_not_told_while_nobody_knows_whether_the_id_was_answered(house):
    changed(models={})(house)
    house.ledger.down = True

    decision = house.decide(request("r1"))

    assert decision.code is ReasonCode.LEDGER_UNAVAILABLE
    assert "a new id would be refused: modelId: model 'example.dear-v1:0' is not" in (
        decision.message
    )


def test_what_the_ledger_refused_is_not_asked_for_again(house, monkeypatch):
    def known(_asked):
        raise AssertionError("it was asked")

    monkeypatch.setattr(house.ledger, "known", known)
    poor = Sentry(budget("day", 10))
    monkeypatch.setattr(poor.ledger, "known", known)

    assert house.decide(request("r1")).kind is DecisionKind.ALLOW
    assert poor.decide(request("r1")).code is ReasonCode.BUDGET_EXHAUSTED


def test_to_ask_for_an_id_is_no_reservation(house):
    changed(models={})(house)

    house.decide(request("r1"))
    changed()(house)

    assert house.ledger.entries == []
    assert house.decide(request("r1"), attempt="execution-2").kind is DecisionKind.ALLOW
