"""Orders to the stand-in itself, which AWS does not have."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cost_sentry_local.sagemaker.api import Api
from cost_sentry_local.sagemaker.faults import fault_from_json
from cost_sentry_local.sagemaker.metering import Metering
from cost_sentry_local.sagemaker.records import Json
from cost_sentry_local.sagemaker.tags import tagged
from cost_sentry_local.sagemaker.world import World


@dataclass(frozen=True, slots=True)
class Control:
    """See ``cost_sentry_local.sagemaker_stand_in``."""

    api: Api
    metering: Metering

    def order(self, method: str, what: str, body: bytes) -> Json:
        """Whatever it answers; ``ValueError`` says what is wrong."""
        orders: dict[tuple[str, str], Callable[[Json], Json | None]] = {
            ("GET", "health"): lambda _: {"status": "ok"},
            ("GET", "instances"): lambda _: self._instances(),
            ("GET", "tags"): lambda _: self._tags(),
            ("POST", "durations"): self._durations,
            ("POST", "faults"): lambda told: self.api.world.faults.add(fault_from_json(told)),
            ("DELETE", "faults"): lambda _: self.api.world.faults.clear(),
            ("POST", "past"): self._past,
            ("DELETE", "everything"): lambda _: self._forget(),
        }
        if (order := orders.get((method, what))) is None:
            raise ValueError(f"there is no {method} {what} here")
        match json.loads(body or b"{}"):
            case dict() as told:
                return order(told) or {}
            case other:
                raise ValueError(f"the order is {other!r}; allowed is a JSON object")

    def _durations(self, told: Json) -> None:
        self.api.world.durations.set(told)

    def _instances(self) -> Json:
        with self.api.lock:
            world = self.api.world
            world.advance()
            return {"instances": world.instances.to_json(world.now())}

    def _tags(self) -> Json:
        with self.api.lock:
            return {"tagged": tagged(self.api.world)}

    def _past(self, told: dict[str, Any]) -> None:
        match told:
            case {"endpoint": str(name), "minutes": int(minutes)}:
                self.metering.tell_past(name, minutes)
            case _:
                raise ValueError('a past is {"endpoint": name, "minutes": whole number}')

    def _forget(self) -> None:
        with self.api.lock:
            kept, fresh = self.api.world, World()
            for name in World.__slots__:
                if name != "now":
                    setattr(kept, name, getattr(fresh, name))
