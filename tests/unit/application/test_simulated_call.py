"""What is taken for what a call does not say."""

from datetime import timedelta
from fractions import Fraction

from cost_sentry.application.simulated_call import (
    DURATION_ASSUMED,
    Assumed,
    CallEnd,
    assumed_of,
    usage_within,
)
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.token_bound import UNBOUNDED_TOKENS
from tests.fakes.builders import reservation
from tests.fakes.simulations import call, usage

SILENT = {"usage": None, "end": CallEnd.UNKNOWN, "duration": None}


def test_silent_calls_are_taken_to_be_as_the_others_together():
    calls = [
        call("r1", input_bound_tokens=100, max_tokens=100, usage=usage(30, 10)),
        call("r2", input_bound_tokens=300, max_tokens=None, usage=usage(70, 5), duration=None),
        call("r3", duration=timedelta(seconds=6), usage=None, end=CallEnd.UNKNOWN),
    ]

    assumed = assumed_of(calls, output_tokens_default=50)

    assert assumed == Assumed(
        input_share=Fraction(100, 400),
        output_share=Fraction(15, 150),
        duration=timedelta(seconds=4),
        usage_unknown=1,
        duration_unknown=1,
    )


def test_where_no_call_says_anything_the_most_is_assumed():
    assumed = assumed_of([call("r1", **SILENT), call("r2", **SILENT)], output_tokens_default=50)

    held = reservation(input_bound_tokens=30, output_limit_tokens=70)
    assert assumed.usage_of(held) == usage(30, 70)
    assert assumed.duration == DURATION_ASSUMED
    assert (assumed.usage_unknown, assumed.duration_unknown) == (2, 2)


def test_a_prompt_that_nobody_can_bound_says_nothing_of_the_others():
    file = call("r1", input_bound_tokens=UNBOUNDED_TOKENS, usage=usage(40, 1))
    text = call("r2", input_bound_tokens=100, usage=usage(50, 1))

    assert assumed_of([file, text], output_tokens_default=50).input_share == Fraction(1, 2)


def test_an_assumed_share_is_rounded_up_and_never_more_than_is_held():
    one_third = Assumed(input_share=Fraction(1, 3), output_share=Fraction(1, 3))
    above = assumed_of(
        [call("r1", input_bound_tokens=10, usage=usage(90, 900))], output_tokens_default=50
    )

    assert one_third.usage_of(reservation()) == usage(10, 24)
    assert (above.input_share, above.output_share) == (1, 1)


def test_only_an_answer_that_is_cut_short_is_shorter_than_it_was():
    def decided(sent, asked):
        held = reservation(output_limit_tokens=sent)
        return Decision(
            kind=DecisionKind.ALLOW,
            code=ReasonCode.WITHIN_BUDGETS,
            message="",
            request_id="r1",
            model_asked="m",
            reservation=held,
            output_limit_asked_tokens=asked,
        )

    assert usage_within(decided(70, 100), usage(50, 80)) == usage(50, 70)
    assert usage_within(decided(70, 100), usage(50, 60)) == usage(50, 60)
    assert usage_within(decided(70, 70), usage(50, 80)) == usage(50, 80)
