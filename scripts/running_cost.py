"""What one guarded call costs beside the model: list prices times what the adapters really do.

DynamoDB's units are those that ``table_meter`` counted. Time spent in AWS is assumed, and says so.
Nothing here was billed.
"""

from dataclasses import dataclass
from decimal import Decimal

from scripts.table_meter import Units

PRICES_SEEN = "2026-11-21"
"""AWS list prices, US East (N. Virginia), from the services' pricing pages; no free tier."""

EXPRESS_REQUEST = Decimal("1.00") / 10**6
EXPRESS_GB_SECOND = Decimal("0.00001667")
LAMBDA_REQUEST = Decimal("0.20") / 10**6
LAMBDA_GB_SECOND_ARM = Decimal("0.0000133334")
WRITE_UNIT = Decimal("0.625") / 10**6
READ_UNIT = Decimal("0.125") / 10**6
STREAM_READ_UNIT = Decimal("0.02") / 100_000
LOG_GB = Decimal("0.50")
TRACE = Decimal("5.00") / 10**6
ALARM_MONTH = Decimal("0.10")
S3_WRITE_OR_LIST = Decimal("5.00") / 10**6
S3_READ = Decimal("0.40") / 10**6
RUNS_A_MONTH = 30 * 24 * 60 // 5
"""Of ``expire_reservations``."""

MODEL_SECONDS = 3
"""Assumed: what the workflow waits for a model."""
WORKFLOW_GB = Decimal(64) / 1024
ADMIT_SECONDS = Decimal("0.060")
SETTLE_SECONDS = Decimal("0.040")
PROJECT_SECONDS = Decimal("0.100")
"""Assumed, warm."""
HIT_SECONDS = Decimal("0.1")
"""Assumed: of a workflow that calls no model; Express bills 100 ms at least."""
HIT_WRITE_UNITS = 4
"""Two items of at most 1 KB, at twice the price."""
HIT_LEDGER_READ_UNITS = 1
"""The shard is asked for the id."""
LOG_BYTES = 1_300
"""Assumed: one line each of admission and settlement, a share of a batch's; the workflow and the
platform log what fails.
"""
TRACES_SAMPLED = Decimal("0.05")
"""X-Ray's default rule beyond the first request of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the bill, for one call."""

    what: str
    quantity: str
    dollars: Decimal


def lines(units: Units, model_seconds: int = MODEL_SECONDS) -> list[Line]:
    """Everything that one call costs, the table's part as measured."""
    admit = Decimal("0.5") * ADMIT_SECONDS
    settle = Decimal("0.5") * SETTLE_SECONDS
    seconds = model_seconds + Decimal("0.3")
    return [
        Line(what="Step Functions Express, one execution", quantity="1", dollars=EXPRESS_REQUEST),
        Line(
            what="Step Functions Express, duration",
            quantity=f"{seconds} s at 64 MB",
            dollars=seconds * WORKFLOW_GB * EXPRESS_GB_SECOND,
        ),
        _function("admit_request", "512 MiB", ADMIT_SECONDS, admit),
        _function("settle_reservation", "512 MiB", SETTLE_SECONDS, settle),
        _batches(units.batches),
        Line(
            what="DynamoDB, reserve and settle",
            quantity=f"{units.ledger_writes:.1f} write units",
            dollars=units.ledger_writes * WRITE_UNIT,
        ),
        Line(
            what="DynamoDB, journal, totals and alerts",
            quantity=f"{units.journal_writes:.1f} write units",
            dollars=units.journal_writes * WRITE_UNIT,
        ),
        Line(
            what="DynamoDB, reads",
            quantity=f"{units.reads:.1f} read units",
            dollars=units.reads * READ_UNIT,
        ),
        Line(
            what="CloudWatch Logs",
            quantity=f"{LOG_BYTES} bytes",
            dollars=LOG_BYTES * LOG_GB / 10**9,
        ),
        Line(
            what="X-Ray",
            quantity=f"{TRACES_SAMPLED:%} of traces",
            dollars=TRACES_SAMPLED * TRACE,
        ),
    ]


def _function(name: str, memory: str, seconds: Decimal, gb_seconds: Decimal) -> Line:
    return Line(
        what=f"Lambda {name}",
        quantity=f"{int(seconds * 1000)} ms at {memory}",
        dollars=LAMBDA_REQUEST + gb_seconds * LAMBDA_GB_SECOND_ARM,
    )


def _batches(of_one_call: Decimal) -> Line:
    gb_seconds = Decimal("0.25") * PROJECT_SECONDS
    of_one_run = LAMBDA_REQUEST + gb_seconds * LAMBDA_GB_SECOND_ARM
    return Line(
        what="Lambda project_entries",
        quantity=f"{of_one_call:.2f} runs of {int(PROJECT_SECONDS * 1000)} ms at 256 MiB",
        dollars=of_one_call * of_one_run,
    )


def total(of: list[Line]) -> Decimal:
    """Of one call, in dollars."""
    return sum((line.dollars for line in of), Decimal(0))


def emergency_store_month(*, listings: int, reads: int) -> Decimal:
    """What each run of ``expire_reservations`` asks the store, in dollars a month."""
    return RUNS_A_MONTH * (listings * S3_WRITE_OR_LIST + reads * S3_READ)


def answered_from_cache(answer_kilobytes: int) -> Decimal:
    """A whole call that needs no model: workflow, admission, its reads, its note, its log."""
    seconds = HIT_SECONDS * WORKFLOW_GB * EXPRESS_GB_SECOND
    admit = LAMBDA_REQUEST + Decimal("0.5") * ADMIT_SECONDS * LAMBDA_GB_SECOND_ARM
    log = LOG_BYTES // 2 * LOG_GB / 10**9
    reads = looked_up(answer_kilobytes) + HIT_LEDGER_READ_UNITS * READ_UNIT
    return EXPRESS_REQUEST + seconds + admit + reads + noted_hit() + log + TRACES_SAMPLED * TRACE


def noted_hit() -> Decimal:
    """The note and the day's savings, both below 1 KB, in a transaction."""
    return HIT_WRITE_UNITS * WRITE_UNIT


def looked_up(answer_kilobytes: int) -> Decimal:
    """One eventually consistent read: half a unit for each 4 KB, and for nothing at all."""
    units = max(1, -(-answer_kilobytes // 4))
    return Decimal("0.5") * units * READ_UNIT


def kept_answer(answer_kilobytes: int) -> Decimal:
    """One write of an answer of so many KB with what stands beside it."""
    return (answer_kilobytes + 1) * WRITE_UNIT


SCHEDULE = Decimal("1.00") / 10**6
"""One invocation by Amazon EventBridge Scheduler."""
METRIC_ASKED = Decimal("0.01") / 1_000
"""Of ``GetMetricData``, and so is one ``ListMetrics``."""
MINUTES_A_MONTH = 30 * 24 * 60
RECONCILE_SECONDS = Decimal("0.05")
"""Assumed, warm, while there is nothing to compare."""
IDLE_HOURS_READ = 4
"""Of meters: three hours and the one that runs. One read unit each, the configuration, and up to
when all was compared."""


def usage_reconciliation_month() -> Decimal:
    """What the comparison of usage costs in a month in which nobody calls, in dollars."""
    gb_seconds = Decimal("0.25") * RECONCILE_SECONDS
    of_one_run = SCHEDULE + LAMBDA_REQUEST + gb_seconds * LAMBDA_GB_SECOND_ARM
    of_one_run += (IDLE_HOURS_READ + 2) * READ_UNIT
    noted = MINUTES_A_MONTH // 30 * WRITE_UNIT
    return MINUTES_A_MONTH * of_one_run + MINUTES_A_MONTH // 5 * METRIC_ASKED + noted


DETECT_SECONDS = Decimal("0.05")
"""Assumed, warm, while no scope is active."""
DETECT_HOURS_READ = 2
"""Of meters: the hour that runs, and at its beginning the one before; at most."""


def detect_anomalies_month() -> Decimal:
    """What looking for anomalies costs in a month in which nobody calls, at most; by a rule."""
    of_one_run = LAMBDA_REQUEST + Decimal("0.25") * DETECT_SECONDS * LAMBDA_GB_SECOND_ARM
    return MINUTES_A_MONTH * (of_one_run + DETECT_HOURS_READ * READ_UNIT)


BAND_MONTH = 3 * ALARM_MONTH
"""An alarm on a band is billed as three: the metric, and the band's two edges."""


def spend_alarms_month(scopes: int) -> Decimal:
    """CloudWatch's alarms on what so many teams and models spend: a band and a threshold each."""
    return scopes * (BAND_MONTH + ALARM_MONTH)
