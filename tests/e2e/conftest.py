"""A deployment that the tests of one file share, each with an application and budget of its own."""

import pytest

from tests.e2e.sentry_kit import DeployedSentry, Slot, slot_budgets


@pytest.fixture(scope="module")
def shared(local_cloud, deployed):
    sentry = DeployedSentry(local_cloud, deployed)
    budgets = slot_budgets()
    sentry.configure(*budgets)
    return sentry, iter(budgets)


@pytest.fixture
def slot(shared):
    sentry, budgets = shared
    sentry.clear_faults()
    return Slot(sentry=sentry, budget=next(budgets))
