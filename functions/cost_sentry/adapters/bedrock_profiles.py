"""The models behind application inference profiles, by Bedrock's ``GetInferenceProfile``.

A profile's model never changes, so each is asked for once in the life of this process.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cost_sentry.application.ports import Clock
from cost_sentry.application.usage_ports import ProfilesUnavailable
from cost_sentry.domain.inference_profile import model_behind

ASKED_MAX = 20
"""Questions within a minute: Bedrock throttles them, and a run has other things to do."""
UNKNOWN_FOR = timedelta(hours=1)
"""What is no profile, or must not be read, is asked for again after that."""
REMEMBERED_MAX = 1_024
_MINUTE = timedelta(minutes=1)
_NONE = frozenset({"ResourceNotFoundException", "ValidationException", "AccessDeniedException"})


class BedrockProfiles:
    """``usage_ports.InferenceProfiles``.

    Args:
        connect: makes the boto3 ``bedrock`` client, at the first question.
        region: where calls are made; ``None``: nobody knows.
    """

    def __init__(self, connect: Callable[[], Any], clock: Clock, region: str | None) -> None:
        self._connect, self._clock, self._region = connect, clock, region
        self._models: dict[str, str] = {}
        self._unknown: dict[str, datetime] = {}
        self._asked: list[datetime] = []

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 client
        return self._connect()

    def model_behind(self, profile: str) -> str | None:
        """See the port."""
        now = self._clock.now()
        if known := self._models.get(profile):
            return known
        if profile in self._unknown and now - self._unknown[profile] < UNKNOWN_FOR:
            return None
        model = self._ask(profile, now)
        if model is None:
            _remember(self._unknown, profile, now)
        else:
            _remember(self._models, profile, model)
        return model

    def _ask(self, profile: str, now: datetime) -> str | None:
        self._asked = [at for at in self._asked if now - at < _MINUTE]
        if len(self._asked) >= ASKED_MAX:
            raise ProfilesUnavailable(f"{ASKED_MAX} inference profiles were asked for this minute")
        self._asked.append(now)
        try:
            answer = self._client.get_inference_profile(inferenceProfileIdentifier=profile)
        except (ClientError, BotoCoreError) as error:
            if _is_none(error):
                return None
            self._asked = [now] * ASKED_MAX
            raise ProfilesUnavailable(f"Bedrock could not be asked: {error}") from error
        models = answer.get("models") or ()
        return model_behind([str(one.get("modelArn")) for one in models], self._region)


def _is_none(error: ClientError | BotoCoreError) -> bool:
    """Bedrock has answered: there is none, or it is nobody's business here."""
    if not isinstance(error, ClientError):
        return False
    return error.response.get("Error", {}).get("Code") in _NONE


def _remember(known: dict[str, Any], profile: str, value: object) -> None:
    if len(known) >= REMEMBERED_MAX:
        known.clear()
    known[profile] = value
