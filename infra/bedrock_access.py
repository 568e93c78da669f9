"""Who may call a model: exactly the models in the price book, because an unpriced call is free."""

import json
import pathlib
import tomllib
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cost_sentry.domain.model_id import PROFILE_SCOPES

DATA = pathlib.Path(__file__).resolve().parents[1] / "functions/cost_sentry/data"
PRICE_BOOK = DATA / "price_book.json"
MODEL_CARDS = DATA / "model_cards.toml"

GUARDRAILS = ("guardrail/*", "guardrail-profile/*")


def priced_models() -> list[str]:
    """``foundation-model/<id>`` of every model that has a price anywhere, sorted."""
    return sorted({f"foundation-model/{row['model_id']}" for row in _prices()})


def priced_profiles() -> list[str]:
    """``inference-profile/<geography>.*`` for every geography that has a price."""
    places = {place for row in _prices() for place in row["places"]}
    return [f"inference-profile/{scope}.*" for scope in PROFILE_SCOPES if scope in places]


def counted_models() -> list[str]:
    """``foundation-model/<id>`` of every priced model whose prompts Bedrock counts, sorted."""
    cards = tomllib.loads(MODEL_CARDS.read_text(encoding="utf-8"))["family"]
    counted = {
        f"foundation-model/{model_id}"
        for family in cards
        if family.get("count_tokens")
        for model_id in family["models"]
    }
    return sorted(counted & set(priced_models()))


def _prices() -> list[dict[str, Any]]:
    prices: list[dict[str, Any]] = json.loads(PRICE_BOOK.read_text(encoding="utf-8"))["prices"]
    return prices


class BedrockAccess(Construct):
    """The right to call every priced model, or to have prompts counted, as one policy each.

    The models are listed one by one; a model without a price cannot be called by any role here.
    Wildcards that remain are explained in ``suppressions.py``. An inline policy, because IAM allows
    a role 10,240 characters of those and a managed policy only 6,144.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        here = f"arn:{stack.partition}:bedrock:{stack.region}:{stack.account}"
        anywhere = f"arn:{stack.partition}:bedrock:*:"
        profiles = [f"{here}:{profile}" for profile in priced_profiles()]
        models = [f"{anywhere}:{model}" for model in priced_models()]
        # Converse is authorized as InvokeModel. Streaming is another action, and not granted.
        invoke = iam.PolicyStatement(actions=["bedrock:InvokeModel"], resources=models + profiles)
        guard = iam.PolicyStatement(
            actions=["bedrock:ApplyGuardrail"],
            resources=[f"{here}:{guardrail}" for guardrail in GUARDRAILS],
        )
        self._policy = iam.Policy(self, "Policy", statements=[invoke, guard])
        local = f"arn:{stack.partition}:bedrock:{stack.region}:"
        count = iam.PolicyStatement(
            actions=["bedrock:CountTokens"],
            resources=[f"{local}:{model}" for model in counted_models()],
        )
        self._counting = iam.Policy(self, "Counting", statements=[count])

    def grant_invoke(self, role: iam.IRole) -> None:
        """Let this role call any priced model, with any guardrail of the account."""
        self._policy.attach_to_role(role)

    def grant_count(self, role: iam.IRole) -> None:
        """Let this role have prompts counted, by models of this Region; no model is called."""
        self._counting.attach_to_role(role)
