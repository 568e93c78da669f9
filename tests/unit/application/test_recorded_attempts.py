"""A request that was tried again is one call of the day."""

from dataclasses import replace
from datetime import timedelta

from cost_sentry.application.simulated_call import CallEnd
from cost_sentry.domain.decision import DecisionKind
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.admissions import CHEAP, DEAR, request
from tests.fakes.builders import NOON, resolution
from tests.fakes.refusals import refusal, view
from tests.unit.application.test_recorded_calls import ENDED, USED, day, held, noted, settled


def voided(request_id, at=NOON):
    return settled(held(request_id, now=at), resolution(0, ReservationState.VOIDED))


def test_a_request_that_was_tried_again_is_one_call_as_it_was_first_asked_and_ended_at_last():
    late = NOON + timedelta(seconds=2)
    last = held(
        "r1~3", model_used=CHEAP, decision="REROUTE", output_limit_tokens=10, now=late, digest="d3"
    )
    ended = replace(ENDED, resolved_at=late + timedelta(seconds=5))

    found = day(*settled(last, ended), *voided("r1~2"), *voided("r1"), *settled(held("r2")))
    first, other = found.calls()

    assert (first.request.request_id, first.request.max_tokens, first.at) == ("r1", 70, NOON)
    assert first.recorded == (DecisionKind.ALLOW, DEAR, 70)
    assert (first.end, first.usage, first.duration) == (
        CallEnd.SETTLED,
        USED,
        timedelta(seconds=5),
    )
    assert (first.output_limit_sent_tokens, first.is_lowered) == (10, True)
    assert (other.request.request_id, found.tried_again) == ("r2", 1)


def test_a_request_whose_later_attempt_was_refused_is_one_call_that_did_not_run():
    again = noted(refusal(view(), request_id="r1~2"), request("r1~2").without_text())

    (call,) = day(*voided("r1"), again).calls()

    assert (call.request.request_id, call.end) == ("r1", CallEnd.VOIDED)


def test_a_later_attempt_is_a_call_where_the_first_is_not_on_record():
    assert [one.end for one in day(*settled(held("r1~2"))).calls()] == [CallEnd.SETTLED]
