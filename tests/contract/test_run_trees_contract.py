"""What every keeper of run trees must do: the real one, the simulation's, and the fake."""

from dataclasses import replace

import pytest

from cost_sentry.adapters.dynamodb_run_trees import DynamoDbRunTrees, KnownRunTrees
from cost_sentry.adapters.run_tree_items import children_key
from cost_sentry.adapters.system_clock import pause
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.session import Edge
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.simulation.run_trees import SimulatedRunTrees
from tests.contract.engines import CONCURRENT, EVERY, MEMORY, SIMULATED, TABLES
from tests.contract.race import race
from tests.fakes.builders import budget
from tests.fakes.memory_run_trees import MemoryRunTrees

RUN, OTHER = (f"01a1fdc3-5780-7000-8000-00000000000{number}" for number in (1, 2))
TWO = budget("fan-out", 2, unit=Unit.CHILDREN, window=WindowKind.SESSION)


def edge(child, *parent):
    return Edge(parent, child)


@pytest.fixture
def make(engine, request):
    """A keeper of the same trees, as each environment of a function has its own."""
    if engine in (MEMORY, SIMULATED):
        one = MemoryRunTrees() if engine == MEMORY else SimulatedRunTrees()
        return lambda: one
    table = request.getfixturevalue("table")
    return lambda: KnownRunTrees(DynamoDbRunTrees(table.items, pause))


@pytest.fixture
def trees(make):
    return make()


@pytest.mark.parametrize("engine", [*EVERY, SIMULATED])
class TestRunTrees:
    def test_an_agent_has_as_many_children_as_the_limit_says(self, trees):
        joined = [trees.join(TWO, RUN, edge(name, "a")) for name in ("b", "c", "d")]

        assert joined == [True, True, False]

    def test_a_child_that_is_in_the_tree_is_never_refused(self, make):
        for name in ("b", "c"):
            make().join(TWO, RUN, edge(name))

        assert make().join(TWO, RUN, edge("b"))
        assert make().join(replace(TWO, limit=1), RUN, edge("c"))
        assert make().join(replace(TWO, limit=0), RUN, edge("c"))
        assert not make().join(replace(TWO, limit=1), RUN, edge("d"))

    def test_a_child_that_found_no_room_finds_some_when_the_limit_is_raised(self, trees):
        for name in ("b", "c"):
            trees.join(TWO, RUN, edge(name))

        assert not trees.join(TWO, RUN, edge("d"))
        assert trees.join(replace(TWO, limit=3), RUN, edge("d"))

    def test_every_agent_run_and_budget_has_children_of_its_own(self, trees):
        one = replace(TWO, limit=1)

        places = [(one, RUN, ()), (one, RUN, ("b",)), (one, RUN, ("b", "b")), (one, OTHER, ())]
        places.append((replace(one, id="another"), RUN, ()))
        places += [(one, f"{RUN}.{caller}", ()) for caller in ("search", "search_web", "support")]

        assert all(trees.join(of, run, Edge(parent, "b")) for of, run, parent in places)
        assert not any(trees.join(of, run, Edge(parent, "c")) for of, run, parent in places)

    def test_a_limit_of_none_lets_nobody_in(self, trees):
        assert not trees.join(replace(TWO, limit=0), RUN, edge("b"))


@pytest.mark.parametrize("engine", CONCURRENT)
class TestRaces:
    def test_of_many_new_children_at_once_as_many_get_in_as_the_limit_says(self, make):
        five = replace(TWO, limit=5)

        # Each name comes twice, from two environments: it is one child.
        joined = race(8, 32, lambda n: (n // 2, make().join(five, RUN, edge(f"agent-{n // 2}"))))

        inside = {name for name, is_in in joined if is_in}
        assert len(inside) == 5
        assert all(make().join(five, RUN, edge(f"agent-{name}")) for name in inside)
        assert not make().join(five, RUN, edge("late"))

    def test_one_child_that_comes_many_times_at_once_is_one_child(self, make):
        one = replace(TWO, limit=1)

        assert all(race(8, 16, lambda _: make().join(one, RUN, edge("b"))))
        assert not make().join(one, RUN, edge("c"))


@pytest.mark.parametrize("engine", TABLES)
def test_what_is_kept_of_a_run_goes_a_day_after_it_is_over_and_names_nobody(table):
    DynamoDbRunTrees(table.items, pause).join(TWO, RUN, edge("searcher", "planner"))

    item = table.items.get(children_key(TWO.id, RUN, ("planner",)))
    began = int(RUN.replace("-", "")[:12], 16) // 1000
    assert int(item["delete_after"]["N"]) == began + 2 * 86_400
    assert "planner" not in str(item)
    assert "searcher" not in str(item)
