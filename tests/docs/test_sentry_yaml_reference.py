"""The pages that are made from the models are current, and the example is one that they allow."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.domain.invocation import Needs
from cost_sentry.domain.policy import PolicyMode
from cost_sentry_client.config_file import load_config
from cost_sentry_client.config_file.reference_page import reference_page
from cost_sentry_client.config_file.schema import PAGE_FILE, SCHEMA_FILE, json_schema, write
from tests.fakes.json_schema_check import complaints

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
EXAMPLE = ROOT / "examples" / "sentry.yaml"


@pytest.mark.parametrize("name", [SCHEMA_FILE, PAGE_FILE])
def test_the_reference_is_what_the_models_say_today(tmp_path, name):
    write(tmp_path)

    made = (tmp_path / name).read_text(encoding="utf-8")
    assert (REFERENCE / name).read_text(encoding="utf-8") == made, (
        "run python -m cost_sentry_client.config_file.schema"
    )


def test_every_field_has_a_row_that_says_what_it_means():
    page = reference_page(json_schema())

    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == 116
    assert not [row for row in rows if "| None |" in row or "| |" in row]


def test_the_example_is_accepted_without_a_warning():
    document = load_config(EXAMPLE)

    assert document.warnings == ()
    assert set(document.config.teams) == {"search", "support", "research", "growth"}


def test_the_starter_set_of_policies_is_accepted_beside_the_example(tmp_path):
    tags = "  knownTags: [project, environment, taskType]\n"
    text = EXAMPLE.read_text(encoding="utf-8").replace("defaults:\n", f"defaults:\n{tags}")
    shutil.copytree(EXAMPLE.parent / "policies", tmp_path / "policies")
    file = tmp_path / "sentry.yaml"
    file.write_text(f"{text}\npolicies:\n  files: [policies/*.cedar]\n", encoding="utf-8")

    rules = load_config(file).config.policies.rules

    assert len(rules) == 9
    assert [rule.id for rule in rules if rule.mode is PolicyMode.SHADOW] == [
        "calls-name-what-they-are-for"
    ]


def test_the_example_names_the_schema_that_editors_read():
    first = EXAMPLE.read_text(encoding="utf-8").splitlines()[0]

    name = first.removeprefix("# yaml-language-server: $schema=")
    assert (EXAMPLE.parent / name).resolve() == (REFERENCE / SCHEMA_FILE).resolve()


def test_the_schema_allows_the_example():
    schema = json_schema()

    assert complaints(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), schema, schema) == []


@pytest.mark.parametrize(
    ("section", "change", "complaint"),
    [
        ("teams", {"Search": {}}, ("/teams/Search", "unknown")),
        ("teams", {"search": {"owner": []}}, ("/teams/search", "anyOf")),
        ("models", {"m.x": {"ladder": "y"}}, ("/models/m.x", "anyOf")),
        ("budgets", [], ("/budgets", "minItems")),
        ("apiVersion", "v2", ("/apiVersion", "const")),
    ],
)
def test_the_schema_marks_what_the_check_refuses(section, change, complaint):
    document = {**yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), section: change}
    schema = json_schema()

    assert complaints(document, schema, schema) == [complaint]


def test_every_rung_of_the_example_can_use_tools_and_only_the_last_resort_is_blind():
    book = PackagedPriceBook()
    tools, sight = Needs(tools=True, system=True), Needs(modalities=frozenset({"text", "image"}))

    models = load_config(EXAMPLE).config.models.values()
    rungs = {rung: book.card(rung) for model in models for rung in model.ladder}
    assert all(card and card.lacks(tools, 2_000, 1_024) is None for card in rungs.values())
    assert [name for name, card in rungs.items() if card and card.lacks(sight, 0, 0)] == [
        "us.amazon.nova-micro-v1:0"
    ]


def test_the_schema_is_json_that_anybody_can_read():
    assert json.loads((REFERENCE / SCHEMA_FILE).read_text(encoding="utf-8"))["title"]
