"""Calls that are paid for before the ledger falls silent, so that some go on when it does (P9).

An **allowance** sets a few calls a day aside for one scope and model. Each of them is a **slot**:
an ordinary reservation, made while the ledger can be asked and pending in every budget it concerns.
What uses a slot later needs no ledger, only a place that hands each slot out once (ADR 0016).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cost_sentry.domain.invocation import account_of
from cost_sentry.domain.reservation import Hold, Reservation, ReservationState, Resolution

CALLS_PER_DAY_MAX = 100
"""Slots are pending reservations: more would make the budgets they lie in crowded."""
SLOT_EXECUTION = "emergency"
"""The execution that makes slots; no other has this name, for theirs are eight characters."""
TURNS_MAX = 8
"""How often a day the same call is set aside, because it was given back before; each has a name of
its own, for no name is used twice."""
KEPT_AFTER_ITS_DAY = timedelta(days=1)
UNUSED = "set aside for an outage, not used"
"""The reason of a slot's void; one that was claimed for a call that another slot answers, too."""
_DIGEST_BYTES = 4
_SLOT_ID = re.compile(
    rf"{SLOT_EXECUTION}-(?P<allowance>.+)-(?P<day>\d{{4}}-\d\d-\d\d)-(?P<index>\d\d)"
    rf"-(?P<digest>[0-9a-f]{{{2 * _DIGEST_BYTES}}})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAllowance:
    """So many calls a day that one scope may still make when the ledger cannot be asked."""

    id: str
    scope: Mapping[str, str]
    """Tags that a request must carry, all of them; ``team`` is among them."""
    model_id: str
    """As requests and ladders name it."""
    calls_per_day: int
    """Of a day in UTC; 1 to ``CALLS_PER_DAY_MAX``."""
    input_tokens_max: int
    output_tokens_max: int

    @property
    def account(self) -> str:
        """``team/application/id``: the shards of no caller carry slots, and no caller is named so.

        Without an application in the scope it is ``team/-/id``.
        """
        return f"{account_of(self.scope)}/{self.id}"

    def covers(self, tags: Mapping[str, str]) -> bool:
        """Whether a request with these tags may use it."""
        return self.scope.items() <= tags.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotName:
    """Which slot of which day this is; its text is the request id of the reservation."""

    allowance_id: str
    day: date
    index: int
    """0 to ``calls_per_day`` - 1."""
    digest: str
    """Of everything that the slot is made of, so that a slot of another making has another name."""

    @property
    def text(self) -> str:
        """``emergency-<allowance>-<day>-<index>-<digest>``."""
        return (
            f"{SLOT_EXECUTION}-{self.allowance_id}-{self.day.isoformat()}"
            f"-{self.index:02d}-{self.digest}"
        )


def slot_name_of(text: str) -> SlotName | None:
    """The inverse of ``SlotName.text``; ``None`` for any other text."""
    match = _SLOT_ID.fullmatch(text)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    return SlotName(
        allowance_id=match["allowance"],
        day=day,
        index=int(match["index"]),
        digest=match["digest"],
    )


def slot_names(
    allowance: EmergencyAllowance,
    holds: Iterable[Hold],
    price_version: str,
    day: date,
    turn: int = 0,
) -> tuple[SlotName, ...]:
    """The slots of this day, always the same: whoever sets them aside again finds its own.

    Args:
        allowance: as it is in force.
        holds: what one such call holds, in the windows of now.
        price_version: of the book that it was quoted from.
        day: in UTC.
        turn: how often these calls were given back before, that day.
    """
    content = [
        [allowance.id, allowance.model_id, allowance.input_tokens_max, allowance.output_tokens_max],
        sorted(allowance.scope.items()),
        [[hold.key, hold.unit.value, str(hold.amount)] for hold in holds],
        price_version,
        turn,
    ]
    text = json.dumps(content, separators=(",", ":"))
    digest = hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES, person=b"slot").hexdigest()
    return tuple(
        SlotName(allowance_id=allowance.id, day=day, index=index, digest=digest)
        for index in range(allowance.calls_per_day)
    )


def day_of(moment: datetime) -> date:
    """The day of slots that this moment is in: that of UTC."""
    return moment.astimezone(UTC).date()


def expiry_of(day: date) -> datetime:
    """Until when a slot of this day stays pending, if nobody resolves it before."""
    return datetime.combine(day, time.min, UTC) + timedelta(days=1) + KEPT_AFTER_ITS_DAY


def is_slot(reservation: Reservation) -> bool:
    """Whether this was set aside for an outage, and not for a call that waits for its answer."""
    return reservation.execution == SLOT_EXECUTION


def lacks(slot: Iterable[Hold], call: Iterable[Hold]) -> str | None:
    """Why a slot that holds so much does not pay for such a call; ``None`` if it does.

    A slot holds of some budgets, in the windows of its day; the call's own budgets and windows must
    be among them, and no amount above the slot's.
    """
    held = {hold.key: hold.amount for hold in slot}
    for hold in call:
        if hold.key not in held:
            return f"nothing is set aside in budget {hold.budget_id}"
        if hold.amount > held[hold.key]:
            return f"the call needs more of budget {hold.budget_id} than is set aside for one"
    return None


def given_back(at: datetime) -> Resolution:
    """How a slot ends that no call uses."""
    return Resolution(
        state=ReservationState.VOIDED,
        resolved_at=at,
        cost_picodollars=0,
        total_tokens=0,
        usage=None,
        estimated=False,
        reason=UNUSED,
    )
