"""A fleet of endpoints, its callers and its owners, over some virtual hours; all from one seed.

Runs of the sentry meet each other inside any call they make, lose answers, and die between any two
calls. At the end everything is well for a while, and then nothing may be missing.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cost_sentry.application.endpoint_ports import EndpointFault, EndpointThrottled
from cost_sentry.application.wake_endpoint import WakeState
from cost_sentry.domain.endpoint import EndpointKind, EndpointState, Snapshot
from cost_sentry.domain.endpoint_rules import EndpointGroup, EndpointRules
from cost_sentry.domain.endpoint_sleep import SleepState
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import ReservationState
from tests.fakes.real_endpoint import Real
from tests.fakes.sleep_world import DOLLAR, SleepWorld
from tests.simulation.mortal import TABLE_VERBS, Mortal

RULES = EndpointRules(
    idle_minutes=20,
    up_minutes_min=20,
    wake_minutes_max=20,
    groups=(EndpointGroup(id="all", instead="amazon.nova-lite-v1:0"),),
)
LIFE_SECONDS = 120
"""Of one invocation: shorter than a claim."""
HANGS_SECONDS = timedelta(days=30).total_seconds()
"""Of a wake that ends by nobody but the sentry."""


class Died(BaseException):
    """The environment is gone; nothing of it goes on."""


class Broken(AssertionError):  # noqa: N818 - as one says it of a promise
    """A promise did not hold."""


@dataclass
class Caller:
    """Somebody who called an endpoint that slept, and waits, or asked something else."""

    endpoint: str
    since: datetime


@dataclass
class Fleet:
    """The world of one seed."""

    seed: int
    endpoints: int = 6
    is_calm: bool = False
    world: SleepWorld = field(init=False)
    waiting: list[Caller] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    deleted: set[str] = field(default_factory=set)
    depth: int = 0
    woken_at: dict[str, datetime] = field(default_factory=dict)
    content: dict[str, str] = field(default_factory=dict)
    """As the owner made each endpoint last."""
    anew: dict[str, datetime] = field(default_factory=dict)
    """When its owner made one again that slept."""
    ordered: set[str] = field(default_factory=set)
    """Reservations of wakes that SageMaker was told to begin."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.world = SleepWorld(rules=RULES, limit=self.chance.choice((3, 40)) * DOLLAR)
        sagemaker = self.world.sagemaker
        sagemaker.seconds = self._seconds
        sagemaker.fails = lambda _name: not self.is_calm and self.chance.random() < 0.15
        sagemaker.halves = lambda _name: not self.is_calm and self.chance.random() < 0.3
        sagemaker.clings = lambda _name: not self.is_calm and self.chance.random() < 0.8
        sagemaker.watch, sagemaker.watch_finish = self._watch, self._watch_finish
        for number in range(self.endpoints):
            kind = EndpointKind.PLAIN if number % 2 else EndpointKind.COMPONENTS
            sagemaker.make(f"e{number}", kind)
            self.content[f"e{number}"] = "first"

    def _seconds(self, _name: str, verb: str) -> float:
        hangs = verb == "wake" and not self.is_calm and self.chance.random() < 0.05
        self.count["hung"] += hangs
        return HANGS_SECONDS if hangs else self.chance.choice((30, 60, 200, 400, 1900))

    # ---- time

    def live(self, minutes: int) -> None:
        for minute in range(minutes):
            self._callers()
            self._owners()
            if minute % 5 == 0:
                self._invoke(lambda: self.world.run(**self._ports()))
            self.world.clock.time += timedelta(minutes=1)

    def recover(self) -> None:
        """No faults any more, and money enough: all that sleeps is woken, and what began ends."""
        self.is_calm = True
        self.world.sagemaker.mute.clear()
        for one in self.world.sagemaker.real.values():
            one.is_mute = False
        self.world.set_limit(10_000 * DOLLAR)
        owed = {name for name in self.content if name not in self.deleted}
        for minute in range(400):
            self._answer_waiting()
            if minute % 5 == 0:
                self._invoke(lambda: self.world.run(**self._ports()))
            if minute == 120:
                for name in owed:
                    self.world.records.want(name, self.world.clock.time)
            if minute > 120:
                owed -= {name for name in owed if self._is_well(name)}
            self.world.clock.time += timedelta(minutes=1)
        if owed:
            raise Broken(f"{sorted(owed)} never came back")

    def _is_well(self, name: str) -> bool:
        """Whether it is awake, as its owner made it, and its sleep has ended."""
        one, record = self.world.sagemaker.at(name), self.world.records.kept.get(name)
        if one is None or one.state is not EndpointState.IN_SERVICE:
            return False
        has_ended = record is None or record.has_ended
        return has_ended and one.scaling and one.content == self.content[name]

    def _invoke(self, deed: Any) -> Any:
        try:
            return deed()
        except (Died, EndpointFault, LedgerUnavailable) as end:
            self.count[type(end).__name__] += 1
            return None

    def _ports(self) -> dict[str, Any]:
        world = self.world
        strike = self._striker(world.clock.time)
        return {
            "endpoints": Mortal(world.sagemaker, strike),
            "figures": Mortal(world.sagemaker, strike),
            "records": Mortal(world.records, strike),
            "ledger": Mortal(world.ledger, strike),
            "outbox": Mortal(world.notices, strike),
        }

    def _striker(self, born: datetime) -> Any:
        def strike(verb: str, when: str) -> None:
            if self.is_calm:
                return
            dice = self.chance.random()
            if dice < 0.012:
                raise Died
            if dice < 0.03:
                raise self._fault(verb, when)
            if dice < 0.05 and self.depth < 2:
                self._meet()
            if dice > 0.97:
                self.world.clock.time += timedelta(seconds=self.chance.randrange(20))
            if self.world.clock.time - born > timedelta(seconds=LIFE_SECONDS):
                raise Died

        return strike

    def _meet(self) -> None:
        """Another responder, at this very moment."""
        self.depth += 1
        self.count["met"] += 1
        try:
            if self.chance.random() < 0.5:
                self._invoke(lambda: self.world.run(**self._ports()))
            else:
                name = self.chance.choice(sorted(self.content))
                self._invoke(lambda: self.world.wake(name, **self._ports()))
        finally:
            self.depth -= 1

    def _fault(self, verb: str, when: str) -> Exception:
        """Before: nothing was done. After: it was, and the answer is lost."""
        if verb in TABLE_VERBS:
            return LedgerUnavailable(f"{verb}, {when}")
        return EndpointThrottled(verb) if when == "before" else EndpointFault(f"{verb}: lost")

    # ---- people

    def _callers(self) -> None:
        self._answer_waiting()
        if self.chance.random() < 0.05:
            name = self.chance.choice(sorted(self.content))
            if name not in self.deleted and not self.world.sagemaker.call(name):
                self.waiting.append(Caller(endpoint=name, since=self.world.clock.time))
                self.count["called a sleeper"] += 1

    def _answer_waiting(self) -> None:
        """Whoever waits asks for the endpoint again, and tries it again."""
        still = []
        for caller in self.waiting:
            if caller.endpoint in self.deleted or self.world.sagemaker.call(caller.endpoint):
                self.count["answered"] += 1
                continue
            ports = self._ports()
            answer = self._invoke(lambda name=caller.endpoint, p=ports: self.world.wake(name, **p))
            if answer is not None and answer.state is WakeState.ASLEEP and answer.instead:
                self.count["answered elsewhere"] += 1
                continue
            still.append(caller)
        self.waiting = still

    def _owners(self) -> None:
        """Owners update and delete what is awake, when they like."""
        if self.chance.random() > 0.01:
            return
        name = self.chance.choice(sorted(self.content))
        one = self.world.sagemaker.at(name)
        if one is None and name not in self.deleted and self.chance.random() < 0.9:
            self._make_anew(name)
        if self.chance.random() < 0.3:
            self.world.sagemaker.mute ^= {name}
        if one is None or one.state is not EndpointState.IN_SERVICE or name in self.deleted:
            return
        if self.chance.random() < 0.2:
            self.world.sagemaker.delete(name)
            self.deleted.add(name)
            self.count["deleted by its owner"] += 1
            return
        one.content = self.content[name] = f"version {self.count['updated']}"
        one.scaling = True  # Whoever changes what slept a moment ago says how it scales, too.
        self.count["updated"] += 1

    def _make_anew(self, name: str) -> None:
        """A plain endpoint that sleeps, by its owner, who knows nothing of the sentry."""
        self.count["made anew"] += 1
        self.anew[name] = self.world.clock.time
        self.content[name] = f"anew {self.count['made anew']}"
        made = {"content": self.content[name], "made_at": self.world.clock.time}
        self.world.sagemaker.make(name, EndpointKind.PLAIN, **made)

    # ---- promises

    def _watch_finish(self, one: Real, snapshot: Snapshot) -> None:
        is_theirs = one.made_at == self.anew.get(one.name)
        if is_theirs and snapshot.endpoint.made_at != one.made_at:
            raise Broken(f"{one.name} was made anew by its owner, and its rules are written over")

    def _watch(self, verb: str, snapshot: Snapshot) -> None:
        name, now = snapshot.endpoint.name, self.world.clock.time
        self.count[verb] += 1
        record = self.world.records.kept.get(name)
        if record is None:
            raise Broken(f"{name} is touched, and nobody wrote so")
        if verb == "sleep":
            if record.state is not SleepState.FALLING_ASLEEP or record.snapshot != snapshot:
                raise Broken(f"{name} is taken away without a verified snapshot")
            # What its owner made and deleted between two runs, nobody saw: an older one comes back.
            if name not in self.deleted and snapshot.content != self.content[name]:
                raise Broken(f"{name} is taken away, and its snapshot is not what it is")
            up = now - self.woken_at.get(name, datetime.min.replace(tzinfo=now.tzinfo))
            if up < timedelta(minutes=RULES.up_minutes_min):
                raise Broken(f"{name} sleeps again after {up}")
            return
        if record.state is not SleepState.RESTORING or record.held is None:
            raise Broken(f"{name} is woken and nobody pays")
        self.woken_at[name] = now
        self.ordered.add(record.held.request_id)

    def check(self) -> None:
        """After ``recover``."""
        world = self.world
        if self.waiting:
            raise Broken(f"{self.waiting} were never answered")
        if world.ledger.pending():
            raise Broken(f"{world.ledger.pending()} are never resolved")
        for entry in world.ledger.entries:
            is_void = entry.resolution and entry.resolution.state is ReservationState.VOIDED
            if is_void and entry.reservation.request_id in self.ordered:
                raise Broken(f"{entry.reservation.request_id} was ordered, and was free")
        for name, content in self.content.items():
            self._check_endpoint(name, content)
        keys = [notice.key for notice in world.notices.notices.values()]
        if len(keys) != len(set(keys)):
            raise Broken("a mail was written twice")

    def _check_endpoint(self, name: str, content: str) -> None:
        record = self.world.records.kept.get(name)
        if name in self.deleted or self._is_well(name):
            return
        if record is None or record.state is not SleepState.ASLEEP:
            raise Broken(f"{name} is not well, and its record is {record}")
        if record.snapshot.content != content:
            raise Broken(f"{name} sleeps, and its snapshot is {record.snapshot.content}")


def lived(seed: int, minutes: int = 480) -> Fleet:
    """The fleet of a seed, after it has lived and was checked."""
    fleet = Fleet(seed)
    fleet.live(minutes)
    fleet.recover()
    fleet.check()
    return fleet
