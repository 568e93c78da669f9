"""Which refused calls are tried again, and which attempt a repeated id is told of."""

from dataclasses import replace

import pytest

from cost_sentry.application.latest_attempt import UNDER_WAY_FOR, latest_attempt
from cost_sentry.application.ports import SameId
from cost_sentry.application.try_again import try_again
from cost_sentry.domain.decision import Decision, ReasonCode
from cost_sentry.domain.emergency import SLOT_EXECUTION
from cost_sentry.domain.errors import ConfigurationError
from cost_sentry.domain.reservation import ReservationState, Resolution, ResolvedReservation
from cost_sentry.domain.retry import BEGINS_WITHIN_SECONDS, PRICE, Again, RetryRules
from tests.fakes.admissions import DEAR, FixedConfig, Sentry, config, request
from tests.fakes.builders import NOON, ManualClock, budget, reservation, resolution
from tests.fakes.memory_circuits import MemoryRetries
from tests.fakes.memory_ledger import MemoryLedger

THROTTLED = "BedrockRuntime.ThrottlingException"
ACCOUNT = "search/web"


def voided(request_id="r1", error=THROTTLED, **changes) -> ResolvedReservation:
    held = reservation(request_id, model_used=DEAR, **changes)
    ended = resolution(0, ReservationState.VOIDED, reason=error)
    return ResolvedReservation(reservation=held, resolution=ended)


class Trying:
    def __init__(self, parts: int = 5 * PRICE, rules: RetryRules | None = RetryRules()) -> None:  # noqa: B008 - frozen
        self.bank, self.clock = MemoryRetries(parts), ManualClock()
        self.source = FixedConfig(config(retries=rules))

    def again(self, ended=None, before=None, started_at=NOON) -> Again | None:
        return try_again(
            ended or voided(),
            before,
            started_at=started_at,
            config_source=self.source,
            bank=self.bank,
            clock=self.clock,
        )


def test_a_call_that_was_refused_before_it_ran_is_tried_again_and_paid_for():
    trying = Trying()

    assert trying.again() == Again(attempt=2, error="ThrottlingException", refused_by=(DEAR,))
    assert trying.bank.parts == 4 * PRICE


def test_asking_for_the_same_attempt_again_pays_nothing_more():
    trying = Trying()

    assert trying.again() == trying.again() is not None
    assert trying.bank.parts == 4 * PRICE


@pytest.mark.parametrize(
    "error", ["ValidationException", "BedrockRuntime.AccessDeniedException", "States.Timeout"]
)
def test_a_callers_mistake_and_an_unknown_outcome_are_not_tried_again(error):
    trying = Trying()

    assert trying.again(voided(error=error)) is None
    assert trying.bank.parts == 5 * PRICE


@pytest.mark.parametrize("state", [ReservationState.SETTLED, ReservationState.EXPIRED])
def test_what_did_not_end_by_that_refusal_is_not_tried_again(state):
    ended = voided()
    charged = replace(ended, resolution=resolution(5, state, reason=THROTTLED))

    assert Trying().again(charged) is None


def test_a_call_that_was_paid_in_advance_is_not_tried_again():
    assert Trying().again(voided(attempt=SLOT_EXECUTION)) is None


def test_none_is_tried_again_late_in_an_execution_nor_without_knowing_how_late_it_is():
    trying = Trying()
    trying.clock.advance(seconds=BEGINS_WITHIN_SECONDS)
    assert trying.again() is not None

    trying.clock.advance(milliseconds=1)

    assert trying.again(voided("r2")) is None
    assert trying.again(voided("r2"), started_at=None) is None


def test_none_is_tried_more_often_than_the_configuration_says():
    two, three = Trying(), Trying(rules=RetryRules(attempts_max=3))
    before = Again(attempt=2, error="ThrottlingException", refused_by=("other",))

    assert two.again(voided("r1~2"), before) is None
    assert three.again(voided("r1~2"), before) == Again(
        attempt=3, error="ThrottlingException", refused_by=("other", DEAR)
    )
    assert three.again(voided("r1~3"), before) is None


@pytest.mark.parametrize("rules", [None, RetryRules(percent=0)])
def test_none_is_tried_again_where_the_configuration_wants_none(rules):
    trying = Trying(rules=rules)

    assert trying.again() is None
    assert trying.bank.parts == 5 * PRICE


def test_none_is_tried_again_that_is_not_earned():
    assert Trying(PRICE - 1).again() is None


def test_where_nobody_can_be_asked_the_answer_is_no():
    silent, unreadable = Trying(), Trying()
    silent.bank.is_silent = True

    def broken():
        raise ConfigurationError("unreadable")

    unreadable.source.current = broken
    assert silent.again() is None
    assert unreadable.again() is None


def found(request_id="r1") -> SameId:
    ended = voided(request_id)
    return SameId(reservation=ended.reservation, resolution=ended.resolution)


def test_a_voided_id_that_was_not_tried_again_is_told_as_it_is():
    ledger = MemoryLedger()

    assert latest_attempt(found(), MemoryRetries(), ledger, NOON) == found()
    assert latest_attempt(found(), None, ledger, NOON) == found()


def test_nobody_looks_for_attempts_of_what_was_not_voided():
    records, ledger = MemoryRetries(), MemoryLedger()
    records.is_silent = True
    settled = SameId(reservation=reservation(), resolution=resolution())
    pending = SameId(reservation=reservation(), resolution=None)

    assert latest_attempt(settled, records, ledger, NOON) == settled
    assert latest_attempt(pending, records, ledger, NOON) == pending


class Retried:
    """A request that was voided, and may be tried again, over a memory ledger."""

    def __init__(self) -> None:
        self.records, self.sentry = MemoryRetries(9 * PRICE), Sentry(budget(limit=10**6))
        admission = replace(self.sentry.admission, retry_records=self.records)
        self.sentry.admission = admission
        self.hold("r1", voided("r1").resolution)

    def hold(self, attempt: str, ended: Resolution | None) -> None:
        self.records.grant(ACCOUNT, attempt, NOON)
        held = self.sentry.decide(request(attempt)).reservation
        if ended is not None:
            self.sentry.ledger.resolve(held, ended)

    def repeat(self) -> Decision:
        return self.sentry.decide(request(), "execution-2")


def test_the_same_request_id_gets_the_answer_of_the_attempt_that_counted():
    retried = Retried()
    retried.hold("r1~2", resolution(40))

    replay = retried.repeat()

    assert (replay.code, replay.replayed) == (ReasonCode.ALREADY_ANSWERED, True)
    assert (replay.state, replay.cost_picodollars) == (ReservationState.SETTLED, 40)
    assert replay.request_id == "r1~2"
    assert "'r1' was answered before; it is SETTLED" in replay.message


def test_so_it_does_when_that_was_the_third():
    retried = Retried()
    retried.hold("r1~2", voided().resolution)
    retried.hold("r1~3", resolution(7))

    assert retried.repeat().cost_picodollars == 7


def test_an_attempt_that_runs_is_pending():
    retried = Retried()
    retried.hold("r1~2", None)

    replay = retried.repeat()

    assert (replay.state, replay.request_id) == (ReservationState.PENDING, "r1~2")


def test_an_attempt_that_was_granted_and_is_not_held_is_pending_until_its_time_is_over():
    retried = Retried()
    retried.records.grant(ACCOUNT, "r1~2", NOON)
    retried.sentry.clock.time = NOON + UNDER_WAY_FOR

    early = retried.repeat()
    retried.sentry.clock.advance(milliseconds=1)
    late = retried.repeat()

    assert (early.state, early.request_id) == (ReservationState.PENDING, "r1~2")
    assert (late.state, late.request_id) == (ReservationState.VOIDED, "r1")


def test_a_repeated_id_whose_attempts_cannot_be_looked_up_is_told_to_come_again():
    retried = Retried()
    retried.records.is_silent = True

    assert retried.repeat().code is ReasonCode.LEDGER_UNAVAILABLE
