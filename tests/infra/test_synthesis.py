"""The app itself: refuses what is wrong with a sentence, and lets no finding pass unexplained."""

import json
import os
import pathlib
import subprocess
import sys

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_iam as iam

from cost_sentry.domain.caller import Caller
from infra.addresses import Addresses, read_addresses
from infra.cost_sentry_stack import CostSentryStack
from infra.stage import STAGES, stage_named
from infra.suppressions import ACCEPTANCES, explain_findings
from infra.watched_spend import WatchedSpend
from infra.workflow import Workflow, placeholders

ROOT = pathlib.Path(__file__).parents[2]
NOBODY = Addresses(operators=(), recipients=())


@pytest.fixture
def stack(tmp_path) -> CostSentryStack:
    app = cdk.App(outdir=str(tmp_path))
    return CostSentryStack(
        app,
        "CostSentry-dev",
        stage=stage_named("dev"),
        addresses=NOBODY,
        spenders=WatchedSpend(scopes=()),
        called_endpoints=(),
        callers=[Caller(team="search"), Caller(team="growth", application="web")],
    )


def checked(stack: CostSentryStack) -> None:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    explain_findings(stack)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    app.synth()


def with_node() -> dict[str, str]:
    folders = [str(ROOT / ".venv" / "node"), str(pathlib.Path(sys.executable).parent)]
    return os.environ | {"PATH": os.pathsep.join([*folders, os.environ["PATH"]])}


def findings(assembly: pathlib.Path) -> list[tuple[str, str]]:
    report = json.loads((assembly / "validation-report.json").read_text())
    return [
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


@pytest.mark.slow
def test_a_finding_without_a_reason_stops_synthesis(stack, tmp_path):
    policy = iam.Policy(stack, "Careless", force=True)
    policy.add_statements(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    policy.attach_to_role(
        iam.Role(stack, "R", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    )

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        checked(stack)

    assert {path for _, path in findings(tmp_path)} == {"CostSentry-dev/Careless/Resource"}


@pytest.mark.slow
def test_every_acceptance_has_a_reason_and_is_still_needed(stack, tmp_path):
    app = stack.node.root
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    found = findings(tmp_path)

    for row in ACCEPTANCES:
        assert len(row.reason) > 40
        below = f"CostSentry-dev/{row.path}/"
        for finding in row.findings:
            rule = f"AwsSolutions-{finding}"
            assert any(f == rule and path.startswith(below) for f, path in found), (row.path, rule)


def test_both_templates_are_clean_to_cfn_lint(template):
    linter = pathlib.Path(sys.executable).with_name("cfn-lint")
    # W3005: the CDK orders a function after its role twice over; harmless.
    command = [str(linter), "--ignore-checks", "W3005", "--", str(template.path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_unknown_stage_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no stage is named 'live'.*dev, prod"):
        stage_named("live")


def test_stages_are_told_apart_by_name():
    assert [stage.name for stage in STAGES] == ["dev", "prod"]
    assert [stage.keeps_data for stage in STAGES] == [False, True]


def test_the_app_names_the_configuration_that_is_missing(tmp_path):
    missing = tmp_path / "nowhere.yaml"
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "app.py")],
        env=with_node()
        | {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps({"config": str(missing)})},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert f"no configuration at {missing}" in done.stderr


def test_addresses_are_collected_from_every_place_once(tmp_path):
    path = tmp_path / "sentry.yaml"
    path.write_text(
        "alerts: {addresses: [ops@example.com]}\n"
        "teams:\n  search: {owners: [lead@example.com, ops@example.com]}\n  empty:\n"
        "budgets:\n  - {id: a, owners: [cfo@example.com]}\n  - {id: b}\n"
    )

    assert read_addresses(path) == Addresses(
        operators=("ops@example.com",),
        recipients=("cfo@example.com", "lead@example.com", "ops@example.com"),
    )


@pytest.mark.parametrize("text", ["", "[]", "teams: 5", "alerts: {addresses: one}", "budgets: {}"])
def test_a_file_without_addresses_subscribes_nobody(tmp_path, text):
    path = tmp_path / "sentry.yaml"
    path.write_text(text)

    assert read_addresses(path) == NOBODY


def test_a_workflow_with_an_unbound_placeholder_is_refused(tmp_path):
    stack = cdk.Stack(cdk.App(outdir=str(tmp_path)), "S")

    workflow = Workflow(
        stack,
        "W",
        name="guarded_invocation",
        bindings={"Other": "arn"},
        stage=stage_named("dev"),
    )

    with pytest.raises(
        ValueError, match=r"placeholders.*AdmitRequestArn.*bound \['Other', 'Team'\]"
    ):
        workflow.add("search", name="search", bindings={"Team": "search"})


def test_placeholders_are_read_from_the_definition():
    assert placeholders('{"a": "${AdmitRequestArn}", "b": "{% $x %}", "c": "${B}"}') == {
        "AdmitRequestArn",
        "B",
    }


@pytest.mark.slow
def test_synthesis_is_the_same_twice_and_by_the_cdk_command_line(tmp_path, dev):
    """`npx cdk deploy` must deploy what was tested."""
    command = ["npx", "cdk", "synth", "--quiet", "--output", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env=with_node(), check=True, capture_output=True)  # noqa: S603

    assert (tmp_path / dev.path.name).read_bytes() == dev.path.read_bytes()
