"""What every function has in common, said once."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.stage import Stage


class SentryFunction(Construct):
    """One Lambda function with a role and a log group of its own.

    No reserved concurrency: it would be taken from everybody else's in the account, and a refused
    start is a refused call. Traced, because a cold start is only visible in a trace; X-Ray samples,
    and costs nothing while nobody calls.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        code: lambda_.Code,
        layer: lambda_.ILayerVersion,
        environment: dict[str, str],
        timeout_seconds: int,
        memory_mib: int,
        stage: Stage,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self, "Logs", retention=stage.log_retention, removal_policy=stage.removal_policy
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {name} may do, and nothing else may",
        )
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"cost-sentry ({stage.name}): {name}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=code,
            handler=f"cost_sentry.handlers.{name}.handler",
            layers=[layer],
            environment=environment | {"POWERTOOLS_SERVICE_NAME": name},
            timeout=cdk.Duration.seconds(timeout_seconds),
            memory_size=memory_mib,
            role=self.role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            # Three platform lines for each call would cost more than what the function does.
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            tracing=lambda_.Tracing.ACTIVE,
        )

    def grant_invoke(self, grantee: iam.IGrantable) -> None:
        """This version only: the CDK's own grant adds a wildcard for versions nobody uses."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[self.function.function_arn]
            )
        )
