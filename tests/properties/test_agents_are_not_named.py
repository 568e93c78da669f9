"""Agents are called as their makers like: nothing that is kept of a call names one (P10)."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.admission_answer import log_fields, malformed
from cost_sentry.adapters.decision_record import decision_text
from cost_sentry.adapters.identified_request import caller_of, identified_request
from cost_sentry.adapters.reservation_record import held_record, reservation_to_record
from cost_sentry.adapters.run_tree_items import child_of, children_key
from cost_sentry.domain.budget import BudgetMode, Unit
from cost_sentry.domain.errors import RequestRefused
from tests.fakes.admissions import DEAR, Sentry
from tests.unit.application.test_sessions import PLENTY, RUN, cap

CALLER = {"team": "search", "application": "", "workflow": "CostSentry-dev_search"}
SECRET = "jane-doe"
NAMES = st.sampled_from([SECRET, f"{SECRET}-2", f"summary-of-{SECRET}"])
NO_NAMES = st.sampled_from([f"{SECRET}/", f"{SECRET}\n", SECRET * 99])
PATHS = st.lists(NAMES, max_size=3) | st.lists(NAMES | NO_NAMES, max_size=3)
CAPS = {Unit.REQUESTS: 3, Unit.DEPTH: 2, Unit.CHILDREN: 1, Unit.RETRIES: 0}
CHOSEN = st.dictionaries(st.sampled_from([*CAPS]), st.sampled_from(BudgetMode))


def raw(number: int, path: list[str]) -> dict[str, Any]:
    return {
        "modelId": DEAR,
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
        "inferenceConfig": {"maxTokens": 50},
        "requestId": f"r{number}",
        "tags": {},
        "session": {"id": RUN, "path": path, "retry": number % 2},
    }


def kept_of(sentry: Sentry, given: dict[str, Any]) -> str:
    """Everything that is written down about one call, wherever."""
    event = {"request": given, "caller": CALLER, "execution": {"name": "execution"}}
    try:
        request = identified_request(event)
    except RequestRefused as refused:
        decision = malformed(given, refused, caller_of(event), "execution")
        return decision_text(decision) + json.dumps(log_fields(decision), default=str)
    decision = sentry.decide(request, f"of {given['requestId']}")
    held = decision.reservation
    records = [reservation_to_record(held), held_record(held)] if held else []
    edges = request.session.edges if request.session else ()
    tree = [(children_key("children", RUN, edge.parent), child_of(edge)) for edge in edges]
    logged = json.dumps(log_fields(decision), default=str)
    return f"{decision_text(decision, request)} {logged} {records} {tree}"


@given(st.lists(PATHS, min_size=1, max_size=6), CHOSEN)
def test_nothing_that_is_kept_of_a_call_names_an_agent(paths, chosen):
    caps = [cap(unit.value, CAPS[unit], unit=unit, mode=mode) for unit, mode in chosen.items()]
    sentry = Sentry(PLENTY, *caps)

    kept = [kept_of(sentry, raw(number, path)) for number, path in enumerate(paths)]

    assert not [text for text in kept if SECRET in text]
