from zoneinfo import ZoneInfo

from cost_sentry.application.record_alerts import record_alerts
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.window import WindowKind
from tests.fakes.builders import budget, hold
from tests.fakes.entries import Account
from tests.fakes.projector import OWNER, Projector, used_up

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


def test_calls_in_flight_are_told_of_at_no_threshold():
    calls = budget("calls", 1, unit=Unit.IN_FLIGHT, window=WindowKind.NONE, owners=(OWNER,))
    projector = Projector(calls)

    projector.run(*Account().call("r1", 40, hold(1, calls)), used_up(calls))

    assert projector.mailed() == []
    assert projector.journal.totals("calls", "all") is None


def test_a_budget_of_requests_per_hour_mails_about_the_hour_that_was_spent():
    kolkata = ZoneInfo("Asia/Kolkata")
    rate = budget(
        "rate",
        2,
        unit=Unit.REQUESTS,
        window=WindowKind.HOUR,
        time_zone=kolkata,
        owners=(OWNER,),
        thresholds_percent=(100,),
    )
    projector = Projector(rate)
    account = Account()

    projector.run(*account.call("r1", 40, hold(1, rate)), *account.call("r2", 40, hold(1, rate)))

    assert projector.mailed() == [("rate", "2026-11-21T11:30Z/12:30", 100)]
