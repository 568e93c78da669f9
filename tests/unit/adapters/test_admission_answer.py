import json
from zoneinfo import ZoneInfo

import pytest

from cost_sentry.adapters.admission_answer import admission_answer, malformed
from cost_sentry.adapters.endpoint_arguments import endpoint_call
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_json import REQUEST_SIZE_MAX_BYTES
from cost_sentry.adapters.ticket import read_ticket, ticket_of
from cost_sentry.application.policy_check import why_forbidden
from cost_sentry.application.route_request import CHOICE_MAX, RUNGS_MAX
from cost_sentry.application.shadow_notes import NOTES_MAX
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.decision import (
    BudgetView,
    Decision,
    DecisionKind,
    ReasonCode,
    RungOutcome,
)
from cost_sentry.domain.errors import FieldError, RequestRefused
from cost_sentry.domain.invocation import InvocationPath
from cost_sentry.domain.policy import PolicyNote, Verdict
from cost_sentry.domain.price_book import ContextTier, ModelPrice, TokenRates
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.route import DecidedBy, Route
from cost_sentry.domain.routing import LARGE, Place, RoutedModel
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.policy_checks import SENTENCE_LENGTH_MAX
from tests.fakes.builders import NOON, budget, hold, reservation
from tests.fakes.memory_sleepers import endpoint_model

CALLER = Caller(team="search")
REFUSED = RequestRefused((FieldError(field="messages", problem="is missing", allowed="a list"),))
PRICE = ModelPrice(
    model_id="example.cheap-v1:0",
    rates=TokenRates(input=10**15 + 1, output=2, cache_write_1h=3),
    context_tiers=(ContextTier(above_prompt_tokens=5, rates=TokenRates(input=4, output=5)),),
)


def request(**changes):
    raw = {
        "modelId": "example.dear-v1:0",
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
        "inferenceConfig": {"temperature": 0.5, "maxTokens": 900},
        "tags": {"team": "search"},
        **changes,
    }
    return parse_request(raw, default_request_id="execution")


def decision(**changes):
    given = {
        "kind": DecisionKind.REROUTE,
        "code": ReasonCode.REROUTED_TO_FIT,
        "message": "it fits",
        "request_id": "r1",
        "model_asked": "example.dear-v1:0",
        "model_used": "example.cheap-v1:0",
        "path": InvocationPath.DIRECT,
        "reservation": reservation(),
        "price": PRICE,
        "state": ReservationState.PENDING,
    }
    return Decision(**{**given, **changes})


def test_a_lowered_output_limit_is_sent_and_told_beside_the_one_that_was_asked_for():
    answer = admission_answer(decision(output_limit_asked_tokens=900), request(), "book")

    assert answer["arguments"]["InferenceConfig"]["MaxTokens"] == 70
    told = answer["sentry"]
    assert (told["maxTokens"], told["maxTokensAsked"], told["inputTokensBound"]) == (70, 900, 30)


def test_the_call_is_made_as_it_was_reserved_whatever_was_asked():
    answer = admission_answer(decision(), request(), "book")

    assert answer["arguments"]["ModelId"] == "example.cheap-v1:0"
    assert answer["arguments"]["InferenceConfig"] == {"Temperature": 0.5, "MaxTokens": 70}
    assert (answer["decision"], answer["path"]) == ("REROUTE", "DIRECT")


@pytest.mark.parametrize(
    "refusal",
    [
        {"kind": DecisionKind.REJECT, "reservation": None, "price": None},
        {"replayed": True, "kind": DecisionKind.ALLOW},
    ],
    ids=["rejected", "answered before"],
)
def test_what_may_not_call_a_model_carries_nothing_to_call_it_with(refusal):
    answer = admission_answer(decision(**refusal), request(), "book")

    assert (answer["path"], answer["arguments"], answer["ticket"]) == (None, None, None)
    assert answer["decision"] in {"REJECT", "REPLAY"}


def test_a_ticket_survives_the_state_machine_without_losing_a_picodollar():
    ticket = json.loads(json.dumps(ticket_of(reservation(), PRICE)))

    assert all(isinstance(part, str) for part in ticket.values())
    assert read_ticket(ticket) == (reservation(), PRICE)


@pytest.mark.parametrize("ticket", [{}, {"reservation": "{}", "price": "{}"}, None])
def test_what_is_no_ticket_is_refused(ticket):
    with pytest.raises(ValueError, match="not a ticket"):
        read_ticket(ticket)


def test_a_refused_request_is_answered_under_its_own_id_if_that_is_one():
    assert malformed({"requestId": "mine"}, REFUSED, CALLER, "e").request_id == "mine"
    assert malformed({"requestId": "not mine!"}, REFUSED, CALLER, "e").request_id == "e"
    assert malformed(["no request"], REFUSED, CALLER, "e").request_id == "e"


def test_a_refused_request_shows_no_text_in_place_of_a_model():
    assert malformed({"modelId": "please summarise this"}, REFUSED, CALLER, "e").model_asked == ""
    assert malformed({"modelId": "example.v1:0"}, REFUSED, CALLER, "e").model_asked


def test_the_largest_request_still_fits_with_the_sentrys_own_into_what_step_functions_carries():
    """Forty budgets with the longest names, all tags, policies, and a prompt at the limit."""
    ids = [f"{n:02d}".ljust(63, "x") for n in range(40)]
    longest = {
        "window": WindowKind.HOUR,
        "time_zone": ZoneInfo("Asia/Kolkata"),
        "unit": Unit.OUTPUT_TOKENS,
    }
    holds = tuple(hold(10**15, budget(one, **longest)) for one in ids)
    tags = {f"{n:02d}".ljust(64, '"'): '"' * 128 for n in range(15)} | {"team": "t" * 63}
    views = tuple(
        BudgetView(
            budget_id=one,
            window_id="2026-11-21T13:30Z/14:30",
            unit=Unit.OUTPUT_TOKENS,
            limit=10**15 + 1,
            left=10**15 + 1,
            left_as_of=NOON,
            needed=10**15 + 1,
            resets_at=NOON,
        )
        for one in ids
    )
    raw = {
        "modelId": "example.dear-v1:0",
        "messages": [{"role": "user", "content": [{"text": ""}]}],
        "tags": {"team": "search"},
    }
    room = REQUEST_SIZE_MAX_BYTES - len(json.dumps(raw, separators=(",", ":")))
    raw["messages"][0]["content"][0]["text"] = "x" * room
    largest = parse_request(raw, default_request_id="execution")
    held = reservation("r" * 128, *holds, tags=tags, attempt="arn:" * 90)

    note = PolicyNote(policy_id="p" * 63, sentence="s" * SENTENCE_LENGTH_MAX, model_id="m" * 60)
    struck = Verdict(is_permitted=False, forbidden_by=(note,) * 9)
    tried = RungOutcome(model_id="m" * 60, outcome=why_forbidden(struck))
    rungs = (tried,) * (CHOICE_MAX + RUNGS_MAX)
    place = Place(RoutedModel("m" * 60, LARGE, 10**15, 0), "reaches tier large, and costs no less")
    route = Route(
        virtual_model="v" * 63,
        task_type="t" * 128,
        tier=LARGE,
        decided_by=DecidedBy.TASK_TYPE,
        message=f"the rule of task type {'t' * 128} asks for tier large",
        complexity_thousandths=1000,
        order=(place,) * CHOICE_MAX,
    )
    told = {"policies": (note,) * NOTES_MAX, "shadow": (note,) * NOTES_MAX, "rungs": rungs}
    told["route"] = route

    of = decision(reservation=held, budgets=views, message=why_forbidden(struck), **told)
    answer = admission_answer(of, largest, "book")

    lambda_envelope_bytes = 2_048
    carried = len(json.dumps(answer, ensure_ascii=False).encode()) + lambda_envelope_bytes
    assert carried <= 262_144


def test_an_endpoint_is_called_by_the_function_with_the_request_as_it_was_reserved():
    own = endpoint_model("own", component="part")
    called = decision(endpoint=own, path=InvocationPath.LAMBDA, model_used="sagemaker.own")

    answer = admission_answer(called, request(), "book")

    assert answer["path"] == "LAMBDA"
    call = endpoint_call(answer["arguments"])
    assert (call.endpoint, call.component) == ("own", "part")
    assert call.converse["inferenceConfig"] == {"temperature": 0.5, "maxTokens": 70}
    assert answer["ticket"]


def test_a_call_that_waits_is_told_for_how_long_and_holds_no_ticket():
    waiting = decision(
        kind=DecisionKind.REJECT, reservation=None, price=None, wait_seconds=15, wake="own"
    )

    answer = admission_answer(waiting, request(), "book")

    assert (answer["decision"], answer["waitSeconds"], answer["wake"]) == ("WAIT", 15, "own")
    assert (answer["ticket"], answer["arguments"]) == (None, None)


def test_who_neither_waits_nor_wakes_is_told_of_neither():
    assert not {"wake", "waitSeconds"} & admission_answer(decision(), request(), "book").keys()
