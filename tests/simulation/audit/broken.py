"""A broken promise: which check saw it, and what it saw."""


class BrokenPromise(BaseException):
    """``check`` names the check, beginning with the promise's number."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.check = check
        self.detail = detail

    def __reduce__(self) -> tuple[type["BrokenPromise"], tuple[str, str]]:
        """Another process that ran the seed sends it here."""
        return BrokenPromise, (self.check, self.detail)


NEVER_OVERSPENT = "P1 posted and pending stay within the limit"
LIMIT_IN_FORCE = "P1 a window has a limit that was defined for it"
CALLED_ONCE = "P1 the model is called once per reservation"
NEVER_FALSELY_REFUSED = "P2 a refusal had too little left"
CONSERVED = "P3 money is conserved by every write"
ENTRY_PER_WRITE = "P3 every write of an account leaves its entry"
REPLAYED = "P3 entries replayed give the balances"
BOUNDED = "P2 a shard holds a bounded number of calls"
EXPIRED_LATE_ENOUGH = "P4 nothing expires before its hold has ended"
RESOLVED_ONCE = "P4 a reservation resolves once, as it was held"
SAME_RESOLUTION = "P4 a second resolution gets the first one back"
HELD_ONCE = "P5 an id is held once"
FROM_THE_FUTURE = "P5 an id from the future is refused, and no other id for its time"
SAME_ANSWER = "P5 the same id gets the same answer"
NEVER_FREE = "P6 a call that ran is charged"
CHARGED_AS_BILLED = "P6 a settled call is charged what it cost"
ADJUSTED = "P6 the true cost of an expired call takes the place of the assumed one"
UPPER_BOUND = "P7 no call within its bounds costs more than its quote"
RIGHT_WINDOW = "P7 a reservation holds the window it was admitted in"
DEBTS_SEEN = "P1 no debt stays where a refusal does not look"
LITTLE_IS_STRANDED = "P2 shards behind pools keep one percent of the limit at most"
SAYS_WHY = "P8 a refusal names the budget that decided"
HELD_BEFORE_ALLOWED = "P9 what is allowed is held"
ANSWERS_WHEN_CALM = "P9 a ledger that can be asked is asked"
HANDED_OUT_ONCE = "P9 a slot is handed out to one call, and to nobody else"
SLOT_PENDING = "P9 a call of an outage has a slot that is pending"
COVERED = "P9 a call of an outage is one that its allowance covers"
HELD_IN_EVERY_BUDGET = "P9 a slot holds what its call needs, in each of the call's budgets"
DAILY_MAX = "P9 an allowance pays for no more calls a day than it says"
NOT_SILENTLY = "P9 what is allowed in an outage is a slot's, and says so"
HELPS = "P9 a slot that is free is handed out to a call that it covers"
UNUSED_IS_FREE = "P9 a slot that no call had costs nothing"
KEPT_IS_BOOKED = "P4 the end of a call that was kept is the one that is booked"
NO_BUG = "P8 an invocation ends with an answer or a fault that has a name"
RESOLVED_IN_TIME = "liveness every reservation resolves within its hold and a sweep"
SLOTS_BOOKED = "liveness slots of calls are booked, those of past days are given back"
SET_ASIDE = "liveness calls are set aside for today where the budgets can pay for them"
JOURNAL_COMPLETE = "liveness the journal has every entry once"
TOTALS_EQUAL = "liveness the totals are what is posted"
NO_GAP = "liveness no entry is missing in the sequence"
ALERTS_OUT = "liveness every alert goes out"
AT_REST = "liveness the world comes to rest"
LIMIT_APPLIED = "liveness the limits are those of the configuration in force"
RIGHT_RUN = "P1 a call of an agent run is held in that run alone, as deep as its budget allows"
RUN_IN_TIME = "P8 an agent run calls from when it began until it is a day old"
NOTHING_OWED = "P3 a window leaves a shard that holds nothing of it"
IN_ITS_PLACE = "P2 whoever has money of a window is one of its places"
NOTHING_AT_REST = "P3 an account at rest holds nothing"
ON_THE_REGISTER = "P4 accounts in use are on the register, and no others"
RUNS_LEAVE = "liveness windows of idle agent runs leave their shards"
RUNS_HAVE_AN_END = "liveness what is kept of an agent run's windows has an end"
CANARY = "canary this check always fails"
