"""The state machines, and what each may touch."""

from constructs import Construct

from infra.bedrock_access import BedrockAccess
from infra.function_set import FunctionSet
from infra.names import pascal
from infra.stage import Stage
from infra.workflow import Workflow

GUARDED_INVOCATION_STEPS = (
    "admit_request",
    "invoke_model",
    "settle_reservation",
    "void_reservation",
)
"""Functions that guarded_invocation runs; each is bound as ``${<PascalName>Arn}``."""


class WorkflowSet(Construct):
    """Every workflow; applications start ``guarded_invocation`` and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: FunctionSet,
        models: BedrockAccess,
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
            step.grant_invoke(self.guarded_invocation.state_machine)
        # The direct branch: Step Functions itself is Bedrock's caller, no function waits.
        models.grant_invoke(self.guarded_invocation.state_machine.role)
