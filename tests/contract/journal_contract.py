"""What every journal must do, whatever it is made of."""

from dataclasses import replace

from cost_sentry.application.journal_progress import Progress
from cost_sentry.domain.budget import Unit
from cost_sentry.domain.reservation import ReservationState
from cost_sentry.domain.spend import SpendLine
from cost_sentry.domain.usage import TokenUsage
from tests.fakes.builders import budget, hold, resolution
from tests.fakes.entries import Account

DAY = "2026-11-21"


class JournalContract:
    """Subclasses provide a ``journal`` fixture over an empty store."""

    # ---- entries and totals

    def test_an_entry_is_written_once_however_often_it_comes(self, journal):
        [held, settled] = Account().call("r1", 40)

        assert journal.write([held, settled, settled]) == [held, settled]
        assert list(journal.write([settled])) == []
        assert list(journal.write([held, settled])) == []
        assert journal.totals("search-daily", DAY).posted == 40

    def test_new_entries_among_repeated_ones_are_written(self, journal):
        account = Account()
        first, second, third = (account.call(f"r{n}", 10) for n in range(3))
        journal.write([*first, *third])

        assert journal.write([*first, *second, *third]) == second
        assert journal.totals("search-daily", DAY).posted == 30

    def test_what_is_pending_is_not_counted(self, journal):
        journal.write([Account().reserve("r1")])

        assert journal.totals("search-daily", DAY) is None

    def test_a_voided_reservation_counts_nothing(self, journal):
        account = Account()
        held = account.reserve("r1")
        void = account.resolve(held, resolution(0, ReservationState.VOIDED))

        journal.write([held, void])

        assert journal.totals("search-daily", DAY) is None
        assert list(journal.entries("r1")) == [held, void]

    def test_totals_tell_overrun_and_what_was_charged_by_estimate(self, journal):
        account = Account()
        over, lost = account.reserve("r1"), account.reserve("r2")
        expired = resolution(100, ReservationState.EXPIRED, estimated=True)

        journal.write(
            [over, lost, account.resolve(over, resolution(130)), account.resolve(lost, expired)]
        )

        totals = journal.totals("search-daily", DAY)
        assert (totals.posted, totals.overrun, totals.estimated) == (230, 30, 100)
        assert totals.calls == 2

    def test_each_budget_of_a_call_is_charged_in_its_own_unit(self, journal):
        tokens = budget("tokens", unit=Unit.TOKENS)
        account = Account()
        held = account.reserve("r1", hold(100), hold(80, tokens))

        journal.write([held, account.resolve(held, resolution(40, total_tokens=25))])

        assert journal.totals("search-daily", DAY).posted == 40
        assert journal.totals("tokens", DAY).posted == 25
        assert journal.totals("tokens", DAY).unit is Unit.TOKENS

    def test_more_entries_than_a_transaction_holds_are_all_written(self, journal):
        account = Account()
        entries = [e for n in range(130) for e in account.call(f"r{n}", 1)]

        assert list(journal.write(entries)) == entries
        assert journal.totals("search-daily", DAY).posted == 130

    def test_a_call_charged_to_more_budgets_than_one_is_split_nowhere(self, journal):
        budgets = [budget(f"b{n}") for n in range(40)]
        held = Account().reserve("r1", *(hold(10, b) for b in budgets))
        account = Account()
        account.sequence = 1

        journal.write([held, account.resolve(held, resolution(7))])

        assert [journal.totals(b.id, DAY).posted for b in budgets] == [7] * 40

    def test_the_breakdown_says_who_spent_on_what(self, journal):
        web, app = Account("search/web"), Account("search/app")
        journal.write([*web.call("r1", 40), *web.call("r2", 2), *app.call("r3", 30)])
        journal.write(app.call("r4", 5, model_used="amazon.nova-micro-v1:0"))

        spend = journal.spend("search-daily", DAY)

        lite, micro = "amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"
        assert set(spend.lines) == {
            SpendLine(team="search", application="web", model_id=lite, posted=42, calls=2),
            SpendLine(team="search", application="app", model_id=lite, posted=30, calls=1),
            SpendLine(team="search", application="app", model_id=micro, posted=5, calls=1),
        }
        assert spend.posted == journal.totals("search-daily", DAY).posted

    def test_windows_are_apart_even_where_one_name_begins_another(self, journal):
        daily, monthly = hold(100), replace(hold(100), window_id="2026-11")
        journal.write(Account().call("r1", 40, daily, monthly))

        assert journal.spend("search-daily", "2026-11").posted == 40
        assert journal.spend("search-daily", "2026-1").posted == 0
        assert journal.totals("search-daily", "2026") is None

    def test_the_longest_names_a_caller_may_choose_are_counted(self, journal):
        team = "t"
        account = Account(f"{team}/{chr(0x1F600) * 128}")

        journal.write(account.call("r" * 128, 40))

        [line] = journal.spend("search-daily", DAY).lines
        assert line.application == chr(0x1F600) * 128

    def test_entries_come_back_as_they_were(self, journal):
        usage = TokenUsage(input_tokens=3, output_tokens=4, cache_read_tokens=5)
        account = Account()
        held = account.reserve("r1")
        settled = account.resolve(held, resolution(40, usage=usage))
        other = Account("ads/web").reserve("r1")

        journal.write([held, settled, other])

        assert list(journal.entries("r1")) == sorted(
            [held, settled, other], key=lambda e: (e.at, e.account, e.sequence)
        )
        assert list(journal.entries("r2")) == []

    def test_entries_that_belong_to_no_request_are_kept_once(self, journal):
        account = Account()
        allotted, later = account.allot(500), account.allot(300)

        assert list(journal.write([allotted, allotted, later])) == [allotted, later]
        assert list(journal.write([allotted])) == []
        assert list(journal.other_entries("search/web")) == [allotted, later]

    # ---- progress

    def test_progress_moves_forward_and_never_back(self, journal):
        start, far = Progress(), Progress(projected=9, missing=frozenset({4, 5}))
        journal.advance("search/web", start, far)

        journal.advance("search/web", start, Progress(projected=7))

        assert journal.progress("search/web") == far
        assert journal.progress("search/app") == Progress()

    def test_a_late_entry_is_no_longer_missing(self, journal):
        far = Progress(projected=9, missing=frozenset({4, 5}))
        journal.advance("search/web", Progress(), far)

        journal.advance("search/web", far, Progress(projected=9, missing=frozenset({5})))
        assert journal.progress("search/web").missing == {5}

        before = Progress(projected=9, missing=frozenset({5}))
        journal.advance("search/web", before, Progress(projected=12, missing=frozenset({10})))
        assert journal.progress("search/web") == Progress(projected=12, missing=frozenset({10}))
