"""What every store of answers must do: the real one on DynamoDBs, and the fake."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from cost_sentry.adapters.dynamodb_answers import DynamoDbAnswers
from cost_sentry.domain.answer_cache import AnswerPlace, KeptAnswer
from cost_sentry.domain.caller import Caller
from cost_sentry.domain.usage import TokenUsage
from tests.contract.engines import CONCURRENT_TABLES, EVERY, MEMORY
from tests.contract.race import race
from tests.fakes.builders import NOON, ManualClock
from tests.fakes.cached_calls import answer, asked
from tests.fakes.dynamodb_table import create_answer_table
from tests.fakes.memory_answers import MemoryAnswers

KEPT = KeptAnswer(
    account="search/größe",
    model_id="example.v1",
    answer=answer('Grüße, 世界 🌍\n"quoted"', additionalModelResponseFields={"p": 0.25, "n": None}),
    usage=TokenUsage(input_tokens=30, output_tokens=7),
    kept_at=NOON + timedelta(milliseconds=7),
    ends_at=NOON + timedelta(seconds=60, milliseconds=7),
)
PLACE = AnswerPlace(key="ab" * 32, ttl_seconds=60)


@pytest.fixture
def environments(engine, request):
    """Makes the store as one environment of a function sees it."""
    if engine == MEMORY:
        one = MemoryAnswers()
        yield lambda: one
        return
    client, name = request.getfixturevalue(f"{engine}_client"), f"answers-{uuid4()}"
    create_answer_table(client, name)
    yield lambda: DynamoDbAnswers(client, name, ManualClock())
    client.delete_table(TableName=name)


@pytest.mark.parametrize("engine", EVERY)
class TestAnswers:
    def test_an_answer_comes_back_as_it_was_kept(self, environments):
        environments().keep(PLACE, KEPT)

        assert environments().find(PLACE.key) == KEPT

    def test_there_is_none_where_none_was_kept(self, environments):
        environments().keep(PLACE, KEPT)

        assert environments().find("cd" * 32) is None

    def test_the_last_one_takes_the_place_of_those_before(self, environments):
        later = replace(KEPT, answer=answer("later"), kept_at=NOON + timedelta(seconds=30))
        environments().keep(PLACE, KEPT)
        environments().keep(PLACE, later)

        assert environments().find(PLACE.key) == later

    def test_every_environment_makes_the_same_key_of_the_same_request(self, environments):
        first, second = environments(), environments()

        keys = [first.key(asked("r1"), 100), second.key(asked("r2"), 100)]

        assert keys[0] == keys[1] == first.key(asked("r3"), 100)
        assert len(bytes.fromhex(keys[0])) == 32

    def test_another_caller_output_limit_or_text_has_another_key(self, environments):
        store = environments()
        others = [
            (asked(caller=Caller(team="search", application="batch")), 100),
            (asked(caller=Caller(team="searchweb", application="web")), 100),
            (asked(), 99),
            (asked(text="hello "), 100),
            (asked(environment="prod"), 100),
        ]

        keys = {store.key(*of) for of in [(asked(), 100), *others]}

        assert len(keys) == 1 + len(others)


@pytest.mark.parametrize("engine", CONCURRENT_TABLES)
def test_environments_that_start_together_agree_on_one_secret(environments):
    keys = race(8, 8, lambda _: environments().key(asked(), 100))

    assert len(set(keys)) == 1
