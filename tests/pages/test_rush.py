"""Does the page offer rush where an account may, for its price, and say how long the line is?"""

from collections.abc import Callable

import pytest

from core import errors
from core.credits import terms
from core.credits.terms import Terms
from core.db.session import Database
from core.jobs import pause
from core.jobs.desk import Desk
from core.jobs.states import Priority
from tests import factories
from tests.factories import BELLEVUE, CREDITS, OUTSIDER
from tests.pages.conftest import Visit
from tests.pages.reading import SLIDER, drawings, words
from tests.pages.test_stage import choose_photo, jobs

DATABASES = ("sqlite",)

pytestmark = pytest.mark.usefixtures("runtime")


def rush(desk: Desk) -> str:
    """The key of the toggle of Bellevue Homes."""
    return f"rush-{factories.account_id(desk.database)}"


def terms_of(database: Database, account: str = BELLEVUE) -> Terms:
    with database.read() as session:
        return terms.terms_of(session, factories.account_id(database, account))


# ---- ordering ----------------------------------------------------------------------------------


def test_rush_is_offered_only_to_an_account_that_may(visit: Visit, desk: Desk) -> None:
    factories.allow_rush(desk.database, OUTSIDER)
    assert [one.key for one in visit().toggle] == []
    factories.allow_rush(desk.database, BELLEVUE, variant_credits=30)
    (toggle,) = visit().toggle
    assert (toggle.key, toggle.value) == (rush(desk), False)
    assert "60 credits instead of 40" in toggle.label


def test_a_rush_photo_is_charged_what_the_button_says(visit: Visit, desk: Desk) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    app = choose_photo(visit())
    app.toggle(rush(desk)).set_value(True).run()
    assert "60 credits" in app.button("stage").label
    assert f"{CREDITS - 60} after this job." in words(app)
    app.button("stage").click().run()
    (job,) = jobs(desk)
    assert (job.priority, job.credits_used) == ("rush", 60)


def test_rush_needs_its_own_price_on_the_account(visit: Visit, desk: Desk) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    factories.set_balance(desk.database, 50)
    app = choose_photo(visit())
    assert not app.button("stage").disabled
    app.toggle(rush(desk)).set_value(True).run()
    assert app.button("stage").disabled
    assert "this needs 60" in words(app)


def test_who_waits_is_told_how_many_come_before(visit: Visit, desk: Desk) -> None:
    factories.job(desk)
    job_id = factories.job(desk, number=1)
    drawn = drawings(visit(job=job_id), SLIDER)
    assert "2 variants before it, starts in a moment." in drawn[0]["detail"]


def test_while_nothing_is_ordered_no_start_is_promised(visit: Visit, desk: Desk) -> None:
    factories.job(desk)
    job_id = factories.job(desk, number=1)
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderPaymentRequired())
    drawn = drawings(visit(job=job_id), SLIDER)
    assert "2 variants before it. " in drawn[0]["detail"]


# ---- terms -------------------------------------------------------------------------------------


def save(visit: Visit, desk: Desk, **fields: int | None) -> object:
    app = visit("admin", section="Accounts")
    app.selectbox("terms-account").set_value(BELLEVUE).run()
    owner = factories.account_id(desk.database)
    for number in app.number_input:
        for name, value in fields.items():
            if str(number.key).startswith(f"terms-{owner}-{name}-"):
                number.set_value(value)
    return app.button(f"terms-{owner}-save").click().run()


def test_a_manager_sets_the_terms_of_an_account(desk: Desk, save_terms: Callable[..., object]) -> None:
    save_terms(rush=60, most=8)
    assert terms_of(desk.database) == Terms(rush_variant_credits=30, in_flight_max=8)
    assert terms_of(desk.database, OUTSIDER) == Terms(rush_variant_credits=None, in_flight_max=None)


def test_an_odd_price_is_refused(desk: Desk, save_terms: Callable[..., object]) -> None:
    app = save_terms(rush=61)
    assert "even price" in words(app)  # type: ignore[arg-type]
    assert terms_of(desk.database) == Terms(rush_variant_credits=None, in_flight_max=None)


@pytest.fixture
def save_terms(visit: Visit, desk: Desk) -> Callable[..., object]:
    return lambda **fields: save(visit, desk, **fields)


# ---- what was agreed ---------------------------------------------------------------------------


def test_a_price_that_rose_since_the_button_was_drawn_is_not_charged(visit: Visit, desk: Desk) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    app = choose_photo(visit())
    app.toggle(rush(desk)).set_value(True).run()
    factories.allow_rush(desk.database, variant_credits=150)
    app.button("stage").click().run()
    (refusal,) = app.error
    assert "price changed" in refusal.value
    assert (jobs(desk), factories.balance(desk.database)) == ([], CREDITS)
    app.button("stage").click().run()
    assert [job.credits_used for job in jobs(desk)] == [300]


def test_rush_that_was_taken_away_meanwhile_is_not_staged_as_normal(visit: Visit, desk: Desk) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    app = choose_photo(visit())
    app.toggle(rush(desk)).set_value(True).run()
    none = Terms(rush_variant_credits=None, in_flight_max=None)
    terms.set_terms(desk.database, factories.manager(), account=BELLEVUE, terms=none)
    app.button("stage").click().run()
    assert "price changed" in app.error[0].value
    assert jobs(desk) == []


def test_staging_again_asks_for_the_price_that_was_shown(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    job_id = end_job({}, {}, priority=Priority.RUSH)
    app = visit(job=job_id)
    assert "60 credits" in app.button("again").label
    factories.allow_rush(desk.database, variant_credits=35)
    app.button("again").click().run()
    assert "price changed" in app.error[0].value
    assert len(jobs(desk)) == 1
