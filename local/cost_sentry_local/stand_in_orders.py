"""Orders to a stand-in, by HTTP, and what it tells."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_TIMEOUT_SECONDS = 30.0


def send(endpoint: str, method: str, what: str, body: object = None) -> dict[str, Any]:
    """Its answer; ``ValueError`` if the stand-in refused, with the message that says why."""
    request = Request(  # noqa: S310 - loopback only
        f"{endpoint}/_stand_in/{what}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - loopback only
            told: dict[str, Any] = json.load(answer)
            return told
    except HTTPError as error:
        raise ValueError(json.load(error)["message"]) from error
