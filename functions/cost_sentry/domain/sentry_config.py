"""What ``sentry.yaml`` says, after it was checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cost_sentry.domain.answer_cache import AnswerCaching
from cost_sentry.domain.budget import MODEL_TAG, NO_STAGES, Budget
from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG, TEAM_TAG, Caller
from cost_sentry.domain.circuit import CircuitRules
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.external_rules import ALL_ALLOWED, ExternalUsageRules
from cost_sentry.domain.measure import Measures
from cost_sentry.domain.policy import NO_POLICIES, Policies
from cost_sentry.domain.retry import RetryRules
from cost_sentry.domain.routing_rules import NO_ROUTING, Routing
from cost_sentry.domain.service_tier import FlexPrice
from cost_sentry.domain.session import in_run, session_of_tags
from cost_sentry.domain.window import WindowKind
from cost_sentry.domain.window_id import run_of_caller

if TYPE_CHECKING:  # No admission goes by these.
    from cost_sentry.domain.anomaly_rules import AnomalyRules
    from cost_sentry.domain.approval_rules import ApprovalRules
    from cost_sentry.domain.endpoint_model import EndpointModel
    from cost_sentry.domain.endpoint_rules import EndpointRules

OUTPUT_TOKENS_MIN = 64
"""Of a lowered output limit: some fifty words, the least that is an answer and not a fragment."""

WORKFLOWS_MAX = 250
"""One for each caller; CloudFormation takes 500 resources in a stack, and the rest has some."""

HOLD_SECONDS = 420
"""How long a reservation may stay unresolved, where nobody chose otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application of a team, with a workflow of its own."""

    id: str
    environment: str | None = None
    """The value of its tag ``environment``; ``None``: what its requests say."""
    answer_cache: AnswerCaching | None = None
    """Which answers are kept for it; ``None``: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who may call, and who hears about it."""

    id: str
    owners: tuple[str, ...] = ()
    applications: Mapping[str, Application] = field(default_factory=dict)
    """If it names some, nobody else of the team may call."""

    @property
    def callers(self) -> tuple[Caller, ...]:
        """Each has a workflow."""
        named = tuple(Caller(team=self.id, application=name) for name in self.applications)
        return named or (Caller(team=self.id),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that may be used, and the cheaper ones that may stand in for it."""

    id: str
    ladder: tuple[str, ...] = ()
    """Model ids in the order in which they are tried after ``id``."""
    tier: int | None = None
    """How much it is able to do, of ``routing.TIER_NAMES``; ``None``: routing never chooses it."""
    flex: FlexPrice | None = None
    """Its price at the flexible service tier; ``None``: unknown, so it is never used."""
    endpoint: "EndpointModel | None" = None
    """The SageMaker endpoint that it is; ``None``: Bedrock has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryConfig:
    """One applied version of the configuration."""

    version: str
    """Digest of the document, so that two operators can tell whether they see the same one."""
    teams: Mapping[str, Team]
    models: Mapping[str, Model]
    budgets: tuple[Budget, ...]
    output_tokens_default: int = 1024
    """Sent as ``maxTokens`` when the caller names none."""
    output_tokens_max: int = 16_384
    output_tokens_min: int = OUTPUT_TOKENS_MIN
    """The lowest ``maxTokens`` that is sent instead of a refusal."""
    required_tags: tuple[str, ...] = ("team",)
    known_tags: tuple[str, ...] = ()
    """That policies may speak of although no request must carry them."""
    hold_seconds: int = HOLD_SECONDS
    """A reservation unresolved for this long is posted in full; Express ends after 300 s."""
    alert_addresses: tuple[str, ...] = ()
    """Hear about every budget."""
    emergency_allowances: tuple[EmergencyAllowance, ...] = ()
    """Calls set aside for when the ledger cannot be asked (P9)."""
    policies: Policies = NO_POLICIES
    """Which models may serve which calls, beside what this says itself."""
    circuit_breaker: CircuitRules | None = None
    """When unwell models are not asked; ``None``: nobody watches them."""
    retries: RetryRules | None = None
    """``None``: no call is tried again."""
    routing: Routing = NO_ROUTING
    """Which models serve calls that do not name one."""
    anomalies: "AnomalyRules | None" = None
    """What is done about spending that is unlike itself; ``None``: its owners are told."""
    measures: Measures = ()
    """What is in force for a while beside all this; see ``measures_in_force.in_force``."""
    approvals: "ApprovalRules | None" = None
    """Who may approve what somebody asks for; ``None``: nobody, so nobody can ask."""
    external_usage: ExternalUsageRules = ALL_ALLOWED
    """Which models may be called past the sentry."""
    endpoints: "EndpointRules | None" = None
    """Which SageMaker endpoints sleep, and when; ``None``: none does."""
    budgets_of_runs: tuple[Budget, ...] = field(init=False, repr=False, compare=False)
    """Those that count by session, found once: every call looks at them."""
    staged_budgets: tuple[Budget, ...] = field(init=False, repr=False, compare=False)
    """Those with stages, found once as well; of one in shadow mode they are told, not in force."""
    endpoint_models: Mapping[str, Model] = field(init=False, repr=False, compare=False)
    """Of ``models`` those that are SageMaker endpoints."""

    def __post_init__(self) -> None:
        """Find them."""
        of_runs = tuple(b for b in self.budgets if b.window is WindowKind.SESSION)
        object.__setattr__(self, "budgets_of_runs", of_runs)
        staged = tuple(b for b in self.budgets if b.stages != NO_STAGES)
        object.__setattr__(self, "staged_budgets", staged)
        on_sagemaker = {id_: one for id_, one in self.models.items() if one.endpoint is not None}
        object.__setattr__(self, "endpoint_models", on_sagemaker)

    def budgets_of(self, tags: Mapping[str, str], model_id: str) -> tuple[Budget, ...]:
        """Every budget that a call to this base model id with these tags is charged to."""
        facts = {**tags, MODEL_TAG: model_id}.items()
        return in_run((b for b in self.budgets if b.scope.items() <= facts), self.run_of(tags))

    def budgets_of_tags(self, tags: Mapping[str, str]) -> tuple[Budget, ...]:
        """Every budget that a call with these tags is charged to, whatever its model or for one."""
        return in_run(self.budgets_around(tags), self.run_of(tags))

    def budgets_around(self, tags: Mapping[str, str]) -> tuple[Budget, ...]:
        """The same, with those that count by session although the tags name none."""
        return tuple(b for b in self.budgets if b.covers(tags, b.scope.get(MODEL_TAG, "")))

    def runs_around(self, tags: Mapping[str, str]) -> tuple[Budget, ...]:
        """Of ``budgets_around`` those that count by session."""
        return tuple(b for b in self.budgets_of_runs if b.covers(tags, b.scope.get(MODEL_TAG, "")))

    def run_of(self, tags: Mapping[str, str]) -> str | None:
        """The agent run that these tags name, and whose it is: no caller reaches another's.

        Whose is told by team and application, which are proven where the team names some; of a
        team that names none, it is the team's.
        """
        session = session_of_tags(tags)
        if session is None or TEAM_TAG not in tags:
            return None
        return run_of_caller(session.id, self.caller_of(tags).workflow_suffix)

    def is_covered(self, tags: Mapping[str, str], model_id: str) -> bool:
        """Whether some budget bounds what such calls spend."""
        return any(b.bounds for b in self.budgets_of(tags, model_id))

    def caller_of(self, tags: Mapping[str, str]) -> Caller:
        """Whose workflow an application that calls itself so starts."""
        team, application = tags[TEAM_TAG], tags.get(APPLICATION_TAG)
        known = self.teams.get(team)
        named = application if known and application in known.applications else None
        return Caller(team=team, application=named)

    def proven_tags(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        """What the configuration says of the application that these tags name."""
        team = self.teams.get(tags.get(TEAM_TAG, ""))
        application = team.applications.get(tags.get(APPLICATION_TAG, "")) if team else None
        told = application.environment if application else None
        return {} if told is None else {ENVIRONMENT_TAG: told}

    def answer_cache_of(self, caller: Caller | None) -> AnswerCaching | None:
        """Which answers are kept for this caller: an application that its workflow proves."""
        if caller is None or caller.application is None or caller.team not in self.teams:
            return None
        application = self.teams[caller.team].applications.get(caller.application)
        return application.answer_cache if application else None

    def team_budget_ids(self, team: str) -> tuple[str, ...]:
        """Budgets whose scope names this team; the rest belong to everybody."""
        return tuple(b.id for b in self.budgets if b.scope.get("team") == team)


def scope_text(scope: Mapping[str, str]) -> str:
    """``team=search, model=…``, or ``everything`` for the whole organisation."""
    shown = [f"{k}={v}" for k, v in scope.items() if k != MODEL_TAG]
    shown += [f"{MODEL_TAG}={scope[MODEL_TAG]}"] if MODEL_TAG in scope else []
    return ", ".join(shown) or "everything"
