"""What a caller sends is what is sent on, but for the model and the output limit that were priced.

The way through Step Functions is read back by the local cloud's own reader of service models, which
knows nothing of the sentry's codec and refuses any field that Converse does not have.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_sentry.adapters.admission_answer import admission_answer
from cost_sentry.adapters.converse_shapes import members_of, request_shape
from cost_sentry.adapters.request_parser import parse_request
from cost_sentry.adapters.request_parser_fields import SENTRY_FIELDS
from cost_sentry.adapters.request_parser_unpriced import NEVER_TAKEN
from cost_sentry.domain.decision import Decision, DecisionKind, ReasonCode
from cost_sentry.domain.invocation import InvocationPath
from cost_sentry.domain.price_book import ModelPrice, TokenRates
from cost_sentry.domain.reservation import ReservationState
from cost_sentry_local.gaps.sdk_shapes import parameters
from tests.fakes.builders import reservation
from tests.fakes.valid_requests import request, valid_requests

USED = "amazon.nova-lite-v1:0"
TAKEN = sorted(members_of(request_shape()).keys() - NEVER_TAKEN)
SLOW_TO_DRAW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def sent(raw):
    """The arguments of the call, as Bedrock will see them, and the branch that carries them."""
    asked = parse_request(raw, default_request_id="execution-1")
    decision = Decision(
        kind=DecisionKind.ALLOW,
        code=ReasonCode.WITHIN_BUDGETS,
        message="",
        request_id="r1",
        model_asked=asked.model_id,
        model_used=USED,
        path=asked.path,
        reservation=reservation(output_limit_tokens=70),
        price=ModelPrice(model_id=USED, rates=TokenRates(input=1, output=1)),
        state=ReservationState.PENDING,
    )
    arguments = admission_answer(decision, asked, "book")["arguments"]
    if asked.path is InvocationPath.DIRECT:
        arguments = parameters(request_shape(), arguments)
    return arguments, asked.path


def expected(raw):
    inference = {**raw.get("inferenceConfig", {}), "maxTokens": 70}
    converse = {name: value for name, value in raw.items() if name not in SENTRY_FIELDS}
    return {**converse, "modelId": USED, "inferenceConfig": inference}


@pytest.mark.parametrize("field", TAKEN)
@SLOW_TO_DRAW
@given(data=st.data())
def test_every_field_of_converse_is_sent_on_as_it_came(field, data):
    raw = data.draw(valid_requests(always=field))

    assert sent(raw)[0] == expected(raw)


@pytest.mark.parametrize("path", list(InvocationPath))
def test_both_branches_are_asked(path):
    image = {"image": {"format": "png", "source": {"bytes": "iVBO"}}}
    content = [{"text": "a"}] if path is InvocationPath.DIRECT else [image]
    raw = request(messages=[{"role": "user", "content": content}])

    assert sent(raw) == (expected(raw), path)
