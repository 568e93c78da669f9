"""However request ids repeat and executions race: one call at a time tries an unwell model."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cost_sentry.application.circuit_check import CircuitAdvice
from cost_sentry.application.watch_models import ModelWatch, call_end
from cost_sentry.domain.circuit import Circuit, CircuitRules, Tally
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.admissions import CHEAP, DEAR, Sentry, request
from tests.fakes.builders import NOON, budget, resolution
from tests.fakes.memory_circuits import MemoryCircuits

NEVER_OPENS_ANEW_BY_COUNT = CircuitRules(failures=1_000, open_seconds=10)
DUE = Circuit(opened_at=NOON - timedelta(seconds=40), due_at=NOON, tally=Tally(5, 5))


@dataclass(frozen=True)
class Call:
    """A request id by one of its executions, and what happens between its looks and its money."""

    number: int
    execution: int
    model: str
    meanwhile: tuple["Call | End", ...] = ()


@dataclass(frozen=True)
class End:
    """The oldest call that runs ends, and is counted."""

    is_well: bool | None


def calls(meanwhile):
    return st.builds(
        Call,
        number=st.integers(0, 2),
        execution=st.integers(0, 1),
        model=st.sampled_from([DEAR, DEAR, CHEAP]),
        meanwhile=meanwhile,
    )


ENDS = st.builds(End, is_well=st.sampled_from([True, False, False, None]))
RACING = st.lists(st.one_of(calls(st.just(())), ENDS), max_size=3).map(tuple)
STEPS = st.lists(st.one_of(calls(RACING), calls(st.just(())), ENDS), max_size=12)


class House(Sentry):
    """A model whose circuit is half open, and money for some calls to it."""

    def __init__(self, paid: int) -> None:
        of_dear = budget("dear", paid * 2_000, scope={"model": DEAR})
        super().__init__(
            budget("all", 10**9, scope={}), of_dear, circuit_breaker=NEVER_OPENS_ANEW_BY_COUNT
        )
        self.store = MemoryCircuits()
        self.store.circuits[DEAR] = DUE
        self.admission = replace(self.admission, circuits=CircuitAdvice(circuits=self.store))
        source = self.admission.config_source
        self.watch = ModelWatch(store=self.store, config_source=source, clock=self.clock)
        self.meanwhile: list[Call | End] = []
        self.hold, self.ledger.reserve = self.ledger.reserve, self.reserve

    def reserve(self, asked):
        racing, self.meanwhile = self.meanwhile, []
        for step in racing:
            self.do(step)
        return self.hold(asked)

    def do(self, step: Call | End) -> None:
        if isinstance(step, End):
            self.end(step.is_well)
            return
        self.meanwhile = list(step.meanwhile)
        of = request(f"r{step.number}", model_id=step.model, lower_output_limit=False)
        execution = f"{step.execution} of {step.number} {'dear' if step.model == DEAR else 'cheap'}"
        self.decide(replace(of, digest=step.model), execution)
        self.meanwhile = []
        if DEAR in self.store.circuits:
            assert len(self.on_dear()) <= 1, "two calls try the model at once"

    def on_dear(self):
        return [held for held in self.ledger.pending() if held.model_used == DEAR]

    def end(self, is_well: bool | None) -> None:
        running = list(self.ledger.pending())
        if not running:
            return
        state = ReservationState.SETTLED if is_well else ReservationState.VOIDED
        self.ledger.resolve(running[0], resolution(0, state))
        self.watch.saw([call_end(running[0], self.clock.now(), is_well=is_well)])


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 3), STEPS)
def test_one_call_at_a_time_tries_a_model_and_none_that_ended_or_was_never_made_bars_it(
    paid, steps
):
    house = House(paid)
    for step in steps:
        house.do(step)
        house.clock.advance(seconds=11)

    while list(house.ledger.pending()):
        house.end(False)

    left = house.store.circuits.get(DEAR)
    assert left is None or left.probe is None
