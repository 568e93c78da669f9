"""Checks what the sentry answers, and what the model is asked, against what really happened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf

from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.invocation import InvocationRequest
from cost_sentry.domain.retry import attempt_id, request_and_attempt
from tests.simulation import ledger_records as records
from tests.simulation.audit import broken
from tests.simulation.audit.auditor import Auditor
from tests.simulation.audit.broken import BrokenPromise
from tests.simulation.audit.emergency import EmergencyAudit
from tests.simulation.audit.run_trees import RunTreesAudit
from tests.simulation.audit.runs import check_decision, check_depth, is_of_run_time
from tests.simulation.audit.truth import Story
from tests.simulation.world import deployment_facts
from tests.simulation.world.bedrock import Bill, ModelCall
from tests.simulation.world.outages import Outage


@dataclass(frozen=True, slots=True)
class Asked:
    """What was true when a request reached the sentry."""

    was_known: bool
    """Whether its id was held before."""
    ahead_seconds: float
    """How far the id's own time was to come; minus infinity if it has none."""
    at: int
    """Virtual time."""
    outage: Outage | None
    """The ledger's, if it was in one."""


ANSWER_SECONDS_MAX = deployment_facts.client_limits()[1]
AHEAD_SECONDS_MAX = 10
"""How far ahead an id's clock may be (ADR 0009)."""

SAID_OF_KNOWN_IDS = {
    ReasonCode.REQUEST_ID_REUSED,
    ReasonCode.LEDGER_UNAVAILABLE,
    ReasonCode.INVALID_REQUEST,
}
"""Refusals of an id that is held: its content or its time is another, or nobody knows."""


class Answers:
    """Args:
    auditor: who knows the truth.
    rates: what a token of each model costs, in picodollars.
    start: the true time at which virtual time is 0.
    is_calm: whether nothing goes wrong in this seed, but outages.
    outage: the ledger's of now.
    silent_since: whether the ledger was in an outage at any time since then.
    emergency: who knows what happens without the ledger.
    """

    def __init__(
        self,
        auditor: Auditor,
        rates: Mapping[str, int],
        *,
        start: datetime,
        is_calm: bool,
        outage: Callable[[], Outage | None],
        silent_since: Callable[[int], bool],
        emergency: EmergencyAudit,
    ) -> None:
        self._auditor = auditor
        self._start = start
        self._rates = rates
        self._is_calm = is_calm
        self._outage = outage
        self._silent_since = silent_since
        self._emergency = emergency
        self._called: set[tuple[str, str]] = set()
        self._trees = RunTreesAudit()
        self.bills: list[Bill] = []

    def asked(self, request: InvocationRequest) -> Asked:
        """What is true before the sentry is asked."""
        return Asked(
            was_known=(request.account, request.request_id) in self._auditor.truth.stories,
            ahead_seconds=self._ahead_seconds(request.request_id),
            at=self._auditor.truth.now(),
            outage=self._outage(),
        )

    def _ahead_seconds(self, request_id: str) -> float:
        """How far an id's own time is ahead of the true time; an id without one is not ahead."""
        if len(request_id) != 36 or request_id[14] != "7":
            return -inf
        made = int(request_id.replace("-", "")[:12], 16) / 1_000
        return made - self._start.timestamp() - self._auditor.truth.now() / 1_000_000

    def decided(
        self, request: InvocationRequest, attempt: str, decision: Decision, asked: Asked
    ) -> None:
        """An answer of admission."""
        self._auditor.checks += 2
        emergency, is_whole = self._emergency, asked.outage and asked.outage is self._outage()
        if is_whole:
            emergency.check_in_outage(request, decision)
        if is_whole and self._is_calm:
            emergency.check_helps(request, decision, asked.at)
        if emergency.is_slots(decision):
            emergency.decided(request, attempt, decision, asked.at)
            return
        self._check_time(request, decision, asked)
        self._check_run(request, decision, asked.at)
        story = self._story(request, decision)
        held = story.held if story else None
        if decision.kind is DecisionKind.REJECT:
            self._check_refusal(request, decision, held, asked)
            return
        told = decision.reservation
        if held is None or told is None or told.quote_picodollars != held.quote:
            detail = f"{request.request_id} is allowed, and the ledger holds {held}"
            raise BrokenPromise(broken.HELD_BEFORE_ALLOWED, detail)
        if held.digest != request.digest:
            detail = f"{request.request_id} with other content is answered {decision.code}"
            raise BrokenPromise(broken.SAME_ANSWER, detail)
        if decision.replayed:
            self._check_replay(decision, story.ended if story else None)
        elif held.execution != attempt.partition(".")[0]:
            detail = f"{request.request_id} is allowed to a second execution"
            raise BrokenPromise(broken.SAME_ANSWER, detail)

    def _check_run(self, request: InvocationRequest, decision: Decision, asked_at: int) -> None:
        self._trees.decided(request, decision, asked_at, self._auditor.truth.now())
        story = self._auditor.truth.stories.get((request.account, request.request_id))
        now = self._start.timestamp() + self._auditor.truth.now() / 1_000_000
        check_decision(request, decision, story.held if story else None, now)
        defined = self._auditor.truth.ever_defined
        check_depth(request, decision, [most for budget, most in defined if budget == "run-depth"])

    def _story(self, request: InvocationRequest, decision: Decision) -> Story | None:
        """What the answer is about: a voided attempt may be told of by the one after it.

        One that was granted, and is not held yet, is told of as pending, with what the last held.
        """
        stories, account = self._auditor.truth.stories, request.account
        own = stories.get((account, request.request_id))
        if not decision.replayed or decision.request_id == request.request_id:
            return own
        self._auditor.met["ids told of by a later attempt"] += 1
        later = stories.get((account, decision.request_id))
        request_id, number = request_and_attempt(decision.request_id)
        before = stories.get((account, attempt_id(request_id, number - 1)))
        if before is None or before.ended is None or before.ended.state != records.VOIDED:
            detail = f"{request.request_id} is told of by {decision.request_id}, after no void"
            raise BrokenPromise(broken.SAME_ANSWER, detail)
        return later or Story(held=before.held)

    def _check_time(self, request: InvocationRequest, decision: Decision, asked: Asked) -> None:
        """Ids are refused for their time if it is to come by more than ten seconds, and only then.

        The ledger's clock shows whole seconds, so it may be one second behind; and its answer may
        take as long as the client waits, which is added to it by mistake.
        """
        ahead = self._ahead_seconds(request.request_id)
        is_wrong = asked.ahead_seconds < AHEAD_SECONDS_MAX - 1
        if is_of_run_time(decision):
            self._auditor.met["agent runs over or to come"] += 1
            return
        if decision.code is ReasonCode.INVALID_REQUEST:
            self._auditor.met["ids from the future refused"] += 1
        if decision.code is ReasonCode.INVALID_REQUEST and is_wrong:
            detail = f"{request.request_id} is refused, {asked.ahead_seconds} seconds ahead"
            raise BrokenPromise(broken.FROM_THE_FUTURE, detail)
        if (
            decision.kind is not DecisionKind.REJECT
            and ahead > AHEAD_SECONDS_MAX + ANSWER_SECONDS_MAX
        ):
            detail = f"{request.request_id} is answered {decision.code}, {ahead} seconds ahead"
            raise BrokenPromise(broken.FROM_THE_FUTURE, detail)

    def _check_refusal(
        self,
        request: InvocationRequest,
        decision: Decision,
        held: records.Held | None,
        asked: Asked,
    ) -> None:
        code = decision.code
        is_same = held is None or held.digest == request.digest
        if (
            code is ReasonCode.REQUEST_ID_REUSED
            and is_same
            and not self._emergency.knows_otherwise(request)
        ):
            detail = f"{request.request_id} is refused as used before by other content"
            raise BrokenPromise(broken.SAME_ANSWER, detail)
        if asked.was_known and code not in SAID_OF_KNOWN_IDS:
            detail = f"{request.request_id} is held and refused: {code}"
            raise BrokenPromise(broken.SAME_ANSWER, detail)
        names_one = any(view.binding and view.left is not None for view in decision.budgets)
        if code is ReasonCode.BUDGET_EXHAUSTED and not names_one:
            raise BrokenPromise(broken.SAYS_WHY, f"{request.request_id}: {decision.message}")
        was_silent = self._silent_since(asked.at)
        if self._is_calm and code is ReasonCode.LEDGER_UNAVAILABLE and not was_silent:
            raise BrokenPromise(broken.ANSWERS_WHEN_CALM, decision.message)

    def _check_replay(self, decision: Decision, ended: records.Ended | None) -> None:
        told = decision.state.value if decision.state else ""
        if told != "PENDING" and (ended is None or told != ended.state):
            detail = f"{decision.request_id} is said to be {told}, it is {ended}"
            raise BrokenPromise(broken.SAME_ANSWER, detail)

    def call_started(self, call: ModelCall) -> None:
        """The model is asked."""
        key = (call.account, call.request_id)
        story = self._auditor.truth.stories.get(key)
        self._auditor.checks += 2
        if story is None:
            raise BrokenPromise(broken.HELD_BEFORE_ALLOWED, f"{call.request_id} runs unheld")
        if key in self._called:
            raise BrokenPromise(broken.CALLED_ONCE, f"{call.request_id} runs a second time")
        self._called.add(key)
        self._emergency.call_started(call)

    def billed(self, bill: Bill) -> None:
        """The model ran, and this is what it cost."""
        call = bill.call
        key = (call.account, call.request_id)
        story = self._auditor.truth.stories[key]
        cost = self.cost(bill)
        self._auditor.billed[key] = cost
        self.bills.append(bill)
        self._auditor.checks += 2
        if story.ended is not None and story.ended.state == records.VOIDED:
            raise BrokenPromise(broken.NEVER_FREE, f"{call.request_id} ran after it was voided")
        if _is_within_bounds(bill) and cost > story.held.quote:
            detail = f"{call.request_id} costs {cost}, its quote was {story.held.quote}"
            raise BrokenPromise(broken.UPPER_BOUND, detail)

    def cost(self, bill: Bill) -> int:
        """In picodollars, by the auditor's own price list."""
        return self._rates[bill.call.model_id] * (bill.input_tokens + bill.output_tokens)

    def check_charges(self) -> None:
        """Once everything has ended: every call that ran is charged, and as it should be."""
        for bill in self.bills:
            key = (bill.call.account, bill.call.request_id)
            ended, cost = self._auditor.truth.stories[key].ended, self.cost(bill)
            if ended is None:
                continue
            self._auditor.checks += 2
            known = ended.state == "SETTLED" and not ended.is_estimated
            if known and ended.cost != cost:
                detail = f"{bill.call.request_id} cost {cost} and is charged {ended.cost}"
                raise BrokenPromise(broken.CHARGED_AS_BILLED, detail)
            if _is_within_bounds(bill) and ended.cost < cost:
                detail = f"{bill.call.request_id} cost {cost} and is charged {ended.cost}"
                raise BrokenPromise(broken.NEVER_FREE, detail)


def _is_within_bounds(bill: Bill) -> bool:
    call = bill.call
    return (
        bill.input_tokens <= call.input_bound_tokens
        and bill.output_tokens <= call.output_limit_tokens
    )
