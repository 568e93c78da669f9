"""Who may approve, as sentry.yaml says it: read, checked, stored, compared."""

import pytest

from cost_sentry.application.apply_config import plan_config
from cost_sentry.application.config_document import config_from_document
from cost_sentry.domain.approval_rules import ApprovalRules
from infra.addresses import read_addresses
from tests.fakes.sentry_files import GOOD, load, problems

OWNERS = "arn:aws:iam::111122223333:role/Owners"
APPROVALS = f"""\
approvals:
  approvers: [{OWNERS}]
  mail: [owners@example.com]
"""
ALL = f"""{APPROVALS}  maxRaisePercent: 50
  expiresAfterHours: 24
  daysMax: 7
  selfApproval: true
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sentry.yaml"


def test_without_them_nobody_can_ask(file):
    assert load(file, GOOD).config.approvals is None


def test_what_is_left_out_is_strict(file):
    assert load(file, GOOD + APPROVALS).config.approvals == ApprovalRules(
        approvers=(OWNERS,), mail=("owners@example.com",)
    )


def test_all_of_it_is_stored_and_read_back(file):
    loaded = load(file, GOOD + ALL)

    rules = config_from_document(loaded.document).approvals
    assert rules == loaded.config.approvals
    assert rules == ApprovalRules(
        approvers=(OWNERS,),
        mail=("owners@example.com",),
        max_raise_percent=50,
        expires_after_hours=24,
        days_max=7,
        self_approval=True,
    )


def test_a_comparison_names_what_changed(file):
    before, after = load(file, GOOD).config, load(file, GOOD + APPROVALS).config

    (added,) = plan_config(before, after, {"all": 12_500_000_000_000, "pro-tokens": 150_000})
    changed = plan_config(after, load(file, GOOD + ALL).config, {})
    (removed, *_) = plan_config(after, before, {"all": 12_500_000_000_000, "pro-tokens": 150_000})

    assert "added approvals" in added.text
    assert "changed approvals: maxRaisePercent 100 → 50" in {one.text for one in changed}
    assert removed.text == "removed approvals"


@pytest.mark.parametrize(
    ("text", "field", "what"),
    [
        ("approvals:\n", "approvals", "has no value"),
        (APPROVALS.replace(OWNERS, "Owners"), "approvals.approvers[0]", "Owners"),
        (APPROVALS.replace(f"[{OWNERS}]", "[]"), "approvals.approvers", ""),
        (APPROVALS.replace(OWNERS, f"{OWNERS}, {OWNERS}"), "approvals.approvers[1]", "twice"),
        (
            APPROVALS.replace("[owners@", "[owners@example.com, owners@"),
            "approvals.mail[1]",
            "twice",
        ),
        (f"{APPROVALS}  daysMax: 93\n", "approvals.daysMax", "93"),
        (f"{APPROVALS}  maxRaisePercent: 0\n", "approvals.maxRaisePercent", "0"),
        (f"{APPROVALS}  expiresAfterHours: 337\n", "approvals.expiresAfterHours", "337"),
        (f"approvals:\n  approvers: [{OWNERS}]\n", "approvals.mail", ""),
    ],
)
def test_what_is_wrong_is_told_by_its_field(file, text, field, what):
    found = problems(file, GOOD + text)

    assert [problem.field for problem in found] == [field]
    assert what in found[0].problem


def test_whoever_is_asked_is_subscribed_by_the_deployment(file):
    file.write_text(GOOD + APPROVALS)

    assert "owners@example.com" in read_addresses(file).recipients
    assert "owners@example.com" not in read_addresses(file).operators
