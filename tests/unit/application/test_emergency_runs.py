"""Nobody steps around the caps of an agent run because the ledger is silent."""

from datetime import timedelta

import pytest

from cost_sentry.domain.budget import BudgetMode, Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.model_id import base_model_id
from tests.fakes.admissions import CHEAP, DEAR
from tests.fakes.admissions import request as plain
from tests.fakes.builders import NOON
from tests.fakes.emergencies import ALLOWANCE, PURSE, Emergency, refusal
from tests.unit.application.test_sessions import cap, request, run_id

WEB = {"team": "search", "application": "web"}
"""Narrower than the allowance, whose calls are any of the team's."""
COUNTED = [Unit.USD, Unit.TOKENS, Unit.REQUESTS, Unit.RETRIES, Unit.IN_FLIGHT, Unit.CHILDREN]


def in_outage(*caps, mirrored=False):
    """Calls were set aside; the configuration is at hand, or only its mirror is."""
    sentry = Emergency(PURSE, *caps, allowances=(ALLOWANCE,))
    assert sentry.sweep().problems == []
    sentry.fall_silent()
    sentry.source.down = mirrored
    return sentry


def of_run(request_id="r1", **changes):
    return request(request_id, run_id(), **changes)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("unit", COUNTED)
@pytest.mark.parametrize("asked", [plain("r1"), of_run(path=("planner",)), of_run(retry=1)])
def test_what_counts_by_session_cannot_be_paid_in_advance(unit, mirrored, asked):
    sentry = in_outage(cap(unit=unit, scope=WEB, limit=10**9), mirrored=mirrored)

    assert "budget run counts by session" in refusal(sentry, asked)


@pytest.mark.parametrize("mirrored", [False, True])
def test_an_agent_that_is_not_too_deep_goes_on_and_one_that_is_does_not(mirrored):
    sentry = in_outage(cap(unit=Unit.DEPTH, scope=WEB, limit=1), mirrored=mirrored)

    assert "budget run counts by session" in refusal(sentry, plain("r1"))
    assert "budget run lets agents call down to" in refusal(sentry, of_run("r2", path=("a", "b")))
    assert sentry.decide(of_run("r3", path=("a",))).code is ReasonCode.EMERGENCY_ALLOWANCE


def test_a_run_that_is_over_does_not_go_on():
    sentry = in_outage(cap(unit=Unit.DEPTH, scope=WEB))

    assert "its session has ended" in refusal(
        sentry, request("r1", run_id(NOON - timedelta(hours=25)))
    )


@pytest.mark.parametrize(("model", "is_refused"), [(DEAR, True), (CHEAP, False)])
def test_a_cap_of_one_model_is_in_the_way_of_that_model_alone(model, is_refused):
    capped = cap(unit=Unit.REQUESTS, scope={**WEB, "model": base_model_id(model)})

    decision = in_outage(capped).decide(plain("r1"))

    assert (decision.code is ReasonCode.LEDGER_UNAVAILABLE) == is_refused


@pytest.mark.parametrize(
    "away",
    [cap(mode=BudgetMode.SHADOW, scope=WEB), cap(scope={"team": "search", "application": "app"})],
)
def test_a_cap_in_shadow_mode_or_of_others_is_in_nobodys_way(away):
    assert in_outage(away).decide(plain("r1")).code is ReasonCode.EMERGENCY_ALLOWANCE
