"""Do the sentence, the mark of a missed target and the CSV say what the figures say?"""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.analytics import definitions, exports, telling
from core.analytics.filters import Dimension
from core.analytics.keeping import KeptHistory
from core.analytics.periods import Period
from core.analytics.success import Share
from core.analytics.summary import Figures, Headline, Summary
from core.db.session import Database
from core.models import AuditEntry
from tests import factories
from tests.analytics.histories import Writer

DATABASES = ("sqlite",)


@pytest.fixture
def found(database: Database) -> Summary:
    writer = Writer(database, Random(3), datetime(2026, 3, 3, tzinfo=UTC))
    for _ in range(60):
        writer.step()
    period = Period(date(2026, 3, 1), date(2026, 3, 6), ZoneInfo("UTC"))
    return Figures(KeptHistory(database)).summary(factories.manager(), period, by=Dimension.PERSON)


def test_the_sentence_names_the_figures(found: Summary) -> None:
    rate = found.headline.success.success.rate
    assert rate is not None
    told = telling.sentence(found)
    assert told.startswith(f"Success {100 * rate:.1f} %")
    assert f"p95 {found.headline.variant_times.p95_seconds:.0f} s" in told
    assert "% of credits refunded" in told


@pytest.mark.parametrize(
    ("before", "told"),
    [(Share(2, 2), "down"), (Share(0, 400), "up"), (Share(400, 400), "down")],
    ids=["few", "none", "all"],
)
def test_a_change_within_chance_is_told_as_such(found: Summary, before: Share, told: str) -> None:
    def compared(now: Share) -> str:
        def of(share: Share) -> Headline:
            return replace(found.headline, success=replace(found.headline.success, success=share))

        return telling.sentence(replace(found, headline=of(now), before=of(before)))

    assert f"{told} " in compared(Share(200, 400))
    assert ("may be chance" in compared(Share(200, 400))) is (before.whole == 2)


def test_nothing_is_told_of_an_empty_period(database: Database) -> None:
    period = Period(date(2026, 3, 1), date(2026, 3, 2), ZoneInfo("UTC"))
    empty = Figures(KeptHistory(database)).summary(factories.manager(), period, by=Dimension.STYLE)
    assert telling.sentence(empty) == "No jobs were submitted in this period."
    assert (telling.is_missed(empty), telling.missed_since(empty)) == (False, None)
    assert (empty.groups, empty.failures, empty.timing.job.bars) == ((), (), ())


def test_a_missed_target_is_told_since_the_first_of_the_days_that_missed_it(
    found: Summary, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = [day for day in found.days if day.headline.success.success.whole]
    assert telling.is_missed(found)
    monkeypatch.setattr(definitions, "SUCCESS_TARGET", 1.0)
    assert telling.missed_since(found) == counted[0].day
    monkeypatch.setattr(definitions, "SUCCESS_TARGET", -1.0)
    assert telling.missed_since(found) is None
    assert not telling.is_missed(found)


def test_the_csv_adds_up_to_the_headline_and_is_noted(database: Database, found: Summary) -> None:
    for export, what in ((exports.days_csv, "figures by day"), (exports.groups_csv, "figures by person")):
        data = export(database, factories.manager(), found)
        with database.read() as session:
            noted = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (noted.kind, what in noted.target + noted.detail) == ("export", True)
        lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        assert sum(int(line["jobs"]) for line in lines) == found.headline.success.jobs
        assert sum(int(line["credits_net"]) for line in lines) == found.headline.credits.net
        wasted = sum(Decimal(line["wasted_usd"]) for line in lines)
        assert 1_000_000 * wasted == found.headline.costs.wasted_usd_micros
        assert what.removeprefix("figures by ") in lines[0] and "name" not in lines[0]


def test_every_definition_is_one_sentence() -> None:
    for term, words in definitions.DEFINITIONS.items():
        assert words[0].isupper(), term
        assert words.endswith(".") and ". " not in words, term
