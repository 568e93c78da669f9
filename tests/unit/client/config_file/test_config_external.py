"""What sentry.yaml says of calls past the sentry is what is applied, and no slip passes."""

import pytest

from cost_sentry.application.config_changes import plan_config
from cost_sentry.domain.external_rules import ExternalUsageRules
from cost_sentry_client.config_file.load import load_config
from cost_sentry_client.config_file.problems import ConfigFileInvalid

FILE = """\
apiVersion: cost-sentry/v1
teams: {search: }
models: {us.amazon.nova-pro-v1:0: }
budgets:
  - {id: all, unit: usd, window: day, limit: 5}
"""


@pytest.fixture
def loaded(tmp_path):
    def load(more):
        path = tmp_path / "sentry.yaml"
        path.write_text(FILE + more)
        return load_config(path).config

    return load


@pytest.mark.parametrize(
    ("more", "allowed"),
    [
        ("", None),
        ("externalUsage: {allowedModels: []}\n", ()),
        ("externalUsage: {allowedModels: [amazon.nova-lite-v1:0]}\n", ("amazon.nova-lite-v1:0",)),
    ],
)
def test_models_that_may_be_called_past_the_sentry_are_those_that_are_named(loaded, more, allowed):
    assert loaded(more).external_usage == ExternalUsageRules(allowed)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("externalUsage:\n", "externalUsage"),
        ("externalUsage: {}\n", "externalUsage"),
        ("externalUsage: {allowed: []}\n", "externalUsage.allowed"),
        ("externalUsage: {allowedModels: none}\n", "externalUsage.allowedModels"),
        ("externalUsage: {allowedModels: [A B]}\n", "externalUsage.allowedModels[0]"),
    ],
)
def test_a_slip_is_told_with_its_place(loaded, more, field):
    with pytest.raises(ConfigFileInvalid) as refused:
        loaded(more)

    assert any(problem.field.startswith(field) for problem in refused.value.problems)


def test_a_change_of_it_is_shown_before_it_is_applied(loaded):
    none, one = loaded(""), loaded("externalUsage: {allowedModels: []}\n")

    texts = [change.text for change in plan_config(none, one, {})]
    back = [change.text for change in plan_config(one, none, {})]

    assert any("external usage" in text for text in texts)
    assert any("removed external usage" in text for text in back)
