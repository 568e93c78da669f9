"""State machines of one definition: what they have in common, and every placeholder bound."""

import pathlib
import re
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.stage import Stage

DEFINITIONS = pathlib.Path(__file__).resolve().parents[1] / "statemachines"
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def placeholders(definition: str) -> frozenset[str]:
    """The names in ``${…}`` that a deployment must bind."""
    return frozenset(_PLACEHOLDER.findall(definition))


class Workflow(Construct):
    """Workflows of ``statemachines/<name>.asl.json`` with one role and one log.

    Failures are logged; every decision and its outcome stands in the ledger's journal, so a line
    for each event of each call would only be paid for twice. No data is logged (P10): prompts and
    answers are what flows through. Traced for the same reason as functions.

    The definition is an asset: written into the template for each of some hundred callers, it would
    pass the limit of CloudFormation, 1 MB.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bindings: Mapping[str, str],
        stage: Stage,
        kind: sfn.StateMachineType = sfn.StateMachineType.EXPRESS,
    ) -> None:
        super().__init__(scope, construct_id)
        self._kind = kind
        self._file = DEFINITIONS / f"{name}.asl.json"
        self._wanted = placeholders(self._file.read_text(encoding="utf-8"))
        self._bindings = bindings
        self.log_group = logs.LogGroup(
            self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"What {name} may do, whoever started it",
        )
        self.state_machines: list[sfn.StateMachine] = []

    def add(self, construct_id: str, *, name: str, bindings: Mapping[str, str]) -> None:
        """One more state machine, of this name, with these placeholders bound besides the common.

        ``ValueError`` if the definition has others.
        """
        bound = {**self._bindings, **bindings}
        if bound.keys() != self._wanted:
            raise ValueError(
                f"{self._file.name} has placeholders {sorted(self._wanted)}, bound {sorted(bound)}"
            )
        machine = sfn.StateMachine(
            self,
            construct_id,
            state_machine_name=name,
            state_machine_type=self._kind,
            definition_body=sfn.DefinitionBody.from_file(str(self._file)),
            definition_substitutions=bound,
            role=self.role,
            logs=sfn.LogOptions(
                destination=self.log_group, level=sfn.LogLevel.ERROR, include_execution_data=False
            ),
            tracing_enabled=True,
        )
        self.state_machines.append(machine)

    def ended(self, *how: str, metric_name: str) -> logs.MetricFilter:
        """A metric of executions that ended so, of all callers together, from the log.

        Metrics of AWS/States are one for each state machine, and alarms are paid by the metric.

        Args:
            how: the events: ``ExecutionFailed``, ``ExecutionTimedOut``, ``ExecutionAborted``.
            metric_name: in the namespace ``CostSentry``; it has no value while there are none.
        """
        return logs.MetricFilter(
            self,
            metric_name,
            log_group=self.log_group,
            filter_pattern=logs.FilterPattern.any(
                *(logs.FilterPattern.string_value("$.type", "=", one) for one in how)
            ),
            metric_namespace="CostSentry",
            metric_name=metric_name,
            metric_value="1",
            unit=cdk.aws_cloudwatch.Unit.COUNT,
        )
