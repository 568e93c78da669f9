"""What a caller gets from an endpoint that sleeps: its answer, another model's, or a clear no."""

from datetime import UTC, datetime, timedelta

import pytest

from cost_sentry_client.endpoint_calls import (
    POLL_SECONDS,
    EndpointAsleep,
    NextStep,
    Patience,
    awaited,
    call_endpoint,
    may_come,
    next_step,
)

NOVA = "amazon.nova-lite-v1:0"


def told(state: str, instead: str | None = NOVA) -> dict:
    return {"endpoint": "chat", "state": state, "reason": "because", "instead": instead}


class World:
    """An endpoint that answers from some call on, and what is told each time it does not."""

    def __init__(self, *states: str, instead: str | None = NOVA, answers: bool = True) -> None:
        self.states, self.instead, self.answers = list(states), instead, answers
        self.paused: list[float] = []

    def get(self, patience: int = 0) -> str:
        return call_endpoint(
            lambda: "the endpoint" if self.answers and not self.states else None,
            lambda: told(self.states.pop(0) if self.states else "AWAKE", self.instead),
            lambda model: f"instead {model}",
            patience=Patience(seconds=patience),
            pause=self.paused.append,
        )


def test_an_endpoint_that_answers_is_not_asked_about():
    assert World().get() == "the endpoint"


def test_who_does_not_wait_gets_the_model_that_stands_in_at_once():
    world = World("WAKING", "WAKING")

    assert world.get() == f"instead {NOVA}"
    assert world.paused == []


def test_who_waits_gets_the_endpoint_when_it_is_awake():
    world = World("WAKING", "WAKING", "AWAKE")

    assert world.get(patience=600) == "the endpoint"
    assert world.paused == [POLL_SECONDS, POLL_SECONDS]


def test_waiting_has_a_deadline_and_then_another_answer():
    world = World(*["WAKING"] * 100)

    assert world.get(patience=4 * POLL_SECONDS) == f"instead {NOVA}"
    assert len(world.paused) == 4


def test_nobody_waits_for_an_endpoint_that_no_budget_wakes():
    world = World("ASLEEP")

    assert world.get(patience=600) == f"instead {NOVA}"
    assert world.paused == []


def test_without_a_model_that_stands_in_the_refusal_is_said():
    with pytest.raises(EndpointAsleep, match="chat is ASLEEP: because"):
        World("ASLEEP", instead=None).get(patience=600)


def test_an_endpoint_that_is_awake_and_does_not_answer_is_called_twice_and_not_for_ever():
    with pytest.raises(EndpointAsleep, match="chat is AWAKE"):
        World(answers=False).get(patience=600)


@pytest.mark.parametrize("state", ["AWAKE", "UNKNOWN"])
def test_what_the_sentry_did_not_put_to_sleep_is_called_again(state):
    assert next_step(told(state), 0, Patience()) is NextStep.CALL


def test_who_may_wait_waits_for_a_wake_that_failed_and_is_tried_again():
    asleep = {"state": "ASLEEP", "instead": None}
    again = {**asleep, "expectedBy": "2026-11-21T12:35:00+00:00"}

    assert next_step(again, 0, Patience(seconds=60)) is NextStep.WAIT
    assert next_step(again, 60, Patience(seconds=60)) is NextStep.GIVE_UP
    assert next_step(again, 0, Patience()) is NextStep.GIVE_UP
    assert next_step({**asleep, "expectedBy": None}, 0, Patience(seconds=60)) is NextStep.GIVE_UP


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = (NOON + timedelta(minutes=5)).isoformat()


def waited(*answers):
    """What is told in the end, how often it paused, and what was said meanwhile."""
    told, paused, said = iter(answers), [], []
    now = lambda: NOON + timedelta(seconds=sum(paused))  # noqa: E731 - beside what it reads
    return awaited(lambda: next(told), now, paused.append, said.append), paused, said


def answer(state, expected_by=LATER):
    return {"state": state, "reason": "because", "expectedBy": expected_by}


def test_who_waits_hears_how_far_it_is_until_it_is_awake():
    end, paused, said = waited(answer("WAKING"), answer("ASLEEP"), answer("AWAKE", None))

    assert end["state"] == "AWAKE"
    assert paused == [POLL_SECONDS, POLL_SECONDS]
    assert said == [f"because; expected by {LATER}"] * 2


def test_nobody_waits_for_what_may_not_wake():
    end, paused, _ = waited(answer("ASLEEP", None))

    assert (end["state"], paused) == ("ASLEEP", [])


@pytest.mark.parametrize("late", [None, (NOON - timedelta(seconds=1)).isoformat()])
def test_nobody_waits_beyond_the_time_by_which_people_are_told(late):
    end, paused, _ = waited(answer("WAKING"), answer("WAKING", late))

    assert (end["state"], paused) == ("WAKING", [POLL_SECONDS])


def test_waiting_ends_by_itself_if_its_wakes_fail_and_are_tried_again_for_ever():
    later = [(NOON + timedelta(minutes=5, seconds=15 * n)).isoformat() for n in range(100)]

    end, paused, _ = waited(*[answer("ASLEEP", moment) for moment in later])

    assert end["state"] == "ASLEEP"
    assert sum(paused) == 5 * 60 + POLL_SECONDS


def test_waiting_ends_by_itself_if_it_never_wakes():
    end, paused, _ = waited(*[answer("WAKING")] * 100)

    assert end["state"] == "WAKING"
    assert sum(paused) == 5 * 60 + POLL_SECONDS


@pytest.mark.parametrize(
    ("state", "expected_by", "comes"),
    [
        ("AWAKE", None, True),
        ("WAKING", None, True),
        ("ASLEEP", LATER, True),
        ("ASLEEP", None, False),
    ],
)
def test_what_wakes_or_is_tried_again_may_come(state, expected_by, comes):
    assert may_come(answer(state, expected_by)) is comes
