"""Requests for more: where they are kept, who proves who calls, and what follows them."""

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cost_sentry.bootstrap.mails import notices
from cost_sentry.bootstrap.table import clock, ledger_calls, settings

if TYPE_CHECKING:
    from cost_sentry.adapters.approval_workflow import StepFunctionsApprovals
    from cost_sentry.adapters.dynamodb_approvals import DynamoDbApprovals
    from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore
    from cost_sentry.adapters.sts_identity import StsIdentity
    from cost_sentry.application.follow_request import Follower


@cache
def config_store() -> "DynamoDbConfigStore":
    """The configuration in force, read when it is asked for."""
    from cost_sentry.adapters.dynamodb_config_store import DynamoDbConfigStore

    return DynamoDbConfigStore(ledger_calls(), clock())


@cache
def approvals() -> "DynamoDbApprovals":
    """Requests for more."""
    from cost_sentry.adapters.dynamodb_approvals import DynamoDbApprovals
    from cost_sentry.adapters.system_clock import pause

    return DynamoDbApprovals(ledger_calls(), pause)


@cache
def workflow() -> "StepFunctionsApprovals":
    """What follows them."""
    from cost_sentry.adapters.approval_workflow import StepFunctionsApprovals
    from cost_sentry.adapters.aws_clients import step_functions_client

    arn = settings().approval_workflow_arn
    return StepFunctionsApprovals(step_functions_client(), arn)


@cache
def identity() -> "StsIdentity":
    """Who proves who calls."""
    from cost_sentry.adapters.sts_endpoint import send_once, sts_endpoint
    from cost_sentry.adapters.sts_identity import StsIdentity

    region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
    return StsIdentity(send_once, sts_endpoint(region), region, clock())


def proven(event: Mapping[str, Any], verb: str) -> str:
    """The principal that signed this event's body, for this verb, at this deployment.

    ``CallerUnproven`` if none did.
    """
    from cost_sentry.domain.approval_deed import deed

    signed = deed(settings().alert_topic_arn, verb, event["body"])
    return identity().principal(event["proof"], signed)


def at_hand() -> dict[str, Any]:
    """Everything that asking takes besides the request; answering takes ``pause`` too."""
    return {
        "config_store": config_store(),
        "store": approvals(),
        "workflow": workflow(),
        "clock": clock(),
    }


@cache
def follower() -> "Follower":
    """The use case behind ``follow_request``."""
    from cost_sentry.adapters.dynamodb_books import DynamoDbBooks
    from cost_sentry.adapters.dynamodb_measures import DynamoDbMeasures
    from cost_sentry.adapters.system_clock import pause
    from cost_sentry.application.follow_request import Follower

    calls, now = ledger_calls(), clock()
    return Follower(
        config_store=config_store(),
        store=approvals(),
        measures=DynamoDbMeasures(calls, pause, now),
        books=DynamoDbBooks(calls, pause, now),
        outbox=notices(),
        clock=now,
        pause=pause,
    )
