"""SageMaker's endpoints with states and delays, on a clock that somebody else moves."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.application.endpoint_ports import (
    EndpointBusy,
    EndpointFault,
    EndpointHalfDone,
    EndpointRefused,
)
from cost_sentry.domain.endpoint import (
    MAY_SLEEP_TAG,
    YES,
    Activity,
    Endpoint,
    EndpointKind,
    EndpointState,
    Likeness,
    Snapshot,
)
from cost_sentry.domain.instance_price import Fleet
from tests.fakes.real_endpoint import Real, activity_between

NEVER = timedelta(days=365)


@dataclass(slots=True)
class SageMaker:
    """``Endpoints`` and ``EndpointFigures`` over ``Real`` endpoints.

    ``seconds`` says how long the next deletion or creation takes, by name and verb; ``fails``
    whether the next creation fails; ``halves`` whether the next order to wake components is taken
    for some of them only.
    """

    clock: Any
    seconds: Callable[[str, str], float] = lambda _name, verb: 60 if verb == "sleep" else 300
    fails: Callable[[str], bool] = lambda _name: False
    halves: Callable[[str], bool] = lambda _name: False
    clings: Callable[[str], bool] = lambda _name: True
    """Whether what is being made or changed is not taken back."""
    stuck: set[str] = field(default_factory=set)
    """Endpoints with a component that clings to its change; the others are taken back."""
    lag: timedelta = timedelta(0)
    """How late metrics are seen."""
    real: dict[str, Real] = field(default_factory=dict)
    calls: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    in_vain: dict[str, list[datetime]] = field(default_factory=dict)
    up: dict[str, list[tuple[datetime, datetime | None]]] = field(default_factory=dict)
    """When it had instances."""
    deaf: set[str] = field(default_factory=set)
    """Endpoints whose metrics are missing."""
    deeds: list[tuple[datetime, str, str]] = field(default_factory=list)
    """What was begun: when, verb, name."""
    watch: Callable[[str, Snapshot], None] = lambda _verb, _snapshot: None
    """Told before each deed."""
    watch_finish: Callable[[Real, Snapshot], None] = lambda _real, _snapshot: None
    """Told before scaling rules are given back."""
    probes: list[tuple[str, bool]] = field(default_factory=list)
    modelless: set[str] = field(default_factory=set)
    """Endpoints whose models were deleted while they slept."""
    mute: set[str] = field(default_factory=set)
    """Endpoints that answer nothing once they are made again."""
    probeless: set[str] = field(default_factory=set)
    """Endpoints that answer callers once they are made again, and no probe."""
    reconfigured: set[str] = field(default_factory=set)
    """Endpoints whose configuration says something else by now."""
    refuses: dict[tuple[str, str], EndpointFault] = field(default_factory=dict)
    """By verb and name."""

    # ---- the owner's side

    def make(self, name: str, kind: EndpointKind = EndpointKind.PLAIN, **changes: Any) -> Real:
        given: dict[str, Any] = {
            "tags": {MAY_SLEEP_TAG: YES, "team": "search"},
            "fleets": (Fleet(instance_type="ml.g5.xlarge", count=1),),
            "made_at": self.clock.now() - timedelta(days=1),
        }
        self.real[name] = Real(name=name, kind=kind, **{**given, **changes})
        self.up[name] = [(self.real[name].made_at, None)]
        self.calls.setdefault(name, [])
        self.in_vain.setdefault(name, [])
        return self.real[name]

    def call(self, name: str, seconds: float = 1) -> bool:
        """Whether it was answered."""
        now, one = self.clock.now(), self.at(name)
        if one is None or one.state is not EndpointState.IN_SERVICE or one.is_mute:
            if one is not None and one.kind is EndpointKind.COMPONENTS:
                self.in_vain[name].append(now)
            return False
        self.calls[name].append((now, now + timedelta(seconds=seconds)))
        return True

    def delete(self, name: str) -> None:
        """By its owner, at once."""
        self._down(name)
        self.real.pop(name, None)

    def at(self, name: str) -> Real | None:
        """As it is now."""
        one = self.real.get(name)
        if one is None or one.becomes is None or self.clock.now() < one.becomes[0]:
            return one
        moment, state = one.becomes
        one.becomes = None
        if state is None:
            self.real.pop(name, None)
            return None
        one.state, one.changed_at = state, moment
        if state is EndpointState.IN_SERVICE:
            self.up[name].append((moment, None))
        return one

    # ---- Endpoints

    def named(self) -> Sequence[str]:
        self._ask("named", "")
        names = sorted(self.real)
        return [n for n in names if (one := self.at(n)) and one.tags.get(MAY_SLEEP_TAG) == YES]

    def look(self, name: str) -> Endpoint | None:
        self._ask("look", name)
        one = self.at(name)
        return None if one is None else one.seen()

    def snapshot(self, name: str) -> Snapshot:
        self._ask("snapshot", name)
        one = self.at(name)
        if one is None or one.state is not EndpointState.IN_SERVICE:
            raise EndpointBusy(f"{name} is not in service")
        return Snapshot(endpoint=one.seen(), content=one.content)

    def put_to_sleep(self, snapshot: Snapshot) -> None:
        name = snapshot.endpoint.name
        self._ask("put_to_sleep", name)
        one = self.at(name)
        if one is None or one.state is EndpointState.ASLEEP:
            return
        if one.state is not EndpointState.IN_SERVICE or one.made_at != snapshot.endpoint.made_at:
            raise EndpointBusy(f"{name} is {one.state.value}")
        self.watch("sleep", snapshot)
        self._begin("sleep", name)
        gone = None if one.kind is EndpointKind.PLAIN else EndpointState.ASLEEP
        self._down(name)
        one.state, one.scaling = EndpointState.CHANGING, False
        one.becomes = (self.clock.now() + self._takes(name, "sleep"), gone)

    def why_not_again(self, snapshot: Snapshot) -> str | None:
        self._ask("why_not_again", snapshot.endpoint.name)
        one = self.at(snapshot.endpoint.name)
        return None if one is None or one.has_model else "its model is gone"

    def restore(self, snapshot: Snapshot) -> None:
        name = snapshot.endpoint.name
        self._ask("restore", name)
        one = self.at(name)
        if one is not None and one.state is not EndpointState.ASLEEP:
            self._rest_of(one)
            return
        if name in self.modelless:
            raise EndpointRefused("its model is gone")
        self.watch("wake", snapshot)
        self._begin("wake", name)
        was = snapshot.endpoint
        ends = EndpointState.FAILED if self.fails(name) else EndpointState.IN_SERVICE
        self.real[name] = Real(
            name=name,
            kind=was.kind,
            tags=was.tags,
            fleets=was.fleets,
            made_at=was.made_at if was.kind is EndpointKind.COMPONENTS else self.clock.now(),
            # Copies go and come; what its owner has changed of the endpoint itself stays.
            content=one.content if one else snapshot.content,
            state=EndpointState.CHANGING,
            becomes=(self.clock.now() + self._takes(name, "wake"), ends),
            scaling=False,
            is_mute=name in self.mute,
            hates_probes=name in self.probeless,
            config="a copy" if name in self.reconfigured else "its own",
            is_half=was.kind is EndpointKind.COMPONENTS and self.halves(name),
        )
        if self.real[name].is_half:
            raise EndpointHalfDone(f"{name}: no capacity for all")

    def _rest_of(self, one: Real) -> None:
        if one.is_half and one.state is EndpointState.IN_SERVICE:
            if self.halves(one.name):
                raise EndpointRefused(f"{one.name}: no capacity")
            one.is_half = False

    def likeness(self, snapshot: Snapshot) -> Likeness | None:
        self._ask("likeness", snapshot.endpoint.name)
        one = self.at(snapshot.endpoint.name)
        if one is None:
            return None
        is_same = one.kind is EndpointKind.COMPONENTS or one.content == snapshot.content
        remark = "" if one.config == "its own" else one.config
        return Likeness(is_same=is_same, remark=remark, is_whole=not one.is_half)

    def take_back(self, snapshot: Snapshot) -> None:
        name = snapshot.endpoint.name
        self._ask("take_back", name)
        one = self.at(name)
        gone = None if snapshot.endpoint.kind is EndpointKind.PLAIN else EndpointState.ASLEEP
        if one is None or one.state is EndpointState.ASLEEP:
            return
        if one.becomes is not None and one.becomes[1] is gone:
            return
        is_stuck = name in self.stuck and not one.is_half
        if one.state is EndpointState.CHANGING and self.clings(name) and not is_stuck:
            raise EndpointBusy(f"{name} is being changed")
        self._begin("take back", name)
        if one.state is EndpointState.CHANGING and name in self.stuck:
            one.is_half = True
            raise EndpointHalfDone(f"{name}: a component of it is being changed")
        self._down(name)
        one.state, one.scaling = EndpointState.CHANGING, False
        one.becomes = (self.clock.now() + self._takes(name, "sleep"), gone)

    def let_go(self, snapshot: Snapshot) -> None:
        self._ask("let_go", snapshot.endpoint.name)

    def listed(self) -> Mapping[str, datetime]:
        self._ask("listed", "")
        found = ((name, self.at(name)) for name in sorted(self.real))
        return {name: one.changed_at or one.made_at for name, one in found if one}

    def finish(self, snapshot: Snapshot) -> None:
        self._ask("finish", snapshot.endpoint.name)
        one = self.at(snapshot.endpoint.name)
        if one is not None:
            self.watch_finish(one, snapshot)
            one.scaling = True

    def answers(self, snapshot: Snapshot, probe: str | None) -> bool:
        self._ask("answers", snapshot.endpoint.name)
        one = self.at(snapshot.endpoint.name)
        is_up = one is not None and one.state is EndpointState.IN_SERVICE
        said = is_up and not one.is_mute and not one.hates_probes
        self.probes.append((snapshot.endpoint.name, said))
        return said

    # ---- EndpointFigures

    def activities(
        self, endpoints: Sequence[Endpoint], since: datetime, now: datetime
    ) -> Mapping[str, Activity]:
        self._ask("activities", "")
        until = now - self.lag
        return {
            one.name: activity_between(
                self.up.get(one.name, ()), self.calls.get(one.name, ()), since, until
            )
            for one in endpoints
            if one.name not in self.deaf
        }

    def called_in_vain(
        self, sleepers: Sequence[Snapshot], since: datetime, now: datetime
    ) -> Collection[str]:
        self._ask("called_in_vain", "")
        until = now - self.lag
        names = [one.endpoint.name for one in sleepers]
        return {n for n in names if any(since <= at <= until for at in self.in_vain.get(n, ()))}

    def served(self, endpoint: Endpoint, since: datetime, now: datetime) -> int:
        self._ask("served", endpoint.name)
        until = now - self.lag
        return sum(since <= start <= until for start, _ in self.calls.get(endpoint.name, ()))

    # ---- inside

    def up_seconds(self, name: str, until: datetime) -> float:
        """How long it had instances."""
        spans = self.up.get(name, ())
        return sum(((end or until) - start).total_seconds() for start, end in spans)

    def _ask(self, verb: str, name: str) -> None:
        fault = self.refuses.get((verb, name)) or self.refuses.get((verb, "*"))
        if fault is not None:
            raise fault

    def _begin(self, verb: str, name: str) -> None:
        self.deeds.append((self.clock.now(), verb, name))

    def _down(self, name: str) -> None:
        spans = self.up[name]
        if spans and spans[-1][1] is None:
            spans[-1] = (spans[-1][0], self.clock.now())

    def _takes(self, name: str, verb: str) -> timedelta:
        return timedelta(seconds=self.seconds(name, verb))
