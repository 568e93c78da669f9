"""What the sentry answers, and why (P8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from cost_sentry.domain.answer_cache import AnswerPlace, CacheHit
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.errors import FieldError
from cost_sentry.domain.invocation import InvocationPath
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.price_book import ModelPrice
from cost_sentry.domain.reservation import Reservation, ReservationState
from cost_sentry.domain.route import Route
from cost_sentry.domain.service_tier import service_tier_of

if TYPE_CHECKING:  # Only a call of one loads it.
    from cost_sentry.domain.endpoint_model import EndpointModel


class DecisionKind(StrEnum):
    """The four answers. DEFER belongs to the deferred batch workflow."""

    ALLOW = "ALLOW"
    REROUTE = "REROUTE"
    REJECT = "REJECT"
    DEFER = "DEFER"


class ReasonCode(StrEnum):
    """What decided. Part of the contract with callers: codes are added, never renamed."""

    WITHIN_BUDGETS = "WITHIN_BUDGETS"
    ROUTED = "ROUTED"
    REROUTED_TO_FIT = "REROUTED_TO_FIT"
    REROUTED_BY_POLICY = "REROUTED_BY_POLICY"
    REROUTED_TO_SAVE = "REROUTED_TO_SAVE"
    REROUTED_BY_CIRCUIT = "REROUTED_BY_CIRCUIT"
    REROUTED_TO_RETRY = "REROUTED_TO_RETRY"
    REROUTED_BY_FREEZE = "REROUTED_BY_FREEZE"
    REROUTED_WHILE_ASLEEP = "REROUTED_WHILE_ASLEEP"
    OUTPUT_LIMIT_LOWERED = "OUTPUT_LIMIT_LOWERED"
    EMERGENCY_ALLOWANCE = "EMERGENCY_ALLOWANCE"
    ANSWERED_FROM_CACHE = "ANSWERED_FROM_CACHE"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    CRITICAL_ONLY = "CRITICAL_ONLY"
    FORBIDDEN_BY_POLICY = "FORBIDDEN_BY_POLICY"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    FROZEN = "FROZEN"
    ENDPOINT_ASLEEP = "ENDPOINT_ASLEEP"
    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN_TEAM = "UNKNOWN_TEAM"
    UNKNOWN_APPLICATION = "UNKNOWN_APPLICATION"
    UNKNOWN_MODEL = "UNKNOWN_MODEL"
    MODEL_UNSUITABLE = "MODEL_UNSUITABLE"
    NO_BUDGET = "NO_BUDGET"
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
    ALREADY_ANSWERED = "ALREADY_ANSWERED"
    LEDGER_UNAVAILABLE = "LEDGER_UNAVAILABLE"
    NOT_CONFIGURED = "NOT_CONFIGURED"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetView:
    """One budget as the answer shows it. Amounts in the ledger's unit."""

    budget_id: str
    window_id: str
    unit: Unit
    limit: int | None
    """``None`` where the write that decided did not see it."""
    left: int | None
    """What could still be reserved after this answer, as of ``left_as_of``."""
    left_as_of: datetime | None
    needed: int
    """What this request held, or would have held."""
    resets_at: datetime | None
    binding: bool = False
    """This budget refused the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungOutcome:
    """One model that was tried, in order, and what became of it."""

    model_id: str
    outcome: str
    """``reserved``, ``refused by budget …``, or why it cannot do the job."""
    quote_picodollars: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNote:
    """A stage of a budget that runs out, which changed the call."""

    budget_id: str
    what: str
    """How far the budget is used up, and what follows from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to one request before any model is called."""

    kind: DecisionKind
    code: ReasonCode
    message: str
    request_id: str
    model_asked: str
    model_used: str | None = None
    path: InvocationPath | None = None
    reservation: Reservation | None = None
    price: ModelPrice | None = None
    standard_price: ModelPrice | None = None
    """Of the standard service tier, where the call is sent to another one."""
    output_limit_tokens: int | None = None
    """What is sent; ``None`` if that is what was reserved. A slot may have room for more."""
    output_limit_asked_tokens: int | None = None
    """What the caller asked for, or the default; more than was reserved if it was lowered."""
    uncounted: tuple[str, ...] = ()
    """Why a prompt that was worth counting was bounded by its bytes after all."""
    budgets: tuple[BudgetView, ...] = ()
    short: BudgetView | None = None
    """The budget that could not pay for the asked model in full, although the call goes on."""
    decided_by_budget: str | None = None
    """Id of the budget for which a call that goes on is not what was asked for: it could not pay,
    or one of its stages is in force."""
    rungs: tuple[RungOutcome, ...] = ()
    stages: tuple[StageNote, ...] = ()
    """Those that kept a model from the call, moved one, or cut the answer short. For the record:
    the answer says it in its message and its rungs."""
    policies: tuple[PolicyNote, ...] = ()
    """Those that forbade a model, in the order in which models were tried."""
    shadow: tuple[PolicyNote, ...] = ()
    """Those in shadow mode that would have decided otherwise; as many as an answer has room for."""
    shadow_left_out: int = 0
    """How many more there are."""
    retry_after_seconds: int | None = None
    """After which a refused call may be sent again with some hope; ``None``: not by waiting."""
    errors: tuple[FieldError, ...] = ()
    replayed: bool = False
    """The same request id was answered before; the model is not called again."""
    state: ReservationState | None = None
    """Of the reservation, where there is one."""
    cost_picodollars: int | None = None
    """The real cost, known only on a replay of a settled request, or where nothing was called."""
    cached: CacheHit | None = None
    """Set where the answer is one that was kept: nothing was held, and no model is called."""
    answer: Mapping[str, object] | None = field(default=None, repr=False)
    """That answer; beside the request the only thing with text (P10), and never recorded."""
    keep_at: AnswerPlace | None = None
    """Where the answer of the model is to be kept."""
    cache_fault: str | None = None
    """Why the cache could not be asked, as a name; the call goes on without it."""
    tags: Mapping[str, str] = field(default_factory=dict)
    ignored_tags: Mapping[str, str] = field(default_factory=dict)
    """What the request claimed of its caller, and is not so."""
    route: Route | None = None
    """How its model was chosen; ``None`` where the request named one."""
    endpoint: "EndpointModel | None" = None
    """The SageMaker endpoint that is called; ``None``: Bedrock is, or nothing."""
    wake: str | None = None
    """Name of an endpoint that sleeps, and is wanted by this call first."""
    wait_seconds: int | None = None
    """Of a refusal that is none yet: the call is decided again after so long."""

    @property
    def service_tier(self) -> str | None:
        """That it is priced at; ``None`` where nothing was reserved."""
        return service_tier_of(self.reservation.price_version) if self.reservation else None

    @property
    def output_limit_sent_tokens(self) -> int | None:
        """The ``maxTokens`` of the call; ``None`` where nothing was reserved."""
        if self.output_limit_tokens is not None:
            return self.output_limit_tokens
        return self.reservation.output_limit_tokens if self.reservation else None
