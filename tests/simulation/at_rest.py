"""The clock that tidies up; and after the faults, everything at rest and looked at once more."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.simulation.audit import broken
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.final_checks import FinalChecks
from tests.simulation.plan import Operator
from tests.simulation.world import deployment_facts, faults, latencies
from tests.simulation.world.lambda_service import FunctionFailed

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation


def start_ticking(world: "Simulation", number: int = 1) -> None:
    """The expiry schedule."""
    every = deployment_facts.trigger("EXPIRY_EVERY_MINUTES") * latencies.MINUTE

    def tick() -> None:
        try:
            world.functions.invoke("expire_reservations", {}, f"tick {number}").wait()
        except FunctionFailed as error:
            if world._tracing:
                world._note(f"tick {number}: {error}")
        start_ticking(world, number + 1)

    world.scheduler.spawn(f"tick {number}", tick, every)


def heal(world: "Simulation") -> None:
    """Nothing goes wrong any more: everything must come to rest in bounded time."""
    world._faults.mix = faults.NONE
    # Requests that their senders gave up on may still arrive; then it is quiet.
    world._operate(
        Operator(name="healer", at=2 * latencies.LATE_REQUEST_MAX, config=world._in_force)
    )
    every = deployment_facts.trigger("EXPIRY_EVERY_MINUTES") * latencies.MINUTE
    hold = world._in_force.hold_seconds * latencies.SECOND
    skew = 2 * latencies.SKEW_SECONDS_MAX * latencies.SECOND
    world._advance(hold + skew + 2 * every + latencies.MINUTE, world._is_quiet)
    late = [held.request_id for held in world.auditor.truth.pending()]
    if late and not world._is_cut_short:
        raise BrokenPromise(broken.RESOLVED_IN_TIME, f"{late} are still pending")
    # One more scheduled run: it puts right what the last settlements could not.
    world._advance(world.plan.runs_into + every + latencies.MINUTE)
    world._advance(4 * every, lambda: not world.stream.waiting and not world._mails_wait())


def check_all(world: "Simulation") -> None:
    """Everything that must be so in the end."""
    if world._is_cut_short:
        detail = f"not after {world.scheduler.events} events"
        raise BrokenPromise(broken.AT_REST, detail)
    if world.stream.given_up:
        detail = f"{world.stream.given_up} could not be projected"
        raise BrokenPromise(broken.JOURNAL_COMPLETE, detail)
    checks = FinalChecks(world.model.items, world.auditor)
    checks.run()
    world.answers.check_charges()
    budgets = {budget.id: budget for budget in world._in_force.budgets}
    checks.check_alerts(world.topic.sent, {b.id: b.thresholds_percent for b in budgets.values()})
    now = world._start + timedelta(microseconds=world.scheduler.now)
    current = {b.id: f"{b.id}@{b.window_at(now).id}" for b in budgets.values()}
    checks.check_limits({b.id: b.limit for b in budgets.values()}, current)
