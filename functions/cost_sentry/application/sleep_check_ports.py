"""What admission asks of endpoints that are models of the configuration."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # Only a call of such a model loads it.
    from cost_sentry.domain.endpoint_asleep import Asleep


class Sleepers(Protocol):
    """Never raises, and never waits long: an endpoint of which nobody knows is called."""

    def asleep(self, endpoint: str) -> "Asleep | None":
        """How it sleeps; may be a second old. ``None``: it is awake."""
        ...

    def asks_for(self, endpoint: str) -> bool:
        """Whether this call is the one that asks for its wake; the next ones are not, for a while.

        Whatever is asked for twice is woken once: this spares questions.
        """
        ...
