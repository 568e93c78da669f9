"""What a configuration names and only a deployment makes: subscriptions and workflows."""

from botocore.exceptions import ClientError

from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.operations import Operator


def unsubscribed(operator: Operator, config: SentryConfig) -> list[str] | None:
    """Addresses of ``config`` that the alert topic does not mail; ``None`` if it may not be asked.

    A subscription that waits for its owner to confirm it counts as made.
    """
    rules = config.anomalies.rules if config.anomalies else ()
    wanted = {
        *config.alert_addresses,
        *(owner for team in config.teams.values() for owner in team.owners),
        *(owner for budget in config.budgets for owner in budget.owners),
        *(config.approvals.mail if config.approvals else ()),
        *(address for rule in rules for address in rule.tell),
    }
    pages = operator.client("sns").get_paginator("list_subscriptions_by_topic")
    try:
        found = {
            subscription["Endpoint"]
            for page in pages.paginate(TopicArn=operator.deployment.alert_topic_arn)
            for subscription in page["Subscriptions"]
        }
    except ClientError:
        # Whoever may apply a configuration need not be allowed to look at the topic.
        return None
    return sorted(wanted - found)


def without_workflow(operator: Operator, config: SentryConfig) -> list[str] | None:
    """Callers of ``config`` that have no workflow to start; ``None`` if it may not be asked."""
    pages = operator.step_functions.get_paginator("list_state_machines")
    try:
        found = {
            machine["stateMachineArn"]
            for page in pages.paginate()
            for machine in page["stateMachines"]
        }
    except ClientError:
        return None
    arn_of = operator.deployment.guarded_invocation_arn
    callers = (caller for team in config.teams.values() for caller in team.callers)
    return sorted("/".join(c.tags.values()) for c in callers if arn_of(c) not in found)
