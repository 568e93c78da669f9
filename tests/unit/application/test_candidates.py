"""Which rungs may stand in, and how much a prompt of unknown length holds of theirs."""

import pytest

from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from tests.fakes.admissions import BLIND, CHEAP, DEAR, STRANGER, Sentry, SmallBook, request
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
