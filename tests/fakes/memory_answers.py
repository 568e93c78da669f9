"""Answers in a dictionary, and the way of a call through a cache as the handlers go it."""

import json

from cost_sentry.adapters.answer_key import answer_key
from cost_sentry.application.answer_ports import AnswersUnavailable
from cost_sentry.domain.answer_cache import AnswerPlace, KeptAnswer
from cost_sentry.domain.invocation import InvocationRequest

SECRET = b"the secret of a deployment"


class MemoryAnswers:
    """``AnswerReader`` and ``AnswerKeeper``. Set ``fault`` to make every call fail by that name."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptAnswer] = {}
        self.fault: str | None = None
        self.finds = 0

    def key(self, request: InvocationRequest, output_limit_tokens: int) -> str:
        self._ask()
        return answer_key(SECRET, request, output_limit_tokens)

    def find(self, key: str) -> KeptAnswer | None:
        self._ask()
        self.finds += 1
        return self.kept.get(key)

    def keep(self, place: AnswerPlace, kept: KeptAnswer) -> None:
        self._ask()
        json.dumps(kept.answer)
        self.kept[place.key] = kept

    def _ask(self) -> None:
        if self.fault:
            raise AnswersUnavailable(self.fault)
