"""A state machine: its definition stands in the template, every placeholder bound."""

import pathlib
import re
from collections.abc import Mapping

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
    """One Express workflow from ``statemachines/<name>.asl.json``.

    Failures are logged; every decision and its outcome stands in the ledger's journal, so a line
    for each event of each call would only be paid for twice. No data is logged (P10): prompts and
    answers are what flows through. Traced for the same reason as functions.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bindings: Mapping[str, str],
        stage: Stage,
    ) -> None:
        super().__init__(scope, construct_id)
        definition = (DEFINITIONS / f"{name}.asl.json").read_text(encoding="utf-8")
        if (wanted := placeholders(definition)) != bindings.keys():
            raise ValueError(f"{name} has placeholders {sorted(wanted)}, bound {sorted(bindings)}")
        log_group = logs.LogGroup(
            self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy
        )
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_type=sfn.StateMachineType.EXPRESS,
            definition_body=sfn.DefinitionBody.from_string(definition),
            definition_substitutions=dict(bindings),
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ERROR, include_execution_data=False
            ),
            tracing_enabled=True,
        )
