"""A configuration of 20 models to choose among, 100 policies, and the calls of 24 applications."""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.budget.bench_sentry import BOOK
from benchmarks.decisions.written_policies import APPLICATIONS, TEAMS, all_policies
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.application.config_document import with_version
from cost_sentry.domain.budget import Budget, Unit
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.routing import LARGE
from cost_sentry.domain.routing_rules import AUTO, Routing, VirtualModel
from cost_sentry.domain.sentry_config import Model, SentryConfig, Team
from cost_sentry.domain.window import WindowKind

LADDER = (
    "anthropic.claude-opus-4-1-20250805-v1:0",
    "anthropic.claude-fable-5",
    "anthropic.claude-opus-4-5-20251101-v1:0",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "openai.gpt-5.6-terra",
    "openai.gpt-6-sol",
    "anthropic.claude-sonnet-5",
    "openai.gpt-6.1-terra",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "amazon.nova-pro-v1:0",
    "mistral.devstral-2-123b",
    "mistral.mistral-large-3-675b-instruct",
    "openai.gpt-5.6-luna",
    "nvidia.nemotron-super-3-120b",
    "openai.gpt-oss-120b-1:0",
    "openai.gpt-6-luna",
    "openai.gpt-oss-20b-1:0",
    "amazon.nova-lite-v1:0",
    "mistral.ministral-3-14b-instruct",
    "amazon.nova-micro-v1:0",
)
"""From the dearest; each takes tools and system texts, and writes 4,096 tokens."""
TIERS = {model: LARGE - 3 * place // len(LADDER) for place, model in enumerate(LADDER)}
"""As a configuration would name them; thirds of the ladder, for this measures time, not quality."""
ANSWER_WORTH_PICODOLLARS = 5 * 10**10
"""Five cents: some prompts are worth a larger model, and some are not."""
PROJECTS = 40
USES_OF_AN_APPLICATION = 3
"""A program has few: each has its task, project, environment, priority and output limit."""
ODD_LIMIT_RATIO = 0.1
"""Of calls that come with an output limit that nobody sent before."""
OUTPUT_TOKENS_MAX = 4_096
LONG_EVERY = 20
LONG_CHARACTERS = 20_000
"""One prompt in twenty is that long: somebody's document."""
_SYSTEM = "You answer briefly, and say so if you do not know."
_ENVIRONMENTS = ("production",) * 7 + ("test",) * 2 + ("development",)
_TASKS = ("chat", "summary", "classification", "extraction", "code", "reasoning")
_PRIORITIES = ("normal",) * 8 + ("low", "critical")
_LIMITS = (256, 500, 1_000, 2_000, 4_096)
_PLENTY = 10**18

Json = dict[str, Any]


def configuration() -> SentryConfig:
    """All of it, with a version as if it had been applied."""
    ladders = {LADDER[0]: LADDER[1:]}
    models = {id_: Model(id=id_, ladder=ladders.get(id_, ()), tier=TIERS[id_]) for id_ in LADDER}
    budgets = [_budget("organisation", {}, WindowKind.MONTH)]
    budgets += [_budget(f"{team}-daily", {"team": team}, WindowKind.DAY) for team in TEAMS]
    return with_version(
        SentryConfig(
            version="",
            teams={team: Team(id=team) for team in TEAMS},
            models=models,
            budgets=tuple(budgets),
            policies=all_policies(),
            routing=Routing(
                virtual_models={AUTO: VirtualModel(id=AUTO)},
                answer_worth_picodollars=ANSWER_WORTH_PICODOLLARS,
            ),
        )
    )


def calls(prompts: Sequence[str], seed: int, model_id: str = AUTO) -> Iterator[InvocationRequest]:
    """Without end, parsed as the handler parses them.

    Prompts, users and sessions are other ones each time; what an application is used for is the
    same for every seed.
    """
    uses = list(_uses())
    random_one = random.Random(seed)
    for number in itertools.count():
        text = random_one.choice(prompts)
        if number % LONG_EVERY == 0:
            text = text * (1 + LONG_CHARACTERS // max(len(text), 1))
        raw = _raw(random_one.choice(uses), text, number, random_one) | {"modelId": model_id}
        yield parse_request(raw, default_request_id=f"call-{seed}-{number}")


def _uses() -> Iterator[Json]:
    random_one = random.Random("what applications are used for")
    for application in APPLICATIONS:
        team, _, name = application.partition("/")
        for _ in range(USES_OF_AN_APPLICATION):
            named = random_one.random() < 0.8
            yield {
                "tags": {
                    "team": team,
                    "application": name,
                    "project": f"project-{random_one.randrange(PROJECTS)}",
                    "environment": random_one.choice(_ENVIRONMENTS),
                    "taskType": random_one.choice(_TASKS),
                },
                "priority": random_one.choice(_PRIORITIES),
                "limit": {"maxTokens": random_one.choice(_LIMITS)} if named else {},
            }


def _raw(use: Json, text: str, number: int, random_one: random.Random) -> Json:
    limit = use["limit"]
    if random_one.random() < ODD_LIMIT_RATIO:
        limit = {"maxTokens": random_one.randint(1, OUTPUT_TOKENS_MAX)}
    return {
        "tags": {
            **use["tags"],
            "user": f"user-{random_one.randrange(500)}",
            "chat-id": f"session-{number}",
        },
        "priority": use["priority"],
        "system": [{"text": _SYSTEM}],
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": limit,
    }


def _budget(budget_id: str, scope: dict[str, str], window: WindowKind) -> Budget:
    return Budget(id=budget_id, scope=scope, unit=Unit.USD, window=window, limit=_PLENTY)


def check_prices() -> None:
    """``ValueError`` if the ladder is none any more at the prices of today's book."""
    for dearer, rung in itertools.pairwise(LADDER):
        above, below = BOOK.price(dearer), BOOK.price(rung)
        if above is None or below is None or below.rates.output > above.rates.output:
            raise ValueError(f"{rung} is not known to be cheaper than {dearer}: mend LADDER")
