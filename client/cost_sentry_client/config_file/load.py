"""From a file to a configuration, or to a list of everything that is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cost_sentry.adapters.config_document import config_to_document, with_version
from cost_sentry.adapters.packaged_price_book import PackagedPriceBook
from cost_sentry.application.ports import PriceBook
from cost_sentry.application.priced_models import priced
from cost_sentry.application.time_zones import time_zone_named
from cost_sentry.domain.budget import Budget, Stages, parse_amount
from cost_sentry.domain.emergency import EmergencyAllowance
from cost_sentry.domain.external_rules import ALL_ALLOWED
from cost_sentry.domain.sentry_config import Application, Model, SentryConfig, Team
from cost_sentry.domain.spend_watch import by_turns, unwatched_text
from cost_sentry.domain.window import WindowKind
from cost_sentry_client.config_file.coverage import find_uncovered
from cost_sentry_client.config_file.cross_checks import find_contradictions
from cost_sentry_client.config_file.problems import (
    ConfigFileInvalid,
    ConfigProblem,
    Finding,
    field_text,
)
from cost_sentry_client.config_file.routing_config import flex_of, routing_of, tier_number
from cost_sentry_client.config_file.shape_errors import findings_of
from cost_sentry_client.config_file.shapes import (
    UTC_NAME,
    BudgetShape,
    EmergencyAllowanceShape,
    ModelShape,
    SentryFile,
)
from cost_sentry_client.config_file.shapes_anomalies import anomaly_rules_of
from cost_sentry_client.config_file.shapes_callers import TeamShape, application_of
from cost_sentry_client.config_file.size_checks import size_findings
from cost_sentry_client.config_file.yaml_tree import Place, YamlTree, YamlUnreadable, read_yaml

if TYPE_CHECKING:
    from cost_sentry_client.config_file.policy_files import PolicyReport
    from cost_sentry_client.config_file.policy_reach import Reach

FILE_BYTES_MAX = 256 * 1024
"""Some two thousand budgets; more would not fit into the one item that holds them."""

_TEAM_TAG = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """A file that was accepted."""

    path: str
    config: SentryConfig
    document: dict[str, object]
    """``config`` as the ledger's table stores it."""
    warnings: tuple[ConfigProblem, ...] = ()
    """Allowed, and probably not meant."""
    unwatched: str = ""
    """Whose spending has no alarms of CloudWatch's own once it is deployed; empty: everybody's."""


def load_config(
    path: FilePath | str,
    *,
    price_book: PriceBook | None = None,
    known_models: Sequence[str] | None = None,
) -> ConfigDocument:
    """Read and check a ``sentry.yaml``; nothing is changed anywhere.

    Args:
        path: The file.
        price_book: Says which models have a price; the packaged one if left out.
        known_models: Ids to suggest for a misspelt one; those of the packaged book if left out.

    Raises:
        ConfigFileInvalid: With every problem found: file, line, column, field, what is allowed.
    """
    packaged = PackagedPriceBook()
    known = packaged.model_ids() if known_models is None else known_models
    report = _Report(str(path))
    tree = report.tree(FilePath(path))
    report.stop_if(tree.findings)
    file = report.shaped(tree)
    book = priced(price_book or packaged, _endpoints(file))
    policies = _policies(file, FilePath(path).parent)
    found = [*find_contradictions(file, book, known), *policies.findings]
    report.stop_if(report.placed(tree, found), policies.problems)
    zone = file.policies.time_zone if file.policies else UTC_NAME
    config = with_version(replace(_config(file), policies=policies.policies(zone)))
    document = config_to_document(config)
    reach = _reach(config, book, policies)
    refused = [*size_findings(document), *reach.findings]
    report.stop_if(report.placed(tree, refused), reach.problems)
    warned = report.problems(report.placed(tree, [*find_uncovered(file), *reach.warned]))
    warnings = (*warned, *policies.warnings, *reach.warnings)
    unwatched = unwatched_text(by_turns(file.teams, file.models)[file.alerts.watched_max :])
    return ConfigDocument(
        path=str(path), config=config, document=document, warnings=warnings, unwatched=unwatched
    )


class _Report:
    """Turns findings into problems of one file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def tree(self, path: FilePath) -> YamlTree:
        try:
            tree = read_yaml(_text(path))
        except YamlUnreadable as error:
            finding = Finding(path=(), problem=error.problem, allowed=error.allowed)
            raise ConfigFileInvalid(self.problems([(error.place, finding)])) from error
        return tree

    def shaped(self, tree: YamlTree) -> SentryFile:
        try:
            return SentryFile.model_validate(tree.value)
        except ValidationError as error:
            findings = findings_of(error)
            raise ConfigFileInvalid(self.problems(self.placed(tree, findings))) from error

    def stop_if(
        self,
        findings: Sequence[tuple[Place, Finding]],
        elsewhere: Sequence[ConfigProblem] = (),
    ) -> None:
        """``elsewhere``: problems of files that this one names."""
        if findings or elsewhere:
            raise ConfigFileInvalid([*self.problems(findings), *elsewhere])

    def placed(self, tree: YamlTree, findings: Sequence[Finding]) -> list[tuple[Place, Finding]]:
        return [(tree.place(f.path, at_key=f.at_key), f) for f in findings]

    def problems(self, findings: Sequence[tuple[Place, Finding]]) -> tuple[ConfigProblem, ...]:
        ordered = sorted(findings, key=lambda pair: (pair[0].line, pair[0].column))
        return tuple(
            ConfigProblem(
                file=self._file,
                line=place.line,
                column=place.column,
                field=field_text(finding.path),
                problem=finding.problem,
                allowed=finding.allowed,
            )
            for place, finding in ordered
        )


def _policies(file: SentryFile, beside: FilePath) -> "PolicyReport":
    """Cedar is loaded for files that have policies only."""
    from cost_sentry_client.config_file.policy_files import PolicyReport, read_policies

    return read_policies(file, beside) if file.policies else PolicyReport()


def _reach(config: SentryConfig, book: PriceBook, policies: "PolicyReport") -> "Reach":
    """Likewise."""
    from cost_sentry_client.config_file.policy_reach import Reach, reach_of

    return reach_of(config, book, policies.written) if policies.written else Reach()


def _text(path: FilePath) -> str:
    start = Place(1, 1)
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise YamlUnreadable(start, f"cannot be read: {why}", "a file that can be read") from error
    if len(content) > FILE_BYTES_MAX:
        limit = f"at most {FILE_BYTES_MAX // 1024} KiB"
        raise YamlUnreadable(start, "the file is too large", limit)
    if not content.strip():
        raise YamlUnreadable(start, "the file is empty", "a sentry.yaml; see examples/sentry.yaml")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = Place(before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        raise YamlUnreadable(place, "the text is not UTF-8", "UTF-8 text") from error


def _config(file: SentryFile) -> SentryConfig:
    teams = {
        id_: Team(
            id=id_,
            owners=tuple(team.owners if team else ()),
            applications=_applications(team),
        )
        for id_, team in file.teams.items()
    }
    models = {id_: _model(id_, shape) for id_, shape in file.models.items()}
    tags = tuple(tag for tag in file.defaults.required_tags if tag != _TEAM_TAG)
    return SentryConfig(
        version="",
        teams=teams,
        models=models,
        budgets=tuple(_budget(budget) for budget in file.budgets),
        output_tokens_default=file.defaults.output_tokens,
        output_tokens_max=file.defaults.output_tokens_max,
        output_tokens_min=file.defaults.output_tokens_min,
        required_tags=(_TEAM_TAG, *tags),
        known_tags=tuple(file.defaults.known_tags),
        hold_seconds=file.defaults.hold_seconds,
        alert_addresses=tuple(file.alerts.addresses),
        emergency_allowances=tuple(_allowance(shape) for shape in file.emergency_allowances),
        circuit_breaker=file.circuit_breaker.rules() if file.circuit_breaker else None,
        retries=file.retries.rules() if file.retries else None,
        routing=routing_of(file.routing),
        external_usage=file.external_usage.rules() if file.external_usage else ALL_ALLOWED,
        approvals=file.approvals.rules() if file.approvals else None,
        anomalies=anomaly_rules_of(file.anomalies),
        endpoints=file.endpoints.rules() if file.endpoints else None,
    )


def _model(id_: str, shape: ModelShape | None) -> Model:
    if shape is None:
        return Model(id=id_)
    return Model(
        id=id_,
        ladder=tuple(shape.ladder),
        tier=tier_number(shape.tier),
        flex=flex_of(shape.flex),
        endpoint=shape.endpoint.endpoint() if shape.endpoint else None,
    )


def _endpoints(file: SentryFile) -> dict[str, Model]:
    """Models that no price book knows, with the prices that the file gives them."""
    return {id_: _model(id_, one) for id_, one in file.models.items() if one and one.endpoint}


def _applications(team: TeamShape | None) -> dict[str, Application]:
    return {
        id_: application_of(id_, shape)
        for id_, shape in (team.applications if team else {}).items()
    }


def _allowance(shape: EmergencyAllowanceShape) -> EmergencyAllowance:
    return EmergencyAllowance(
        id=shape.id,
        scope=dict(shape.scope),
        model_id=shape.model,
        calls_per_day=shape.calls_per_day,
        input_tokens_max=shape.input_tokens_max,
        output_tokens_max=shape.output_tokens_max,
    )


def _budget(shape: BudgetShape) -> Budget:
    return Budget(
        id=shape.id,
        scope=dict(shape.scope),
        unit=shape.unit,
        window=shape.window,
        time_zone=time_zone_named(shape.time_zone),
        limit=parse_amount(shape.unit, shape.limit),
        owners=tuple(shape.owners),
        thresholds_percent=_thresholds(shape),
        mode=shape.mode,
        stages=Stages(
            prefer_ladder_percent=shape.stages.prefer_ladder,
            lower_output_percent=shape.stages.lower_output,
            critical_only_percent=shape.stages.critical_only,
        ),
    )


def _thresholds(shape: BudgetShape) -> tuple[int, ...]:
    """Nobody wants three mails a minute who did not ask for them."""
    is_asked_for = "thresholds" in shape.model_fields_set
    is_rate = shape.window in (WindowKind.MINUTE, WindowKind.HOUR, WindowKind.SESSION)
    if not is_asked_for and (is_rate or not shape.unit.is_spent):
        return ()
    return tuple(shape.thresholds)
