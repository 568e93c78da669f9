"""Mistakes in how windows of agent runs are told apart, leave their shards, and end."""

from collections.abc import Mapping
from typing import Any

import pytest

from cost_sentry.adapters import (
    dynamodb_run_trees,
    ledger_allotments,
    ledger_moves,
    ledger_runs,
    ledger_upkeep,
    run_windows,
)
from cost_sentry.adapters.entry_record import entry_text
from cost_sentry.application import session_refusal
from cost_sentry.domain import sentry_config
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.session import Session
from tests.simulation.audit import broken
from tests.simulation.planted.bug import CALM, Bugs, without
from tests.simulation.planted.run_workloads import branching_run, busy_run
from tests.simulation.runs_workload import runs

bugs = Bugs()


def _leaves(patch: pytest.MonkeyPatch, *clauses: str) -> None:
    """Windows go home without these conditions."""
    leaving = ledger_runs._leaving
    patch.setattr(
        ledger_runs,
        "_leaving",
        lambda *given: {"Update": without(leaving(*given)["Update"], *clauses)},
    )


@bugs.caught_by(broken.NOTHING_OWED, busy_run, {"slow": 0.3})
def a_run_goes_home_though_it_was_refilled(patch: pytest.MonkeyPatch) -> None:
    """Windows of a run leave a shard that has as much as it had, whatever came and went."""
    _leaves(patch, "#seen.")


@bugs.caught_by(broken.NOTHING_OWED, busy_run, CALM)
def a_run_goes_home_with_its_calls(patch: pytest.MonkeyPatch) -> None:
    """Windows of a run leave a shard that holds calls of it."""
    patch.setattr(ledger_runs, "held_purses", lambda _shard: set())


@bugs.caught_by(broken.CONSERVED, busy_run, {"slow": 0.3})
def a_run_takes_home_what_it_had(patch: pytest.MonkeyPatch) -> None:
    """Windows of a run leave with the money that they had when the shard was read."""
    _leaves(patch, "#free.")


@bugs.caught_by(broken.CONSERVED, busy_run, CALM)
def a_run_loses_what_it_takes_home(patch: pytest.MonkeyPatch) -> None:
    """What a run's window left in a shard goes nowhere."""
    give = ledger_moves.give_to_window
    patch.setattr(
        ledger_runs, "give_to_window", lambda purse, _amount, leaves: give(purse, 0, leaves=leaves)
    )


@bugs.caught_by(broken.RUNS_LEAVE, runs, CALM)
def runs_stay_for_their_day(patch: pytest.MonkeyPatch) -> None:
    """The scheduled run leaves windows of runs where they are until they have ended."""
    patch.setattr(ledger_upkeep, "send_idle_home", lambda *_given: 0)


@bugs.caught_by(broken.IN_ITS_PLACE, busy_run, CALM)
def who_leaves_keeps_its_money(patch: pytest.MonkeyPatch) -> None:
    """A shard leaves the places of a run's window, and what it has of it stays there."""
    leaving, home = ledger_runs._leaving, ledger_runs.give_to_window

    def stays(shard: Any, purses: Any, now: Any) -> Any:
        update = leaving(shard, purses, now)["Update"]
        nothing = entry_text(EntryKind.RECALL, now, moves=dict.fromkeys(purses, 0))
        values = {**update["ExpressionAttributeValues"], ":entry": {"S": nothing}}
        kept = "SET #entry = :entry ADD #sequence :one"
        return {"Update": update | {"UpdateExpression": kept, "ExpressionAttributeValues": values}}

    patch.setattr(ledger_runs, "_leaving", stays)
    patch.setattr(
        ledger_runs, "give_to_window", lambda purse, _amount, leaves: home(purse, 0, leaves=leaves)
    )


@bugs.caught_by(broken.RIGHT_RUN, runs, CALM)
def all_runs_are_one(patch: pytest.MonkeyPatch) -> None:
    """Every run draws on the window of whichever run called first."""
    first: list[Session] = []
    of_tags = sentry_config.session_of_tags

    def changed(tags: Mapping[str, str]) -> Session | None:
        found = of_tags(tags)
        first.extend([found] if found and not first else [])
        return first[0] if found else None

    patch.setattr(sentry_config, "session_of_tags", changed)


@bugs.caught_by(broken.RIGHT_RUN, runs, CALM)
def a_run_is_whoevers_names_it(patch: pytest.MonkeyPatch) -> None:
    """A run's window is called by the run's id alone, which every caller may name."""
    patch.setattr(sentry_config, "run_of_caller", lambda session, _caller: session)


@bugs.caught_by(broken.RIGHT_RUN, runs, CALM)
def nobody_is_too_deep(patch: pytest.MonkeyPatch) -> None:
    """An agent calls however far below its root it stands."""
    patch.setattr(session_refusal, "_is_below", lambda _session, _budget: False)


def _joins(patch: pytest.MonkeyPatch, condition: str) -> None:
    """Children are taken in on another condition."""
    joining = dynamodb_run_trees._joining

    def changed(*given: Any) -> Any:
        arguments = joining(*given)
        values = arguments["ExpressionAttributeValues"]
        update = arguments["UpdateExpression"]
        used = {name: one for name, one in values.items() if name in condition + update}
        return {
            **arguments,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": used,
        }

    patch.setattr(dynamodb_run_trees, "_joining", changed)


@bugs.caught_by(broken.RIGHT_RUN, runs, CALM)
def an_agent_has_a_child_too_many(patch: pytest.MonkeyPatch) -> None:
    """A set of children that is full takes one more."""
    _joins(
        patch,
        "attribute_not_exists(children) OR contains(children, :name) OR size(children) <= :most",
    )


@bugs.caught_by(broken.RIGHT_RUN, branching_run, CALM)
def a_child_has_to_find_room_again(patch: pytest.MonkeyPatch) -> None:
    """A child that is in is refused once the set is full."""
    _joins(patch, "attribute_not_exists(children) OR size(children) < :most")


@bugs.caught_by(broken.RUN_IN_TIME, runs, CALM)
def a_run_goes_on_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A run calls as long as it likes."""
    patch.setattr(session_refusal, "_not_now", lambda _session, _now: None)


@bugs.caught_by(broken.RUNS_HAVE_AN_END, runs, CALM)
def what_is_kept_of_runs_stays(patch: pytest.MonkeyPatch) -> None:
    """A window of a run that is opened gets no time to go."""
    patch.setattr(ledger_allotments, "gone_after", lambda _window: {})
    assert run_windows.gone_after("all") == {}
