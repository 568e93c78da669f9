"""What was asked for in vain is not asked for again for a while: each question may take seconds."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Silence:
    """Of whoever gives advice, and did not answer."""

    lasts: timedelta
    _since: datetime | None = field(default=None, init=False)

    def begins(self, now: datetime) -> None:
        """A question was not answered."""
        self._since = now

    def is_on(self, now: datetime) -> bool:
        """Whether nobody should ask yet. A clock that was set back ends it in time as well."""
        return self._since is not None and abs(now - self._since) < self.lasts
