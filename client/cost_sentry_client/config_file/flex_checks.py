"""Prices of the flexible service tier that are no prices, or no less than the standard ones."""

from collections.abc import Iterator

from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.money import whole_units
from cost_sentry_client.config_file.problems import Finding, Path, quoted
from cost_sentry_client.config_file.shapes import SentryFile
from cost_sentry_client.config_file.shapes_routing import FlexShape

PICODOLLARS_PER_TOKEN = 10**6
"""Of a dollar for a million tokens."""


def flex_findings(file: SentryFile, book: PriceBook) -> Iterator[Finding]:
    """What is wrong with the prices of service tier flex."""
    for id_, model in file.models.items():
        if model and model.flex:
            yield from _flex(id_, model.flex, book)


def _flex(id_: str, flex: FlexShape, book: PriceBook) -> Iterator[Finding]:
    standard = book.price(id_)
    most = (standard.rates.input, standard.rates.output) if standard else (None, None)
    for name, text, usual in zip(("input", "output"), (flex.input, flex.output), most, strict=True):
        path: Path = ("models", id_, "flex", name)
        rate = whole_units(text, per_unit=PICODOLLARS_PER_TOKEN)
        if not rate:
            yield Finding(
                path=path,
                problem=f"{quoted(text)} dollars for a million tokens is no price",
                allowed="above 0, with at most 6 decimals: unknown is never free",
            )
        elif usual is not None and rate > usual:
            yield Finding(
                path=path,
                problem=f"{quoted(text)} is more than the standard tier asks of {id_}",
                allowed="at most the standard price, for a call that may wait saves money",
            )
