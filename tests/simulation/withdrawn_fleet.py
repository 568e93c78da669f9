"""A fleet whose operator takes ``endpoints`` out of ``sentry.yaml`` at some moment, for good."""

from dataclasses import dataclass
from datetime import timedelta

from cost_sentry.application.endpoint_rules_in_force import withdrawn
from cost_sentry.domain.endpoint import EndpointState, Snapshot
from tests.simulation.sleeping_fleet import Broken, Fleet


@dataclass
class WithdrawnFleet(Fleet):
    """Nothing falls asleep after that moment, and all that slept can be woken."""

    def __post_init__(self) -> None:
        super().__post_init__()
        # Half a wake that nobody may take back is its owner's, and not well by itself.
        self.world.sagemaker.halves = lambda _name: False

    def recover(self) -> None:
        """SageMaker ends what hangs: the sentry may not."""
        if not self._is_withdrawn:
            self._withdraw()
        now = self.world.clock.time
        for one in self.world.sagemaker.real.values():
            if one.becomes is not None and one.becomes[0] > now + timedelta(days=1):
                one.becomes = (now, EndpointState.IN_SERVICE)
        super().recover()

    @property
    def _is_withdrawn(self) -> bool:
        return self.world.rules.is_withdrawn

    def _withdraw(self) -> None:
        records = self.world.records.kept.values()
        self.count["asleep then"] += sum(record.sleeps_well for record in records)
        self.world.rules = withdrawn(records)

    def _owners(self) -> None:
        super()._owners()
        if not self._is_withdrawn and self.chance.random() < 0.005:
            self._withdraw()

    def _watch(self, verb: str, snapshot: Snapshot) -> None:
        if verb == "sleep" and self._is_withdrawn:
            raise Broken(f"{snapshot.endpoint.name} is taken away, and no sentry.yaml says so")
        super()._watch(verb, snapshot)


def withdrawn_fleet(seed: int, minutes: int = 480) -> WithdrawnFleet:
    """As it is at the end, checked."""
    fleet = WithdrawnFleet(seed)
    fleet.live(minutes)
    fleet.recover()
    fleet.check()
    return fleet
