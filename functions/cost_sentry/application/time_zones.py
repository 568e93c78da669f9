"""Time zones by their names in the tz database (IANA), such as ``Europe/Berlin``.

Whoever reads a configuration looks them up, once; what decides then has them in hand.
"""

from datetime import UTC, tzinfo


def time_zone_named(name: str) -> tzinfo:
    """The time zone of this name; ``ValueError`` if this machine has none."""
    if name == str(UTC):
        return UTC
    # It takes five milliseconds of a cold start, and most budgets are in UTC.
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error
