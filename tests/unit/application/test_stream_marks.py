"""A mark that came through says that all before it is journaled: none is noted beside failures."""

from datetime import timedelta

import pytest

from cost_sentry.adapters.stream_records import streamed_entries
from cost_sentry.application.projection import StreamedEntry
from tests.fakes.builders import NOON
from tests.fakes.entries import Account
from tests.fakes.projector import Projector, unreadable

LATER = NOON + timedelta(minutes=1)


def mark(at=NOON, name="mark"):
    return StreamedEntry(record_id=name, place="TICK", entry=None, mark=at)


def test_the_last_mark_of_a_batch_is_noted_after_its_entries():
    projector = Projector()

    done = projector.run(mark(LATER, "m2"), *Account().call("r1", 40), mark(NOON, "m1"))

    assert (done.failed_ids, done.new, projector.marks.carried) == ((), 2, [LATER])
    assert projector.marks.failed == []


def test_beside_entries_that_fail_no_mark_is_noted_and_that_they_failed_is():
    projector = Projector()

    done = projector.run(unreadable(), mark())

    assert done.failed_ids == ("bad",)
    assert projector.marks.carried == []
    assert projector.marks.failed == [projector.clock.now()]


def test_a_run_without_marks_and_failures_notes_nothing():
    projector = Projector()
    projector.run(*Account().call("r1", 40))

    assert (projector.marks.carried, projector.marks.failed) == ([], [])


def test_marks_that_cannot_be_noted_hold_nothing_up():
    projector = Projector()
    projector.marks.down = True

    done = projector.run(*Account().call("r1", 40), mark())

    assert done.failed_ids == ()
    assert any("not noted" in problem for problem in done.problems)


def record(sk="SENT", **image):
    change = {
        "Keys": {"pk": {"S": "TICK"}, "sk": {"S": sk}},
        "NewImage": {"pk": {"S": "TICK"}, "sk": {"S": sk}, **image},
        "SequenceNumber": "7",
    }
    return {"Records": [{"eventName": "MODIFY", "dynamodb": change}]}


def test_a_mark_of_the_stream_is_one():
    at = {"N": str(int(NOON.timestamp()) * 1000)}

    assert streamed_entries(record(at=at)) == (mark(NOON, "7"),)


@pytest.mark.parametrize(
    "broken",
    [record(), record(at={"S": "noon"}), record(at={"N": "1e9"}), record("CARRIED", at={"N": "1"})],
)
def test_what_is_no_mark_is_left_out(broken):
    assert streamed_entries(broken) == ()
