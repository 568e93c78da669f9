"""Something that goes on beside the traffic, and whose outcome is asked for later."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """A thread that keeps nobody from ending: whoever is interrupted leaves it behind.

    Args:
        work: what is done.
        name: of the thread.
    """

    def __init__(self, work: Callable[[], T], name: str) -> None:
        self._work = work
        self._outcome: list[T] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def outcome(self) -> T:
        """Wait for it; raises what it raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._outcome[0]

    def _run(self) -> None:
        try:
            self._outcome.append(self._work())
        except BaseException as failure:  # noqa: BLE001 - whoever asks for the outcome hears of it
            self._failure = failure
