"""Which rungs may stand in, and how much a prompt of unknown length holds of theirs."""

import pytest

from cost_sentry.application.candidates import candidates_for
from cost_sentry.domain.decision import DecisionKind, RungOutcome
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from cost_sentry.domain.unit import Unit
from tests.fakes.admissions import BLIND, CHEAP, DEAR, STRANGER, Sentry, SmallBook, config, request
from tests.fakes.builders import budget


@pytest.mark.parametrize(
    "bounds",
    [
        {"input_bound_tokens": UNBOUNDED_TOKENS},
        {"input_bound_tokens": 60_000, "input_floor_tokens": 2_000},
    ],
    ids=["a file whose text nobody can bound", "a long text"],
)
def test_a_rung_is_used_whose_window_the_prompt_may_fit_and_pays_for_no_more_than_that(bounds):
    ceiling = SmallBook().card(CHEAP).prompt_tokens_ceiling
    sentry = Sentry(budget(limit=(ceiling + 100) * 2))

    decision = sentry.decide(request(**bounds))

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, CHEAP)
    assert decision.reservation.input_bound_tokens == ceiling


@pytest.mark.parametrize("part", ["additionalModelRequestFields", "outputConfig"])
def test_what_is_made_for_one_provider_goes_to_no_rung_of_another(part):
    ladders = {"models": {DEAR: Model(id=DEAR, ladder=(STRANGER, BLIND))}}
    sentry = Sentry(budget(limit=300), **ladders)

    decision = sentry.decide(request(needs=Needs(vendor_parts=frozenset({part}))))

    assert decision.model_used == BLIND
    assert [(r.model_id, r.outcome) for r in decision.rungs] == [
        (DEAR, "refused by budget search-daily"),
        (STRANGER, f"it does not take {part} made for example models"),
        (BLIND, "reserved"),
    ]


@pytest.mark.parametrize("of_one_model", [(), (CHEAP,), (DEAR, BLIND)])
def test_each_candidate_is_charged_to_the_budgets_of_its_model(of_one_model):
    everywhere = [budget("team"), budget("all", scope={}), budget("other", scope={"team": "x"})]
    special = [budget(f"{m}", scope={"team": "search", "model": m}) for m in of_one_model]
    given = config(*special, *everywhere)

    found = {one.model_id: one.budgets for one in candidates_for(request(), given, SmallBook())}

    assert found == {m: given.budgets_of(request().tags, m) for m in (DEAR, CHEAP, BLIND)}


def test_a_rung_that_only_a_cap_on_calls_in_flight_covers_is_covered_by_none():
    cap = budget("cap", scope={}, unit=Unit.IN_FLIGHT)
    given = config(budget(scope={"model": DEAR}), cap)

    _, *rungs = candidates_for(request(), given, SmallBook())

    assert rungs == [
        RungOutcome(model_id=rung, outcome="no budget covers it") for rung in (CHEAP, BLIND)
    ]
