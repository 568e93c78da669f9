"""However many policies and budgets in shadow mode say no, an answer says how many they are."""

from hypothesis import given
from hypothesis import strategies as st

from cost_sentry.adapters.decision_record import decision_text, recorded_decision_from
from cost_sentry.application.shadow_notes import BUDGETS_SHOWN_MIN, NOTES_MAX, shadow_notes
from cost_sentry.domain.budget import BudgetMode, Unit
from cost_sentry.domain.policy import PolicyNote
from cost_sentry.domain.window import WindowKind
from tests.fakes.admissions import DEAR, Sentry, request
from tests.fakes.builders import NOON, budget
from tests.fakes.policies import engines, policies, policy

ids = st.integers(0, 14).map(str)


def notes(model=False):
    return st.lists(
        st.builds(
            lambda id_, model_id, known: PolicyNote(
                policy_id=id_, sentence="Why.", model_id=model_id, is_known=known
            ),
            ids,
            st.sampled_from(["m", "n"]),
            st.just(True) if model else st.booleans(),
        ),
        max_size=30,
    )


@given(notes(model=True), notes())
def test_each_is_told_once_or_counted_and_budgets_have_room(of_policies, of_budgets):
    shown, left_out = shadow_notes(of_policies, of_budgets)

    said = {note.policy_id for note in of_policies}
    budgets = {note.policy_id for note in of_budgets}
    told = min(len(said), NOTES_MAX - min(len(budgets), BUDGETS_SHOWN_MIN))
    assert len(shown) == min(NOTES_MAX, told + len(budgets)) <= NOTES_MAX
    assert len(shown) + left_out == len(said) + len(budgets)
    for part, given_notes in ((shown[:told], of_policies), (shown[told:], of_budgets)):
        names = [note.policy_id for note in part]
        assert len(set(names)) == len(names)
        assert set(part) <= set(given_notes)
        firsts = {n.policy_id: n for n in reversed(given_notes)}
        assert all(firsts[note.policy_id] == note for note in part)
    known = [note.is_known for note in shown[told:]]
    assert known == sorted(known, reverse=True)


@given(st.integers(0, 12), st.integers(0, 6))
def test_answer_and_record_tell_or_count_every_shadow_that_says_no(of_policies, of_budgets):
    text = "forbid (principal, action, resource);"
    said = [policy(f"p{n}", text, shadow=True) for n in range(of_policies)]
    tried = [
        budget(f"b{n}", 0, unit=Unit.REQUESTS, window=WindowKind.MINUTE, mode=BudgetMode.SHADOW)
        for n in range(of_budgets)
    ]
    rules = {"policies": policies("UTC", *said), "engines": engines} if said else {}
    sentry = Sentry(budget("all", 10**9, scope={}), *tried, **rules)
    for one in tried:
        sentry.ledger.define(one.in_ledger, "")

    decision = sentry.decide(request())

    read = recorded_decision_from(decision_text(decision), NOON).decision
    assert decision.model_used == DEAR
    assert len(decision.shadow) + decision.shadow_left_out == of_policies + of_budgets
    assert (read.shadow, read.shadow_left_out) == (decision.shadow, decision.shadow_left_out)
    budgets = [note for note in decision.shadow if note.policy_id.startswith("b")]
    assert len(budgets) >= min(of_budgets, BUDGETS_SHOWN_MIN)
