"""The price book, with the SageMaker endpoints that a configuration prices itself."""

from collections.abc import Mapping

from cost_sentry.application.ports import PriceBook
from cost_sentry.domain.model_card import ModelCard
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.sentry_config import Model


class PricedModels:
    """``application.ports.PriceBook``.

    Args:
        book: knows the models of Bedrock.
        endpoints: models that are endpoints, by id.
    """

    def __init__(self, book: PriceBook, endpoints: Mapping[str, Model]) -> None:
        self._book = book
        self._endpoints = {id_: one.endpoint for id_, one in endpoints.items() if one.endpoint}

    @property
    def region(self) -> str | None:
        """See the port."""
        return self._book.region

    @property
    def version(self) -> str:
        """See the port. The price of an endpoint is the configuration's, which has its own."""
        return self._book.version

    def price(self, model_id: str) -> ModelPrice | None:
        """See the port."""
        endpoint = self._endpoints.get(model_id)
        return endpoint.price(model_id) if endpoint else self._book.price(model_id)

    def card(self, model_id: str) -> ModelCard | None:
        """See the port."""
        endpoint = self._endpoints.get(model_id)
        return endpoint.card(model_id) if endpoint else self._book.card(model_id)


def priced(book: PriceBook, endpoints: Mapping[str, Model]) -> PriceBook:
    """The very book, where no model is an endpoint."""
    return PricedModels(book, endpoints) if endpoints else book
