"""SNS: e-mail subscribers get their mails, here in a mailbox that is read over HTTP.

docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html: a mail has the publish's subject or
"AWS Notification Message", and filter policies decide who gets it. The emulator only logs that it
would send. A subscription counts as confirmed at once; nobody is there to click the link.
"""

import inspect
import json
import threading
from datetime import UTC, datetime
from typing import Any

from ministack import app
from ministack.services import sns

from cost_sentry_local.mailbox import PATH

_DEFAULT_SUBJECT = "AWS Notification Message"
_mails: list[dict[str, str]] = []
_lock = threading.Lock()


def close() -> None:
    """Wrap the fan-out of a publish, the reset, and the emulator's own paths."""
    fan_out, reset, shortcuts = sns._fanout, app._reset_all_state, app._handle_pre_body_request
    publishing = inspect.signature(fan_out)

    def fan_out_and_mail(*args: Any, **named: Any) -> None:
        fan_out(*args, **named)
        publish = publishing.bind(*args, **named)
        publish.apply_defaults()
        _mail(publish.arguments)

    def reset_with_mails() -> None:
        reset()
        with _lock:
            _mails.clear()

    async def answer_mailbox(method: str, path: str, *args: Any) -> Any:
        if path != PATH:
            return await shortcuts(method, path, *args)
        with _lock:
            body = json.dumps({"mails": _mails}).encode()
        return 200, {"Content-Type": "application/json"}, body

    sns._fanout = fan_out_and_mail
    app._reset_all_state = reset_with_mails
    app._handle_pre_body_request = answer_mailbox


def _mail(publish: dict[str, Any]) -> None:
    body = sns._resolve_message_for_protocol(
        publish["message"], publish["message_structure"], "email"
    )
    attributes = publish["message_attributes"] or {}
    topic = sns._topic_by_arn_any_scope(publish["topic_arn"]) or {"subscriptions": []}
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    for subscription in topic["subscriptions"]:
        by_mail = subscription["protocol"] in ("email", "email-json")
        if by_mail and sns._matches_filter_policy(subscription, attributes, body):
            _keep(subscription["endpoint"], publish["subject"] or _DEFAULT_SUBJECT, body, now)


def _keep(to: str, subject: str, body: str, at: str) -> None:
    with _lock:
        _mails.append({"to": to, "subject": subject, "body": body, "at": at})
