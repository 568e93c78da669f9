"""A good sentry.yaml, and what loading a text of it answers."""

from pathlib import Path

import pytest

from cost_sentry_client.config_file import ConfigDocument, ConfigFileInvalid, load_config

GOOD = """\
apiVersion: cost-sentry/v1
teams:
  search: {owners: [lead@example.com]}
  growth:
models:
  us.amazon.nova-pro-v1:0: {ladder: [us.amazon.nova-lite-v1:0]}
  us.amazon.nova-lite-v1:0:
budgets:
  - id: all
    unit: usd
    window: month
    limit: 12.50
  - id: pro-tokens
    scope: {team: search, model: amazon.nova-pro-v1:0}
    unit: tokens
    window: day
    limit: 150000
    thresholds: [90]
"""


def load(file: Path, text: str) -> ConfigDocument:
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def problems(file: Path, text: str):
    with pytest.raises(ConfigFileInvalid) as caught:
        load(file, text)
    return caught.value.problems
