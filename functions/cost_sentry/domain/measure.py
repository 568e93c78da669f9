"""What is in force for a while beside the configuration: slower, stopped, raised, or granted.

A **measure** ends by itself at ``until``, for whoever uses it looks at the time: no job has to run
for it to end. Lifted it ends at once, and for good: what was lifted stays on record until then, so
that a writer who comes late cannot put it in force again. Whatever order puts and lifts come in,
the same is left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from cost_sentry.domain.budget import MODEL_TAG, Budget, Temporary, Unit
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.window import WindowKind

MEASURES_MAX = 50
"""On record at once, ended ones included: every admission reads them with the configuration."""
APPROVED_MAX = 25
"""Of these, what was approved and is in force: it may last for months."""
BYTES_MAX = 700
"""Of all texts of one: with the largest configuration, as many as may be fit into its item."""
TAGS_MAX = 4
"""Of a scope."""
KEPT_AFTER = timedelta(minutes=5)
"""After its end a measure stays on record: clocks differ, and a late writer must find it lifted."""
ENDED_KEEPS_PLACE = timedelta(hours=2)
"""What was approved and ended early gives its place to another approval no sooner: a late writer
runs for minutes, and each hour one sees to limits that are still raised."""


class MeasureKind(StrEnum):
    """What a measure does."""

    TIGHTEN = "tighten"
    """A temporary budget of its scope: ``amount`` picodollars a minute."""
    FREEZE = "freeze"
    """No call of its scope."""
    RAISE = "raise"
    """The limit of ``budget_id`` is higher, by ``amount`` in the budget's unit."""
    GRANT = "grant"
    """Calls of its scope may use models of ``price_class``, which a policy asks an approval for."""


class MeasuresFull(CostSentryError):  # noqa: N818 - named as what is there
    """As many measures as have room are on record; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One change, for a scope, until a time."""

    id: str
    """Used once: a measure of another time has another."""
    kind: MeasureKind
    scope: Mapping[str, str]
    """As of a budget: tags that a call must carry, ``model`` among them; empty is everything."""
    made_at: datetime
    until: datetime
    why: str
    """Who put it in force and for what, as callers read it: ``incident i-4f2a (12 × usual)``."""
    undo: str
    """How it is lifted, and by whom, as callers read it."""
    amount: int | None = None
    budget_id: str | None = None
    budget_kind: str | None = None
    """What the budget of this id counted when it was asked for (``kind_of``): one of the same id
    that counts something else is another budget."""
    price_class: str | None = None
    """As policies name it; see ``policy.cedarschema``."""
    lifted_at: datetime | None = None

    def __post_init__(self) -> None:
        """``ValueError`` for what could not be put in force, or not be kept."""
        needs = _NEEDS[self.kind]
        given = {name for name in _ALL_NEEDS if getattr(self, name) is not None}
        if given != needs:
            text = f"a measure that is to {self.kind} takes {_named(needs)}, not {_named(given)}"
            raise ValueError(text)
        if self.amount is not None and self.amount < 0:
            raise ValueError(f"an amount of {self.amount} is below nothing")
        if self.until <= self.made_at:
            raise ValueError(f"it would end at {self.until}, before it is made at {self.made_at}")
        named = (self.budget_id, self.budget_kind, self.price_class)
        texts = (self.id, self.why, self.undo, *(one or "" for one in named))
        size = len("".join((*texts, *self.scope, *self.scope.values())).encode())
        if len(self.scope) > TAGS_MAX or size > BYTES_MAX:
            raise ValueError(
                f"{size} bytes of text and {len(self.scope)} tags in its scope are too many:"
                f" at most {BYTES_MAX} and {TAGS_MAX}"
            )

    @property
    def is_restraint(self) -> bool:
        """Whether it keeps calls from running; the others let more run, and were approved."""
        return self.kind in (MeasureKind.TIGHTEN, MeasureKind.FREEZE)

    def is_in_force(self, now: datetime) -> bool:
        """At this moment."""
        return self.lifted_at is None and now < self.until

    @property
    def gone_at(self) -> datetime:
        """When it leaves the record, at the earliest."""
        return self.until + KEPT_AFTER

    def is_gone(self, now: datetime) -> bool:
        """Whether nobody can need its record any more.

        The ledger holds a raised limit: a raise is needed until somebody took it back there.
        """
        is_seen_to = self.kind is not MeasureKind.RAISE or self.lifted_at is not None
        return is_seen_to and now >= self.gone_at

    def lifted(self, at: datetime) -> "Measure":
        """The same, ended; one that was lifted before stays so."""
        return self if self.lifted_at else replace(self, lifted_at=at)

    def raises(self, budget: Budget) -> bool:
        """Whether it is for this budget, as that is now."""
        is_raise = self.kind is MeasureKind.RAISE and self.budget_id == budget.id
        return is_raise and self.budget_kind == kind_of(budget)

    def covers(self, tags: Mapping[str, str], model_id: str) -> bool:
        """Whether it concerns a call with these tags to this base model id."""
        return self.scope.items() <= {**tags, MODEL_TAG: model_id}.items()

    def covers_some(self, tags: Mapping[str, str]) -> bool:
        """Whether it concerns a call with these tags to some model."""
        return self.covers(tags, self.scope.get(MODEL_TAG, ""))

    @property
    def budget(self) -> Budget:
        """Of one that tightens: an ordinary budget of dollars a minute.

        Its id is the scope's, and none that ``sentry.yaml`` can have: a scope that is tightened
        again has the same, so that the ledger knows as many as there are scopes.
        """
        return Budget(
            id=tightened_id(self.scope),
            scope=self.scope,
            unit=Unit.USD,
            window=WindowKind.MINUTE,
            limit=self.amount or 0,
            thresholds_percent=(),
            temporary=Temporary(until=self.until, why=self.why, undo=self.undo),
        )


Measures = tuple[Measure, ...]


def restraints(measures: Measures, now: datetime) -> Measures:
    """Those that keep calls from running at this moment."""
    return tuple(one for one in measures if one.is_restraint and one.is_in_force(now))


def without_restraints(measures: Measures, now: datetime) -> Measures:
    """With all lifted that keep calls from running; what was approved is left as it is."""
    return tuple(one.lifted(now) if one.is_restraint else one for one in measures)


_NEEDS: Mapping[MeasureKind, frozenset[str]] = {
    MeasureKind.TIGHTEN: frozenset({"amount"}),
    MeasureKind.FREEZE: frozenset(),
    MeasureKind.RAISE: frozenset({"amount", "budget_id", "budget_kind"}),
    MeasureKind.GRANT: frozenset({"price_class"}),
}
_ALL_NEEDS = ("amount", "budget_id", "budget_kind", "price_class")


def kind_of(budget: Budget) -> str:
    """Ten digits for what a budget counts: its scope, unit and windows."""
    scope = (f"{name}={value}" for name, value in sorted(budget.scope.items()))
    text = "\n".join((budget.unit.value, budget.window_text, *scope))
    return blake2b(text.encode(), digest_size=5, person=b"kind").hexdigest()


def tightened_id(scope: Mapping[str, str]) -> str:
    """Of the temporary budget of a scope; a dot is in no id of ``sentry.yaml``."""
    text = "\n".join(f"{name}={value}" for name, value in sorted(scope.items()))
    return f"tightened.{blake2b(text.encode(), digest_size=5, person=b'measure').hexdigest()}"


def with_put(measures: Measures, measure: Measure, now: datetime) -> Measures:
    """With this one on record, unless it is already, in force or lifted.

    One that tightens takes the place of another that tightens the same scope: they have one budget.

    Raises:
        MeasuresFull: there is no room, even without those that are gone.
    """
    if any(one.id == measure.id for one in measures) or not measure.is_in_force(now):
        return measures
    kept = tuple(_in_favour_of(measure, one, now) for one in not_gone(measures, now))
    standing = tuple(one for one in kept if not one.is_restraint and one.is_in_force(now))
    if not measure.is_restraint and len(standing) >= APPROVED_MAX:
        raise MeasuresFull(_crowded(standing))
    return (*_with_a_place(kept, measure, now), measure)


def has_room(measures: Measures, measure: Measure, now: datetime) -> bool:
    """Whether one more could be put."""
    try:
        with_put(measures, measure, now)
    except MeasuresFull:
        return False
    return True


def with_lifted(measures: Measures, measure: Measure, at: datetime) -> Measures:
    """With this one lifted, whether it was on record or not yet.

    Where there is no room for one that was never put, the one that was lifted longest ago makes
    some; if none was lifted, it is left out, as it could not be put either.
    """
    kept = tuple(one.lifted(at) if one.id == measure.id else one for one in not_gone(measures, at))
    if any(one.id == measure.id for one in kept) or measure.is_gone(at):
        return kept
    if len(kept) >= MEASURES_MAX:
        lifted = [one for one in kept if one.lifted_at]
        if not lifted:
            return kept
        kept = _without_oldest(kept, lifted)
    return (*kept, measure.lifted(at))


def _with_a_place(kept: Measures, measure: Measure, now: datetime) -> Measures:
    """What was approved and ended makes it.

    For a restraint at once, so the brake has its places whatever was approved; for another approval
    if no late writer can put it any more.
    """
    if len(kept) < MEASURES_MAX:
        return kept
    ended = [one for one in kept if not one.is_restraint and one.lifted_at]
    if not measure.is_restraint:
        ended = [one for one in ended if now - (one.lifted_at or now) >= ENDED_KEEPS_PLACE]
    if not ended:
        raise MeasuresFull(_full(kept))
    return _without_oldest(kept, ended)


def _without_oldest(kept: Measures, lifted: Iterable[Measure]) -> Measures:
    oldest = min(lifted, key=lambda one: one.lifted_at or one.until)
    return tuple(one for one in kept if one is not oldest)


def _full(kept: Measures) -> str:
    first = min(one.gone_at for one in kept).isoformat(timespec="minutes")
    return f"{len(kept)} measures are on record, and no more have room before {first}"


def _crowded(standing: Measures) -> str:
    first = min(one.until for one in standing).isoformat(timespec="minutes")
    return (
        f"{len(standing)} approvals are in force, as many as may be: the other"
        f" {MEASURES_MAX - APPROVED_MAX} places are kept for what freezes or slows down calls."
        f" There is room when one is ended, or its time is over: the first at {first}"
    )


def not_gone(measures: Measures, now: datetime) -> Measures:
    """Without those that nobody can need any more."""
    return tuple(one for one in measures if not one.is_gone(now))


def _in_favour_of(new: Measure, one: Measure, now: datetime) -> Measure:
    both_tighten = new.kind is one.kind is MeasureKind.TIGHTEN
    return one.lifted(now) if both_tighten and dict(new.scope) == dict(one.scope) else one


def _named(needs: Iterable[str]) -> str:
    return " and ".join(sorted(needs)) or "nothing"
