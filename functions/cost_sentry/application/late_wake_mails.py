"""What people hear of a wake that is late, and is not ended."""

from datetime import datetime

from cost_sentry.domain.endpoint_mail import Mail
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.mail_text import moment

LEFT = "it is left as it is"
"""Of one in service without an answer, that may not be taken away: its sleep ends by that."""


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
            ("Charged", charged(until)),
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
    )


def charged(until: datetime | None) -> str:
    """How much of its time is in the budgets, and that the rest is not; ``until`` as above."""
    if until is not None:
        return f"its time until about {moment(until)}; what runs on after that is in no budget"
    return "its time was posted before; what runs on is in no budget"
