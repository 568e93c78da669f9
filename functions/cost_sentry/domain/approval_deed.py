"""What a caller signs, so that its proof is good for this one thing at this one deployment."""

import hashlib
import json
from collections.abc import Mapping

DEED_HEADER = "x-cost-sentry-deed"
"""Of the signed question to AWS STS; STS itself reads over it."""


def deed(deployment: str, verb: str, body: Mapping[str, object]) -> str:
    """Digest of all that is asked for.

    Args:
        deployment: names it, with its account and Region: the ARN of its topic.
        verb: such as ``approve``.
        body: JSON-safe; equal bodies have one digest, whatever the order of their keys.
    """
    return _digest({"deployment": deployment, "verb": verb, "body": body})


def content_digest(document: Mapping[str, object]) -> str:
    """Of a request as it was shown to whoever answers it."""
    return _digest(document)


def _digest(document: Mapping[str, object]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
