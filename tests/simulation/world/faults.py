"""What goes wrong, and how often: every seed draws its own mix and leaves some of it out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from random import Random

from tests.simulation.world.outages import Outage, outage_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultMix:
    """Chances from 0 to 1, each per call, per step, per invocation or per mail."""

    lost_request: float = 0.0
    """A call to DynamoDB that is never heard, or heard late, after its sender gave up."""
    lost_response: float = 0.0
    """A call that was carried out, and nobody hears of it."""
    refused: float = 0.0
    """Throttled, in conflict, or an internal error of DynamoDB."""
    stale_read: float = 0.0
    slow: float = 0.0
    """Calls that take up to a hundred times as long as others."""
    killed: float = 0.0
    """Per step: the process is gone, before or after a call."""
    duplicate: float = 0.0
    """Second delivery of a Lambda invocation or a batch of the stream."""
    lost_invocation: float = 0.0
    """The workflow hears that an invocation failed, and it runs all the same."""
    refused_invocation: float = 0.0
    """Lambda has no room."""
    dead_execution: float = 0.0
    """Per state: the workflow ends there, and nothing after it happens."""
    model_fault: float = 0.0
    """Throttled, refused, broken or stalled model calls, billed or not."""
    no_usage: float = 0.0
    """An answer whose usage cannot be read."""
    lost_mail: float = 0.0
    skewed: float = 0.0
    """Share of execution environments whose clock is off."""


WORST = FaultMix(
    lost_request=0.15,
    lost_response=0.15,
    refused=0.5,
    stale_read=0.5,
    slow=0.3,
    killed=0.1,
    duplicate=0.5,
    lost_invocation=0.3,
    refused_invocation=0.3,
    dead_execution=0.1,
    model_fault=0.6,
    no_usage=0.3,
    lost_mail=0.5,
    skewed=1.0,
)
"""The most of each: VOPR's ranges, see the README."""
NONE = FaultMix()
NAMES = tuple(field.name for field in fields(FaultMix))
CALM_SHARE = 0.1
"""Of seeds, in which nothing goes wrong: contention alone must not break anything either."""


class Faults:
    """The mix in force, and how often each fault of it has struck; outages strike everybody."""

    __slots__ = ("mix", "outages", "struck")

    def __init__(self) -> None:
        self.mix = NONE
        self.outages: Sequence[Outage] = ()
        """By virtual time."""
        self.struck: Counter[str] = Counter()

    def strike(self, name: str, random: Random, share: float = 1.0) -> bool:
        """Whether this fault strikes now; ``share`` of its chance where it has several places."""
        if random.random() < getattr(self.mix, name) * share:
            self.struck[name] += 1
            return True
        return False

    def outage(self, service: str, now: int) -> Outage | None:
        """The outage that this service is in now."""
        return outage_at(self.outages, service, now)


def draw(random: Random) -> FaultMix:
    """A mix for one seed: about half of the faults, each anywhere below its worst."""
    mix = {}
    for name in NAMES:
        amount = random.random() ** 2 * getattr(WORST, name)
        mix[name] = amount if random.random() < 0.5 else 0.0
    return NONE if random.random() < CALM_SHARE else FaultMix(**mix)


def without(mix: FaultMix, *names: str) -> FaultMix:
    """The mix with some faults left out."""
    return replace(mix, **dict.fromkeys(names, 0.0))
