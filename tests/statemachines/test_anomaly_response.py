"""The machine anomaly_response: it waits for the end on record, and loses no event silently."""

import json
import pathlib
from datetime import UTC, datetime

import pytest

from cost_sentry.adapters.incident_answer import incident_answer
from cost_sentry.domain.incident_end import closed
from tests.fakes.builders import NOON
from tests.fakes.incident_desk import FREEZE, Desk
from tests.statemachines.walker import TaskFailed, walk

DEFINITION = pathlib.Path(__file__).parents[2] / "statemachines" / "anomaly_response.asl.json"
MACHINE = json.loads(DEFINITION.read_text())
EVENT = {"source": "cost-sentry", "detail-type": "Anomaly", "detail": {}}
OPEN = Desk(FREEZE).see().incident
ENDS = datetime(2026, 11, 21, 14, tzinfo=UTC)
"""An hour after its cool-down, unless a sign comes."""
GOES_ON = incident_answer("new", OPEN)
OVER = incident_answer("ended", closed(OPEN, NOON))


def run(respond, *looks):
    """The answers of the two functions, one after the other; an error is raised."""
    given = {"Respond to anomaly": [], "Lift incidents": []}
    answers = {"Respond to anomaly": iter([respond]), "Lift incidents": iter(looks)}

    def task(name):
        def call(payload):
            given[name].append(payload)
            answer = next(answers[name])
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    return walk(MACHINE, EVENT, {name: task(name) for name in given}), given


def test_an_incident_is_waited_for_until_its_end_and_then_recorded_as_over():
    done, given = run(GOES_ON, OVER)

    assert (done.status, done.output["state"]) == ("SUCCEEDED", "closed")
    assert done.waited_until == [ENDS]
    assert given == {"Respond to anomaly": [EVENT], "Lift incidents": [{"scope": "team=search"}]}


def test_an_incident_that_was_prolonged_is_waited_for_once_more():
    later = GOES_ON | {"endsAt": "2026-11-21T15:30:00Z"}

    done, given = run(GOES_ON, later, OVER)

    assert [at.hour for at in done.waited_until] == [14, 15]
    assert len(given["Lift incidents"]) == 2


@pytest.mark.parametrize("answer", [incident_answer("not-understood", None), OVER])
def test_where_nothing_is_left_to_be_done_nobody_waits(answer):
    done, _ = run(answer)

    assert (done.status, done.waited_until) == ("SUCCEEDED", [])


@pytest.mark.parametrize("cause", ["the ledger could not be asked", None])
@pytest.mark.parametrize("where", ["Respond to anomaly", "Lift incidents"])
def test_what_keeps_failing_is_tried_for_long_and_fails_by_its_name(where, cause):
    def failing(_payload):
        raise TaskFailed("LedgerUnavailable", cause)

    tasks = {"Respond to anomaly": lambda _: GOES_ON, "Lift incidents": lambda _: OVER}
    done = walk(MACHINE, EVENT, {**tasks, where: failing})

    assert (done.status, done.error) == ("FAILED", "LedgerUnavailable")
    assert done.cause == (cause or "LedgerUnavailable")
    assert done.attempts[where] == 16


def test_a_fault_that_passes_is_nobodys_business():
    left = [3]

    def respond(_payload):
        left[0] -= 1
        if left[0]:
            raise TaskFailed("LedgerThrottled", "told to be")
        return GOES_ON

    done = walk(MACHINE, EVENT, {"Respond to anomaly": respond, "Lift incidents": lambda _: OVER})

    assert done.status == "SUCCEEDED"
