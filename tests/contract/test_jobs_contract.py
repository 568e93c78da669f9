"""Jobs and notebooks under a limit: SageMaker's by its own clients, and the fake."""

import pytest

from cost_sentry.application.endpoint_ports import EndpointDenied, LimitedJob
from cost_sentry.domain.job_guard import HOURS_TAG, MONEY_TAG, JobKind
from tests.fakes.builders import NOON
from tests.fakes.jobs_service import JobsService
from tests.fakes.memory_jobs import FLEETS, MemoryJobs

TAGS = {HOURS_TAG: "1", "team": "search"}


@pytest.fixture(params=["memory", "sagemaker"])
def world(request):
    """Where jobs are made, end and are hidden."""
    return MemoryJobs() if request.param == "memory" else JobsService()


@pytest.fixture
def jobs(world):
    """The port over it."""
    return world if isinstance(world, MemoryJobs) else world.jobs


def named(jobs, kind):
    return [one.name for page in jobs.running(kind) for one in page]


@pytest.mark.parametrize("kind", JobKind)
def test_what_runs_under_a_limit_is_told_with_its_tags_and_found_as_it_is(world, jobs, kind):
    world.add(kind, "one", TAGS)

    ((found,),) = jobs.running(kind)
    seen = jobs.look(found)

    assert found == LimitedJob(kind=kind, name="one", tags=TAGS)
    assert (seen.name, seen.kind, seen.tags, seen.can_stop) == ("one", kind, TAGS, True)
    assert (seen.started_at, seen.fleets) == (NOON, FLEETS)


@pytest.mark.parametrize("kind", JobKind)
def test_what_has_ended_or_is_being_stopped_or_carries_no_limit_is_not_told(world, jobs, kind):
    for name in ("ended", "stopping", "runs"):
        world.add(kind, name, TAGS)
    world.add(kind, "free", {"team": "search"})
    world.add(kind, "bare", {})
    world.end("ended")
    jobs.stop(kind, "stopping")

    assert named(jobs, kind) == ["runs"]


@pytest.mark.parametrize("kind", JobKind)
def test_all_pages_are_told_each_one_once(world, jobs, kind):
    names = {f"j{n:03}" for n in range(137)}
    for name in names:
        world.add(kind, name, {MONEY_TAG: "3"})

    told = named(jobs, kind)

    assert (len(told), set(told)) == (137, names)


def test_a_job_and_a_notebook_of_one_name_are_two(world, jobs):
    world.add(JobKind.TRAINING, "x", {HOURS_TAG: "1"})
    world.add(JobKind.NOTEBOOK, "x", {HOURS_TAG: "2"})

    jobs.stop(JobKind.TRAINING, "x")

    ((left,),) = jobs.running(JobKind.NOTEBOOK)
    assert (named(jobs, JobKind.TRAINING), left.tags) == ([], {HOURS_TAG: "2"})


@pytest.mark.parametrize("kind", JobKind)
def test_what_ends_or_goes_between_two_questions_is_nothing(world, jobs, kind):
    world.add(kind, "one", TAGS)
    world.end("one")

    assert jobs.look(LimitedJob(kind=kind, name="one", tags=TAGS)) is None
    assert jobs.look(LimitedJob(kind=kind, name="none", tags=TAGS)) is None


@pytest.mark.parametrize("kind", JobKind)
def test_one_that_may_not_be_looked_at_is_named_and_listed_all_the_same(world, jobs, kind):
    world.add(kind, "one", TAGS)
    world.hide("one")

    ((found,),) = jobs.running(kind)
    with pytest.raises(EndpointDenied, match="one"):
        jobs.look(found)


@pytest.mark.parametrize("kind", JobKind)
def test_it_is_stopped_once_and_not_if_it_has_ended(world, jobs, kind):
    for name in ("one", "ended"):
        world.add(kind, name, TAGS)
    world.end("ended")

    for name in ("one", "one", "ended"):
        jobs.stop(kind, name)

    assert world.stopped == ["one"]
