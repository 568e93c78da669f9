"""A budget that refuses calls with next to nothing left is told of, though it is never spent."""

from cost_sentry.domain.errors import ConfigurationError
from tests.fakes.builders import budget
from tests.fakes.entries import Account
from tests.fakes.projector import OWNER, Projector, ids, unreadable, used_up

DAY = "2026-11-21"
DAILY = budget(limit=1_000, owners=(OWNER,))


def thresholds(projector: Projector) -> list[int]:
    return [threshold for _, _, threshold in projector.mailed()]


def nearly_spent(projector: Projector, account: Account | None = None) -> None:
    """All but three percent is posted, and the owners know of 50 and 80."""
    assert projector.run(*(account or Account()).call("r1", 970)).failed_ids == ()
    assert thresholds(projector) == [50, 80]


def test_a_refusal_that_finds_the_budget_used_up_raises_its_hundred_percent():
    projector = Projector(DAILY)
    nearly_spent(projector)

    done = projector.run(used_up(DAILY))

    assert [key.threshold_percent for key in done.alerts] == [100]
    assert (done.failed_ids, done.problems, done.new, done.repeated) == ((), (), 0, 0)
    assert projector.mailed()[-1] == ("search-daily", DAY, 100)
    assert "used up: " in projector.alerts.published[-1].body


def test_it_is_raised_once_however_many_refusals_come_and_come_again():
    projector, account = Projector(DAILY), Account()
    nearly_spent(projector, account)

    for n in range(3):
        projector.run(used_up(DAILY, f"refusal {n}"), used_up(DAILY, "again"))
    projector.run(*account.call("r2", 30), used_up(DAILY))

    assert projector.journal.totals(DAILY.id, DAY).posted == 1_000
    assert thresholds(projector) == [50, 80, 100]


def test_a_refusal_in_the_batch_of_the_last_entries_sees_what_they_post():
    projector = Projector(DAILY)

    projector.run(used_up(DAILY), *Account().call("r1", 970))

    assert thresholds(projector) == [50, 80, 100]


def test_money_that_is_only_held_may_come_back_and_the_budget_is_not_told_to_be_used_up():
    projector, account = Projector(DAILY), Account()
    projector.run(*account.call("r1", 100), account.reserve("r2"))

    projector.run(used_up(DAILY))
    assert thresholds(projector) == []

    projector.run(*account.call("r3", 860), used_up(DAILY, "later"))
    assert thresholds(projector) == [50, 80, 100]


def test_a_limit_that_was_raised_since_the_refusal_is_not_used_up():
    projector = Projector(DAILY)
    nearly_spent(projector)
    projector.limits.by_id = {DAILY.id: 2_000}

    projector.run(used_up(DAILY))

    assert thresholds(projector) == [50, 80]


def test_a_budget_whose_owners_did_not_ask_for_hundred_percent_is_not_told_of():
    half = budget(limit=1_000, owners=(OWNER,), thresholds_percent=(50, 99))
    projector = Projector(half)
    projector.run(*Account().call("r1", 970))

    projector.run(used_up(half))

    assert thresholds(projector) == [50]


def test_a_refusal_before_anything_was_posted_records_nothing():
    projector = Projector(DAILY)

    done = projector.run(used_up(DAILY), used_up(budget("gone"), "of a budget that left"))

    assert (done.alerts, done.failed_ids, done.problems) == ((), (), ())


def test_a_refusal_is_no_entry_of_its_account():
    projector = Projector(DAILY)

    done = projector.run(used_up(DAILY))

    assert done.gaps == ()
    assert projector.ledger.places == []
    assert projector.journal.progress("search/web").projected == 0


# ---- what fails comes again


def test_a_refusal_whose_alert_could_not_be_recorded_is_handed_back():
    projector = Projector(DAILY)
    nearly_spent(projector)
    projector.outbox.down = True

    done = projector.run(used_up(DAILY))
    assert (done.failed_ids, done.alerts) == (("refusal",), ())

    projector.outbox.down = False
    assert projector.run(used_up(DAILY)).failed_ids == ()
    assert thresholds(projector) == [50, 80, 100]


def test_a_refusal_is_handed_back_with_entries_that_could_not_be_written():
    projector, entries = Projector(DAILY), Account().call("r1", 970)
    projector.journal.fails_after = 1

    done = projector.run(*entries, used_up(DAILY))
    assert done.failed_ids == (*ids(entries), "refusal")

    projector.journal.fails_after = None
    assert projector.run(*entries, used_up(DAILY)).failed_ids == ()
    assert thresholds(projector) == [50, 80, 100]


def test_a_refusal_waits_for_the_bad_record_of_its_own_account_only():
    projector = Projector(DAILY)
    nearly_spent(projector, Account("search/app"))
    mine, other = used_up(DAILY, "mine"), used_up(DAILY, "other", account="search/app")

    done = projector.run(unreadable(), mine)
    assert done.failed_ids == ("bad", "mine")
    assert thresholds(projector) == [50, 80]

    done = projector.run(unreadable(), mine, other)
    assert done.failed_ids == ("bad", "mine")
    assert thresholds(projector) == [50, 80, 100]


def test_a_configuration_that_cannot_be_read_hands_no_refusal_back():
    projector = Projector(DAILY)
    nearly_spent(projector)
    projector.config.error = ConfigurationError("the document is broken")

    done = projector.run(used_up(DAILY))

    assert done.failed_ids == ()
    assert "the document is broken" in done.problems[0]
