"""Process CPU of one decision, without I/O: the ledger answers at once.

Measured from the raw request to the reservation, since LiteLLM's hold also starts from the raw
request and counts its tokens; the use case alone is told beside it.
"""

from collections.abc import Callable
from typing import Any

from benchmarks.budget.bench_sentry import BOOK, config_of, raw_request, request
from benchmarks.budget.litellm_process import LiteLlm
from benchmarks.budget.plan import Plan
from benchmarks.shared.cpu import microseconds, percentiles
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.system_clock import SystemClock
from cost_sentry.application.admit_request import Admission
from cost_sentry.application.ports import Reserved
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.reservation import Reservation
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.window import WindowKind

DECLARED_TOKENS = 100
WARM_UP_CALLS = 200
LONG_TEXT = "word " * 800
MANY_BUDGETS = 100
_PLENTY = 10**18

Json = dict[str, Any]


def decision_cpu(
    litellm: LiteLlm | None, plan: Plan, say: Callable[[str], None]
) -> tuple[Json, Json]:
    """The short prompt is the figure; long prompts and long configurations are told beside it."""
    details = {}
    say("decision CPU")
    for name, text, others in (
        ("short prompt", "hello", 0),
        ("4 kB prompt", LONG_TEXT, 0),
        (f"short prompt, {MANY_BUDGETS} other teams' budgets", "hello", MANY_BUDGETS),
    ):
        admission = _admission(others)
        raw = raw_request("r1", DECLARED_TOKENS, text=text)
        parsed = request("r1", DECLARED_TOKENS, text=text)
        theirs = None if litellm is None else _theirs(litellm, plan, text)
        details[name] = {
            "parse and decide": _timed(lambda: _whole(admission, raw), plan.cpu_calls),  # noqa: B023
            "decide": _timed(lambda: admission.decide(parsed, "execution"), plan.cpu_calls),  # noqa: B023
            **({} if theirs is None else {"litellm": theirs}),
        }
    short = details["short prompt"]
    ours = short["decide"]
    return {"ours": ours, "litellm": short.get("litellm", {})}, details


class _AtOnce:
    """A ledger that holds whatever it is asked to."""

    def reserve(self, reservation: Reservation) -> Reserved:
        return Reserved(reservation=reservation, remaining=())


class _Fixed:
    def __init__(self, config: SentryConfig) -> None:
        self._config = config

    def current(self) -> SentryConfig:
        return self._config


def _admission(others: int) -> Admission:
    budgets = [_budget("search", "search"), *(_budget(f"b{n}", f"team-{n}") for n in range(others))]
    return Admission(
        config_source=_Fixed(config_of(*budgets)),
        price_book=BOOK,
        ledger=_AtOnce(),  # type: ignore[arg-type] # the one verb that a decision needs
        clock=SystemClock(),
    )


def _budget(budget_id: str, team: str) -> Budget:
    scope = {"team": team}
    return Budget(id=budget_id, scope=scope, unit=Unit.USD, window=WindowKind.DAY, limit=_PLENTY)


def _whole(admission: Admission, raw: Json) -> None:
    admission.decide(parse_request(raw, default_request_id="execution"), "execution")


def _timed(once: Callable[[], object], calls: int) -> Json:
    for _ in range(WARM_UP_CALLS):
        once()
    return percentiles([microseconds(once) for _ in range(calls)])


def _theirs(litellm: LiteLlm, plan: Plan, text: str) -> Json:
    return percentiles(litellm.ask("hold_cpu_us", calls=plan.cpu_calls, text=text))
