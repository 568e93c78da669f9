"""What is taken for what a call does not say."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from cost_sentry.application.answer_lengths import AnswerLengths
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
from tests.fakes.simulations import call, lengths, usage

SILENT = {"usage": None, "end": CallEnd.UNKNOWN, "duration": None}


def test_silent_calls_are_taken_to_be_as_the_others_together():
    calls = [
        call("r1", input_bound_tokens=100, max_tokens=100, usage=usage(30, 10)),
        call("r2", input_bound_tokens=300, max_tokens=None, usage=usage(70, 5), duration=None),
        call("r3", duration=timedelta(seconds=6), usage=None, end=CallEnd.UNKNOWN),
    ]

    assumed = assumed_of(calls, output_tokens_default=50)

    assert assumed.output_share == Fraction(15, 150)
    assert replace(assumed, answers=AnswerLengths()) == Assumed(
        input_share=Fraction(100, 400),
        duration=timedelta(seconds=4),
        usage_unknown=1,
        duration_unknown=1,
    )


def test_where_no_call_says_anything_the_most_is_assumed():
    assumed = assumed_of([call("r1", **SILENT), call("r2", **SILENT)], output_tokens_default=50)

    held = reservation(input_bound_tokens=30, output_limit_tokens=70)
    assert assumed.usage_of(call("r3", **SILENT), held, 70) == usage(30, 70)
    assert assumed.duration == DURATION_ASSUMED
    assert (assumed.usage_unknown, assumed.duration_unknown) == (2, 2)


def test_a_prompt_that_nobody_can_bound_says_nothing_of_the_others():
    file = call("r1", input_bound_tokens=UNBOUNDED_TOKENS, usage=usage(40, 1))
    text = call("r2", input_bound_tokens=100, usage=usage(50, 1))

    assert assumed_of([file, text], output_tokens_default=50).input_share == Fraction(1, 2)


def test_an_assumed_share_is_rounded_up_and_never_more_than_is_held():
    one_third = Assumed(input_share=Fraction(1, 3), answers=lengths((10, 30)))
    above = assumed_of(
        [call("r1", input_bound_tokens=10, usage=usage(90, 900))], output_tokens_default=50
    )

    assert one_third.usage_of(call("r1", **SILENT), reservation(), 70) == usage(10, 24)
    assert (above.input_share, above.output_share) == (1, 1)


def cut(limit=25, *, asked=100, is_lowered=True, **changes):
    """A call whose answer ended at its output limit."""
    given = {"max_tokens": asked, "usage": usage(10, limit), **changes}
    return call("r1", output_limit_sent_tokens=limit, is_lowered=is_lowered, **given)


def test_answers_whose_limit_was_lowered_speak_for_no_others():
    whole = call("r2", max_tokens=100, usage=usage(10, 90), output_limit_sent_tokens=100)
    short = cut(usage=usage(10, 5), duration=timedelta(seconds=1))

    assumed = assumed_of([whole, cut(duration=timedelta(0)), short], output_tokens_default=50)

    assert (assumed.output_share, assumed.duration) == (Fraction(9, 10), timedelta(seconds=2))
    assert assumed.answer_cut == 1


def test_an_answer_that_was_cut_is_as_long_as_longer_ones_are_and_takes_their_time():
    assumed = Assumed(answers=lengths((10, 100), (40, 100), (60, 100)))
    one = cut(duration=timedelta(seconds=1))

    longer = assumed.usage_of(one, reservation(), 100)

    assert longer == usage(10, 50)
    assert assumed.duration_of(one, longer) == DURATION_ASSUMED
    assert assumed.duration_of(one, one.usage) == timedelta(seconds=1)


def test_an_answer_that_was_cut_uses_all_its_room_where_no_longer_one_is_known():
    assumed = Assumed(answers=lengths((10, 100), (24, 100)))

    assert assumed.usage_of(cut(), reservation(), 100) == usage(10, 100)


@pytest.mark.parametrize(
    "known",
    [
        cut(usage=usage(10, 24)),
        cut(asked=25, is_lowered=False),
        call("r1", usage=usage(10, 25), max_tokens=None),
    ],
    ids=["ended before its limit", "the limit that its caller chose", "nobody knows its limit"],
)
def test_an_answer_whose_length_is_known_has_that_length(known):
    assert known.cut_at_tokens is None
    assert Assumed().usage_of(known, reservation(), 100) == known.usage


def test_an_answer_that_ended_at_the_default_is_longer_under_a_higher_one():
    one = cut(50, asked=None, is_lowered=False)

    assert Assumed().usage_of(one, reservation(), 200) == usage(10, 200)
    assert Assumed().usage_of(one, reservation(), 50) == usage(10, 50)


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
