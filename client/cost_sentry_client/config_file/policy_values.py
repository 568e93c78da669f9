"""Values that policies look for and that nothing can have: of tags, grants and Regions.

Warnings: a file that comes later may have them.
"""

from collections.abc import Collection, Iterator
from functools import cache

from cost_sentry.domain.caller import APPLICATION_TAG, ENVIRONMENT_TAG, TEAM_TAG
from cost_sentry.domain.policy import PRICE_CLASS_NAMES
from cost_sentry_client.config_file.policy_checks import WrittenPolicy
from cost_sentry_client.config_file.policy_words import words_of
from cost_sentry_client.config_file.problems import ConfigProblem, listed, quoted
from cost_sentry_client.config_file.shape_errors import suggestion
from cost_sentry_client.config_file.shapes import SentryFile

_PARTITIONS = ("aws", "aws-us-gov", "aws-cn")


def value_warnings(policy: WrittenPolicy, file: SentryFile) -> Iterator[ConfigProblem]:
    """Each value that is surely none, with the nearest that is one."""
    for name, known in _values_of_tags(file).items():
        tags = (text.partition("=") for text in words_of(policy.rule, "context", "tags"))
        looked_for = {value for tag, is_pair, value in tags if tag == name and is_pair}
        yield from _unknown(policy, looked_for, known, f"no call has tag {name} with value")
    granted = words_of(policy.rule, "context", "granted")
    yield from _unknown(policy, granted, PRICE_CLASS_NAMES, "there is no price class")
    regions = words_of(policy.rule, "resource", "region")
    if regions:
        yield from _unknown(policy, regions, _regions(), "there is no AWS Region")


def _values_of_tags(file: SentryFile) -> dict[str, Collection[str]]:
    """Of tags that no request chooses: a caller's own."""
    teams = [team for team in file.teams.values() if team and team.applications]
    found: dict[str, Collection[str]] = {TEAM_TAG: file.teams.keys()}
    if len(teams) < len(file.teams):
        return found
    shapes = [one for team in teams for one in team.applications.values()]
    found[APPLICATION_TAG] = {name for team in teams for name in team.applications}
    environments = {one.environment for one in shapes if one and one.environment}
    if all(one and one.environment for one in shapes):
        found[ENVIRONMENT_TAG] = environments
    return found


def _unknown(
    policy: WrittenPolicy, looked_for: set[str], known: Collection[str], words: str
) -> Iterator[ConfigProblem]:
    for name in sorted(looked_for.difference(known)):
        near = suggestion(name, known)
        yield policy.fault(f"{words} {quoted(name)}{near}", f"one of {listed(sorted(known))}")


@cache
def _regions() -> frozenset[str]:
    """Those that the AWS SDK knows."""
    # No policy without a Region waits for it.
    from botocore.session import get_session  # noqa: PLC0415

    session = get_session()
    return frozenset(
        name for one in _PARTITIONS for name in session.get_available_regions("ec2", one)
    )
