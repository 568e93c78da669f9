"""Whatever is spent of whose budget: no call is served out of one that is kept from it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.domain.budget import Stages
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.invocation import Priority
from tests.fakes.admissions import BLIND, CHEAP, DAY, DEAR, Sentry, request
from tests.fakes.builders import budget
from tests.fakes.routings import models, routed, routing

MODELS = {"dear": DEAR, "cheap": CHEAP, "blind": BLIND}
PERCENTS = st.fixed_dictionaries(dict.fromkeys((*MODELS, "all"), st.integers(0, 99)))
BEGINS = st.one_of(st.none(), st.integers(1, 100))
STAGES = st.builds(
    Stages, prefer_ladder_percent=BEGINS, lower_output_percent=BEGINS, critical_only_percent=BEGINS
)
EACH = st.fixed_dictionaries(dict.fromkeys((*MODELS, "all"), STAGES))
LIMIT = 10**6


def house(stages, percents, too_poor):
    """Where a model is too poor, only the ledger knows it."""
    scopes = {name: {"model": model} for name, model in MODELS.items()} | {"all": {}}
    budgets = [
        budget(name, LIMIT, scope=scopes[name], stages=of_it) for name, of_it in stages.items()
    ]
    empty = [budget(f"no-{name}", 1, scope=scopes[name]) for name in sorted(too_poor)]
    laddered = models({DEAR: (CHEAP, BLIND)})
    made = Sentry(*budgets, *empty, models=laddered, routing=routing())
    made.totals.posted.update({(name, DAY): p * LIMIT // 100 for name, p in percents.items()})
    return made


def is_kept(name, stages, percents):
    begins = [(stages[one].critical_only_percent, percents[one]) for one in (name, "all")]
    return any(at is not None and percent >= at for at, percent in begins)


@given(
    EACH,
    PERCENTS,
    st.sets(st.sampled_from(sorted(MODELS))),
    st.sampled_from(list(Priority)),
    st.sampled_from([request(), routed(), routed("large")]),
)
def test_a_call_is_served_by_a_model_that_is_free_for_it_and_refused_only_if_none_is(
    stages, percents, too_poor, priority, asked
):
    names = {model: name for name, model in MODELS.items()}
    kept = {name for name in MODELS if is_kept(name, stages, percents)}
    if priority is Priority.CRITICAL:
        kept = set()

    decision = house(stages, percents, too_poor).decide(
        replace(asked, priority=priority, lower_output_limit=False)
    )

    free = set(MODELS) - kept - too_poor
    assert (decision.model_used is None) == (not free)
    if decision.model_used is not None:
        assert names[decision.model_used] in free
    if decision.code is ReasonCode.CRITICAL_ONLY:
        assert kept
    if kept == set(MODELS):
        assert decision.code is ReasonCode.CRITICAL_ONLY
