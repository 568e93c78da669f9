import time
from collections.abc import Sequence

from cost_sentry.application.explain_request import Explanation, explain
from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.operations import Operator
from cost_sentry_client.problems import Problem

_LOOKS_MAX = 8
_PAUSE_SECONDS = 0.5


def explanations_of(operator: Operator, request_id: str) -> Sequence[Explanation]:
    """Every decision about this id, the oldest first; ``Problem`` if the sentry never saw it.

    The journal follows the ledger's stream, a second or so behind, and somebody who explains a
    call has often just made it; so an empty answer is asked for again for a few seconds.
    """
    for look in range(_LOOKS_MAX):
        found = explain(request_id, journal=operator.journal, books=operator.books)
        if found:
            return found
        if look + 1 < _LOOKS_MAX:
            time.sleep(_PAUSE_SECONDS)
    raise Problem(
        f"the sentry has nothing about a request id {request_id!r}",
        where=operator.target.text,
        fix="check the id and the stage; refusals are kept for 30 days",
        exit_code=ExitCode.REFUSED,
    )
