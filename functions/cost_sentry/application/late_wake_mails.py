"""What people hear of a wake that is late, and is not ended."""

from datetime import datetime, timedelta

from cost_sentry.domain.alert_mail import amount_shown
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.endpoint_mail import Mail
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.mail_text import moment


def overdue(record: SleepRecord, spared: str | None) -> Mail:
    """It takes too long.

    Args:
        record: of the wake.
        spared: why it will not be ended; ``None``: it will.
    """
    then = "left as it is" if spared else "put back to sleep"
    return Mail(
        what=f"{record.endpoint} does not answer since its wake at {record.wake_began:%H:%M} UTC",
        why="SageMaker has not finished, or the model does not answer the probe",
        done=f"callers ask others; if this goes on it is {then}",
        undo="look at it in SageMaker, and at the log of its container",
        facts=(*((("Left", spared),) if spared else ()), ("Else", "told once a day at most")),
    )


def hangs(record: SleepRecord, why: str, cost: str, *, is_tried: bool) -> Mail:
    """It hangs, and is not ended.

    Args:
        record: of the wake.
        why: that it is late, and what forbids to end it.
        cost: what of it is charged, in words.
        is_tried: SageMaker forbids it, and is asked again; else the rules do.
    """
    tried = "its end is ordered again every five minutes" if is_tried else "it is left as it is"
    may = "could" if is_tried else "may"
    return Mail(
        what=f"{record.endpoint} hangs in its wake, and {may} not be ended",
        why=why,
        done=f"{tried}; what that costs is below",
        undo="look at it in SageMaker; ask AWS Support if it cannot be deleted",
        facts=(("Charged", cost),),
    )


def in_part(record: SleepRecord, why: str, until: datetime | None) -> Mail:
    """Some of its components sleep, and the others may not be put back to sleep.

    Args:
        record: of the wake.
        why: that it is late, and what forbids to end it.
        until: then its time is posted, and nothing more is ordered; ``None``: it has been.
    """
    done = "nothing more of it is ordered: its wake is paid for no longer"
    if until is not None:
        done = f"the rest is ordered by each run until {moment(until)}"
    return Mail(
        what=f"{record.endpoint} woke in part, and may not be put back to sleep",
        why=why,
        done=done,
        undo="wake the rest in SageMaker or delete it, or lift what forbids its end",
        facts=(
            ("Charged", charged(record, until)),
            ("Rules", "its scaling rules are put back once all of it is awake"),
        ),
    )


def left(record: SleepRecord) -> Mail:
    """It is in service, and answers neither its probe nor its callers."""
    return Mail(
        what=f"{record.endpoint} is awake, and does not answer its probe",
        why=record.reason,
        done="its sleep is closed; what it costs from now on is in no budget",
        undo="look at the log of its container; delete it if nobody needs it",
        facts=(("Charged", f"{_posted(record)}; nobody knows when instances ran"),),
    )


def charged(record: SleepRecord, until: datetime | None) -> str:
    """How much of a wake that goes on is in the budgets, and that the rest is not."""
    if until is not None:
        return f"its time until about {moment(until)}; what runs on after that is in no budget"
    return f"{_posted(record)}, before this; what runs on is in no budget"


def charged_of_failed(record: SleepRecord) -> str:
    """The same of one that has ended, and whose time is posted by the next run, or was before."""
    minutes = (record.since - record.wake_began) // timedelta(minutes=1)
    if record.held is None:
        return f"{_posted(record)} of its {minutes} minutes, before it ended; the rest in no budget"
    expires = moment(record.held.expires_at)
    return (
        f"its {minutes} minutes, and what it held at least: nobody knows when instances ran;"
        f" posted by the next run, or only what it held if none comes before {expires}"
    )


def _posted(record: SleepRecord) -> str:
    if record.posted_picodollars is None:
        return "an amount that is not on record"
    return amount_shown(Unit.USD, record.posted_picodollars)
