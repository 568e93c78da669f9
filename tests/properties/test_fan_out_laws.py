"""However agents call: none has more children than the limit, and a child that was let in stays."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import BudgetMode, Unit
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.session import Session
from tests.fakes.admissions import Sentry
from tests.unit.application.test_sessions import OTHER, PLENTY, RUN, cap, request

NAMES = st.sampled_from("abc")
CALLS = st.lists(
    st.tuples(st.sampled_from([RUN, OTHER]), st.lists(NAMES, max_size=3).map(tuple)), max_size=40
)


@given(CALLS, st.integers(1, 3), st.integers(0, 10))
def test_no_agent_has_more_children_than_its_limit_and_no_child_is_refused_later(
    calls, limit, steps
):
    """Some calls are let into the tree and refused by another budget afterwards."""
    fan_out = cap("fan-out", limit, unit=Unit.CHILDREN)
    sentry = Sentry(PLENTY, fan_out, cap("steps", steps))
    children = defaultdict(set)
    for number, (run, path) in enumerate(calls):
        decision = sentry.decide(request(f"r{number}", run, path), f"execution-{number}")
        edges = Session(id=run, path=path).edges
        refusing = [view.budget_id for view in decision.budgets if view.binding]
        if refusing == [fan_out.id]:
            assert decision.code is ReasonCode.BUDGET_EXHAUSTED
            full = [one for one in edges if len(children[run, one.parent]) == limit]
            assert any(one.child not in children[run, one.parent] for one in full)
        else:
            for one in edges:
                children[run, one.parent].add(one.child)
        # Of a path that is refused those are in the tree that stand above the one without room.
        for one in edges:
            kept = sentry.run_trees.children.get((fan_out.id, f"{run}.search", one.parent), set())
            children[run, one.parent] |= kept
            assert len(kept) <= limit


@given(CALLS, st.integers(1, 3))
def test_a_shadow_refuses_nobody_and_tells_of_the_calls_that_it_would_refuse(calls, limit):
    real = Sentry(PLENTY, cap("fan-out", limit, unit=Unit.CHILDREN))
    shadow = Sentry(PLENTY, cap("fan-out", limit, unit=Unit.CHILDREN, mode=BudgetMode.SHADOW))

    for number, (run, path) in enumerate(calls):
        asked = request(f"r{number}", run, path), f"execution-{number}"
        enforced, told = real.decide(*asked), shadow.decide(*asked)

        assert told.reservation is not None
        assert bool(told.shadow) == (enforced.reservation is None)
