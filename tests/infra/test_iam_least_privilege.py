"""Who may do what: a snapshot that a reviewer reads, and rules that no snapshot may break."""

import json
import pathlib

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.domain.model_id import base_model_id, profile_scope
from tests.infra.policy_evaluator import matches
from tests.infra.template import permission_sentences

SNAPSHOT = pathlib.Path(__file__).with_name("permissions.txt")
KINDS = {"slots", "claims", "ids", "outcomes", "config"}
SWEEP = "<Functions/ExpireReservations/Role>"
INLINE_POLICY_CHARACTERS_MAX = 10_240
CALLS_NO_MODEL = {"bedrock:CountTokens", "bedrock:GetInferenceProfile"}
MODEL_CALLERS = {
    "<Functions/InvokeModel/Role>",
    "<Workflows/GuardedInvocation/Role>",
}


def test_permissions_are_those_that_were_reviewed(dev):
    """If the change is meant: python -m tests.infra.template > tests/infra/permissions.txt."""
    assert permission_sentences(dev) == SNAPSHOT.read_text().splitlines()


def test_production_grants_what_development_does(dev, prod):
    assert permission_sentences(prod) == permission_sentences(dev)


def test_no_action_is_a_wildcard(template):
    for permission in template.permissions():
        assert "*" not in permission.action, permission.sentence()


def test_every_role_belongs_to_one_service(template):
    for name, role in template.of_type("AWS::IAM::Role").items():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"].keys() == {"Service"}, name
        assert "ManagedPolicyArns" not in role["Properties"], name


def test_no_function_shares_its_role(template):
    roles = [
        function["Properties"]["Role"]["Fn::GetAtt"][0]
        for function in template.of_type("AWS::Lambda::Function").values()
    ]

    assert len(set(roles)) == len(roles)


def test_every_use_of_the_ledger_is_limited_to_keys(template):
    for permission in template.permissions():
        if permission.resource == "<Ledger/Table>":
            assert permission.keys, permission.sentence()
            assert "*" not in permission.keys, permission.sentence()


def test_only_admission_reads_kept_answers_and_only_settlement_writes_them(template):
    """Admission writes the secret of their keys, and nobody deletes, lists or changes anything."""
    may = {
        (p.role, p.action, p.keys)
        for p in template.permissions()
        if p.resource.startswith("<Answers/Table>")
    }

    assert may == {
        ("<Functions/AdmitRequest/Role>", "dynamodb:GetItem", ("ANSWER#*", "SECRET")),
        ("<Functions/AdmitRequest/Role>", "dynamodb:PutItem", ("SECRET",)),
        ("<Functions/SettleReservation/Role>", "dynamodb:PutItem", ("ANSWER#*",)),
    }


def test_only_admission_adds_to_savings(template):
    writers = {
        (p.role, p.action)
        for p in template.permissions()
        if any(matches(key, "SAVINGS#search/web") for key in p.keys)
    }

    assert writers == {("<Functions/AdmitRequest/Role>", "dynamodb:UpdateItem")}


def test_nobody_may_scan_the_ledger_or_drop_it(template):
    allowed = {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
    }
    used = {p.action for p in template.permissions() if p.resource == "<Ledger/Table>"}

    assert used <= allowed


def test_nothing_is_ever_deleted_but_alerts_that_were_sent_and_lines_of_accounts_at_rest(template):
    sent, at_rest = ("ALERTS", "NOTICES"), ("ACCOUNTS",)
    deleters = {
        (permission.role, permission.keys)
        for permission in template.permissions()
        if permission.action == "dynamodb:DeleteItem" and permission.keys != sent
    }

    assert deleters == {("<Functions/ExpireReservations/Role>", at_rest)}


def test_entries_are_never_changed_and_only_the_projector_writes_them(template):
    writers = {
        (permission.role, permission.action)
        for permission in template.permissions()
        if permission.action in {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
        and any(matches(key, "ENTRIES#search/web") for key in permission.keys)
    }

    assert writers == {("<Functions/ProjectEntries/Role>", "dynamodb:PutItem")}


def test_every_use_of_the_bucket_is_limited_to_kinds_of_objects(template):
    for permission in template.permissions():
        if permission.resource.startswith("<Emergency/Bucket>"):
            key = permission.resource.removeprefix("<Emergency/Bucket>")
            keys = permission.keys if permission.action == "s3:ListBucket" else (key,)
            assert keys, permission.sentence()
            for pattern in keys:
                assert pattern.strip("/*") in KINDS, permission.sentence()


def test_only_the_sweep_makes_and_deletes_slots_and_mirrors_the_configuration(template):
    for permission in template.permissions():
        kind = permission.resource.removeprefix("<Emergency/Bucket>/").removesuffix("/*")
        if permission.action == "s3:DeleteObject":
            assert (permission.role, kind) == (SWEEP, "slots"), permission.sentence()
        if permission.action == "s3:PutObject" and kind in {"slots", "config"}:
            assert permission.role == SWEEP, permission.sentence()


def test_settlement_may_keep_an_outcome_and_nothing_else_of_the_bucket(template):
    for name in ("SettleReservation", "VoidReservation"):
        may = {
            (p.action, p.resource)
            for p in template.permissions()
            if p.role == f"<Functions/{name}/Role>" and p.action.startswith("s3:")
        }

        outcomes = "<Emergency/Bucket>/outcomes/*"
        assert may == {("s3:GetObject", outcomes), ("s3:PutObject", outcomes)}


def test_the_projector_never_touches_the_bucket(template):
    roles = {p.role for p in template.permissions() if p.action.startswith("s3:")}

    assert roles == {
        "<Functions/AdmitRequest/Role>",
        "<Functions/SettleReservation/Role>",
        "<Functions/VoidReservation/Role>",
        SWEEP,
    }


FOLLOWER = "<Functions/FollowRequest/Role>"
"""Raises limits for a while, and sets them back."""
WATCHERS = {"<Functions/RespondToAnomaly/Role>", "<Functions/LiftIncidents/Role>"}
MEASURES = ("pk", "sk", "measures", "measures_at")


def test_nobody_but_operators_changes_the_configuration_and_watchers_only_measures(template):
    for permission in template.permissions():
        writes = permission.action in {"dynamodb:PutItem", "dynamodb:UpdateItem"}
        if writes and any(matches(key, "CONFIG") for key in permission.keys):
            assert permission.role in (*WATCHERS, FOLLOWER), permission.sentence()
            assert permission.action == "dynamodb:UpdateItem", permission.sentence()
            assert permission.attributes == MEASURES, permission.sentence()


def test_nobody_but_operators_changes_limits_but_for_a_while(template):
    for permission in template.permissions():
        writes = permission.action in {"dynamodb:PutItem", "dynamodb:UpdateItem"}
        if writes and any(matches(key, "BUDGETS") for key in permission.keys):
            assert permission.role in (*WATCHERS, FOLLOWER), permission.sentence()
            assert permission.action == "dynamodb:UpdateItem", permission.sentence()


def test_steps_of_incidents_are_put_and_never_changed_or_deleted(template):
    may = {
        (permission.role, permission.action)
        for permission in template.permissions()
        if any(matches(key, "INCIDENT#i-1") for key in permission.keys)
    }

    assert may == {(role, "dynamodb:PutItem") for role in WATCHERS}


def test_only_the_two_branches_of_the_workflow_may_call_a_model(template):
    callers = {
        p.role
        for p in template.permissions()
        if p.action.startswith("bedrock:") and p.action not in CALLS_NO_MODEL
    }

    assert callers == MODEL_CALLERS


def test_models_that_may_be_called_are_exactly_those_with_a_price(template):
    """P6: a model without a price cannot be called, whatever a bug asks for."""
    book = PackagedPriceBook()
    priced = {base_model_id(name) for name in book.model_ids()}
    prefix = "arn:<Partition>:bedrock:*::foundation-model/"

    for caller in MODEL_CALLERS:
        granted = {
            p.resource.removeprefix(prefix)
            for p in template.permissions()
            if p.role == caller and p.resource.startswith(prefix)
        }
        assert granted == priced


def test_only_admission_has_prompts_counted_by_the_models_of_this_region_that_can(template):
    book = PackagedPriceBook()
    names = {base_model_id(name) for name in book.model_ids()}
    countable = {name for name in names if (card := book.card(name)) and card.count_tokens}
    granted = {
        (p.role, p.resource) for p in template.permissions() if p.action == "bedrock:CountTokens"
    }

    here = "arn:<Partition>:bedrock:<Region>::foundation-model/"
    assert countable
    assert granted == {("<Functions/AdmitRequest/Role>", here + name) for name in countable}


def test_only_the_comparison_of_usage_reads_what_is_behind_application_inference_profiles(template):
    granted = {
        (p.role, p.resource)
        for p in template.permissions()
        if p.action == "bedrock:GetInferenceProfile"
    }

    profiles = "arn:<Partition>:bedrock:<Region>:<AccountId>:application-inference-profile/*"
    assert granted == {("<Functions/UsageReconciliation/Role>", profiles)}


def test_every_geography_with_a_price_may_be_called(template):
    scopes = {profile_scope(name) for name in PackagedPriceBook().model_ids()} - {None}
    granted = {
        p.resource.split("inference-profile/")[1].removesuffix(".*")
        for p in template.permissions()
        if ":inference-profile/" in p.resource
    }

    assert granted == scopes


def test_inline_policies_fit_into_a_role(template):
    """IAM counts all inline policies of a role together, without white space."""
    sizes: dict[str, int] = {}
    for policy in template.of_type("AWS::IAM::Policy").values():
        document = json.dumps(policy["Properties"]["PolicyDocument"], separators=(",", ":"))
        # A join of references is longer than what it becomes: count its worst real length.
        size = len(_rendered(json.loads(document)))
        for role in policy["Properties"]["Roles"]:
            sizes[role["Ref"]] = sizes.get(role["Ref"], 0) + size

    assert sizes
    assert max(sizes.values()) < INLINE_POLICY_CHARACTERS_MAX


def _rendered(document: object) -> str:
    """The policy as IAM gets it, every reference at its longest."""
    longest = {
        "AWS::Partition": "aws-us-gov",
        "AWS::Region": "ap-southeast-2",
        "AWS::AccountId": "123456789012",
    }

    def plain(node: object) -> object:
        match node:
            case {"Ref": str(name)}:
                return longest.get(name, "x" * 128)
            case {"Fn::GetAtt": _}:
                return "x" * 128
            case {"Fn::Join": ["", list(parts)]}:
                return "".join(str(plain(part)) for part in parts)
            case dict():
                return {key: plain(value) for key, value in node.items()}
            case list():
                return [plain(value) for value in node]
        return node

    return json.dumps(plain(document), separators=(",", ":"))
