"""What is wrong with policies as a whole: sets that permit nothing, and files that hold none."""

from collections.abc import Iterator, Sequence

from cost_sentry.domain.policy import PolicyMode
from cost_sentry_client.config_file.policy_checks import WrittenPolicy
from cost_sentry_client.config_file.problems import ConfigProblem

_A_PERMIT = "one that permits the rest: permit (principal, action, resource);"


def permits_nothing(written: Sequence[WrittenPolicy]) -> Iterator[ConfigProblem]:
    """Of policies of which some are enforced and none of those permits: every call is refused.

    For policies that are in order otherwise; where one cannot be read, it may be the permit.
    """
    enforced = [one for one in written if one.mode is PolicyMode.ENFORCE]
    if enforced and not _permits(enforced):
        problem = "no policy that is enforced permits anything, so every call would be refused"
        yield enforced[0].fault(problem, _A_PERMIT)


def would_permit_nothing(written: Sequence[WrittenPolicy]) -> Iterator[ConfigProblem]:
    """The same of policies in shadow mode alone, which is a warning: nothing comes of them yet."""
    if written and not _permits(written):
        problem = (
            "all policies are in shadow mode, so every call is permitted; enforced as they are, "
            "they would refuse every call, because none of them permits anything"
        )
        yield written[0].fault(problem, _A_PERMIT)


def holds_none(file: str) -> ConfigProblem:
    """A warning of a file without any policy."""
    return ConfigProblem(
        file=file,
        line=1,
        column=1,
        field="",
        problem="it holds no policy, so nothing comes of it",
        allowed="policies outside of comments, or no such file",
    )


def _permits(some: Sequence[WrittenPolicy]) -> bool:
    return any(one.rule["effect"] == "permit" for one in some)
