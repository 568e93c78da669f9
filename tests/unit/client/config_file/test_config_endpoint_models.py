"""A SageMaker endpoint in `models`: priced by the file, named for what it is, and never free."""

import pytest

from cost_sentry.application.config_changes import plan_config
from cost_sentry.application.config_document import config_from_document
from cost_sentry.application.priced_models import priced
from cost_sentry.domain.endpoint_model import EndpointModel, WhileAsleep
from tests.fakes.sentry_files import GOOD, load, problems

ID = "sagemaker.support-llm"
PRICE = "{input: 0.30, output: 1.20}"
FIELDS = {
    "name": "Support-LLM",
    "component": "support-8b",
    "price": PRICE,
    "contextTokens": "32768",
    "outputTokensMax": "4096",
    "systemPrompt": "false",
    "asleep": "wait",
    "waitSecondsMax": "120",
}
LEAST = {name: FIELDS[name] for name in ("name", "price", "contextTokens", "outputTokensMax")}
ENDPOINT = EndpointModel(
    name="Support-LLM",
    component="support-8b",
    input=300_000,
    output=1_200_000,
    context_tokens=32_768,
    output_tokens_max=4_096,
    system=False,
    asleep=WhileAsleep.WAIT,
    wait_seconds_max=120,
)


def with_endpoint(fields=None, *, id_=ID, more=""):
    told = ", ".join(f"{k}: {v}" for k, v in (FIELDS if fields is None else fields).items())
    ladder = "ladder: [us.amazon.nova-lite-v1:0]"
    line = f"  {id_}: {{{ladder}, endpoint: {{{told}}}{more}}}\n"
    return GOOD.replace("models:\n", f"models:\n{line}")


def test_all_that_is_said_of_an_endpoint_is_what_the_sentry_decides_by(file):
    loaded = load(file, with_endpoint())

    assert loaded.config.models[ID].endpoint == ENDPOINT
    assert dict(loaded.config.endpoint_models) == {ID: loaded.config.models[ID]}
    assert config_from_document(loaded.document).models == loaded.config.models


def test_what_is_left_out_reroutes_at_once_and_calls_no_component(file):
    loaded = load(file, with_endpoint(LEAST))

    endpoint = loaded.config.models[ID].endpoint
    assert endpoint.component is None
    assert endpoint.system
    assert (endpoint.asleep, endpoint.wait_seconds_max) == (WhileAsleep.REROUTE, 0)


def test_a_file_without_endpoints_gives_the_document_that_it_always_gave(file):
    loaded = load(file, GOOD)

    assert all("endpoint" not in model for model in loaded.document["models"].values())
    assert not loaded.config.endpoint_models


def test_what_stands_in_for_an_endpoint_may_be_dearer_than_it_and_must_be_known(file):
    dear = with_endpoint(FIELDS | {"price": "{input: 0.01, output: 0.01}"})

    assert load(file, dear).config.models[ID].ladder == ("us.amazon.nova-lite-v1:0",)
    (found,) = problems(file, dear.replace("[us.amazon.nova-lite-v1:0], e", "[us.other.x], e"))
    assert "is not listed under models" in found.problem


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"price": "{input: 0, output: 1}"}, "price.input", "is no price"),
        ({"price": "{input: 1, output: 0.0000001}"}, "price.output", "is no price"),
        ({"outputTokensMax": "32769"}, "outputTokensMax", "is more than contextTokens"),
        ({"waitSecondsMax": "0"}, "asleep", "waitSecondsMax is 0"),
        ({"waitSecondsMax": "181"}, "waitSecondsMax", "181"),
        ({"asleep": "hope"}, "asleep", "hope"),
        ({"name": "-bad"}, "name", "-bad"),
        ({"component": "a_b"}, "component", "a_b"),
    ],
)
def test_what_makes_no_sense_of_an_endpoint_is_told_with_its_place(file, fields, field, problem):
    (found,) = problems(file, with_endpoint(FIELDS | fields))

    assert found.field == f'models."{ID}".endpoint.{field}'
    assert problem in found.problem


def test_an_endpoint_without_a_price_is_refused_for_unknown_is_never_free(file):
    unpriced = {name: value for name, value in FIELDS.items() if name != "price"}

    (found,) = problems(file, with_endpoint(unpriced))

    assert found.field == f'models."{ID}".endpoint.price'


def test_only_an_endpoint_is_named_like_one_and_it_always_is(file):
    (unnamed,) = problems(file, with_endpoint(id_="acme.support-llm"))
    (unpriced,) = problems(file, GOOD.replace("models:\n", f"models:\n  {ID}:\n"))

    assert "its name does not say so" in unnamed.problem
    assert "is not in price book" in unpriced.problem


def test_an_endpoint_has_no_flexible_tier(file):
    found = problems(file, with_endpoint(more=", flex: {input: 0.1, output: 0.1}"))

    assert [f.field for f in found] == [f'models."{ID}".flex']


def test_nothing_that_must_not_sleep_is_served_by_an_endpoint(file):
    text = f"""{with_endpoint()}
emergencyAllowances:
  - {{id: hotline, scope: {{team: search}}, model: {ID}, callsPerDay: 1, inputTokensMax: 9, outputTokensMax: 9}}
endpoints: {{groups: [{{id: all, instead: {ID}}}]}}
"""  # noqa: E501

    assert {f.field for f in problems(file, text)} == {
        "emergencyAllowances[0].model",
        "endpoints.groups[0].instead",
    }


def test_a_change_of_an_endpoint_is_told_and_only_of_an_endpoint(file):
    before = load(file, with_endpoint()).config
    after = load(file, with_endpoint(FIELDS | {"waitSecondsMax": "60"})).config

    told = plan_config(before, after, {b.id: b.limit for b in before.budgets})

    assert [(one.thing.value, one.id, one.field) for one in told] == [("model", ID, "endpoint")]
    assert '"waitSecondsMax": 60' in told[0].after


def test_the_book_prices_what_the_file_prices_and_all_that_it_knew_before(file):
    config = load(file, with_endpoint()).config
    book = priced(Book(), config.endpoint_models)

    assert (book.price(ID).rates.input, book.price(ID).rates.output) == (300_000, 1_200_000)
    assert (book.card(ID).context_tokens, book.card(ID).tools) == (32_768, False)
    assert (book.price("other"), book.card("other")) == ("price of other", "card of other")
    assert (book.version, book.region) == ("v1", "here")


def test_without_endpoints_the_book_is_the_very_book(file):
    book = Book()

    assert priced(book, load(file, GOOD).config.endpoint_models) is book


class Book:
    version, region = "v1", "here"

    def price(self, model_id):
        return f"price of {model_id}"

    def card(self, model_id):
        return f"card of {model_id}"
