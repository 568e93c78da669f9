"""How long a table that says "not now" is asked again."""

import pytest

from cost_sentry.adapters.ledger_patience import THROTTLED_MAX, Patience
from cost_sentry.domain.errors import LedgerThrottled


def asked(*answers, **settings):
    """What one question ends in, and the pauses."""
    left, pauses = list(answers), []

    def ask():
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    patience = Patience(pauses.append, **settings)
    return (lambda: patience.asked(ask)), patience, pauses


NOT_NOW = LedgerThrottled("not now")


def test_an_answer_that_comes_at_once_is_not_waited_for():
    ask, patience, pauses = asked("yes")

    assert (ask(), pauses, patience.has_waited) == ("yes", [], False)


def test_each_wait_is_told_how_many_there_were_before():
    ask, patience, pauses = asked(NOT_NOW, NOT_NOW, NOT_NOW, "yes")

    assert (ask(), pauses, patience.has_waited) == ("yes", [0, 1, 2], True)


@pytest.mark.parametrize("most", [THROTTLED_MAX, 2])
def test_patience_ends_with_the_last_throttled_answer_it_has(most):
    ask, _, pauses = asked(*[NOT_NOW] * (most + 3), throttled_max=most)

    with pytest.raises(LedgerThrottled, match="not now"):
        ask()
    assert pauses == list(range(most - 1))
