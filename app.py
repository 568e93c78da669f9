"""Reads stage and configuration from the context, builds one stack, nothing else."""

import json
import os
import pathlib

import aws_cdk as cdk
import cdk_nag

from infra.addresses import read_addresses
from infra.called_endpoints import read_called_endpoints
from infra.callers import read_callers
from infra.cost_sentry_stack import CostSentryStack
from infra.stage import stage_named
from infra.suppressions import explain_findings
from infra.watched_spend import read_watched

ROOT = pathlib.Path(__file__).resolve().parent

# Plain `python app.py` makes the template that the CDK command line does, whose -c options win.
context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
context |= {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
app = cdk.App(context=context, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"))
stage = stage_named(app.node.get_context("stage"))
config = ROOT / app.node.get_context("config")
stack = CostSentryStack(
    app,
    f"CostSentry-{stage.name}",
    stage=stage,
    addresses=read_addresses(config),
    callers=read_callers(config),
    spenders=read_watched(config),
    called_endpoints=read_called_endpoints(config),
)
for tag, value in (("application", "cost-sentry"), ("stage", stage.name)):
    cdk.Tags.of(stack).add(tag, value)
cdk.Tags.of(stack).add("owner", app.node.get_context("owner"))
explain_findings(stack)
cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
app.synth()
