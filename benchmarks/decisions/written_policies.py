"""A hundred policies, as an organisation of twelve teams may have: the starter set and more."""

from collections.abc import Iterator

from cost_sentry.domain.policy import Policies, Policy, PolicyMode
from cost_sentry_client.config_file.cedar_text import statements
from cost_sentry_client.config_file.policy_checks import WrittenPolicy, read_policy
from cost_sentry_local.layout import PROJECT

STARTER = PROJECT / "examples" / "policies" / "starter.cedar"
TIME_ZONE = "Europe/Berlin"
TEAMS = (
    "search", "support", "growth", "research", "billing", "legal",
    "sales", "platform", "security", "mobile", "data", "design",
)  # fmt: skip
APPLICATIONS = tuple(f"{team}/{name}" for team in TEAMS for name in ("web", "batch"))
_SPECIAL_MODELS = (
    "anthropic.claude-opus-4-1-20250805-v1:0",
    "anthropic.claude-fable-5",
    "openai.gpt-6-sol",
    "openai.gpt-6-luna",
    "mistral.devstral-2-123b",
    "amazon.nova-pro-v1:0",
    "nvidia.nemotron-super-3-120b",
)
_FOR_ALL = (
    'context.tags.contains("taskType=classification") && resource.outputCents > 600',
    'context.tags.contains("taskType=extraction") && resource.outputCents > 1600',
    'context.tags.contains("taskType=summary") && resource.outputCents > 2500',
    'context.tags.contains("taskType=chat") && context.outputTokens > 4000',
    'context.tags.contains("environment=test") && context.outputTokens > 3000',
    'context.tags.contains("environment=development") && context.inputTokensMax > 100000',
    'context.inputTokensMax > 400000 && context.priority != CostSentry::Priority::"critical"',
    "context.inputTokensMax > 150000 && resource.outputCents > 2500",
    "context has maxTokens && context.maxTokens > 8192",
    "context.rung > 18 && context.outputTokens > 2048",
    "context.weekday > 5 && context.hour < 6 && resource.outputCents > 1600",
    'context.tagNames.contains("experiment") && resource.outputCents > 600',
    'context.tags.containsAny(["data=personal", "data=secret"]) && resource.geography == "global"',
    'resource.priceClass == CostSentry::PriceClass::"premium" && context.outputTokens > 3500',
)
_IN_SHADOW = (
    'context.priority == CostSentry::Priority::"low" && resource.outputCents > 1000',
    'context.tags.contains("taskType=code") && resource.outputCents < 50',
    'context.tags.contains("taskType=reasoning") && resource.outputCents < 100',
    "!(context has maxTokens)",
    "context.outputTokens > 2000 && resource.outputCents > 1600",
)


def all_policies() -> Policies:
    """In the order in which they are written; one of the starter set permits what none forbids."""
    return Policies(rules=(*_of_everybody(), *_of_some(), *_starter()), time_zone=TIME_ZONE)


def _of_everybody() -> Iterator[Policy]:
    for number, condition in enumerate(_FOR_ALL):
        yield _forbid(f"all-{number}", "principal, action, resource", condition)
    for number, condition in enumerate(_IN_SHADOW):
        head = "principal, action, resource"
        yield _forbid(f"shadow-{number}", head, condition, PolicyMode.SHADOW)


def _of_some() -> Iterator[Policy]:
    for number, team in enumerate(TEAMS):
        head = f'principal in CostSentry::Team::"{team}", action, resource'
        premium = 'resource.priceClass == CostSentry::PriceClass::"premium"'
        low = 'context.priority == CostSentry::Priority::"low"'
        yield _forbid(f"{team}-premium", head, f"{premium} && context.rung > {number % 4}")
        yield _forbid(f"{team}-nights", head, f"{low} && context.hour >= 9 && context.hour < 12")
        yield _forbid(f"{team}-answers", head, f"context.outputTokens > {2500 + 150 * number}")
    for application in APPLICATIONS:
        head = f'principal == CostSentry::Application::"{application}", action, resource'
        condition = 'context.tags.contains("environment=test") && resource.outputCents > 1600'
        yield _forbid(f"{application.replace('/', '-')}-test", head, condition)
    for provider in ("openai", "mistral", "nvidia", "amazon", "anthropic"):
        head = f'principal, action, resource in CostSentry::Provider::"{provider}"'
        yield _forbid(f"{provider}-secret", head, 'context.tags.contains("data=secret")')
    for number, model in enumerate(_SPECIAL_MODELS):
        head = f'principal, action, resource == CostSentry::Model::"{model}"'
        condition = f'context.tags.contains("project=project-{number}")'
        yield _forbid(f"special-{number}", head, condition)


def _starter() -> Iterator[Policy]:
    for statement in statements(STARTER.read_text(encoding="utf-8")):
        found = read_policy(str(STARTER), statement)
        if not isinstance(found, WrittenPolicy):
            raise TypeError(str(found))
        # The provider rule would strike most of the ladder, and leave nothing to measure.
        unless = found.id == "approved-providers"
        mode = PolicyMode.SHADOW if unless else found.mode
        yield Policy(id=found.id, text=found.text, sentence=found.sentence, mode=mode)


def _forbid(name: str, head: str, condition: str, mode: PolicyMode = PolicyMode.ENFORCE) -> Policy:
    return Policy(
        id=name,
        text=f"forbid ({head}) when {{ {condition} }};",
        sentence=f"This is forbidden by the rule {name} of this organisation.",
        mode=mode,
    )
