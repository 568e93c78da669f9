"""Seeds whose models fail, with a breaker and with retries: the same promises, and two more."""

from dataclasses import replace
from random import Random

import pytest

from cost_sentry.adapters.circuit_items import bank_key
from cost_sentry.adapters.dynamodb_retries import CAP, DynamoDbRetries
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.application.config_document import with_version
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.retry import PRICE, RetryRules
from tests.simulation.draft import NOON, Draft
from tests.simulation.dynamodb.model import InstantClient
from tests.simulation.plan import Plan
from tests.simulation.simulation import Simulation
from tests.simulation.variations import varied
from tests.simulation.workloads import mix_of
from tests.simulation.world.environment import REGION, TABLE
from tests.simulation.world.latencies import SECOND

SEEDS, CHUNK = 400, 25
QUICK = 100
SAVED = 6 * PRICE
"""Before the first call, so that few calls are enough for a retry."""


def unwell(seed: int) -> Plan:
    """Callers of models that fail more often than not, some of them with the same id again."""
    random = Random(f"unwell {seed}")
    draft = Draft(random)
    draft.budget("daily", random.randint(3_000, 40_000))
    callers = [draft.caller(n, 90 * SECOND) for n in range(random.randint(8, 16))]
    again = [
        replace(one, name=f"{one.name} again", at=one.at + int(random.random() * 60 * SECOND))
        for one in callers
        if random.random() < 0.4
    ]
    rules = CircuitRules(failures=2, failure_percent=40, within_seconds=60, open_seconds=5)
    config = replace(
        draft.config(ladder=random.random() < 0.7),
        circuit_breaker=rules if random.random() < 0.8 else None,
        retries=RetryRules(percent=10, attempts_max=random.choice((2, 3))),
    )
    plan = Plan(
        workload="unwell_models",
        start=NOON,
        config=with_version(config),
        callers=[*callers, *again],
        model_faults=True,
    )
    return varied(plan, Random(f"unwell variations {seed}"))


class Unwell(Simulation):
    """Something is saved up already, and who spends it is counted."""

    def _set_up(self) -> None:
        super()._set_up()
        self._bank().earn(SAVED)

    def _bank(self) -> DynamoDbRetries:
        return DynamoDbRetries(self._calls(), REGION, lambda _: None)

    def _calls(self) -> LedgerCalls:
        return LedgerCalls(InstantClient(self.model), TABLE)

    def attempts_after_the_first(self) -> set[str]:
        stories = self.auditor.truth.stories
        return {request_id for _, request_id in stories if "~" in request_id}

    def first_attempts(self) -> int:
        return sum("~" not in request_id for _, request_id in self.auditor.truth.stories)

    def parts_left(self) -> int:
        item = self._calls().get(bank_key(REGION))
        return int(item["parts"]["N"])


def run(seed: int) -> tuple[Unwell, str | None, dict[str, int]]:
    plan = unwell(seed)
    simulation = Unwell(seed, plan, mix_of(seed, plan))
    outcome = simulation.run()
    failure = None if outcome.failure is None else str(outcome.failure)
    return simulation, failure, dict(outcome.met)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(n, marks=[] if n < QUICK else [pytest.mark.slow])
        for n in range(0, SEEDS, CHUNK)
    ],
)
def test_no_seed_breaks_a_promise_and_none_tries_again_more_often_than_it_earned(first):
    failures, tried_again = [], 0
    for seed in range(first, first + CHUNK):
        simulation, failure, _ = run(seed)
        retries, earned = simulation.attempts_after_the_first(), simulation.first_attempts() * 10
        tried_again += len(retries)
        if failure is not None:
            failures.append((seed, failure))
        left = simulation.parts_left()
        assert len(retries) * PRICE + left <= min(SAVED, CAP) + earned, seed
        assert left >= 0, seed

    assert failures == []
    assert tried_again > 0
