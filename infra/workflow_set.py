"""The state machines, and what they may touch."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cost_sentry.domain.caller import SEPARATOR, Caller
from infra.bedrock_access import BedrockAccess
from infra.function_set import FunctionSet
from infra.names import pascal, standard_workflow_name
from infra.stage import Stage
from infra.workflow import Workflow

GUARDED_INVOCATION_STEPS = (
    "admit_request",
    "invoke_model",
    "note_fault",
    "settle_reservation",
    "void_reservation",
    "wake_endpoint",
)
"""Functions that guarded_invocation runs; each is bound as ``${<PascalName>Arn}``."""


BUDGET_APPROVAL_STEPS = ("await_answer", "follow_request")
ANOMALY_RESPONSE_STEPS = ("respond_to_anomaly", "lift_incidents")


class WorkflowSet(Construct):
    """Every workflow; each caller may start its own ``guarded_invocation`` and nothing else.

    They differ in the caller alone, so that the right to start one is an identity.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: FunctionSet,
        models: BedrockAccess,
        callers: Sequence[Caller],
        stage: Stage,
    ) -> None:
        super().__init__(scope, construct_id)
        steps = {name: functions.by_name[name] for name in GUARDED_INVOCATION_STEPS}
        self.guarded_invocation = Workflow(
            self,
            "GuardedInvocation",
            name="guarded_invocation",
            bindings={f"{pascal(n)}Arn": step.function.function_arn for n, step in steps.items()},
            stage=stage,
        )
        for step in steps.values():
            step.grant_invoke(self.guarded_invocation.role)
        # The direct branch: Step Functions itself is Bedrock's caller, no function waits.
        models.grant_invoke(self.guarded_invocation.role)
        stack = cdk.Stack.of(self)
        for caller in callers:
            self.guarded_invocation.add(
                caller.workflow_suffix,
                name=caller.workflow_name(stack.stack_name),
                bindings={"Team": caller.team, "Application": caller.application or ""},
            )
        self.budget_approval = self._standard(
            "budget_approval", BUDGET_APPROVAL_STEPS, functions, stage
        )
        self.anomaly_response = self._standard(
            "anomaly_response", ANOMALY_RESPONSE_STEPS, functions, stage
        )
        self.arn_prefix = stack.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=f"{stack.stack_name}{SEPARATOR}",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        """Of each caller's workflow; its ``workflow_suffix`` follows."""

    def _standard(
        self, name: str, steps: Sequence[str], functions: FunctionSet, stage: Stage
    ) -> Workflow:
        """A standard workflow: an execution may wait for days, and waiting costs nothing."""
        run = {step: functions.by_name[step] for step in steps}
        workflow = Workflow(
            self,
            pascal(name),
            name=name,
            bindings={f"{pascal(n)}Arn": step.function.function_arn for n, step in run.items()},
            stage=stage,
            kind=sfn.StateMachineType.STANDARD,
        )
        for step in run.values():
            step.grant_invoke(workflow.role)
        stack_name = cdk.Stack.of(self).stack_name
        workflow.add("Machine", name=standard_workflow_name(stack_name, name), bindings={})
        return workflow
