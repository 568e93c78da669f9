"""Virtual time and cooperative tasks: one process, one order of events for one seed.

Code under test is ordinary, synchronous code. It runs in a greenlet that gives way whenever it
waits, so that any other task may run between any two of its calls.
"""

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

import greenlet

Action = Callable[[], None]


class TaskKilled(BaseException):
    """The process that ran this task is gone; nobody's ``except Exception`` hears of it."""


class Task:
    """One thread of control. ``random`` is its own, so that other tasks do not change its luck."""

    __slots__ = ("_greenlet", "_waits", "error", "is_over", "name", "on_end", "random", "result")

    def __init__(self, name: str, random: Random) -> None:
        self.name = name
        self.random = random
        self.is_over = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.on_end: list[Callable[[Task], None]] = []
        self._greenlet: greenlet.greenlet | None = None
        self._waits = 0


class Promise:
    """A value to come; the first one counts."""

    __slots__ = ("_scheduler", "_waiting", "error", "is_kept", "value")

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._waiting: Callable[[], None] | None = None
        self.is_kept = False
        self.value: Any = None
        self.error: BaseException | None = None

    def keep(self, value: Any = None, error: BaseException | None = None) -> None:
        """Give it its value, or its error, unless it has one."""
        if self.is_kept:
            return
        self.is_kept, self.value, self.error = True, value, error
        if self._waiting is not None:
            self._scheduler.after(0, self._waiting)

    def wait(self) -> Any:
        """Give way until it is kept; raises its error."""
        if not self.is_kept:
            self._waiting = self._scheduler.waker()
            self._scheduler.give_way()
        if self.error is not None:
            raise self.error
        return self.value


class Scheduler:
    """The clock, in microseconds from 0, and what is to happen when."""

    def __init__(self, seed: str) -> None:
        self.now = 0
        self.events = 0
        self.failure: BaseException | None = None
        """Set by whoever found a promise broken; stops the run."""
        self._seed = seed
        self._agenda: list[tuple[int, int, Action]] = []
        self._count = 0
        self._hub = greenlet.getcurrent()
        self._current: Task | None = None
        self._open: dict[int, Task] = {}

    @property
    def current(self) -> Task:
        """The task that is running."""
        assert self._current is not None
        return self._current

    @property
    def current_name(self) -> str:
        """Of the running task, for the trace."""
        return self._current.name if self._current else "the world"

    def random(self, name: str) -> Random:
        """Chance of its own for whoever bears this name."""
        return Random(f"{self._seed}/{name}")

    def after(self, delay: int, action: Action) -> None:
        """Let something happen later, or next."""
        self._count += 1
        heapq.heappush(self._agenda, (self.now + delay, self._count, action))

    def spawn(self, name: str, work: Callable[[], Any], delay: int = 0) -> Task:
        """Start a task."""
        task = Task(name, self.random(name))
        task._greenlet = greenlet.greenlet(lambda: self._run(task, work), parent=self._hub)
        self._open[id(task)] = task
        self.after(delay, lambda: self._resume(task))
        return task

    def _run(self, task: Task, work: Callable[[], Any]) -> None:
        try:
            if task.error is None:
                task.result = work()
        except TaskKilled as killed:
            task.error = killed
        except Exception as error:  # noqa: BLE001 - whoever started the task judges it
            task.error = error
        except BaseException as error:  # noqa: BLE001 - a broken promise must not be swallowed
            self.failure = self.failure or error
        task.is_over = True
        self._open.pop(id(task), None)
        for listener in task.on_end:
            listener(task)

    def _resume(self, task: Task, error: BaseException | None = None) -> None:
        if task.is_over or task._greenlet is None:
            return
        self._current = task
        try:
            if error is not None and task._greenlet:
                task._greenlet.throw(error)
            else:
                task.error = error  # It has not begun, and will not.
                task._greenlet.switch()
        finally:
            self._current = None

    def waker(self) -> Action:
        """What wakes the running task once it has given way; good for one time."""
        task = self.current
        task._waits += 1
        ticket = task._waits

        def wake() -> None:
            if task._waits == ticket:
                self._resume(task)

        return wake

    def give_way(self) -> None:
        """Let others run until this task's waker is called."""
        task = self.current
        self._hub.switch()
        self._current = task

    def sleep(self, delay: int) -> None:
        """Let virtual time pass for the running task."""
        self.after(delay, self.waker())
        self.give_way()

    def promise(self) -> Promise:
        """A value to come."""
        return Promise(self)

    def kill(self, task: Task) -> None:
        """End a task where it waits, as if its process were gone."""
        if not task.is_over:
            task._waits += 1
            self.after(0, lambda: self._resume(task, TaskKilled()))

    def run(self, until: int, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Let things happen up to a time, or until it is enough."""
        agenda = self._agenda
        while agenda and agenda[0][0] <= until and not is_enough():
            self.now, _, action = heapq.heappop(agenda)
            self.events += 1
            action()
            if self.failure is not None:
                raise self.failure
        if not is_enough():
            self.now = max(self.now, until)

    def close(self) -> None:
        """End every task that still waits; call it last."""
        for task in list(self._open.values()):
            self._resume(task, TaskKilled())
        self._open.clear()
        self._agenda.clear()
