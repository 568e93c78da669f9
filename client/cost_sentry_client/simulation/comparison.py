"""The same calls under two configurations, from empty ledgers to counted changes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cost_sentry.adapters.cedar_policies import CedarPolicies
from cost_sentry.application.policy_ports import PolicyEngines
from cost_sentry.application.ports import PriceBook
from cost_sentry.application.simulate_calls import SimulatedSentry, Spender, simulate
from cost_sentry.application.simulated_call import Assumed, SimulatedCall, assumed_of
from cost_sentry.application.simulation_tally import Tally
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.simulation.ledger import SimulatedLedger
from cost_sentry_client.simulation.run_trees import SimulatedRunTrees

_PROGRESS_EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was decided, and what it cost."""

    tally: Tally
    spent_before: Mapping[Spender, int]
    """Picodollars by team, application and model."""
    spent_after: Mapping[Spender, int]
    assumed: Assumed

    @property
    def cost_before(self) -> int:
        """Of all calls, in picodollars."""
        return sum(self.spent_before.values())

    @property
    def cost_after(self) -> int:
        """The same under the new configuration."""
        return sum(self.spent_after.values())


def compare(
    calls: Sequence[SimulatedCall],
    before: SentryConfig,
    after: SentryConfig,
    *,
    price_book: PriceBook,
    posted: Mapping[str, int],
    progress: Callable[[str], None],
    region: str | None = None,
) -> Comparison:
    """Decide every call twice.

    Args:
        calls: in the order of their times, at least one.
        before: what decides now.
        after: what is tried.
        price_book: the prices of both.
        posted: what windows had posted before the first call, by ``budget@window``.
        progress: is told how far it is.
        region: where models without a profile are called; ``None``: policies do not know it.
    """
    default = min(before.output_tokens_default, before.output_tokens_max)
    assumed = assumed_of(calls, output_tokens_default=default)
    repeated = _repeated(calls)
    ledgers = ((c, _ledger(c, calls[0].at, posted, repeated)) for c in (before, after))
    first, second = (
        SimulatedSentry(
            config=config,
            ledger=ledger,
            totals=ledger,
            window_use=ledger,
            price_book=price_book,
            policy_engines=_engines(config, region),
            run_trees=SimulatedRunTrees(),
            assumed=assumed,
        )
        for config, ledger in ledgers
    )
    tally = Tally(shadow_budgets={budget.id for budget in after.budgets if budget.is_shadow})
    for call, then, now in simulate(calls, first, second):
        if call.is_counted:
            tally.note(call, then, now)
        if tally.calls % _PROGRESS_EVERY == 0:
            progress(f"{tally.calls:,} of {len(calls):,} calls decided")
    return Comparison(
        tally=tally, spent_before=first.spent, spent_after=second.spent, assumed=assumed
    )


def _repeated(calls: Sequence[SimulatedCall]) -> frozenset[str]:
    """Ids that more than one call has; the others need not be remembered."""
    times = Counter(call.request.request_id for call in calls)
    return frozenset(name for name, count in times.items() if count > 1)


def _ledger(
    config: SentryConfig, at: datetime, posted: Mapping[str, int], repeated: frozenset[str]
) -> SimulatedLedger:
    ledger = SimulatedLedger(posted=posted, come_again=repeated)
    for budget in config.budgets:
        ledger.define(budget.in_ledger, budget.window_at(at).id)
    return ledger


def _engines(config: SentryConfig, region: str | None) -> PolicyEngines:
    """Cedar's engine, made once, where there is something to ask it."""
    if not config.policies.rules:
        return CedarPolicies
    engine = CedarPolicies(config.policies, region)
    return lambda _: engine
