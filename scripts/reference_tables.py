"""The tables of the documentation that mirror code, as lines of Markdown."""

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.budget.page import TABLES as BENCH_BUDGET
from benchmarks.decisions.page import TABLES as BENCH_DECISIONS
from benchmarks.drill.anomaly_tables import TABLES as ANOMALIES
from benchmarks.drill.restraints import TABLES as RESTRAINTS
from cost_sentry.adapters import (
    circuit_items,
    detector_items,
    dynamodb_journal_items,
    dynamodb_sleeps,
    ledger_items,
    request_parser_json,
    run_tree_items,
)
from cost_sentry.adapters import request_parser_fields as sentry_fields
from cost_sentry.domain import window_id
from cost_sentry.domain.decision import ReasonCode
from cost_sentry.domain.ledger_entry import EntryKind
from cost_sentry.domain.session import PATH_NAMES_MAX
from cost_sentry.settings import Settings
from cost_sentry_local.stand_in.faults import FaultKind
from infra.function_set import FUNCTIONS
from infra.names import pascal
from scripts import ledger_limits as limits
from scripts import reference_meanings as meanings
from scripts import running_cost as cost
from scripts.alarm_tables import ALARM_TABLES
from scripts.answer_tables import (
    answer_budget_fields,
    answer_fields,
    answer_place_fields,
    answer_policy_fields,
    answer_routing_fields,
    answer_rung_fields,
)
from scripts.approval_tables import TABLES as APPROVALS
from scripts.incident_tables import TABLES as INCIDENTS
from scripts.markdown_table import docstring_table, states_table, table
from scripts.table_meter import units_kept
from scripts.usage_tables import TABLES as USE

ROOT = Path(__file__).resolve().parents[1]
DRILL = ANOMALIES | RESTRAINTS
GAPS = ROOT / "local" / "cost_sentry_local" / "gaps"
WORKFLOW = ROOT / "statemachines" / "guarded_invocation.asl.json"


def settings() -> str:
    """Every environment variable of every function."""
    blank = Settings(**{f.name: "x" for f in fields(Settings)})
    names = zip(blank.to_environ(), (f.name for f in fields(Settings)), strict=True)
    return table(
        "variable",
        "holds",
        rows=((f"`{variable}`", meanings.SETTINGS[name]) for variable, name in names),
    )


def reason_codes() -> str:
    """Why an answer is what it is, and what to do about it."""
    rows = ((f"`{code}`", *meanings.REASONS[code]) for code in ReasonCode)
    return table("code", "means", "what to do", rows=rows)


def decisions() -> str:
    """The kinds of answer."""
    return _named("decision", meanings.DECISIONS)


def states() -> str:
    """Of a reservation."""
    return _named("status", meanings.STATES)


def decided_by() -> str:
    """What can require a tier."""
    return _named("decidedBy", meanings.DECIDED_BY)


def request_limits() -> str:
    """What a request may hold, beyond Converse's own rules."""
    kib = request_parser_json.REQUEST_SIZE_MAX_BYTES // 1024
    rows = (
        ("the whole request, as JSON", f"{kib} KiB; Step Functions carries 256 with the answer"),
        ("nesting", f"{request_parser_json.NESTING_MAX_LEVELS} levels"),
        ("`requestId`", "1 to 128 letters, digits and `. _ : -`"),
        ("`tags`", f"`team`, `application`, and at most {sentry_fields.TAGS_MAX} others"),
        (
            "name of a tag",
            (
                f"{sentry_fields.TAG_NAME_LENGTH_MAX_CHARACTERS} characters; no `#`, "
                "not `model` or `session`"
            ),
        ),
        (
            "value of a tag",
            f"{sentry_fields.TAG_VALUE_LENGTH_MAX_CHARACTERS} characters; no `#`",
        ),
        ("`priority`", "`critical`, `normal` (default) or `low`"),
        (
            "`lowerOutputLimit`",
            "`true` (default): rather a shorter answer than none. `false`: rather none",
        ),
        (
            "`answerCache`",
            (
                "`use` (default): one that is kept, if the application keeps answers. `refresh`: a "
                "new one, which takes its place. `off`: a new one, which is not kept"
            ),
        ),
        (
            "`mayWait`",
            "`false` (default). `true`: service tier `flex` may serve it, where that is priced",
        ),
        (
            "`session`",
            (
                "of an agent run: `id`, a UUID of version 7; `path`, at most "
                f"{PATH_NAMES_MAX} names from the root down, `[]` from the root itself; "
                "`retry`, from 0 for a first try"
            ),
        ),
        (
            "`inferenceConfig.maxTokens`",
            "1 to `defaults.outputTokensMax` of `sentry.yaml`, and to what the model writes",
        ),
    )
    return table("part", "allowed", rows=rows)


def functions() -> str:
    """One row per Lambda."""
    rows = (
        (
            f"`{row.name}`",
            f"{row.timeout_seconds} s",
            f"{row.memory_mib} MiB",
            f"`cost_sentry.handlers.{row.name}.handler`",
            f"`{pascal(row.name)}FunctionName`",
        )
        for row in FUNCTIONS
    )
    return table("function", "time-out", "memory", "handler", "stack output", rows=rows)


def workflow_states() -> str:
    """The states of ``guarded_invocation``, in the order in which they are written."""
    return states_table(WORKFLOW)


def call_errors() -> str:
    """What becomes of the money when the model call fails, by the error's name."""
    states_by_name = json.loads(WORKFLOW.read_text(encoding="utf-8"))["States"]
    rows = [
        (f"{name}", ", ".join(f"`{e}`" for e in catch["ErrorEquals"]), f"{catch['Next']}")
        for name, state in states_by_name.items()
        if name.startswith("Invoke model")
        for catch in state["Catch"]
    ]
    return table("state", "error", "then", rows=rows)


def entry_kinds() -> str:
    """What a write of a shard can be."""
    said = {
        EntryKind.RESERVE: "money is held for a call",
        EntryKind.SETTLE: "the real cost is posted, the rest goes back",
        EntryKind.VOID: "everything goes back",
        EntryKind.EXPIRE: "the whole reservation is posted",
        EntryKind.ALLOT: "money moves from the budget to the shard",
        EntryKind.RECALL: "money moves from the shard to the budget",
        EntryKind.ADJUST: (
            "the true cost of a call that had expired takes the place of what it was charged"
        ),
    }
    return table("kind", "says", rows=((f"`{kind}`", said[kind]) for kind in EntryKind))


def ledger_limits() -> str:
    """The numbers that the ledger goes by."""
    return table("what", "how much", rows=limits.rows())


def ledger_item_keys() -> str:
    """From the docstring of the module that makes the keys."""
    return docstring_table(ledger_items.__doc__)


def window_ids() -> str:
    """From the docstring of the module that writes them."""
    return docstring_table(window_id.__doc__)


def circuit_item_keys() -> str:
    """What watches models, and pays for retries."""
    return docstring_table(circuit_items.__doc__)


def detector_item_keys() -> str:
    """What is known of how scopes burn money."""
    return docstring_table(detector_items.__doc__)


def run_tree_item_keys() -> str:
    """What is kept of agent runs beside their budgets."""
    return docstring_table(run_tree_items.__doc__)


def sleep_item_keys() -> str:
    """What is kept of endpoints that sleep."""
    return docstring_table(dynamodb_sleeps.__doc__)


def journal_item_keys() -> str:
    """From the docstring of the module that makes the keys."""
    return docstring_table(dynamodb_journal_items.__doc__)


def faults() -> str:
    """What the Bedrock stand-in can be told to do."""
    kinds = list(FaultKind)
    ran = kinds.index(FaultKind.STALL)
    rows = ((f"`{k}`", "yes" if at >= ran else "no") for at, k in enumerate(kinds))
    return table("kind", "the model runs and is billed", rows=rows)


def gaps() -> str:
    """What the emulator is taught, one file each."""
    rows = []
    for path in sorted(GAPS.glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if path.stem != "__init__" and docstring:
            rows.append((f"`{path.stem}`", " ".join(docstring.split("\n\n")[0].split())))
    return table("file", "restores", rows=rows)


def running_cost() -> str:
    """What a million calls cost, by how many calls one account makes."""
    rows = []
    for rate, found in units_kept().items():
        of = cost.lines(found)
        table_part = sum(line.dollars for line in of if line.what.startswith("DynamoDB"))
        rows.append((rate, _million(cost.total(of)), _million(table_part)))
    return table("calls a minute in one account", "a million calls", "of which DynamoDB", rows=rows)


def running_cost_lines() -> str:
    """One call, line by line, at the middle rate."""
    of = cost.lines(units_kept()[10])
    rows = [(line.what, line.quantity, _million(line.dollars)) for line in of]
    return table(
        "line",
        "of one call",
        "a million calls",
        rows=[*rows, ("**in all**", "", _million(cost.total(of)))],
    )


def _million(dollars: Decimal) -> str:
    return f"${dollars * 10**6:.2f}"


def _named(head: str, known: Mapping[Any, str]) -> str:
    missing = [member for member in type(next(iter(known))) if member not in known]
    if missing:
        raise KeyError(f"{missing} have no meaning in scripts/reference_meanings.py")
    return table(head, "means", rows=((f"`{name}`", meaning) for name, meaning in known.items()))


TABLES: dict[str, Callable[[], str]] = {
    maker.__name__.replace("_", "-"): maker
    for maker in (
        settings, reason_codes, decisions, states, answer_fields, answer_budget_fields,
        answer_rung_fields, answer_policy_fields, answer_routing_fields, answer_place_fields,
        decided_by, request_limits, functions, workflow_states,
        call_errors,
        running_cost, running_cost_lines, entry_kinds, ledger_item_keys, ledger_limits, window_ids,
        journal_item_keys, circuit_item_keys, run_tree_item_keys, sleep_item_keys,
        detector_item_keys, faults, gaps,
    )
} | ALARM_TABLES | APPROVALS | INCIDENTS | USE | BENCH_BUDGET | BENCH_DECISIONS | DRILL  # fmt: skip
