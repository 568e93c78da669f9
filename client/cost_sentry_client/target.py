"""Which deployment a command talks to. Decided by one short list, and always shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from cost_sentry_client.exit_codes import ExitCode
from cost_sentry_client.problems import Problem
from cost_sentry_client.target_options import TargetName, TargetOptions

if TYPE_CHECKING:
    from cost_sentry_local.local_cloud import LocalCloud

RULE = """\
1. `--target local` or `--target aws` (or `COST_SENTRY_TARGET`) says it.
2. Otherwise `--profile`, `--region`, or `AWS_ENDPOINT_URL` in the environment means `aws`: what
   every AWS client would talk to.
3. Otherwise a running local cloud is meant. If the environment holds AWS credentials too
   (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, …), nobody can tell which one you mean: the command stops
   with exit code 2 and asks for `--target`.
4. Otherwise `aws`, with the credentials that the AWS CLI would use.
"""
"""As `docs/reference/command-line.md` prints it; ``choose`` follows it line by line."""

_CREDENTIAL_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to talk to."""

    name: TargetName
    stage: str
    place: str
    """For people: ``local cloud at http://127.0.0.1:4566``."""
    session: boto3.Session
    endpoint_url: str | None
    """``None`` leaves it to boto3, which honours ``AWS_ENDPOINT_URL``."""

    @property
    def text(self) -> str:
        """One line that says where."""
        return f"{self.place}, stage {self.stage}"


def open_target(
    options: TargetOptions,
    environ: Mapping[str, str],
    local_status: "Callable[[], LocalCloud | None]",
) -> Target:
    """Choose by ``RULE`` and make a session for it; nothing is asked of AWS yet."""
    cloud = None if _aws_is_said(options, environ) else local_status()
    name = choose(options, environ, cloud_runs=cloud is not None)
    if name is TargetName.AWS:
        return _aws(options, environ)
    if cloud is None:
        raise Problem(
            "no local cloud is running",
            where="--target local",
            fix="start it with `cost-sentry local up`, or say --target aws",
        )
    return local_target(cloud, options.stage)


def choose(options: TargetOptions, environ: Mapping[str, str], *, cloud_runs: bool) -> TargetName:
    """The rule itself; ``Problem`` where it leaves the target open."""
    if options.target is TargetName.LOCAL and (options.profile or options.region):
        raise Problem(
            "--profile and --region belong to an AWS account",
            where="--target local",
            fix="leave them out, or say --target aws",
            exit_code=ExitCode.USAGE,
        )
    if options.target is not None:
        return options.target
    if _aws_is_said(options, environ):
        return TargetName.AWS
    named = [name for name in _CREDENTIAL_VARIABLES if environ.get(name)]
    if cloud_runs and named:
        raise Problem(
            "two deployments could be meant: the running local cloud, and the AWS account of your"
            " environment",
            where=f"{named[0]} is set, and `cost-sentry local status` shows a cloud",
            fix="say --target local or --target aws, or set COST_SENTRY_TARGET",
            exit_code=ExitCode.USAGE,
        )
    return TargetName.LOCAL if cloud_runs else TargetName.AWS


def _aws_is_said(options: TargetOptions, environ: Mapping[str, str]) -> bool:
    if options.target is not None:
        return options.target is TargetName.AWS
    return bool(options.profile or options.region or environ.get("AWS_ENDPOINT_URL"))


def _aws(options: TargetOptions, environ: Mapping[str, str]) -> Target:
    # Like the AWS CLI, which prefers AWS_REGION; boto3 alone looks at AWS_DEFAULT_REGION only.
    region = options.region or environ.get("AWS_REGION")
    session = boto3.Session(profile_name=options.profile, region_name=region)
    if session.region_name is None:
        raise Problem(
            "no AWS Region is known",
            where="neither --region, nor AWS_REGION, nor your AWS profile names one",
            fix="say --region eu-central-1, for example",
            exit_code=ExitCode.USAGE,
        )
    endpoint = environ.get("AWS_ENDPOINT_URL")
    profile = options.profile or environ.get("AWS_PROFILE")
    account = "AWS" if endpoint is None else f"{endpoint} (AWS_ENDPOINT_URL)"
    with_profile = f", profile {profile}" if profile else ""
    return Target(
        name=TargetName.AWS,
        stage=options.stage,
        place=f"{account}, {session.region_name}{with_profile}",
        session=session,
        endpoint_url=None,
    )


def local_target(cloud: "LocalCloud", stage: str) -> Target:
    """This local cloud, whatever the environment says."""
    environment = cloud.environment()
    return Target(
        name=TargetName.LOCAL,
        stage=stage,
        place=f"local cloud at {cloud.endpoint}",
        session=boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
        ),
        endpoint_url=cloud.endpoint,
    )


def running_local_cloud() -> "LocalCloud | None":
    """The local cloud of this checkout, if it runs."""
    try:
        from cost_sentry_client.local_state import state_directory  # noqa: PLC0415
        from cost_sentry_local import cloud  # noqa: PLC0415 - not everybody has it
    except ImportError:
        # An installation without the local cloud's packages serves AWS accounts only.
        return None
    return cloud.status(state_dir=state_directory())
