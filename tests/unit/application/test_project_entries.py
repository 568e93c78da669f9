from cost_sentry.application.entry_sequence import Gap
from cost_sentry.application.journal_progress import Progress
from tests.fakes.builders import budget
from tests.fakes.entries import Account
from tests.fakes.projector import OWNER, Projector, ids, unreadable

DAY = "2026-11-21"


def posted(projector: Projector) -> int:
    totals = projector.journal.totals("search-daily", DAY)
    return totals.posted if totals else 0


def test_entries_reach_journal_and_totals_and_the_ledger_may_forget():
    projector = Projector()

    done = projector.run(*Account().call("r1", 40))

    assert (done.new, done.repeated, done.failed_ids) == (2, 0, ())
    assert posted(projector) == 40
    assert len(projector.journal.entries("r1")) == 2
    assert projector.ledger.places == ["search/web"]
    assert projector.journal.progress("search/web") == Progress(projected=2)


def test_a_repeated_batch_changes_nothing():
    projector, entries = Projector(), Account().call("r1", 40)
    projector.run(*entries)

    done = projector.run(*entries, *entries)

    assert (done.new, done.repeated, done.gaps) == (0, 4, ())
    assert posted(projector) == 40


def test_a_later_older_redelivery_reveals_no_gap():
    projector, account = Projector(), Account()
    first, second = account.call("r1", 40), account.call("r2", 10)
    projector.run(*first, *second)

    done = projector.run(*first)

    assert done.gaps == ()
    assert projector.journal.progress("search/web") == Progress(projected=4)


# ---- gaps


def test_a_gap_is_reported_once_and_does_not_stop_the_projection():
    projector, account = Projector(), Account()
    first = account.call("r1", 10)
    account.sequence += 3
    rest = account.call("r2", 20)

    done = projector.run(*first, *rest)

    assert done.gaps == (Gap(place="search/web", first=3, last=5),)
    assert posted(projector) == 30
    assert projector.journal.progress("search/web").missing == {3, 4, 5}
    assert projector.run(*account.call("r3", 1)).gaps == ()


def test_a_gap_is_seen_between_batches_and_before_the_first():
    projector, account = Projector(), Account()
    account.sequence = 2
    done = projector.run(*account.call("r1", 10))
    assert done.gaps == (Gap(place="search/web", first=1, last=2),)

    account.sequence += 1
    done = projector.run(*account.call("r2", 10))
    assert done.gaps == (Gap(place="search/web", first=5, last=5),)


def test_a_late_entry_is_counted_and_closes_its_gap():
    projector, account = Projector(), Account()
    held, settled = account.call("r1", 10)
    projector.run(settled)

    done = projector.run(held)

    assert (done.new, done.gaps) == (1, ())
    assert projector.journal.progress("search/web") == Progress(projected=2)


def test_a_gap_of_one_shard_says_nothing_of_another():
    projector, app, half = Projector(), Account("search/app"), Account(shard="01")
    app.sequence = half.sequence = 4

    done = projector.run(*Account().call("r1", 1), *app.call("r2", 1), *half.call("r3", 1))

    assert [gap.place for gap in done.gaps] == ["search/app", "search/web#01"]
    assert {(gap.first, gap.last) for gap in done.gaps} == {(1, 4)}


# ---- records that cannot be projected


def test_an_unreadable_record_fails_with_all_later_ones_of_its_account_only():
    projector = Projector()
    web, app = Account("search/web"), Account("search/app")
    before, after, other = web.call("r1", 10), web.call("r2", 20), app.call("r3", 30)

    done = projector.run(*before, unreadable("search/web"), *after, *other)

    assert done.failed_ids == ("bad", *ids(after))
    assert done.problems == ("no readable entry",)
    assert posted(projector) == 40
    assert list(projector.journal.entries("r2")) == []
    assert projector.journal.progress("search/web") == Progress(projected=2)


def test_an_entry_that_cannot_be_written_fails_with_its_accounts_later_ones_only():
    projector = Projector()
    web, app = Account("search/web"), Account("search/app")
    first, second, third = (web.call(f"r{n}", 10) for n in range(3))
    app.sequence = 100
    other = app.call("other", 30)
    projector.journal.poison = {3}

    done = projector.run(*first, *second, *third, *other)

    assert done.failed_ids == ids([*second, *third])
    assert posted(projector) == 40
    assert projector.journal.progress("search/web") == Progress(projected=2)


def test_what_follows_a_record_that_the_stream_gave_up_is_projected_with_a_gap():
    projector, web = Projector(), Account()
    before = web.call("r1", 10)
    projector.run(*before, unreadable())
    web.sequence += 1

    done = projector.run(*web.call("r2", 20))

    assert done.gaps == (Gap(place="search/web", first=3, last=3),)
    assert posted(projector) == 30


def test_an_empty_batch_is_no_work():
    done = Projector().run()

    assert (done.new, done.failed_ids, done.problems) == (0, (), ())


# ---- alerts


def test_each_threshold_is_mailed_once_per_window():
    projector, account = Projector(budget(limit=100, owners=(OWNER,))), Account()

    for n, cost in enumerate((49, 1, 29, 1, 19, 1, 5)):
        projector.run(*account.call(f"r{n}", cost))

    assert [threshold for _, _, threshold in projector.mailed()] == [50, 80, 100]


def test_several_thresholds_crossed_by_one_call_are_one_mail_each():
    projector = Projector(budget(limit=100, owners=(OWNER,)))

    done = projector.run(*Account().call("r1", 100))

    assert len(done.alerts) == 3
    assert done.sending.sent == 3
    assert [threshold for _, _, threshold in projector.mailed()] == [50, 80, 100]


def test_pending_money_raises_no_alert():
    projector = Projector(budget(limit=100, owners=(OWNER,)))

    projector.run(Account().reserve("r1"))

    assert projector.mailed() == []


def test_the_limit_in_force_decides_and_not_the_configured_one():
    projector = Projector(budget(limit=100, owners=(OWNER,)))
    projector.limits.by_id = {"search-daily": 1_000}

    projector.run(*Account().call("r1", 60))

    assert projector.mailed() == []


def test_before_the_first_configuration_entries_are_projected_without_alerts():
    projector = Projector()
    projector.config.config = None

    assert projector.run(*Account().call("r1", 1_000)).failed_ids == ()
    assert posted(projector) == 1_000


def test_a_budget_that_left_the_configuration_raises_no_alert():
    projector = Projector(budget("another", owners=(OWNER,)))

    assert projector.run(*Account().call("r1", 1_000)).alerts == ()


def test_the_mail_names_spender_and_model_to_the_owners():
    projector = Projector(budget(limit=100, owners=(OWNER,)))

    projector.run(*Account("search/chat").call("r1", 60))

    [mail] = projector.alerts.published
    assert mail.recipients == (OWNER,)
    assert "Who:      search/chat" in mail.body
    assert "Model:    amazon.nova-lite-v1:0" in mail.body


def test_a_failed_publish_fails_nothing_and_goes_out_with_a_later_projection():
    projector, account = Projector(budget(limit=100, owners=(OWNER,))), Account()
    projector.alerts.failures_left = 1

    done = projector.run(*account.call("r1", 60))
    assert done.failed_ids == ()
    assert (done.sending.sent, done.sending.failed) == (0, 1)
    assert posted(projector) == 60

    projector.clock.advance(seconds=2)
    projector.run(*account.call("r2", 1))
    assert projector.mailed() == [("search-daily", DAY, 50)]


def test_an_alert_on_record_costs_later_projections_no_write():
    projector, account = Projector(budget(limit=100, owners=(OWNER,))), Account()
    projector.run(*account.call("r1", 60))
    asked = []
    projector.outbox.record = asked.append

    projector.run(*account.call("r2", 1))

    assert asked == []
