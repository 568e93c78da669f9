"""Ports that fail as the world does."""

from dataclasses import dataclass
from typing import Any

TABLE_VERBS = frozenset(
    {"reserve", "known", "resolve", "read", "all", "put", "want", "record", "recorded_at"}
)
"""Of ports behind which the ledger's table is."""


@dataclass
class Mortal:
    """A port whose calls may fail, be answered in vain, be the last, or meet another run."""

    port: Any
    strike: Any

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self.port, verb)
        if not callable(real):
            return real

        def called(*given: Any, **named: Any) -> Any:
            self.strike(verb, "before")
            answer = real(*given, **named)
            self.strike(verb, "after")
            return answer

        return called
