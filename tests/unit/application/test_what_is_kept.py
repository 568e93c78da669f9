"""Which calls have answers that are kept, and which answers are."""

import pytest

from cost_sentry.application.keep_answer import keep_answer
from cost_sentry.domain.answer_cache import AnswerCaching, AnswerPlace
from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.reservation import ReservationState, ResolvedReservation
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.admissions import DEAR
from tests.fakes.builders import ManualClock, budget, reservation, resolution
from tests.fakes.cached_calls import CACHING, answer, asked, called, sentry, settled
from tests.fakes.memory_answers import MemoryAnswers

WARM = {"inferenceConfig": {"temperature": 0.1, "maxTokens": 100}}
UNSAID = {"inferenceConfig": {"maxTokens": 100}}
ADDED = {"additionalModelRequestFields": {"temperature": 1}}


@pytest.mark.parametrize("part", [WARM, UNSAID, ADDED], ids=["warm", "unsaid", "provider's own"])
def test_calls_that_are_not_deterministic_are_kept_only_for_who_wants_them(part):
    converse = {**asked().converse, **part}
    for caching, hits in (
        (CACHING, False),
        (AnswerCaching(ttl_seconds=9, any_temperature=True), True),
    ):
        house = sentry(caching=caching)
        called(house, asked("r1", converse=converse))

        assert (called(house, asked("r2", converse=converse)).cached is not None) == hits
        assert bool(house.answers.finds) == hits


def test_top_p_and_other_parts_do_not_matter_at_temperature_0():
    converse = {**asked().converse, "inferenceConfig": {"temperature": 0.0, "topP": 0.9}}
    house = sentry()
    called(house, asked("r1", converse=converse))

    assert called(house, asked("r2", converse=converse)).cached is not None


@pytest.mark.parametrize(
    ("changes", "hits"),
    [
        ({"needs": Needs(tools=True)}, False),
        ({"needs": Needs(streaming=True)}, False),
        ({"needs": Needs(modalities=frozenset({"text", "image"}))}, True),
        ({"guardrail": "DRAFT"}, False),
        ({"guardrail": None}, False),
        ({"guardrail": "12"}, True),
    ],
)
def test_never_with_tools_streams_and_drafts_of_guardrails(changes, hits):
    if "guardrail" in changes:
        config = {"guardrailIdentifier": "g", "guardrailVersion": changes["guardrail"]}
        changes = {"converse": {**asked().converse, "guardrailConfig": config}}
    house = sentry(caching=AnswerCaching(ttl_seconds=60, any_temperature=True))
    called(house, asked("r1", **changes))

    assert (called(house, asked("r2", **changes)).cached is not None) == hits


def test_the_answer_of_a_stand_in_is_not_kept():
    """It is not the answer of the model that the next one asks for."""
    house = sentry(budget(limit=700))

    decision = called(house, asked("r1"))

    assert decision.kind is DecisionKind.REROUTE
    assert (decision.keep_at, house.answers.kept) == (None, {})


def test_a_shortened_answer_is_not_kept():
    house = sentry(budget(limit=1_700), models={DEAR: Model(id=DEAR)})

    decision = called(house, asked("r1"))

    assert decision.code is ReasonCode.OUTPUT_LIMIT_LOWERED
    assert (decision.keep_at, house.answers.kept) == (None, {})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stopReason": "stop_sequence"}, None),
        ({"stopReason": "max_tokens"}, "it did not end by itself"),
        ({"stopReason": "tool_use"}, "it did not end by itself"),
        ({"stopReason": "guardrail_intervened"}, "it did not end by itself"),
        ({"stopReason": "content_filtered"}, "it did not end by itself"),
        ({"stopReason": None}, "it did not end by itself"),
        ({"usage": {"inputTokens": -1}}, "its cost is not settled"),
    ],
)
def test_kept_is_what_ended_by_itself_and_is_paid(changes, why):
    house = sentry()
    decision = house.decide(asked("r1"))

    assert settled(house, decision, answer(**changes)) == why
    assert bool(house.answers.kept) == (why is None)


def test_an_answer_whose_call_had_expired_is_not_kept_unless_its_cost_is_put_right():
    house = sentry()
    decision = house.decide(asked("r1"))
    expired = resolution(cost=2_000, state=ReservationState.EXPIRED)
    house.ledger.resolve(decision.reservation, expired)
    house.ledger._adjustable.clear()

    assert settled(house, decision, answer()) == "its cost is not settled"
    assert house.answers.kept == {}


def test_a_settlement_that_is_repeated_keeps_the_same_answer():
    house = sentry()
    decision = house.decide(asked("r1"))

    assert [settled(house, decision, answer()) for _ in range(2)] == [None, None]
    assert [kept.answer for kept in house.answers.kept.values()] == [answer()]


def test_a_cache_that_cannot_be_asked_keeps_nothing_and_says_why():
    house = sentry()
    decision = house.decide(asked("r1"))
    house.answers.fault = "ThrottlingException"

    assert settled(house, decision, answer()) == "ThrottlingException"


@pytest.mark.parametrize("state", [ReservationState.VOIDED, ReservationState.EXPIRED])
def test_whatever_a_call_used_its_answer_is_kept_only_if_it_was_settled(state):
    answers, usage = MemoryAnswers(), TokenUsage(input_tokens=30, output_tokens=7)
    ended = ResolvedReservation(
        reservation=reservation(), resolution=resolution(state=state, usage=usage)
    )
    place = AnswerPlace(key="k", ttl_seconds=60)

    why = keep_answer(place, answer(), ended, keeper=lambda: answers, clock=ManualClock())

    assert (why, answers.kept) == ("its cost is not settled", {})
