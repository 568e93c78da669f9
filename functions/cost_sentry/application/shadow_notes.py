"""What an answer, and its record, show of the policies and budgets that are only tried."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cost_sentry.domain.policy import PolicyNote

NOTES_MAX = 8
"""That an answer shows: it travels beside a request of 212 KiB through Step Functions' 256."""
BUDGETS_SHOWN_MIN = 4
"""Budgets that policies leave room for, however many these are."""


class ShadowNotes(NamedTuple):
    """Some of them, and how many more there are."""

    shown: tuple[PolicyNote, ...]
    left_out: int


def shadow_notes(
    of_policies: Sequence[PolicyNote], of_budgets: Iterable[PolicyNote] = ()
) -> ShadowNotes:
    """One for each policy, of the model that was asked about first, and one for each budget.

    Of budgets what is known comes first.
    """
    policies = _each_once(of_policies)
    budgets = known_first(_each_once(of_budgets))
    policies_max = NOTES_MAX - min(len(budgets), BUDGETS_SHOWN_MIN)
    shown = (*policies[:policies_max], *budgets)[:NOTES_MAX]
    return ShadowNotes(shown, len(policies) + len(budgets) - len(shown))


def known_first(notes: Iterable[PolicyNote]) -> list[PolicyNote]:
    """Of a budget of which one thing is known and another is not, the first is told."""
    return sorted(notes, key=lambda note: not note.is_known)


def _each_once(notes: Iterable[PolicyNote]) -> list[PolicyNote]:
    first: dict[str, PolicyNote] = {}
    for note in notes:
        first.setdefault(note.policy_id, note)
    return list(first.values())
