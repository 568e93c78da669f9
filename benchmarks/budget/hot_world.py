"""One budget under an offered load, in virtual time: the real adapter on the simulator's DynamoDB.

Calls hold their money for five seconds and cost 5 to 100 % of it. Each runs in an execution
environment of its own, one call at a time, as Lambda runs them. The model takes 1,000 write units
a second of one item, answers after about 5 ms, and lets transactions that meet conflict.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

from benchmarks.budget.bench_sentry import request_id
from benchmarks.budget.hot_ends import settled, taken_back
from cost_sentry.adapters.dynamodb_ledger import DynamoDbLedger
from cost_sentry.adapters.ledger_calls import LedgerCalls
from cost_sentry.adapters.ledger_items import place_key
from cost_sentry.adapters.ledger_walk import shards_of
from cost_sentry.application.ports import Reserved, Shortage
from cost_sentry.domain.budget import Budget
from cost_sentry.domain.errors import LedgerUnavailable
from cost_sentry.domain.reservation import Hold, Reservation
from cost_sentry.domain.shard import stamp_of
from tests.simulation.dynamodb.model import DynamoDbModel, InstantClient
from tests.simulation.world.dynamodb_client import SimulatedClient
from tests.simulation.world.environment import TABLE, Environment, SkewedClock, start_of
from tests.simulation.world.faults import Faults
from tests.simulation.world.latencies import MILLISECOND, SECOND
from tests.simulation.world.scheduler import Scheduler

START = "2026-11-21 12:00:00"
MODEL_SECONDS = 5
ACCOUNT = "search/web"
GENERATIONS = 6
"""Of calls that an account has seen before it is measured: by then few shards split."""
_SOMEBODY_ELSE = 10**9
"""The number of their call."""
_GROWN_FROM = 2 * 10**9
"""Numbers of the calls that an account is grown with."""
_DONE_BY = 3_600 * SECOND
_MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"


@dataclass(frozen=True, slots=True)
class Admission:
    """One call that got an answer; times in virtual microseconds."""

    asked_at: int
    answered_at: int
    amount: int
    outcome: str
    """``held``, ``short`` or ``unavailable``."""
    room: int
    """What was surely free all the time that it asked, lying anywhere."""


@dataclass(slots=True)
class HotWorld:
    """A table, its callers, and what became of them.

    Args:
        seed: of every chance in it.
        budget: the one that all calls are charged to.
        amount: what each call holds.
    """

    seed: int
    budget: Budget
    amount: int
    scheduler: Scheduler = field(init=False)
    model: DynamoDbModel = field(init=False)
    clock: SkewedClock = field(init=False)
    admissions: list[Admission] = field(default_factory=list)
    taken: int = 0
    """Settled cost and live holds, those that are being asked for included: an upper bound."""
    waiting: dict[int, int] = field(default_factory=dict)
    """Since when calls have been asking that were not answered yet, by their number."""
    spent: int = 0
    touched: int = 0
    """Items that were asked for or written, all requests together: what a world costs to run."""
    environments: int = 0
    """That were ever needed at once, of all functions."""
    _idle: dict[str, list[DynamoDbLedger]] = field(default_factory=dict)
    _teacher: DynamoDbLedger | None = None

    def __post_init__(self) -> None:
        """An empty table."""
        self.scheduler = Scheduler(str(self.seed))
        self.model = DynamoDbModel(lambda: self.scheduler.now)
        self.clock = SkewedClock(self.scheduler, start_of(START))
        self._idle = {"admit": [], "settle": []}

    def define(self, budget: Budget) -> None:
        """In force, with this limit, before anybody calls."""
        books = self._environment().books
        window = self.budget.window_at(self.clock.now()).id
        self._do("the operator", lambda: books.define(budget, window))

    def spend_the_rest(self) -> None:
        """Somebody else spends what lies in no shard."""
        calls = LedgerCalls(InstantClient(self.model), TABLE)
        in_shards = sum(
            shard.pending_amount(purse) + shard.free[purse]
            for shard in shards_of(calls, ACCOUNT)
            for purse in shard.free
        )
        spends = self.budget.limit - in_shards
        self._do("somebody else", lambda: self._spend(spends))
        self.taken += spends
        self.spent += spends

    def grow(self, calls: int) -> None:
        """So many calls are running, as many times as it takes, and everybody knows the shards.

        One caller after the other and no waiting: an account that has been busy for minutes,
        without those minutes. Each call is taken back when as many newer ones run; the last ones
        end evenly within the time that a call takes.
        """
        running: deque[Reservation] = deque()
        at_once = LedgerCalls(InstantClient(self.model), TABLE)
        teacher = DynamoDbLedger(at_once, lambda _attempt: self.scheduler.sleep(MILLISECOND))

        def reserve_all() -> None:
            for number in range(calls * GENERATIONS):
                asked = self._reservation(_GROWN_FROM + number, self.amount, ACCOUNT)
                answer = teacher.reserve(asked)
                if not isinstance(answer, Reserved):
                    raise TypeError(f"call {number} of {calls} met {answer}")
                running.append(answer.reservation)
                if len(running) > calls:
                    teacher.resolve(running.popleft(), taken_back(self.clock.now()))
                if number % calls == 0:
                    self._forget(at_once)
                self.scheduler.sleep(MILLISECOND)

        self._do("growing", reserve_all)
        self._teacher = teacher
        self.taken += calls * self.amount
        for place, reservation in enumerate(running):
            delay = place * MODEL_SECONDS * SECOND // calls
            self.scheduler.after(delay, partial(self._spawn_settle, reservation))

    def _forget(self, calls: LedgerCalls) -> None:
        """What the shards remember of ended calls: the journal has had it for long."""
        for shard in shards_of(calls, ACCOUNT):
            calls.update(
                {"Key": place_key(shard.place), "UpdateExpression": "REMOVE ended, inherited"}
            )

    @property
    def asking(self) -> int:
        """What calls have asked for and not been answered yet."""
        return len(self.waiting) * self.amount

    def spawn_call(self, number: int) -> None:
        """A call arrives now."""
        self.scheduler.spawn(f"call {number}", lambda: self._call(number, self.amount, ACCOUNT))

    def _spend(self, amount: int) -> None:
        ledger: DynamoDbLedger = self._environment().ledger
        answer = ledger.reserve(self._reservation(_SOMEBODY_ELSE, amount, "others/-"))
        if not isinstance(answer, Reserved):
            raise TypeError(f"the budget has less than {amount} left: {answer}")
        now = self.clock.now()
        ledger.resolve(answer.reservation, settled(amount, now))

    def _do(self, name: str, work: Callable[[], object]) -> None:
        task = self.scheduler.spawn(name, work)
        self.scheduler.run(self.scheduler.now + _DONE_BY, lambda: task.is_over)
        if task.error is not None or not task.is_over:
            raise RuntimeError(f"{name} did not succeed: {task.error}")

    def _call(self, number: int, amount: int, account: str) -> None:
        asked_at, room = self.scheduler.now, self.budget.limit - self.taken
        self.taken += amount
        self.waiting[number] = asked_at
        held = self._reservation(number, amount, account)
        ledger = self._borrow("admit")
        try:
            answer: Any = ledger.reserve(held)
        except LedgerUnavailable:
            answer = None
        self._idle["admit"].append(ledger)
        del self.waiting[number]
        outcome = "unavailable" if answer is None else "short"
        if isinstance(answer, Reserved):
            outcome = "held"
            self.scheduler.after(
                MODEL_SECONDS * SECOND, partial(self._spawn_settle, answer.reservation)
            )
        else:
            self.taken -= amount
        if not isinstance(answer, Reserved | Shortage | None):
            raise TypeError(f"call {number} met {answer}")
        room = min(room, self.budget.limit - self.taken)
        self.admissions.append(Admission(asked_at, self.scheduler.now, amount, outcome, room))

    def _spawn_settle(self, held: Reservation) -> None:
        self.scheduler.spawn(f"settle {held.request_id}", lambda: self._settle(held))

    def _settle(self, held: Reservation) -> None:
        amount = self.amount
        cost = round(amount * self.scheduler.current.random.uniform(0.05, 1.0))
        ledger = self._borrow("settle")
        while True:
            try:
                ledger.resolve(held, settled(cost, self.clock.now()))
                break
            except LedgerUnavailable:
                self.scheduler.sleep(SECOND)  # the workflow tries again
        self._idle["settle"].append(ledger)
        self.taken -= amount - cost
        self.spent += cost

    def _borrow(self, function: str) -> DynamoDbLedger:
        """An environment that is idle, or a new one that knows the shards as they were grown."""
        if self._idle[function]:
            return self._idle[function].pop()
        ledger: DynamoDbLedger = self._environment().ledger
        if self._teacher is not None:
            known = self._teacher._shards._split  # noqa: SLF001 - nobody else needs to be taught
            ledger._shards._split = {name: set(split) for name, split in known.items()}  # noqa: SLF001
        return ledger

    def _environment(self) -> Environment:
        self.environments += 1
        client = SimulatedClient(self.scheduler, self.model, Faults(), self._date)
        return Environment(
            scheduler=self.scheduler,
            client=_Watched(client, self),
            clock=self.clock,
            price_book=None,  # type: ignore[arg-type] # nobody quotes here
            topic=None,
            watch=lambda ledger: ledger,
        )

    def _date(self) -> str:
        """As AWS tells it in every answer."""
        return format_datetime(self.clock.now(), usegmt=True)

    def _reservation(self, number: int, amount: int, account: str) -> Reservation:
        now = self.clock.now()
        name = request_id(now, number)
        window = self.budget.window_at(now).id
        hold = Hold(
            budget_id=self.budget.id, window_id=window, unit=self.budget.unit, amount=amount
        )
        team, _, application = account.partition("/")
        return Reservation(
            request_id=name,
            account=account,
            attempt=stamp_of(name),
            digest="0" * 32,
            decision="ALLOW",
            model_asked=_MODEL,
            model_used=_MODEL,
            price_version="2026-11-21+000000000000",
            input_bound_tokens=1_259,
            output_limit_tokens=300,
            quote_picodollars=amount,
            holds=(hold,),
            tags={"team": team, "application": application},
            priority="normal",
            reserved_at=now,
            expires_at=now + timedelta(seconds=420),
        )

    def shards(self) -> Iterator[tuple[str, str]]:
        """Keys of every shard that takes calls."""
        pk = f"ACCOUNT#{ACCOUNT}"
        for sk in self.model.items.sort_keys(pk):
            item = self.model.items.get((pk, sk))
            if item and "state" not in item:
                yield pk, sk


class _Watched:
    """A client whose work is counted."""

    def __init__(self, client: SimulatedClient, world: HotWorld) -> None:
        self._client = client
        self._world = world

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = getattr(self._client, name)

        def call(**request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 takes it
            self._world.touched += len(request.get("TransactItems", "1"))
            answer: dict[str, Any] = operation(**request)
            return answer

        setattr(self, name, call)
        return call
