"""Compare what Amazon Bedrock metered with what the sentry's own calls used; book the rest.

Nothing waits for it, and it decides nothing: it charges budgets for calls that did not ask them, so
that a limit of a model, or of the organisation, holds for the whole account and Region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cost_sentry.application.book_external_usage import book_external_usage
from cost_sentry.application.meter_ports import OwnUse
from cost_sentry.application.ports import Clock, ConfigSource, Ledger, PriceBook
from cost_sentry.application.usage_ports import (
    InferenceProfiles,
    MetricsUnavailable,
    ModelMetrics,
    StreamWatch,
    Told,
    UsageCursors,
)
from cost_sentry.application.usage_survey import Surveyor, Unread, reach
from cost_sentry.application.usage_watermark import LOOK_AFTER, watermark
from cost_sentry.domain.errors import CostSentryError
from cost_sentry.domain.external_notice import ForbiddenUsage, forbidden_notice
from cost_sentry.domain.external_usage import Horizons, OwnCalls, total
from cost_sentry.domain.inference_profile import may_be_profile
from cost_sentry.domain.meter import Counts
from cost_sentry.domain.sentry_config import SentryConfig
from cost_sentry.domain.usage_cursor import (
    Intent,
    UsageCursor,
    drift,
    folded,
    is_at_rest,
    is_legible,
    with_booked,
    with_intents,
    with_metered,
)

ROUNDS_MAX = 3
"""Times that one run books of one model what fits into one round."""
SECONDS_MAX = 40
"""After that no other model is begun; the next run begins with the oldest."""

Points = Mapping[str, Mapping[datetime, Counts]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """External usage of one minute that was booked by this run, or found booked."""

    model_id: str
    """As it was metered: of a model, or of an inference profile."""
    charged_as: str
    """The model that was priced and whose budgets were charged."""
    minute: datetime
    amounts: Counts
    is_priced: bool
    is_forbidden: bool
    request_id: str
    is_overrun: bool
    """Whether a budget could not pay for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How one model stands."""

    model_id: str
    drift: Counts
    """Metered, and neither own nor booked; below 0 while own calls are running."""
    adrift_since: datetime | None
    """The first minute of it; ``None``: there is none."""
    until: datetime
    """Up to where it was compared."""
    is_done: bool
    """Whether that is as far as can be, and all is booked."""


@dataclass(slots=True, kw_only=True)
class Reconciled:
    """What one run did."""

    at: datetime
    booked: list[Booked] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    waits: str = ""
    """Why nothing new was compared, if nothing was."""
    unread: Unread | None = None
    """What nobody can compare any more."""
    problems: list[str] = field(default_factory=list)
    """What could not be done now; the next run does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReconciliation:
    """One run a minute; any number at once do no harm, and one that dies is continued."""

    metrics: ModelMetrics
    profiles: InferenceProfiles
    own_use: OwnUse
    cursors: UsageCursors
    watch: StreamWatch
    notices: Told
    ledger: Ledger
    config_source: ConfigSource
    price_book: PriceBook
    clock: Clock

    def run(self) -> Reconciled:
        """Never raises for what a later run can put right."""
        done = Reconciled(at=self.clock.now())
        try:
            config = self.config_source.current()
            self.cursors.begun(done.at)
            if config:
                self._run(config, done)
        except CostSentryError as error:
            done.problems.append(str(error))
        return done

    def _run(self, config: SentryConfig, done: Reconciled) -> None:
        surveyor = Surveyor(metrics=self.metrics, own_use=self.own_use, cursors=self.cursors)
        horizons = Horizons(timedelta(seconds=config.hold_seconds))
        survey = surveyor.survey(done.at, horizons)
        done.unread = survey.unread
        if survey.problem:
            done.problems.append(survey.problem)
        until: datetime | None = done.at - LOOK_AFTER
        if survey.cursors:
            until = self._compare(survey.cursors, config, horizons, done)
        is_done = sum(one.is_done for one in done.compared) == len(survey.cursors)
        if until is not None and survey.is_whole and is_done:
            surveyor.note(survey, until)

    def _compare(
        self,
        known: Sequence[UsageCursor],
        config: SentryConfig,
        horizons: Horizons,
        done: Reconciled,
    ) -> datetime | None:
        """Each of these models; up to where they were to be compared, if they could be."""
        carried = self.watch.carried()
        self.watch.tick(done.at)
        until, done.waits = watermark(done.at, carried)
        points = self._points(known, until, horizons, done) if until else {}
        for cursor in known:
            if (self.clock.now() - done.at).total_seconds() >= SECONDS_MAX:
                done.problems.append("out of time: the other models are for the next run")
                break
            try:
                run = _ModelRun(self, config, horizons, done, self._model_of(cursor.model_id))
                run.compare(cursor, points.get(cursor.model_id), until)
            except CostSentryError as error:
                done.problems.append(f"{cursor.model_id}: {error}")
        return until

    def _model_of(self, metered_as: str) -> str:
        """Whose price and budgets count; ``ProfilesUnavailable`` if nobody knows for now."""
        if not may_be_profile(metered_as):
            return metered_as
        return self.profiles.model_behind(metered_as) or metered_as

    def _points(
        self,
        known: Sequence[UsageCursor],
        until: datetime,
        horizons: Horizons,
        done: Reconciled,
    ) -> Points:
        """What was metered; of models that stand at about the same minute by one question.

        A model that is not in it could not be asked about, and is not looked at.
        """
        groups: dict[datetime, list[UsageCursor]] = {}
        for cursor in known:
            end = reach(cursor, until, horizons)
            groups.setdefault(end, []).append(cursor)
        found: dict[str, Mapping[datetime, Counts]] = {}
        for end, group in groups.items():
            since = min(cursor.since for cursor in group)
            names = [cursor.model_id for cursor in group]
            try:
                points = self.metrics.minutes(names, since, end)
            except MetricsUnavailable as error:
                done.problems.append(str(error))
            else:
                found |= {name: points.get(name, {}) for name in names}
        return found


@dataclass(frozen=True, slots=True)
class _ModelRun:
    """One model in one run."""

    parts: UsageReconciliation
    config: SentryConfig
    horizons: Horizons
    done: Reconciled
    model: str
    """Whose price and budgets count."""

    def compare(
        self,
        cursor: UsageCursor,
        points: Mapping[datetime, Counts] | None,
        until: datetime | None,
    ) -> None:
        """First what an earlier run wrote down and did not finish, then what is new."""
        stored = cursor
        cursor = self._book(cursor)
        if until is None or points is None or not is_legible(cursor, self.done.at):
            if cursor != stored:
                self.parts.cursors.write(cursor)
            return
        end = reach(cursor, until, self.horizons)
        own = OwnCalls(
            minutes=self.parts.own_use.own(cursor.model_id, cursor.since, end),
            slots=self.parts.own_use.slots(cursor.model_id),
            now=self.done.at,
            horizons=self.horizons,
        )
        cursor, stored = self._look(with_metered(cursor, points, end), own, stored)
        if cursor != stored:
            self.parts.cursors.write(cursor)
        drifted, since = drift(cursor, own)
        self.done.compared.append(
            Compared(
                model_id=cursor.model_id,
                drift=drifted,
                adrift_since=since,
                until=cursor.until,
                is_done=cursor.until >= until and is_at_rest(cursor, self.horizons),
            )
        )

    def _look(
        self, cursor: UsageCursor, own: OwnCalls, stored: UsageCursor
    ) -> tuple[UsageCursor, UsageCursor]:
        """Book round by round; the cursor after it, and what is stored of it by then."""
        price = self.parts.price_book.price(self.model)
        for _ in range(ROUNDS_MAX):
            version = self.parts.price_book.version
            planned = with_intents(cursor, own, price, version, charged_as=self.model)
            if not planned.intents:
                return folded(cursor, own), stored
            stored = self.parts.cursors.write(planned)
            cursor = self._book(stored)
        return cursor, stored

    def _book(self, cursor: UsageCursor) -> UsageCursor:
        """Everything that is written down; whoever does it again finds it done."""
        booked = [self._book_one(cursor.model_id, intent) for intent in cursor.intents]
        after = with_booked(cursor)
        self._tell(after, [one for one in booked if one.is_forbidden])
        self.done.booked += booked
        return after

    def _book_one(self, model_id: str, intent: Intent) -> Booked:
        model = intent.charged_as or self.model
        reservation = book_external_usage(
            model_id,
            intent,
            charged_as=model,
            config=self.config,
            ledger=self.parts.ledger,
            now=self.parts.clock.now(),
        )
        return Booked(
            model_id=model_id,
            charged_as=model,
            minute=intent.minute,
            amounts=intent.amounts,
            is_priced=intent.price_version is not None,
            is_forbidden=not self.config.external_usage.allows(model),
            request_id=reservation.request_id,
            is_overrun=any(not hold.amount for hold in reservation.holds),
        )

    def _tell(self, cursor: UsageCursor, forbidden: Sequence[Booked]) -> None:
        """One mail for each hour, however often its minutes are booked."""
        for hour in sorted({_hour_of(one.minute) for one in forbidden}):
            of_hour = [m.booked for at, m in cursor.minutes.items() if _hour_of(at) == hour]
            cost = sum(o.amounts.picodollars for o in forbidden if _hour_of(o.minute) == hour)
            found = ForbiddenUsage(
                model_id=self.model,
                metered_as=cursor.model_id,
                hour=hour,
                amounts=replace(total(of_hour), picodollars=cost),
                is_priced=all(one.is_priced for one in forbidden),
            )
            notice = forbidden_notice(found, self.config.alert_addresses, self.done.at)
            self.parts.notices.record(notice)


def _hour_of(minute: datetime) -> datetime:
    return minute.replace(minute=0)
