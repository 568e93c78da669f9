"""What follows the traffic: a budget is closed, ids come again, the ledger is out of reach."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from cost_sentry.domain.budget import amount_text
from cost_sentry_client.budget_limit import LimitChange, change_limit
from cost_sentry_client.operations import Operator
from cost_sentry_local.demo.answers import Answer, Outcome
from cost_sentry_local.demo.audit_evidence import Repeat
from cost_sentry_local.demo.replay import Replay
from cost_sentry_local.demo.traffic import NOVA_MICRO, SANDBOX
from cost_sentry_local.demo.workload import PlannedCall, plan_call
from cost_sentry_local.function_changes import out_of_reach
from cost_sentry_local.local_cloud import LocalCloud

SANDBOX_BUDGET = "research-sandbox"
_SMALL_CALL = (60, 20)
_LAST_CALL_MILLISECONDS = 3_000
_WAIT_SECONDS = 20.0
_POLL_SECONDS = 0.05
_UNPRICED_MODEL = "us.anthropic.claude-not-in-the-price-book-v1:0"


def close_sandbox(replay: Replay, operator: Operator) -> tuple[LimitChange, list[Answer]]:
    """Cut the sandbox to what it has spent and holds, while its last call runs.

    That call's answer reports no usage, so all that was held for it is charged (P6), the budget is
    spent to the last picodollar, and its owners hear of 100 %. The next call is refused.
    """
    sandbox = replace(SANDBOX, model_id=NOVA_MICRO)
    orders = {"fault": "no_usage", "latencyMs": _LAST_CALL_MILLISECONDS}
    last = plan_call(
        request_id="demo-sandbox-last", caller=sandbox, tokens=_SMALL_CALL, stand_in=orders
    )
    after = plan_call(request_id="demo-sandbox-after", caller=sandbox, tokens=_SMALL_CALL)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(replay.call, last)
        _wait_until_pending(operator, last)
        state = operator.budget(SANDBOX_BUDGET)
        committed = state.balance.posted + state.balance.pending
        change = change_limit(operator, SANDBOX_BUDGET, amount_text(state.budget.unit, committed))
        answers = [running.result()]
    return change, [*answers, replay.call(after)]


def ask_for_unknown_model(replay: Replay) -> Answer:
    """A call of a model that nobody has a price for: refused, never free (P6)."""
    caller = replace(SANDBOX, model_id=_UNPRICED_MODEL)
    return replay.call(
        plan_call(request_id="demo-unknown-model", caller=caller, tokens=_SMALL_CALL)
    )


def ask_without_ledger(replay: Replay, cloud: LocalCloud) -> Answer:
    """A call while admission cannot reach the table: the answer must be no (P9)."""
    with out_of_reach(cloud, "DYNAMODB", "admit_request"):
        return replay.call(
            plan_call(request_id="demo-without-ledger", caller=SANDBOX, tokens=_SMALL_CALL)
        )


def send_again(replay: Replay, answers: Sequence[Answer]) -> list[Repeat]:
    """One call of every kind once more, with its own content and with other content (P5)."""
    return [
        Repeat(first=first, again=replay.call(call), same_content=same)
        for first in _one_of_each(answers)
        for call, same in ((first.call, True), (_with_other_content(first.call), False))
    ]


def _wait_until_pending(operator: Operator, call: PlannedCall) -> None:
    account = f"{call.caller.team}/{call.caller.application}"
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        if any(held.request_id == call.request_id for held in operator.books.pending(account)):
            return
        time.sleep(_POLL_SECONDS)


def _one_of_each(answers: Sequence[Answer]) -> Iterator[Answer]:
    """A call that was allowed, one rerouted, and one of every way to fail after admission."""
    kinds: dict[tuple[str, ...], Answer] = {}
    for answer in answers:
        if answer.outcome is not Outcome.REJECTED and answer.sentry:
            kinds.setdefault((answer.outcome, answer.sentry.get("status", "")), answer)
    yield from kinds.values()


def _with_other_content(call: PlannedCall) -> PlannedCall:
    return replace(call, input={**call.input, "priority": "critical", "system": [{"text": "No."}]})
