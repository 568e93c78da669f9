"""A shorter answer instead of none: when, how far, and what the answer says of it."""

from dataclasses import replace

import pytest

from cost_sentry.application import candidate_tries
from cost_sentry.application.ports import Remaining, Shortage
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from tests.fakes.admissions import (
    BLIND,
    CHEAP,
    DAY,
    DEAR,
    Sentry,
    request,
)
from tests.fakes.builders import budget
from tests.fakes.memory_ledger import MemoryLedger

ALONE = {"model_id": BLIND}
"""A model without a ladder, a picodollar a token in and out."""


def lowered_to(decision):
    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    return decision.reservation.output_limit_tokens


def test_what_the_budget_can_still_pay_for_is_sent_instead_of_a_refusal():
    sentry = Sentry(budget(limit=180))

    decision = sentry.decide(request(**ALONE))

    assert decision.kind is DecisionKind.ALLOW
    assert lowered_to(decision) == 80
    assert decision.reservation.quote_picodollars == 180
    assert decision.output_limit_asked_tokens == 100
    assert decision.message == (
        f"budget search-daily cannot pay for 100 output tokens of {BLIND};"
        " maxTokens is 80 instead of 100"
    )
    assert [r.outcome for r in decision.rungs] == [
        "refused by budget search-daily",
        "reserved at 80 of 100 output tokens",
    ]
    assert [(v.left, v.needed) for v in decision.budgets] == [(0, 180)]
    assert (decision.short.budget_id, decision.short.left) == ("search-daily", 180)


@pytest.mark.parametrize(("left", "sent"), [(163, None), (164, 64), (165, 65)])
def test_below_the_floor_the_answer_is_no(left, sent):
    decision = Sentry(budget(limit=left)).decide(request(**ALONE))

    assert (decision.reservation and decision.reservation.output_limit_tokens) == sent
    assert (decision.kind is DecisionKind.REJECT) == (sent is None)


def test_the_floor_is_the_configurations():
    sentry = Sentry(budget(limit=110), output_tokens_min=10)

    assert lowered_to(sentry.decide(request(**ALONE))) == 10


def test_the_limit_is_never_raised_to_the_floor():
    decision = Sentry(budget(limit=119)).decide(request(**ALONE, max_tokens=20))

    assert decision.code is ReasonCode.BUDGET_EXHAUSTED


def test_a_whole_answer_of_a_rung_goes_before_a_shorter_one_of_the_asked_model():
    decision = Sentry(budget(limit=1_900)).decide(request())

    assert decision.code is ReasonCode.REROUTED_TO_FIT
    assert decision.reservation.output_limit_tokens == 100


def test_a_shorter_answer_of_the_asked_model_goes_before_one_of_a_rung():
    """Both models are short of their own budget; each could give a shorter answer."""
    dear = budget("of-dear", 1_700, scope={"model": DEAR})
    cheap = budget("of-cheap", 350, scope={"model": CHEAP})
    blind = budget("of-blind", 10, scope={"model": BLIND})

    decision = Sentry(dear, cheap, blind).decide(request())

    assert (decision.kind, decision.model_used) == (DecisionKind.ALLOW, DEAR)
    assert lowered_to(decision) == 70


def test_a_rung_is_lowered_when_the_asked_model_cannot_be():
    decision = Sentry(budget(limit=199)).decide(request(input_bound_tokens=100))

    assert (decision.kind, decision.model_used) == (DecisionKind.REROUTE, BLIND)
    assert lowered_to(decision) == 99
    assert decision.message == (
        f"budget search-daily cannot pay for 100 output tokens of {DEAR};"
        f" maxTokens of {BLIND} is 99 instead of 100"
    )


def test_whoever_declines_a_shorter_answer_is_refused():
    decision = Sentry(budget(limit=199)).decide(request(**ALONE, lower_output_limit=False))

    assert decision.code is ReasonCode.BUDGET_EXHAUSTED
    assert "output limit" not in decision.message


def test_the_default_limit_is_lowered_like_a_named_one():
    sentry = Sentry(budget(limit=130), output_tokens_min=10)

    decision = sentry.decide(request(**ALONE, max_tokens=None))

    assert lowered_to(decision) == 30
    assert decision.output_limit_asked_tokens == 50


def test_thinking_is_left_room_for_an_answer():
    thinking = {"thinking_tokens": 30}

    assert lowered_to(Sentry(budget(limit=194)).decide(request(**ALONE, **thinking))) == 94
    assert Sentry(budget(limit=193)).decide(request(**ALONE, **thinking)).reservation is None


def test_every_budget_that_is_short_lowers_the_limit_further():
    budgets = [budget(f"b{n}", 199 - n) for n in range(4)]

    decision = Sentry(*budgets).decide(request(**ALONE))

    assert lowered_to(decision) == 96
    assert [r.outcome for r in decision.rungs][1:] == [
        "refused by budget b1 at 99 output tokens",
        "refused by budget b2 at 98 output tokens",
        "refused by budget b3 at 97 output tokens",
        "reserved at 96 of 100 output tokens",
    ]


def test_what_another_candidate_learned_of_a_budget_is_not_tried_again():
    """The rungs have found the tokens short, the asked model its own dollars, and less of them."""
    dear = budget("of-dear", 1_700, scope={"model": DEAR})
    tokens = budget("tokens", 190, unit=Unit.TOKENS)

    decision = Sentry(dear, tokens).decide(request())

    assert (decision.model_used, lowered_to(decision)) == (DEAR, 70)
    assert [r.outcome for r in decision.rungs] == [
        "refused by budget of-dear",
        "refused by budget tokens",
        "refused by budget tokens",
        "reserved at 70 of 100 output tokens",
    ]


class Asked(MemoryLedger):
    """Remembers what was asked, and always says that this much is left of the first budget."""

    def __init__(self, left):
        super().__init__()
        self.left, self.limits_asked = left, []

    def reserve(self, reservation):
        self.limits_asked.append(reservation.output_limit_tokens)
        hold = reservation.holds[0]
        self.left -= 1
        remaining = Remaining(
            budget_id=hold.budget_id,
            window_id=hold.window_id,
            limit=10**6,
            left=self.left,
            as_of=reservation.reserved_at,
        )
        return Shortage(hold=hold, remaining=remaining)


def test_a_ledger_that_always_has_a_little_less_is_asked_a_bounded_number_of_times():
    sentry = Sentry(budget(limit=10**6))
    ledger = Asked(left=200)
    sentry.admission = replace(sentry.admission, ledger=ledger)

    decision = sentry.decide(request(**ALONE))

    assert decision.kind is DecisionKind.REJECT
    assert len(ledger.limits_asked) == 1 + candidate_tries.LOWERED_TRIES_MAX
    assert ledger.limits_asked == sorted(set(ledger.limits_asked), reverse=True)


def test_the_same_id_gets_its_first_reservation_back_whatever_it_was_lowered_to():
    poor = budget(limit=180)
    sentry = Sentry(poor)
    first = sentry.decide(request(**ALONE))
    sentry.ledger.define(replace(poor, limit=50_000), DAY)

    same_execution = sentry.decide(request(**ALONE))
    other_execution = sentry.decide(request(**ALONE), attempt="execution-2")

    assert same_execution.reservation == first.reservation
    assert (same_execution.code, same_execution.output_limit_asked_tokens) == (first.code, 100)
    assert not same_execution.replayed
    assert other_execution.replayed
    assert other_execution.reservation == first.reservation
    assert other_execution.output_limit_asked_tokens == 100
    assert len(sentry.ledger.pending()) == 1


def test_money_that_comes_back_meanwhile_pays_for_the_whole_answer():
    poor = budget(limit=180)

    class Refilled(MemoryLedger):
        def reserve(self, reservation):
            result = super().reserve(reservation)
            if isinstance(result, Shortage):
                self.define(replace(poor, limit=50_000), DAY)
                return replace(result, remaining=replace(result.remaining, left=50_000))
            return result

    sentry = Sentry(poor)
    ledger = Refilled()
    ledger.define(poor, DAY)
    sentry.admission = replace(sentry.admission, ledger=ledger)

    decision = sentry.decide(request(**ALONE))

    assert decision.code is ReasonCode.WITHIN_BUDGETS
    assert decision.reservation.output_limit_tokens == 100


def test_the_refusal_still_names_the_budget_that_cannot_pay_in_full():
    decision = Sentry(budget(limit=120)).decide(request(**ALONE))

    [view] = decision.budgets
    assert (view.binding, view.left, view.needed) == (True, 120, 200)
    assert "the model has no ladder, and no lower output limit fits" in decision.message
