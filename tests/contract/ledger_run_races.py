"""Agent runs that call at once while their windows leave their shards and come back."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from cost_sentry.adapters import ledger_runs
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Budget, Unit
from tests.contract.ledger_case import LedgerCase
from tests.contract.ledger_runs_contract import IDLE, of_run_in, told
from tests.contract.race import race_steps
from tests.fakes.builders import hold, reservation, resolution

RUNS, CALLS, LIMIT = 4, 20, 12


class LedgerRunRaces(LedgerCase):
    """Subclasses provide ``ledger`` and ``books`` fixtures over one empty store."""

    @pytest.fixture
    def restless(self, monkeypatch):
        """Every settlement sends home what is idle, and so does every scheduled run."""
        monkeypatch.setattr(ledger_runs, "SENT_HOME_MIN", 1)
        monkeypatch.setattr(ledger_runs, "RUN_OLD_SECONDS", -1)
        monkeypatch.setattr(ledger_runs, "RUN_IDLE_SECONDS", -1)

    @pytest.mark.usefixtures("restless")
    def test_racing_runs_that_leave_and_come_back_get_exactly_their_steps(self, ledger, books):
        of_run = of_run_in(books, Unit.REQUESTS, limit=LIMIT)
        runs = [of_run(number) for number in range(RUNS)]
        steps = [
            partial(self._step, ledger, f"r{number}.{call}", run)
            for number, run in enumerate(runs)
            for call in range(CALLS)
        ]
        tidies = [partial(ledger.tidy, IDLE, batch_max=100)] * 8

        answers = Counter(map(str, race_steps(12, [*steps, *tidies])))

        admitted = {run.session: answers[f"{run.session} Reserved"] for run in runs}
        assert admitted == {run.session: LIMIT for run in runs}
        assert {told(books, run) for run in runs} == {(0, LIMIT, 0)}

    def _step(self, ledger: Any, request_id: str, run: Budget) -> str:
        answer = ledger.reserve(reservation(request_id, hold(1, run)))
        if isinstance(answer, Reserved):
            ledger.resolve(answer.reservation, resolution(40))
        return f"{run.session} {type(answer).__name__}"
