"""List prices of SageMaker instances, and what sentry.yaml says instead of them."""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from cost_sentry.domain.instance_price import HourlyPrices
from cost_sentry.domain.money import picodollars

FILE = Path(__file__).parents[1] / "data" / "instance_prices.toml"
_VERSION_DIGITS = 12


class PackagedInstancePrices:
    """``application.endpoint_ports.InstancePrices``.

    Args:
        region: whose list prices are meant; of a Region that is not in the file none is known.
        instead: prices that go before those of the list, by instance type.
    """

    def __init__(self, region: str | None, instead: HourlyPrices) -> None:
        self._region = region
        self._instead = instead

    @property
    def version(self) -> str:
        """Day and start of the checksum: ``2026-11-29+3f9a0c11d2e4``."""
        return f"{self._document['seen']}+{self._checksum[:_VERSION_DIGITS]}"

    def hourly(self) -> HourlyPrices:
        """See the port."""
        listed = self._region in self._document["regions"]
        return {**(self._list if listed else {}), **self._instead}

    @cached_property
    def _list(self) -> HourlyPrices:
        rows: Mapping[str, str] = self._document["usd_per_hour"]
        return {instance: picodollars(usd) for instance, usd in rows.items()}

    @cached_property
    def _text(self) -> bytes:
        return FILE.read_bytes()

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        return tomllib.loads(self._text.decode("utf-8"))

    @cached_property
    def _checksum(self) -> str:
        return hashlib.sha256(self._text).hexdigest()
