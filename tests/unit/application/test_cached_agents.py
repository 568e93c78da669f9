"""An agent that repeats itself is stopped by the caps of its run, cache or not."""

import pytest

from cost_sentry.domain.answer_cache import CacheUse
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.sentry_config import Model
from cost_sentry.domain.session import SESSION_TAG, Session
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import DEAR
from tests.fakes.builders import budget
from tests.fakes.cached_calls import CACHING, CALL, PLENTY, asked, called, sentry
from tests.unit.application.test_sessions import RUN

HELD = 10 * 200
"""Of one call, before it is settled."""


def step(number, retry=0, **changes):
    run = Session(id=RUN, retry=retry)
    tags = {"team": "search", "application": "web", SESSION_TAG: RUN}
    return asked(f"r{number}", tags=tags, session=run, **changes)


def codes(caching, cap, retry=0):
    house = sentry(PLENTY, cap, caching=caching, models={DEAR: Model(id=DEAR)})
    return [
        called(house, step(number, retry, lower_output_limit=False)).code for number in range(12)
    ]


@pytest.mark.parametrize(
    ("unit", "limit", "steps"),
    [(Unit.REQUESTS, 3, 3), (Unit.RETRIES, 2, 2), (Unit.USD, HELD + 3 * CALL, 4)],
)
def test_a_run_that_repeats_one_step_is_stopped_by_its_cap_as_if_there_were_no_cache(
    unit, limit, steps
):
    cap = budget("run", limit, unit=unit, window=WindowKind.SESSION)
    stopped = [ReasonCode.WITHIN_BUDGETS] * steps + [ReasonCode.BUDGET_EXHAUSTED] * (12 - steps)

    assert codes(CACHING, cap, retry=1) == codes(None, cap, retry=1) == stopped


@pytest.mark.parametrize("use", CacheUse)
def test_no_answer_of_a_step_is_kept(use):
    house = sentry()

    assert called(house, step(1, answer_cache=use)).keep_at is None
    assert house.answers.kept == {}
