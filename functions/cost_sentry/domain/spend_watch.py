"""Whose spending Amazon CloudWatch watches with alarms of its own, beside the sentry's detector.

Alarms cost money while nobody calls, so there are so many, and the rest are told by name.
"""

from collections.abc import Iterable
from itertools import chain, zip_longest

from cost_sentry.domain.budget import MODEL_TAG
from cost_sentry.domain.caller import TEAM_TAG
from cost_sentry.domain.model_id import base_model_id

WATCHED_MAX = 20
"""Unless ``alerts.watchedMax`` says otherwise; at 40 cents a month each, $8."""
WATCHED_MAX_MAX = 100
"""CloudFormation takes 500 resources a stack, and each of them has two alarms: with so many there
is room for 140 callers; synthesis fails where there is none."""


def by_turns(teams: Iterable[str], models: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Dimension and value of each, a team and a model by turns, in the order of the file.

    So neither kind leaves the other without alarms. A model counts once, whatever its geography.
    """
    of_teams = ((TEAM_TAG, team) for team in teams)
    of_models = ((MODEL_TAG, model) for model in dict.fromkeys(map(base_model_id, models)))
    pairs = zip_longest(of_teams, of_models)
    return tuple(one for one in chain.from_iterable(pairs) if one is not None)


def unwatched_text(unwatched: Iterable[tuple[str, str]]) -> str:
    """Who has no alarms, and who watches them instead; empty: all have some."""
    named = ", ".join(f"{dimension} {value}" for dimension, value in unwatched)
    if not named:
        return ""
    return (
        f"no alarms of CloudWatch's own watch what these spend: {named}; the sentry's own detector"
        " does (alerts.watchedMax says how many have both)"
    )
