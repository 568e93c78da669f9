from botocore.exceptions import ClientError

from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry_client.operations import Operator


def unsubscribed(operator: Operator, config: SentryConfig) -> list[str] | None:
    """Addresses of ``config`` that the alert topic does not mail; ``None`` if it may not be asked.

    A subscription that waits for its owner to confirm it counts as made.
    """
    wanted = {
        *config.alert_addresses,
        *(owner for team in config.teams.values() for owner in team.owners),
        *(owner for budget in config.budgets for owner in budget.owners),
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
