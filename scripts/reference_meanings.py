"""What generated tables say about names that code only lists. A name without a line stops them."""

from cost_sentry.domain.decision import DecisionKind, ReasonCode
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.route import DecidedBy

SETTINGS = {
    "stage": "which deployment this is, such as `dev`",
    "table_name": "the ledger's DynamoDB table",
    "alert_topic_arn": "where budgets' mails are published",
    "emergency_bucket_name": "the S3 bucket of calls that are set aside for outages",
    "answer_table_name": "the DynamoDB table of answers that are kept",
    "approval_workflow_arn": "the workflow that follows requests for more",
}

REASONS = {
    ReasonCode.WITHIN_BUDGETS: (
        "every budget can pay for the model that was asked for",
        "nothing",
    ),
    ReasonCode.ROUTED: (
        "the request names no model; the sentry's first choice fits everywhere",
        "nothing; `routing` says how it was chosen",
    ),
    ReasonCode.REROUTED_TO_FIT: (
        "a budget could not pay for that model; a rung of its ladder, or a later choice, fits",
        "nothing, or raise the budget that `message` names",
    ),
    ReasonCode.REROUTED_TO_SAVE: (
        "a budget's `stages` put a ladder, or critical calls, first; nothing else kept that model",
        "nothing, or raise the budget that `message` names",
    ),
    ReasonCode.REROUTED_BY_CIRCUIT: (
        "so many calls to that model failed that it is not asked for now; a rung of its ladder is",
        "nothing; `message` says when the model is tried again",
    ),
    ReasonCode.REROUTED_TO_RETRY: (
        "Amazon Bedrock refused that model before it ran; a rung of its ladder was tried instead",
        "nothing",
    ),
    ReasonCode.REROUTED_BY_FREEZE: (
        "that model is frozen for a while, by an incident; a rung of its ladder is called",
        "nothing; `message` says by which incident, and until when",
    ),
    ReasonCode.REROUTED_WHILE_ASLEEP: (
        "that model is an endpoint that sleeps; a rung of its ladder is called, and it is woken",
        "nothing; `message` says since when, and why it does not wake if a budget refuses that",
    ),
    ReasonCode.REROUTED_BY_POLICY: (
        "a policy forbids that model; a rung of its ladder is permitted, and fits everywhere",
        "nothing, or name a model that `policies` do not forbid",
    ),
    ReasonCode.OUTPUT_LIMIT_LOWERED: (
        "a budget could not pay for `maxTokensAsked`, or is nearly used up; see `maxTokens`",
        "if `stopReason` is `max_tokens` the answer was cut: raise the budget that `message` names",
    ),
    ReasonCode.EMERGENCY_ALLOWANCE: (
        "the ledger could not be asked; a call that was set aside for that pays for this one",
        "nothing; few such calls are left, so send only what cannot wait",
    ),
    ReasonCode.ANSWERED_FROM_CACHE: (
        "the same request was answered before, and its application keeps answers; see `cache`",
        "nothing; for an answer of the model send `answerCache: refresh`, or `off`",
    ),
    ReasonCode.BUDGET_EXHAUSTED: (
        "neither the model nor any rung of its ladder fits, nor does a lower output limit",
        (
            "wait until `resetsAt` of the binding budget (with `in_flight`, until a call ends), "
            "ask for less, or have the limit raised; where `message` says that the budget can "
            "never pay for it, one such call is more than the whole limit: waiting does not help"
        ),
    ),
    ReasonCode.FORBIDDEN_BY_POLICY: (
        "policies forbid the model and every rung of its ladder, or none permits one",
        "change what the sentences in `policies` name, or ask who wrote them",
    ),
    ReasonCode.CIRCUIT_OPEN: (
        "so many calls to the model failed that it is not asked for now, and nothing else fits",
        "wait `retryAfterSeconds`, or name another model",
    ),
    ReasonCode.FROZEN: (
        "an incident froze these calls for a while, and no other model can serve this one",
        "wait `retryAfterSeconds`, or have the incident lifted: `message` names it, and says how",
    ),
    ReasonCode.ENDPOINT_ASLEEP: (
        "the model is an endpoint that sleeps, nothing else can serve it, and it waits no longer",
        "wait `retryAfterSeconds`; `message` says why it does not wake if a budget refuses that",
    ),
    ReasonCode.INVALID_REQUEST: (
        "the input is malformed, lacks a required tag, or asks for too much output",
        "change every field named in `errors`",
    ),
    ReasonCode.UNKNOWN_TEAM: (
        "the workflow's team is not in the configuration",
        "use the workflow of a known team, or add the team to `sentry.yaml`",
    ),
    ReasonCode.UNKNOWN_APPLICATION: (
        "the team names its applications, and the workflow's is none of them",
        "use the workflow of one of them, or add the application to `sentry.yaml`",
    ),
    ReasonCode.CRITICAL_ONLY: (
        "budgets are so far used up that each model is kept for critical calls; see their `stages`",
        "wait `retryAfterSeconds`, or send what cannot wait with priority critical",
    ),
    ReasonCode.UNKNOWN_MODEL: (
        "the model is not in the configuration, or has no price; or no rule names the task type",
        "use a listed model, or add this one",
    ),
    ReasonCode.MODEL_UNSUITABLE: (
        "the model, or each one of the choice, surely cannot serve this content or length",
        "use a model that can",
    ),
    ReasonCode.NO_BUDGET: (
        "no budget covers these tags",
        "add a budget; one with an empty scope covers everything; a cap on calls in flight nothing",
    ),
    ReasonCode.REQUEST_ID_REUSED: (
        "the id was used before with other content; nothing was changed",
        "make a new id for a new request",
    ),
    ReasonCode.ALREADY_ANSWERED: (
        "the id was used before with this content; the model is not called again",
        "read `status` and `costUsd`; for a new answer make a new id",
    ),
    ReasonCode.LEDGER_UNAVAILABLE: (
        "the ledger could not be asked, so the answer is no",
        (
            "try again after a pause with a new id; `message` says if money may still be held, and"
            " why no emergency allowance helped"
        ),
    ),
    ReasonCode.NOT_CONFIGURED: (
        "no configuration is in force, or the one in force cannot be used",
        "`cost-sentry config apply`",
    ),
}

DECISIONS = {
    DecisionKind.ALLOW: "the model that was asked for, or the sentry's first choice, is called, or"
    " has answered before",
    DecisionKind.REROUTE: "a cheaper model of its ladder, or a later choice, is called",
    DecisionKind.REJECT: "no model is called; nothing is held unless `message` says so",
    DecisionKind.DEFER: "belongs to a deferred batch workflow; `guarded_invocation` never gives it",
}

STATES = {
    ReservationState.PENDING: "the money is held; the call has not ended, or nobody knows how",
    ReservationState.SETTLED: "the real cost is posted, the rest went back",
    ReservationState.VOIDED: "the call surely did not run; everything went back",
    ReservationState.EXPIRED: "nobody resolved it in time; the whole reservation is posted",
}

ANSWER = {
    "requestId": "the caller's id, or the execution's name",
    "decision": "`ALLOW`, `REROUTE` or `REJECT`",
    "code": "what decided; see the table below",
    "message": "the reason in one sentence",
    "modelAsked": "the model of the request, virtual or real; its id also where its ARN in this"
    " Region was written; `taskType=…` if it names nothing but that",
    "modelUsed": "the model that is called; `null` after a rejection",
    "serviceTier": "of Amazon Bedrock, that the call is sent to and priced at: `default`, or `flex`"
    " if it may wait; `null` after a rejection",
    "path": "`DIRECT`: Step Functions calls Bedrock. `LAMBDA`: for bytes or endpoints a function",
    "maxTokens": "the output limit that was sent to the model, and priced",
    "maxTokensAsked": "the one that was asked for, or the default; more than `maxTokens` if it was"
    " lowered. `null` after a rejection",
    "inputTokensBound": "the most tokens that the prompt can have, as it was priced",
    "reservedUsd": "the most that the call can cost, held for it",
    "costUsd": "the real cost; `null` until it is known, `0.00` of an answer that was kept",
    "costEstimated": "true when nobody knows the real cost and the whole reservation was charged",
    "status": "of the reservation; see the table below. `null` where there is none: after a"
    " rejection, and of an answer that was kept",
    "replayed": "the id was answered before; the model was not called again",
    "attempts": "how often the call was tried, each time with a reservation of its own; `0` after a"
    " rejection",
    "priceBook": "date and checksum of the prices that were used",
    "budgets": "every budget that was asked",
    "rungs": "every model that was considered, in order; of more than 12 the first and the last,"
    " and `cost-sentry explain` shows all",
    "policies": "the first eight of the policies that forbade a model",
    "shadow": "each policy or budget in shadow mode that would have decided otherwise, once, or may"
    " have; of more than eight first policies, then budgets, of which four have room in any case",
    "shadowLeftOut": "how many more there are",
    "retryAfterSeconds": "after how many seconds a refused call may be sent again with some hope; "
    "`null`: waiting does not help, or it was not refused",
    "cache": "of an answer that was kept: when it was (`keptAt`), how old it is (`ageSeconds`),"
    " until when it is given (`endsAt`), and what asking the model would have cost by today's"
    " prices (`avoidedUsd`); `null` of every other",
    "routing": "how the model was chosen; `null` where the request names one",
    "ignoredTags": "what the request claimed of its caller, and is not so",
    "errors": "everything wrong with the request: `field`, `problem`, `allowed`; in a failed call's"
    " `cause` too, if Amazon Bedrock found the prompt too long",
    "overrun": "only after the call: it cost more than was held. Recorded, never hidden",
}

ANSWER_BUDGET = {
    "id": "as in `sentry.yaml`",
    "window": "the window's id, such as `2026-11-21`; see [windows](#windows)",
    "unit": "`usd`, `tokens`, `input_tokens`, `output_tokens`, `requests`, `in_flight`, "
    "`retries`, `depth` or `children`; "
    "amounts below are in it",
    "limit": "of the window; `null` where the deciding write did not look",
    "left": "what the call's own part of the ledger knew to be left, as of `leftAsOf`; after the "
    "call, with what came back. What lies free in other parts is left out: more may be there",
    "leftAsOf": "when that was seen; it may be some minutes ago",
    "needed": "what this request holds, or would have held",
    "resetsAt": "when the window ends; `null` if it never does, as with `in_flight` and `session`",
    "binding": "this budget refused the request",
    "posted": "only after the call: what it was charged",
}

ANSWER_RUNG = {
    "modelId": "the model",
    "outcome": "`reserved`, `refused by budget …`, at how many output tokens if they were lowered,"
    " or why it cannot do the job",
    "quoteUsd": "the most that it would cost; `null` if it was not priced",
}

ANSWER_POLICY = {
    "id": "of the policy, as in its file",
    "modelId": "the model that it forbade, without geography",
    "sentence": "why, as in its file; of a budget in shadow mode what it would do",
    "known": "`false` of a budget in shadow mode if nobody could tell whether it would refuse",
}

ANSWER_ROUTING = {
    "virtualModel": "the name that the request gave, or that stood in for it; `null` if none",
    "taskType": "the tag `taskType`; `null` if there is none",
    "tier": "that is required: `small`, `middle` or `large`",
    "decidedBy": "what required it; see below",
    "message": "the same in one sentence",
    "complexity": "of the prompt, from 0 to 1000, as estimated; `null`: nothing was",
    "order": "the first six of the models in the order in which they are tried, and of those passed"
    " over, whose `expectedUsd` is `null`; `cost-sentry explain` shows all. Rungs of ladders come"
    " after them, in `rungs`",
}

ANSWER_PLACE = {
    "modelId": "the model",
    "tier": "of the model; `null` if it was passed over",
    "expectedUsd": "what the expected prompt and answer cost at its price, which the order goes by;"
    " held is its quote",
    "reason": "why it is there, or why it was passed over",
}

DECIDED_BY = {
    DecidedBy.VIRTUAL_MODEL: "the virtual model has a tier; no smaller model is chosen",
    DecidedBy.TASK_TYPE: "the rule of the task type has a tier, or names a model; likewise",
    DecidedBy.ESTIMATE: "the estimate of the prompt; smaller models come last",
    DecidedBy.PRICE: "nothing asks for a tier: the cheapest model is enough",
}
