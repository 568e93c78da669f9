"""What every stage's template must hold, read from the synthesized template itself."""

import json
import pathlib
import re

import pytest

from cost_sentry.adapters.model_calls import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from cost_sentry.domain.sentry_config import SentryConfig
from infra.function_set import FUNCTIONS
from infra.names import pascal

ROOT = pathlib.Path(__file__).parents[2]
HANDLERS = ROOT / "functions" / "cost_sentry" / "handlers"
TAGGABLE = {
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::StepFunctions::StateMachine",
}
NOT_TAGGABLE = {
    "AWS::IAM::Policy",
    "AWS::Scheduler::Schedule",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
ALWAYS_PAID = re.compile(
    r"AWS::(EC2|RDS|ElastiCache|ECS|EKS|NatGateway|KMS::Key|SageMaker|Kinesis|OpenSearchService)"
)


def test_nothing_in_the_stack_costs_money_while_nobody_calls(template):
    """P11: no customer managed key, no provisioned capacity, nothing billed by the hour."""
    kinds = {resource["Type"] for resource in template.resources.values()}

    assert not [kind for kind in kinds if ALWAYS_PAID.match(kind)]
    for table in template.of_type("AWS::DynamoDB::Table").values():
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    for function in template.of_type("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in function["Properties"]


def test_every_log_ends_after_a_while(template):
    groups = template.of_type("AWS::Logs::LogGroup")

    workflows = list((ROOT / "statemachines").glob("*.asl.json"))
    assert len(groups) == len(FUNCTIONS) + len(workflows)
    for name, group in groups.items():
        assert group["Properties"]["RetentionInDays"] > 0, name


def test_every_function_logs_into_its_own_group(template):
    groups = [
        function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        for function in template.of_type("AWS::Lambda::Function").values()
    ]

    assert len(set(groups)) == len(groups) == len(FUNCTIONS)


def test_workflows_log_failures_and_no_data(template):
    """P10: what flows through a workflow is prompts and answers."""
    for machine in template.of_type("AWS::StepFunctions::StateMachine").values():
        logging = machine["Properties"]["LoggingConfiguration"]

        assert logging["Level"] == "ERROR"
        assert logging["IncludeExecutionData"] is False


def test_everything_that_can_be_tagged_says_whose_it_is(template):
    stage = template.path.name.removeprefix("CostSentry-").removesuffix(".template.json")
    for name, resource in template.resources.items():
        assert resource["Type"] in TAGGABLE | NOT_TAGGABLE, f"say whether {name} can be tagged"
        if resource["Type"] in TAGGABLE:
            tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}
            assert tags["application"] == "cost-sentry", name
            assert tags["stage"] == stage, name
            assert tags["owner"], name


def test_nobody_outside_the_account_is_let_in(template):
    """The only resource policies refuse plain HTTP, or name one AWS service and this account."""
    for kind in ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
        for policy in template.of_type(kind).values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert (statement["Principal"]["Service"], _source(statement)) in (
                        ("cloudwatch.amazonaws.com", "this account"),
                        ("events.amazonaws.com", "a rule of this stack"),
                    )
    for permission in template.of_type("AWS::Lambda::Permission").values():
        assert permission["Properties"]["SourceArn"]


def _source(statement):
    match statement["Condition"]:
        case {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}:
            return "this account"
        case {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [_, "Arn"]}}}:
            return "a rule of this stack"
    return "anybody"


def test_topics_queues_and_buckets_refuse_plain_http(template):
    kinds = {"SNS::Topic": "SNS::TopicPolicy", "SQS::Queue": "SQS::QueuePolicy"}
    kinds |= {"S3::Bucket": "S3::BucketPolicy"}
    guarded = [name for kind in kinds for name in template.of_type(f"AWS::{kind}")]
    protected = [
        policy for kind in kinds.values() for policy in template.of_type(f"AWS::{kind}").values()
    ]

    assert len(protected) == len(guarded) > 0
    for policy in protected:
        denied = [
            statement["Condition"]
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied


def test_the_bucket_is_closed_to_the_public_encrypted_and_has_no_lists_of_its_own(template):
    bucket = template.only("AWS::S3::Bucket")["Properties"]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "BucketName" not in bucket  # Names are shared by the whole world: one would be taken.


def test_what_is_written_once_cannot_be_written_over(template):
    """P4 and P5 of an outage rest on it; S3 holds even those to it who forget to ask."""
    policy = template.only("AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"]
    bucket = {"Fn::GetAtt": ["EmergencyBucket9AF741A9", "Arn"]}
    (refused,) = (s for s in policy["Statement"] if "Null" in s["Condition"])

    assert (refused["Effect"], refused["Action"]) == ("Deny", "s3:PutObject")
    assert refused["Principal"] == {"AWS": "*"}
    assert refused["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert refused["Resource"] == [
        {"Fn::Join": ["", [bucket, f"/{kind}/*"]]} for kind in ("claims", "ids", "outcomes")
    ]


def test_the_bucket_costs_nothing_but_what_lies_in_it(template):
    """P11: no versions, copies, inventories or metrics that are billed by the month."""
    bucket = template.only("AWS::S3::Bucket")["Properties"]

    assert bucket.keys() == {
        "BucketEncryption",
        "LifecycleConfiguration",
        "OwnershipControls",
        "PublicAccessBlockConfiguration",
        "Tags",
    }


def test_the_projector_gets_every_entry_from_the_first_and_loses_none(template):
    mapping = template.only("AWS::Lambda::EventSourceMapping")["Properties"]
    entries, *_ = (json.loads(f["Pattern"]) for f in mapping["FilterCriteria"]["Filters"])

    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRetryAttempts"] == 100
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["TriggersDeadLetters74EF38FB", "Arn"]
    }
    assert entries == {
        "dynamodb": {
            "Keys": {"pk": {"S": [{"prefix": "ACCOUNT#"}]}},
            "NewImage": {"entry": {"S": [{"exists": True}]}},
        }
    }


def test_the_projector_hears_of_budgets_used_up_and_of_nothing_that_it_writes_itself(template):
    mapping = template.only("AWS::Lambda::EventSourceMapping")["Properties"]
    _, refusals, marks = (json.loads(f["Pattern"]) for f in mapping["FilterCriteria"]["Filters"])

    assert refusals == {
        "dynamodb": {
            "Keys": {"pk": {"S": [{"prefix": "REQUEST#"}]}},
            "NewImage": {"used_up": {"S": [{"exists": True}]}},
        }
    }
    assert marks == {"dynamodb": {"Keys": {"pk": {"S": ["TICK"]}, "sk": {"S": ["SENT"]}}}}


def test_reservations_expire_every_five_minutes(template):
    rules = template.of_type("AWS::Events::Rule")
    (rule,) = (one["Properties"] for id_, one in rules.items() if "ExpiryClock" in id_)

    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert rule["Targets"][0]["Input"] == "{}"
    assert rule["Targets"][0]["RetryPolicy"] == {"MaximumRetryAttempts": 0}


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.name)
def test_every_row_has_a_handler_and_every_handler_has_a_row(row, dev):
    found = {
        function["Properties"]["Handler"]
        for function in dev.of_type("AWS::Lambda::Function").values()
    }

    assert f"cost_sentry.handlers.{row.name}.handler" in found
    assert "def handler(" in (HANDLERS / f"{row.name}.py").read_text()
    assert {file.stem for file in HANDLERS.glob("*.py")} - {"__init__"} == {
        row.name for row in FUNCTIONS
    }


def test_functions_run_where_their_layer_was_built_for(template):
    for function in template.of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["Runtime"] == "python3.13"
        assert function["Properties"]["Architectures"] == ["arm64"]


def test_outputs_are_what_clients_look_for(template):
    functions = {f"{pascal(row.name)}FunctionName" for row in FUNCTIONS}

    assert template.document["Outputs"].keys() == functions | {
        "LedgerTableName",
        "GuardedInvocationArnPrefix",
        "AlertTopicArn",
        "EmergencyBucketName",
        "AnswerTableName",
    }


def test_each_wait_is_shorter_than_the_one_around_it():
    """Or a silent model would be reported by whoever waits around it, under a vaguer name."""
    machine = json.loads((ROOT / "statemachines" / "guarded_invocation.asl.json").read_text())
    function = next(row for row in FUNCTIONS if row.name == "invoke_model").timeout_seconds
    state = machine["States"]["Invoke model with bytes"]["TimeoutSeconds"]
    client = READ_TIMEOUT_SECONDS + CONNECT_TIMEOUT_SECONDS
    hold = SentryConfig.__dataclass_fields__["hold_seconds"].default

    assert client < function < state < machine["TimeoutSeconds"] < 300 < hold


def test_the_function_of_each_state_has_less_time_than_the_state():
    machine = json.loads((ROOT / "statemachines" / "guarded_invocation.asl.json").read_text())
    limits = {f"${{{pascal(row.name)}Arn}}": row.timeout_seconds for row in FUNCTIONS}

    for name, state in machine["States"].items():
        is_event = "InvocationType" in state.get("Arguments", ())  # nobody waits for it
        if state.get("Resource", "").endswith("lambda:invoke") and not is_event:
            assert limits[state["Arguments"]["FunctionName"]] < state["TimeoutSeconds"], name


def test_anomalies_and_alarms_about_spending_start_a_response_and_none_is_dropped(template):
    stack = template.path.name.removesuffix(".template.json")
    rules = template.of_type("AWS::Events::Rule")
    own, alarms = (rules[one]["Properties"] for one in sorted(rules) if "AnomalyEvents" in one)

    patterns = [one["EventPattern"] for one in (own, alarms)]
    assert {"source": ["cost-sentry"], "detail-type": ["Anomaly"]} in patterns
    (of_alarms,) = (one["detail"] for one in patterns if "detail" in one)
    assert of_alarms["state"] == {"value": ["ALARM", "OK"]}
    assert of_alarms["alarmName"] == [{"prefix": f"{stack}-anomaly-"}]
    queue = {"Fn::GetAtt": ["AnomalyEventsDeadLettersEB8EF6D6", "Arn"]}
    for rule in (own, alarms):
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": queue}
