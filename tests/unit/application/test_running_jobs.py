"""Which jobs a run gets to see: a throttle, or slowness, hides some, and is told once."""

from datetime import timedelta

from cost_sentry.application.endpoint_ports import EndpointThrottled
from cost_sentry.application.endpoint_problems import ProblemKind
from cost_sentry.domain.job_guard import HOURS_TAG, JobKind
from tests.fakes.job_world import NOON, TAGS, World, warned_of


def many(count: int, **changes) -> World:
    """So many jobs, all warned of before their limit."""
    return warned_of(*(f"j{n:03}" for n in range(count)), **changes)


def test_a_list_that_breaks_off_is_told_once_and_what_it_told_is_judged():
    world = many(25)
    world.jobs.add(JobKind.TRAINING, "train", TAGS)
    world.jobs.unlisted.add(JobKind.NOTEBOOK)

    report = world.run(10)

    assert [f"{one}" for one in report.problems] == [
        "notebook instances cannot all be listed: slow down"
    ]
    assert report.problems[0].kind is ProblemKind.THROTTLED
    assert {verdict.job.name for verdict in report.verdicts} == {
        "train",
        *(f"j{n:03}" for n in range(10)),
    }
    assert len(report.stopped) == 10


def test_a_throttle_ends_the_looking_is_told_once_and_what_was_seen_is_judged():
    world = many(30)
    world.jobs.looked.clear()
    world.jobs.calls_until_throttled = 8

    report = world.run(10)

    ((words, kind),) = [(f"{one}", one.kind) for one in report.problems]
    assert (len(world.jobs.looked), kind) == (8, ProblemKind.THROTTLED)
    assert "and 21 others: slow down" in words, "eight were seen, and the one that was throttled"
    assert set(report.stopped) == set(world.jobs.looked)


def test_runs_that_are_throttled_look_at_others_each_time():
    world, looked = many(30), set()
    world.jobs.calls_until_throttled = 8
    for minutes in range(0, 150, 5):
        world.jobs.looked.clear()
        world.run(9 + minutes / 600)
        looked |= {*world.jobs.looked}

    assert len(looked) == 30


def takes(world: World, seconds: float) -> None:
    """Each call of SageMaker's."""
    world.jobs.meanwhile = lambda: world.clock.advance(seconds=seconds)


def test_a_slow_list_leaves_time_to_judge_what_it_told():
    world = many(90)
    takes(world, 2)

    report = world.run(10)

    words = [f"{one}" for one in report.problems]
    assert any("cannot all be listed: SageMaker took more than 6 seconds" in one for one in words)
    assert len(world.jobs.stopped) >= 2


def test_who_was_not_looked_at_in_time_is_told_once_and_those_who_were_are_judged():
    world = many(40)
    world.jobs.looked.clear()
    takes(world, 0.5)

    report = world.run(10)

    (problem,) = report.problems
    seen = len(world.jobs.looked)
    assert 10 < seen < 40
    assert f"and {39 - seen} others: SageMaker took more than 14 seconds" in f"{problem}"
    assert len(report.verdicts) == seen
    assert len(report.stopped) == 10


def test_nothing_is_begun_after_the_time_of_the_guard_and_that_is_told_once():
    world = many(5)
    world.jobs.looked.clear()
    world.jobs.meanwhile = lambda: world.clock.advance(seconds=2.5 if world.jobs.looked else 0)

    report = world.run(10)

    (problem,) = report.problems
    assert 0 < len(report.stopped) < 5
    assert "the run's time was over before" in f"{problem}"
    assert world.clock.now() - (NOON + timedelta(hours=10)) < timedelta(seconds=25)


def test_a_throttled_stop_is_the_last_order_of_its_run_and_warnings_go_on():
    world = many(4)
    world.jobs.add(JobKind.TRAINING, "train", {HOURS_TAG: "12"})
    stop = world.jobs.stop

    def throttled(kind, name):
        world.jobs.stopped.append(name)
        raise EndpointThrottled("slow down")

    world.jobs.stop = throttled
    report = world.run(10)
    assert (len(world.jobs.stopped), len(report.problems)) == (1, 1)
    assert "train" in report.warned

    world.jobs.stop = stop
    assert len(world.run(10.1).stopped) == 4
