"""Every race can fail: each is run on what has the mistake that it is there to find."""

import inspect
from functools import partial

import pytest

from tests.contract.circuit_races import CircuitRaces
from tests.contract.ledger_crowd_races import LedgerCrowdRaces
from tests.contract.ledger_limit_races import LedgerLimitRaces
from tests.contract.ledger_races import LedgerRaces
from tests.contract.ledger_run_races import LedgerRunRaces
from tests.contract.ledger_sharing_races import LedgerSharingRaces
from tests.fakes import planted_circuits
from tests.fakes import planted_ledgers as planted

FOUND_BY = {
    "test_the_same_id_racing_with_itself_is_held_once": planted.KnowsNoId,
    "test_one_attempt_repeated_at_once_is_held_once_and_always_told_so": planted.KnowsNoRetry,
    "test_resolutions_racing_with_each_other_post_once": planted.EndsTwice,
    "test_a_call_settled_voided_expired_and_reserved_again_at_once_ends_one_way": planted.EndsTwice,
    "test_racing_callers_hold_exactly_what_the_budget_pays_for": planted.LooksThenHolds,
    "test_money_that_comes_and_goes_is_never_overspent_and_nobody_is_refused_wrongly": (
        planted.LooksThenHolds
    ),
    "test_a_balance_read_in_the_middle_of_traffic_adds_up_within_the_limit": (
        planted.ReadsInTwoSteps
    ),
    "test_calls_that_settle_late_while_their_window_is_tidied_lose_nothing": (
        planted.ForgetsEndedWindows
    ),
    "test_changing_a_limit_in_the_middle_of_traffic_is_exact": planted.ForgetsPendingOnChange,
    "test_a_limit_lowered_below_what_is_spent_stops_every_call_that_starts_after_it": (
        planted.LimitsLate
    ),
    "test_a_lowered_limit_admits_again_exactly_what_running_calls_give_back": planted.ForgivesDebt,
    "test_a_crowded_window_lowered_below_what_is_spent_admits_no_more_than_its_shards_keep": (
        planted.ForgivesDebt
    ),
    "test_limits_set_by_two_operators_at_once_leave_one_of_them_and_lose_nothing": (
        planted.ForgetsPendingOnChange
    ),
    "test_overruns_of_racing_calls_leave_exactly_so_much_less": planted.CapsOverruns,
    "test_overruns_of_racing_calls_in_a_crowd_leave_so_much_less_for_everybody": (
        planted.CapsOverruns
    ),
    "test_calls_of_many_teams_hold_exactly_what_all_their_budgets_pay_for": (
        planted.HoldsBudgetsOneByOne
    ),
    "test_money_stranded_in_seven_accounts_is_found_by_the_eighth": planted.LeavesMoneyStranded,
    "test_calls_too_large_for_the_budget_do_not_disturb_those_that_fit": planted.AddsThenCompares,
    "test_a_recall_racing_with_newcomers_finds_no_money_twice": planted.LooksThenHolds,
    "test_a_recall_racing_with_a_change_of_the_limit_undoes_none_of_it": planted.LimitsLate,
    "test_a_crowded_window_is_never_overspent_and_refuses_only_near_its_limit": (
        planted.LooksThenHolds
    ),
    "test_racing_runs_that_leave_and_come_back_get_exactly_their_steps": planted.LooksThenHolds,
    "test_a_large_call_is_not_refused_while_small_ones_come_and_go": (
        planted.TakesAConflictForARefusal
    ),
}


class Races(LedgerRaces, LedgerCrowdRaces, LedgerLimitRaces, LedgerRunRaces, LedgerSharingRaces):
    """Not collected: only its methods are called."""

    __test__ = False


@pytest.mark.parametrize("name", FOUND_BY)
def test_a_race_finds_the_mistake_it_is_there_for(name):
    ledger = FOUND_BY[name]()
    run = partial(getattr(Races(), name), ledger, ledger)
    accounts = {"accounts": 8} if "accounts" in inspect.signature(run.func).parameters else {}

    with pytest.raises((AssertionError, ValueError)):
        run(**accounts)


def test_there_is_no_race_without_its_mistake():
    assert {name for name in dir(Races) if name.startswith("test_")} == set(FOUND_BY)


CIRCUITS_FOUND_BY = {
    "test_one_of_many_takes_the_probe": planted_circuits.LooksThenChanges,
    "test_a_probe_that_is_given_back_is_taken_again_by_one": planted_circuits.LosesReports,
    "test_a_probe_that_nobody_reported_on_is_taken_over_by_one": planted_circuits.LosesReports,
}


@pytest.mark.parametrize("name", CIRCUITS_FOUND_BY)
def test_a_race_for_a_probe_finds_the_mistake_it_is_there_for(name):
    store = CIRCUITS_FOUND_BY[name]()

    with pytest.raises(AssertionError):
        getattr(CircuitRaces(), name)(lambda: store)


def test_there_is_no_race_for_a_probe_without_its_mistake():
    assert {name for name in dir(CircuitRaces) if name.startswith("test_")} == set(
        CIRCUITS_FOUND_BY
    )
