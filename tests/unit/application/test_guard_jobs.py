"""The guard of jobs and notebooks: each warned once, stopped once, and told of."""

from dataclasses import replace

import pytest

from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.application.guard_jobs import JobReport
from cost_sentry.domain.endpoint_rules import EndpointRules, JobRules
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, JobKind
from tests.fakes.job_world import RULES, World, warned_of


def test_it_is_warned_of_once_and_then_stopped_once():
    world = World("lab")

    reports = [world.run(hours) for hours in (1, 8, 8.1, 9.9, 10, 10.1, 11)]

    assert [report.warned for report in reports] == [(), ("lab",), (), (), ("lab",), (), ()]
    assert world.jobs.stopped == ["lab"]
    assert world.outbox.events == ["warn", "stop"]


@pytest.mark.parametrize(
    ("tag", "limit", "stopped_at_minutes"), [(HOURS_TAG, "0.25", 15), (MONEY_TAG, "0.20", 10)]
)
def test_a_steep_limit_is_warned_of_and_kept_by_the_first_run_that_finds_it_reached(
    tag, limit, stopped_at_minutes
):
    world = World()
    world.jobs.add(JobKind.NOTEBOOK, "nb", {"team": "search", tag: limit})

    stops = [at for at in range(0, 31, 5) if world.run(at / 60 + 1 / 3600).stopped]

    assert world.outbox.events == ["warn", "stop"]
    assert stops == [stopped_at_minutes]


def test_its_owners_read_what_happened_whose_it_is_what_was_done_and_how_to_undo_it():
    world = warned_of("lab")
    world.run(10)

    _, notice = world.outbox.notices.values()
    assert notice.recipients == ("search@example.com",)
    assert notice.subject == "Cost sentry: notebook instance lab reached its limit"
    assert notice.body.splitlines()[:5] == [
        "What:     notebook instance lab reached its limit",
        "Whose:    team search",
        "Done:     it is being stopped",
        "Undo:     start it again with a higher limit; its volume is kept",
        "Why:      it runs for 10 of 10 hours",
    ]


def test_a_missing_permission_on_one_holds_up_no_other_and_is_told():
    world = warned_of("a", "b", "c")
    world.jobs.denied.add("b")

    report = world.run(10)

    assert world.jobs.stopped == ["a", "c"]
    assert [f"{one}" for one in report.problems] == ["b: AccessDenied"]
    assert world.outbox.events.count("stop-denied") == 1


def test_what_could_not_be_stopped_is_stopped_by_the_next_run():
    world = warned_of("a")
    world.jobs.denied.add("a")
    world.run(10)
    world.jobs.denied.clear()

    assert world.run(10.1).stopped == ("a",)


@pytest.mark.parametrize("why_not", ["denied", "refused"])
def test_those_that_cannot_be_stopped_take_no_place_of_those_that_can(why_not):
    world = warned_of(
        "a", "b", "c", "d", "e", rules=EndpointRules(jobs=JobRules(stops_per_run_max=2))
    )
    setattr(world.jobs, why_not, {"a", "b"})

    reports = [world.run(10 + minutes / 60) for minutes in (0, 5, 10)]

    assert [report.stopped for report in reports] == [("c", "d"), ("e",), ()]
    assert world.outbox.events.count("stop-denied") == 2
    told = [one.body for one in world.outbox.notices.values() if one.key.endswith("stop-denied")]
    assert all("Done:     nothing: " in body for body in told)


def test_stops_whose_answers_are_lost_count_as_done():
    world = warned_of("a", "b", "c", rules=EndpointRules(jobs=JobRules(stops_per_run_max=2)))
    world.jobs.loses_answers = True

    world.run(10)

    assert world.jobs.stopped == ["a", "b"]


def test_another_limit_is_warned_of_before_it_stops_anything():
    world = warned_of("lab")
    world.jobs.retag("lab", **{HOURS_TAG: "40"})

    for hours in (20, 32, 33, 39.9, 40):
        world.run(hours)

    assert world.outbox.events == ["warn", "warn", "stop"]


def test_one_that_cannot_be_looked_at_holds_up_no_other():
    world = warned_of("a", "b")
    world.jobs.hide("a")

    report = world.run(10)

    assert (report.stopped, report.problems[0].kind) == (("b",), ProblemKind.DENIED)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stop_whose_mail_or_answer_fails_is_mailed_exactly_once_all_the_same(when):
    world = warned_of("a")
    world.outbox.is_silent = when == "before"
    world.jobs.loses_answers = when == "after"

    failed = world.run(10)
    world.outbox.is_silent = world.jobs.loses_answers = False
    for hours in (10.1, 10.2, 10.3):
        world.run(hours)

    assert len(failed.problems) == 1
    assert world.jobs.stopped == ["a"]
    assert world.outbox.events == ["warn", "stop"]


def test_what_is_past_its_limit_when_it_is_first_seen_is_warned_first_and_stopped_later():
    world = World("a")

    late = world.run(30)
    assert (late.stopped, world.outbox.events) == ((), ["late"])
    assert "it is stopped from 2026-11-22 18:30 UTC on" in world.outbox.notices.popitem()[1].body

    world = World("a")
    stops = [world.run(30 + minutes / 60).stopped for minutes in range(0, 45, 5)]
    assert stops == [()] * 6 + [("a",), (), ()]
    assert world.outbox.events == ["late", "stop"]


def test_a_limit_that_is_raised_in_the_meantime_stops_nothing():
    world = World("a")
    world.run(30)
    world.jobs.retag("a", **{HOURS_TAG: "100"})

    world.run(31)

    assert world.jobs.stopped == []


def test_a_ledger_that_does_not_answer_for_one_holds_up_no_other():
    world = warned_of("a", "b")
    record = world.outbox.record

    def fails_for_a(notice):
        if "/a/" in notice.key:
            raise LedgerUnavailable("gone")
        return record(notice)

    world.outbox.record = fails_for_a
    report = world.run(10)

    assert (report.stopped, report.problems[0].kind) == (("b",), ProblemKind.LEDGER)


def mailed(world: World, event: str) -> str:
    """The one mail of this kind."""
    (body,) = [one.body for key, one in world.outbox.notices.items() if key.endswith(f"/{event}")]
    return body


def test_a_dry_run_tells_that_nothing_is_stopped_now_or_later_and_how_to_spare_it():
    world = World("a", rules=replace(RULES, is_dry_run=True))

    reports = [world.run(hours) for hours in (9, 10, 20)]

    assert [report.stopped for report in reports] == [(), (), ()]
    assert (world.jobs.stopped, world.outbox.events) == ([], ["warn-planned", "stop-planned"])
    warned, planned = mailed(world, "warn-planned"), mailed(world, "stop-planned")
    assert "Done:     nothing: this is a dry run; it is not stopped at its limit" in warned
    assert "Done:     nothing: this is a dry run; it runs on" in planned
    for body in (warned, planned):
        assert "Undo:     change the limit in its tag, or tag it" in body
        assert "start it" not in body


def test_what_a_dry_run_told_is_no_warning_of_the_stop_that_comes_after_it():
    world = World("a", rules=replace(RULES, is_dry_run=True))
    for hours in (9, 10):
        world.run(hours)
    world.rules = RULES

    stops = [world.run(hours).stopped for hours in (10.1, 10.5, 10.7)]

    assert stops == [(), (), ("a",)]
    assert world.outbox.events == ["warn-planned", "stop-planned", "late", "stop"]
    assert "no mail has said yet that it is stopped" in mailed(world, "late")


def test_a_limit_that_nobody_can_count_is_told_as_one_and_is_no_warning_of_another():
    world = World("a")
    world.jobs.retag("a", **{MONEY_TAG: "forty"})

    for hours in (1, 9, 10):
        world.run(hours)

    assert world.outbox.events == ["uncounted", "warn", "stop"]
    told = mailed(world, "uncounted")
    assert "What:     notebook instance a has a limit that cannot be kept" in told
    assert "is stopped" not in told
    assert "Done:     nothing yet: it is stopped at its limit\n" in mailed(world, "warn")


def test_nothing_is_listed_where_nobody_asked_for_the_guard():
    world = World("a", rules=EndpointRules())

    assert world.run(10) == JobReport()
    assert world.jobs.looked == []
