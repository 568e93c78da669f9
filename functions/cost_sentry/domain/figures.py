"""What CloudWatch is told of calls: by team and by model, and of refusals by budget; never by user.

Each pair of name and value is a metric of its own there, with a monthly price. So callers choose no
name: a model that the configuration does not know is told as ``other``, and a team as ``-``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import TEAM_TAG
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.emergency import is_slot
from cost_sentry.domain.ledger_entry import EntryKind, LedgerEntry
from cost_sentry.domain.model_id import base_model_id
from cost_sentry.domain.reservation import Reservation, ReservationState, Resolution
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.spend import RESOLVING_KINDS, UNNAMED

OTHER = "other"
"""Stands for a model that callers ask for and the configuration does not name."""
TEAM, MODEL, BUDGET = TEAM_TAG, MODEL_TAG, "budget"
DECIDED = {"ALLOW": "CallsAllowed", "REROUTE": "CallsRerouted"}
SPEND, WAKE_SPEND, EXTERNAL_SPEND = "SpendUsd", "WakeSpendUsd", "ExternalSpendUsd"
"""Each picodollar that is posted is in one of them; alarms on spending look at the first, for what
they start holds calls and nothing else."""
AGE = "ReservationSeconds"
FIGURES = {
    "CallsAllowed": ((TEAM, MODEL), "calls that were given the model they asked for"),
    "CallsRerouted": ((TEAM, MODEL), "calls that were given another one"),
    "CallsRejected": ((TEAM, MODEL), "calls that were refused, by the model they asked for"),
    "Refusals": ((BUDGET,), "calls that this budget could not pay for"),
    SPEND: (
        (TEAM, MODEL),
        "dollars posted for calls; negative where a true cost replaces a worst case",
    ),
    WAKE_SPEND: (
        (TEAM, MODEL),
        "dollars posted for waking endpoints; the model is `sagemaker:` and the endpoint",
    ),
    EXTERNAL_SPEND: ((MODEL,), "dollars booked for usage that passed no gate, of whatever hour"),
    AGE: ((TEAM, MODEL), "how long the longest reservation that ended had been pending"),
}
"""Each figure's dimensions, and what it says."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of calls that are alike: what each of these dimensions counts them under."""

    dimensions: Mapping[str, str]
    """Each is a set of its own: what is told of a team is told of it whatever the model."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """``CallsAllowed``, ``CallsRerouted``, ``CallsRejected``, ``Refusals``."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """Picodollars, as ``SpendUsd``, ``WakeSpendUsd`` or ``ExternalSpendUsd``; may be negative where
    a true cost takes the place of a worst case."""
    reservation_seconds: int | None = None
    """The longest that one was pending; ``None``: none ended."""


def figures_of(entries: Iterable[LedgerEntry]) -> tuple[Figures, ...]:
    """Of entries that are new to the journal: what began, what ended, and what it cost."""
    sums: dict[tuple[tuple[str, str], ...], Figures] = {}
    for entry in entries:
        one = _of_entry(entry)
        if one is not None:
            names = tuple(one.dimensions.items())
            known = sums.get(names)
            sums[names] = one if known is None else _sum(known, one)
    return tuple(sums.values())


def figures_of_refusal(decision: Decision, config: SentryConfig | None) -> tuple[Figures, ...]:
    """Of a rejected call; by the budgets that refused it too, if that was the reason."""
    if decision.kind is not DecisionKind.REJECT:
        return ()
    told = Figures(
        dimensions={TEAM: _known_team(decision, config), MODEL: _known_model(decision, config)},
        counts={"CallsRejected": 1},
    )
    if decision.code is not ReasonCode.BUDGET_EXHAUSTED:
        return (told,)
    budgets = {view.budget_id for view in decision.budgets if view.binding}
    of_budgets = (Figures(dimensions={BUDGET: id_}, counts={"Refusals": 1}) for id_ in budgets)
    return (told, *of_budgets)


def _known_team(decision: Decision, config: SentryConfig | None) -> str:
    team = decision.tags.get(TEAM, UNNAMED)
    return team if config is not None and team in config.teams else UNNAMED


def _known_model(decision: Decision, config: SentryConfig | None) -> str:
    """Without geography; a virtual model by its own name."""
    asked = decision.model_asked
    if config is None or asked in config.routing.virtual_models:
        return OTHER if config is None else asked
    model = base_model_id(asked)
    return model if model in map(base_model_id, config.models) else OTHER


def _of_entry(entry: LedgerEntry) -> Figures | None:
    held, ended = entry.reservation, entry.resolution
    if held is None:
        return None
    if entry.kind is EntryKind.RESERVE:
        is_told = held.is_model_call and not is_slot(held)
        name = DECIDED.get(held.decision) if is_told else None
        return Figures(dimensions=_whose(held), counts={name: 1}) if name else None
    if entry.kind not in RESOLVING_KINDS or ended is None:
        return None
    waited = max(0, (ended.resolved_at - held.reserved_at) // _SECOND)
    return Figures(
        dimensions=_whose(held),
        spent={_spent_as(held): _spend(entry.kind, held, ended)},
        reservation_seconds=None if held.is_external else waited,
    )


def _whose(held: Reservation) -> Mapping[str, str]:
    """External usage is no team's."""
    model = {MODEL: base_model_id(held.model_used)}
    return model if held.is_external else {TEAM: held.tags.get(TEAM, UNNAMED), **model}


def _spent_as(held: Reservation) -> str:
    if held.is_external:
        return EXTERNAL_SPEND
    return WAKE_SPEND if held.is_wake else SPEND


def _spend(kind: EntryKind, held: Reservation, ended: Resolution) -> int:
    """An adjusted call was charged its quote when it expired."""
    cost = 0 if ended.state is ReservationState.VOIDED else ended.cost_picodollars
    return cost - held.quote_picodollars if kind is EntryKind.ADJUST else cost


def _sum(one: Figures, other: Figures) -> Figures:
    longest = [s for s in (one.reservation_seconds, other.reservation_seconds) if s is not None]
    return Figures(
        dimensions=one.dimensions,
        counts=_added(one.counts, other.counts),
        spent=_added(one.spent, other.spent),
        reservation_seconds=max(longest, default=None),
    )


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
