"""Clients of AWS services, each with the patience that its callers have."""

from typing import Any

from botocore.config import Config
from botocore.session import get_session

ATTEMPTS = 2
"""The first among them."""


def dynamodb_client() -> Any:  # noqa: ANN401 - boto3 client
    """Short time-outs: a ledger that is silent for seconds is down, and the answer is no.

    At worst six seconds for a call that nobody answers: two slow connections, two silent reads
    and a pause between them. An admission makes three of them at most: of the configuration, of
    what is posted, which nobody asks for again then, and of the ledger. Its function must say no
    before its own time is up.
    """
    return _client("dynamodb", _twice(connect_timeout=1, read_timeout=1.5))


def answers_client() -> Any:  # noqa: ANN401 - boto3 client
    """One attempt and short time-outs: a call goes on without its cache, and a caller waits."""
    return _client("dynamodb", _config(1, connect_timeout=0.5, read_timeout=1))


def circuits_client() -> Any:  # noqa: ANN401 - boto3 client
    """Shorter still: what is asked here is advice, and a call waits for it.

    At worst 0.6 seconds for a question that nobody answers, and it is not asked again soon.
    """
    return _client("dynamodb", _config(1, connect_timeout=0.3, read_timeout=0.3))


def s3_client() -> Any:  # noqa: ANN401 - boto3 client
    """Short time-outs: a caller has already waited for the ledger.

    S3's name stands for up to eight addresses, and each of them is tried for ``connect_timeout``
    before an attempt fails: so at worst 6.2 seconds for a call that nobody answers.
    """
    return _client("s3", _twice(connect_timeout=0.2, read_timeout=1))


def sns_client() -> Any:  # noqa: ANN401 - boto3 client
    """Nobody waits for a mail."""
    return _client("sns", _twice(connect_timeout=2, read_timeout=5))


def sagemaker_client() -> Any:  # noqa: ANN401 - boto3 client
    """Patient, as all that follow: nobody waits for a scheduled run, which has a limit of its own.

    At worst 40 seconds for a call that nobody answers.
    """
    return _client("sagemaker", _PATIENT)


def sagemaker_runtime_client() -> Any:  # noqa: ANN401 - boto3 client
    """To see whether an endpoint answers."""
    return _client("sagemaker-runtime", _PATIENT)


def tagging_client() -> Any:  # noqa: ANN401 - boto3 client
    """To find endpoints and jobs by their tags."""
    return _client("resourcegroupstaggingapi", _PATIENT)


def scaling_client() -> Any:  # noqa: ANN401 - boto3 client
    """Application Auto Scaling."""
    return _client("application-autoscaling", _PATIENT)


def cloudwatch_client() -> Any:  # noqa: ANN401 - boto3 client
    """Metrics of models and endpoints, and endpoints' alarms."""
    return _client("cloudwatch", _PATIENT)


def bedrock_client() -> Any:  # noqa: ANN401 - boto3 client
    """What is behind inference profiles; no model is called by it."""
    return _client("bedrock", _PATIENT)


def step_functions_client() -> Any:  # noqa: ANN401 - boto3 client
    """Somebody waits at a command line; starting and waking are both safe to repeat."""
    return _client("stepfunctions", _twice(connect_timeout=1, read_timeout=4))


def events_client() -> Any:  # noqa: ANN401 - boto3 client
    """Nobody waits for an event, and the next run raises what this one could not."""
    return _client("events", _twice(connect_timeout=2, read_timeout=5))


def _twice(*, connect_timeout: float, read_timeout: float) -> Config:
    return _config(ATTEMPTS, connect_timeout=connect_timeout, read_timeout=read_timeout)


def _config(attempts: int, *, connect_timeout: float, read_timeout: float) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
    )


def _client(service: str, config: Config) -> Any:  # noqa: ANN401 - boto3 client
    """What ``boto3.client`` makes, by the core of boto3 alone.

    ``import boto3`` would load the transfer manager of S3 too, a sixth of the cold start.
    """
    return get_session().create_client(service, config=config)


_PATIENT = _config(3, connect_timeout=2, read_timeout=10)
