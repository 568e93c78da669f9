"""Laws of simulations, for any calls and any budgets."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.application.recorded_calls import RecordedCalls
from cost_sentry.application.simulate_calls import simulate
from cost_sentry.application.simulated_call import CallEnd, SimulatedCall, assumed_of, choice_of
from cost_sentry.application.simulation_tally import Tally
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.sentry_config import Model, SentryConfig
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import BLIND, CHEAP, DEAR, SmallBook, config
from tests.fakes.builders import NOON, budget
from tests.fakes.policies import policies
from tests.fakes.simulations import RecordedRun, call, decisions, sentry, usage

EVERYTHING = budget("everything", 10**9, scope={}, window=WindowKind.NONE)
NO_DEAR_FOR_SUPPORT = policies(
    no_dear=(
        'forbid (principal in CostSentry::Team::"support", action,'
        f' resource == CostSentry::Model::"{DEAR}");'
    )
)


@st.composite
def configs(draw):
    """The limits are such that a run of some calls meets each of them."""
    limits = st.integers(0, 12_000)
    budgets = (
        EVERYTHING,
        budget("search", draw(limits)),
        budget("all-tokens", draw(limits), scope={}, unit=Unit.TOKENS, window=WindowKind.MINUTE),
        budget(
            "cap", draw(st.integers(1, 4)), scope={}, unit=Unit.IN_FLIGHT, window=WindowKind.NONE
        ),
        budget("cheap", draw(limits), scope={"model": CHEAP}, window=WindowKind.HOUR),
    )
    rules = {"policies": NO_DEAR_FOR_SUPPORT} if draw(st.booleans()) else {}
    return config(*budgets, **rules)


@st.composite
def runs(draw):
    """Calls at moments of their own, that end at others."""
    found = []
    for number in range(draw(st.integers(1, 25))):
        prompt, limit = draw(st.integers(1, 300)), draw(st.sampled_from([None, 70, 100, 400]))
        ended = draw(st.sampled_from([*[CallEnd.SETTLED] * 4, CallEnd.VOIDED]))
        told = draw(st.booleans()) or draw(st.booleans())
        used = usage(prompt, draw(st.integers(0, limit or 50)))
        team = draw(st.sampled_from(["search", "search", "support", "nobody"]))
        found.append(
            call(
                f"r{number}",
                at=20 * number + draw(st.integers(0, 19)),
                duration=timedelta(seconds=draw(st.integers(0, 90)), milliseconds=500),
                usage=used if told and ended is CallEnd.SETTLED else None,
                end=ended,
                model_id=draw(st.sampled_from([DEAR, DEAR, CHEAP, BLIND])),
                tags={"team": team, "application": draw(st.sampled_from(["web", "app"]))},
                max_tokens=limit,
                input_bound_tokens=4 * prompt + 60,
                input_floor_tokens=0,
                needs=Needs(),
                lower_output_limit=draw(st.booleans()),
                digest=f"d{number}",
            )
        )
    return found


@st.composite
def wordy_runs(draw, shares):
    """Calls that use these shares of their output limits, in percent, and a tenth of their bounds.

    Ended long before the next one comes.
    """
    found = []
    for number in range(draw(st.integers(1, 12))):
        prompt, limit = draw(st.integers(1, 30)), draw(st.sampled_from([100, 200, 300]))
        used = usage(prompt, limit * draw(shares) // 100)
        asked = {"model_id": DEAR, "max_tokens": limit, "input_bound_tokens": 10 * prompt}
        found.append(call(f"r{number}", at=10 * number, usage=used, digest=f"d{number}", **asked))
    return found


def cutting(limit: int) -> SentryConfig:
    """A budget that has so much left for answers, whatever else it pays; it refuses in the end."""
    return config(budget(limit=limit), models={DEAR: Model(id=DEAR)}, output_tokens_min=10)


def recorded(calls: list[SimulatedCall], of: SentryConfig) -> list[SimulatedCall]:
    """The same calls, as far as they are on record after a day under this configuration."""
    run = RecordedRun(of)
    run.play(calls)
    day = RecordedCalls(start=NOON, end=NOON + timedelta(days=1), config=of, price_book=SmallBook())
    for record in run.records():
        day.add(record)
    return day.calls()


def spent_with_room(calls: list[SimulatedCall]) -> int:
    """Picodollars, where nobody is cut, rerouted or refused."""
    assumed = assumed_of(calls, output_tokens_default=50)
    of = sentry(cutting(10**9), assumed=assumed)
    decisions(of, calls)
    return sum(of.spent.values())


@given(st.data(), st.integers(1, 100), st.integers(0, 20_000))
@settings(deadline=None, max_examples=100)
def test_a_day_of_cuts_and_refusals_costs_no_less_with_room_than_it_would_have(data, share, limit):
    """Where all answers use the same share of the limits that they ask for."""
    calls = data.draw(wordy_runs(st.just(share)))

    assert spent_with_room(recorded(calls, cutting(limit))) >= spent_with_room(calls)


@given(wordy_runs(st.integers(0, 100)), st.integers(0, 20_000))
@settings(deadline=None, max_examples=100)
def test_with_room_no_answer_is_shorter_than_it_was(calls, limit):
    replayed = recorded(calls, cutting(limit))
    ran = [one for one in replayed if one.usage is not None]

    assert spent_with_room(replayed) >= 10 * sum(
        one.usage.prompt_tokens + one.usage.output_tokens for one in ran
    )


@given(runs(), configs())
@settings(deadline=None, max_examples=60)
def test_against_its_own_configuration_nothing_changes(calls, of):
    tally, before, after = Tally(), sentry(of), sentry(of)

    for one, then, now in simulate(calls, before, after):
        tally.note(one, then, now)

    assert (tally.calls, tally.changed, tally.changes) == (len(calls), 0, {})
    assert tally.before == tally.after
    assert before.spent == after.spent


@given(runs(), configs())
@settings(deadline=None, max_examples=150)
def test_the_replay_of_a_recorded_run_gives_the_recorded_decisions(calls, of):
    run = RecordedRun(of)
    run.play(calls)
    day = RecordedCalls(start=NOON, end=NOON + timedelta(days=1), config=of, price_book=SmallBook())
    for record in run.records():
        day.add(record)

    replayed = day.calls()
    decided = decisions(sentry(of), replayed)

    assert [one.request.request_id for one in replayed] == list(run.decisions)
    for one, again in zip(replayed, decided, strict=True):
        first = run.decisions[one.request.request_id]
        assert one.recorded == choice_of(first)
        assert (again.code, choice_of(again)) == (first.code, choice_of(first))


@given(runs(), configs())
@settings(deadline=None, max_examples=60)
def test_what_is_reported_as_spent_is_what_the_ledger_posted(calls, of):
    of_run = sentry(of)

    decisions(of_run, calls)

    balance = of_run.ledger.balance(EVERYTHING, "all")
    assert (sum(of_run.spent.values()), balance.pending) == (balance.posted, 0)
    for one in of.budgets:
        if one.unit is Unit.IN_FLIGHT:
            assert of_run.ledger.balance(one, "all").posted == 0
