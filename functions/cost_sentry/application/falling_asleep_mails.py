"""What people hear of an endpoint that falls asleep, or does not."""

from cost_sentry.domain.endpoint import STAY_AWAKE_TAG, YES
from cost_sentry.domain.endpoint_mail import Mail
from cost_sentry.domain.endpoint_sleep import SleepRecord
from cost_sentry.domain.mail_text import moment


def asleep(record: SleepRecord) -> Mail:
    """It sleeps for the first time."""
    return Mail(
        what=f"{record.endpoint} sleeps, now and whenever it is idle",
        why="nobody called it for a while, and its tag allows it; this is told once",
        done="its instances are given back; what restores it is verified",
        undo=wake_command(record),
        facts=(("Or", f"keep it awake: tag it {STAY_AWAKE_TAG}={YES}"),),
    )


def not_restorable(record: SleepRecord, why: str) -> Mail:
    """Something of what it is made of is missing, or would not come back."""
    return Mail(
        what=f"{record.endpoint} stays awake: it could not be made again as it is",
        why=why,
        done="nothing; it is left as it is, and costs as before",
        undo="mend what is named below; delete the endpoint if nobody needs it",
    )


def abandoned(record: SleepRecord, *, is_tried_again: bool) -> Mail:
    """It was to be taken away, and was not.

    Args:
        record: of the sleep, which has ended by that.
        is_tried_again: SageMaker denied or refused it, and the next try has a moment.
    """
    if not is_tried_again:
        return Mail(
            what=f"{record.endpoint} was not put to sleep",
            why=record.reason,
            done="it is left as it is",
            undo="nothing to undo; see below why it could not be done",
        )
    row = f"{record.failures} in a row; each reason is told once a week while that goes on"
    return Mail(
        what=f"{record.endpoint} could not be put to sleep",
        why=record.reason,
        done=f"it costs on as it is; tried again from {moment(record.not_before)} on",
        undo=f"mend what is named below; or tag it {STAY_AWAKE_TAG}={YES}",
        facts=(("Tries", row),),
    )


def wake_command(record: SleepRecord) -> str:
    """For who wants it back."""
    return f"cost-sentry endpoint wake {record.endpoint}"
