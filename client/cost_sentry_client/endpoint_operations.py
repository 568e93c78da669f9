"""What an operator sees of endpoints that sleep, wakes and forgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.adapters.packaged_instance_prices import PackagedInstancePrices
from cost_sentry.application.endpoint_ports import UnreadableSleep
from cost_sentry.domain.endpoint import EndpointKind
from cost_sentry.domain.endpoint_sleep import SleepRecord, with_saving
from cost_sentry.domain.errors import ConfigurationError, CostSentryError, InvariantViolated
from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.function_calls import call_function
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem

_LISTED = "`cost-sentry endpoint list` shows all that are on record"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointsOnRecord:
    """Each with what it has saved until now."""

    records: Sequence[SleepRecord]
    unreadable: Sequence[UnreadableSleep]


def left_asleep(operator: Operator, config: SentryConfig) -> list[str] | None:
    """Endpoints that sleep although ``config`` says nothing of endpoints; ``None``: unknown.

    One whose record cannot be read may sleep.
    """
    if config.endpoints is not None:
        return []
    try:
        found = operator.sleeps.all()
    except (CostSentryError, ClientError, BotoCoreError):
        # What was applied is in force, whatever cannot be read afterwards.
        return None
    asleep = [record.endpoint for record in found.records if not record.has_ended]
    return sorted([*asleep, *(one.endpoint for one in found.unreadable)])


class EndpointDesk:
    """Of one deployment."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._records = operator.sleeps

    def all(self) -> EndpointsOnRecord:
        """Every endpoint that ever slept, by name."""
        found = self._records.all()
        until_now = [self._until_now(record) for record in found.records]
        return EndpointsOnRecord(records=until_now, unreadable=found.unreadable)

    def one(self, name: str) -> SleepRecord:
        """With what it has saved until now; ``Problem`` if nothing is known of it."""
        return self._until_now(self._known(name))

    def wake(self, name: str) -> dict[str, Any]:
        """What ``wake_endpoint`` tells of it now; ``Problem`` if it does nothing with it."""
        told = call_function(self._operator, "wake_endpoint", {"endpoint": name, "byHand": True})
        if told["state"] == "UNKNOWN":
            raise self._problem(f"{name}: {told['reason']}", _LISTED)
        return told

    def forget(self, name: str, *, is_asleep_allowed: bool) -> SleepRecord:
        """Delete its record; ``Problem`` if that is not known, or is still needed."""
        record = self._known(name)
        if not record.has_ended:
            self._must_be_forgettable(record, is_asleep_allowed=is_asleep_allowed)
        forgotten = self._until_now(record)
        if not self._records.forget(record):
            fix = f"`cost-sentry endpoint forget {name}` once more"
            raise self._problem(f"{name} changed at this very moment", fix)
        return forgotten

    def _known(self, name: str) -> SleepRecord:
        try:
            record = self._records.read(name)
        except InvariantViolated as error:
            fix = "use the version of cost-sentry that wrote it; no command of this one touches it"
            raise self._problem(f"the record of {name} cannot be read: {error}", fix) from None
        if record is None:
            raise self._problem(f"there is no record of an endpoint {name!r}", _LISTED)
        return record

    def _until_now(self, record: SleepRecord) -> SleepRecord:
        return _until(record, self._operator.clock.now(), self._prices)

    def _must_be_forgettable(self, record: SleepRecord, *, is_asleep_allowed: bool) -> None:
        name = record.endpoint
        if not record.sleeps_well:
            fix = "wait until it sleeps or is awake: `cost-sentry endpoint list` shows that"
            raise self._problem(f"{name} is {record.state.value}", fix)
        if record.snapshot.endpoint.kind is EndpointKind.COMPONENTS:
            raise self._problem(
                f"{name} sleeps, and is there: it has inference components",
                "delete the endpoint itself; within five minutes its sleep ends by that",
            )
        if not is_asleep_allowed:
            raise self._problem(
                f"{name} sleeps, and this record is all that it could be made again from",
                "if it is gone for good, say --asleep; the answer shows what it was made of",
            )

    @cached_property
    def _prices(self) -> HourlyPrices:
        """As the functions have them: list prices of the Region, and those of sentry.yaml.

        Nothing where the latter cannot be read: then the prices on each record stand.
        """
        try:
            config = self._operator.config_in_force()
        except ConfigurationError:
            return {}
        instead = config.endpoints.instance_prices if config and config.endpoints else {}
        region = self._operator.target.session.region_name
        return PackagedInstancePrices(region, instead).hourly()

    def _problem(self, what: str, fix: str) -> Problem:
        where = self._operator.target.text
        return Problem(what, where=where, fix=fix, exit_code=ExitCode.REFUSED)


def _until(record: SleepRecord, now: datetime, prices: HourlyPrices) -> SleepRecord:
    """With what it saved until now; by what it cost when it fell asleep if nobody says any more."""
    if not record.sleeps_well:
        return record
    return with_saving(record, now, {**record.prices, **prices})
