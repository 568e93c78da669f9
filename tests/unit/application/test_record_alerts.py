from cost_sentry.application.record_alerts import record_alerts
from tests.fakes.builders import budget
from tests.fakes.entries import Account
from tests.fakes.projector import OWNER, Projector

DAY = "2026-11-21"
DAILY = budget(limit=100, owners=(OWNER,))


def record(projector, *windows):
    return record_alerts(
        windows,
        journal=projector.journal,
        outbox=projector.outbox,
        config=projector.config,
        limits=projector.limits,
        now=projector.clock.now(),
    )


def test_a_limit_that_was_lowered_is_crossed_by_what_was_posted_before():
    projector = Projector(DAILY)
    projector.journal.write(Account().call("r1", 40))
    assert record(projector, (DAILY.id, DAY)) == ()

    projector.limits.by_id = {DAILY.id: 50}

    assert [k.threshold_percent for k in record(projector, (DAILY.id, DAY))] == [50, 80]


def test_a_limit_that_was_raised_does_not_repeat_what_was_told():
    projector = Projector(DAILY)
    projector.journal.write(Account().call("r1", 60))
    record(projector, (DAILY.id, DAY))

    projector.limits.by_id = {DAILY.id: 120}

    assert record(projector, (DAILY.id, DAY)) == ()


def test_a_window_that_nobody_spent_from_has_no_alert():
    assert record(Projector(DAILY), (DAILY.id, DAY), ("unknown", DAY)) == ()


def test_each_window_of_a_budget_has_alerts_of_its_own():
    projector = Projector(DAILY)
    projector.journal.write(Account().call("r1", 60))

    named_twice = record(projector, (DAILY.id, DAY), (DAILY.id, DAY), (DAILY.id, "2026-11-22"))

    assert [(k.window_id, k.threshold_percent) for k in named_twice] == [(DAY, 50)]
