"""An honest run of the demo, once; tests break copies of it."""

import copy

import pytest

from cost_sentry_local.demo.audit_evidence import Evidence
from tests.fakes import audited_run as run
from tests.fakes.audited_run import Items


@pytest.fixture(scope="session")
def kept() -> tuple[Items, Items]:
    return run.honest_run()


@pytest.fixture
def halfway(kept) -> Items:
    return copy.deepcopy(kept[0])


@pytest.fixture
def items(kept) -> Items:
    return copy.deepcopy(kept[1])


@pytest.fixture
def honest(kept) -> Evidence:
    halfway, items = kept
    return run.evidence(items, halfway, items)
