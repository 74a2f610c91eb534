"""Does the Monitor cancel and retry a job, and say the effect first, or why it can't?"""

from collections.abc import Callable

import pytest

from core.auth.actors import Actor
from core.jobs.desk import Desk
from tests import factories
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit
from tests.pages.reading import button_by_label, words

DATABASES = ("sqlite",)

pytestmark = pytest.mark.usefixtures("runtime")


def popover(app: object, label: str) -> object:
    """The one popover of this label."""
    (found,) = [block.proto.popover for block in app.get("popover") if block.proto.popover.label == label]  # type: ignore[attr-defined]
    return found


def test_cancel_refunds_a_queued_job_and_tells_so(visit: Visit, desk: Desk, provider: FakeProvider) -> None:
    job_id = factories.job(desk)
    app = visit("monitor", job=job_id)
    assert "Credits return for every variant without a result." in words(app)
    app.button(f"cancel-{job_id}").click().run()
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.balance(desk.database) == factories.CREDITS
    assert "The job is canceled. 40 credits were returned." in words(app)
    assert provider.calls == []


def test_cancel_that_waits_for_replicate_says_so(visit: Visit, desk: Desk, provider: FakeProvider) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.is_silent = True
    app = visit("monitor", job=job_id)
    app.button(f"cancel-{job_id}").click().run()
    assert "The cancel is on its way" in words(app)
    assert popover(app, "Cancel").disabled  # type: ignore[attr-defined]


def test_retry_says_its_price_and_shows_the_new_job(visit: Visit, desk: Desk, end_job: Callable[..., str]) -> None:
    old = end_job({}, SAFETY)
    app = visit("monitor", job=old)
    button_by_label(app, "Retry for 20 credits").click()
    app.run()
    new = app.query_params["job"]
    new_id = new[0] if isinstance(new, list) else new
    made = factories.detail(desk.database, new_id)
    assert (made.retry_of, made.credits_used, [one.index for one in made.variants]) == (old, 20, [1])
    assert f"A retry of job {old[-8:]}" in words(app)
    assert "20 credits used: the retry is on its way." in words(app)


def test_a_second_retry_is_refused_in_words_and_charges_nothing(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    old = end_job({}, SAFETY)
    first, second = visit("monitor", job=old), visit("monitor", job=old)
    button_by_label(first, "Retry for 20 credits").click()
    first.run()
    button_by_label(second, "Retry for 20 credits").click()
    second.run()
    assert any(
        "is still under way. Nothing was charged" in error.value and "(state_conflict)" in error.value
        for error in second.error
    )
    assert factories.balance(desk.database) == factories.CREDITS - 40 + 20 - 20


def test_a_complete_job_has_nothing_to_retry(visit: Visit, end_job: Callable[..., str]) -> None:
    app = visit("monitor", job=end_job({}, {}))
    retry = popover(app, "Retry")
    assert (retry.disabled, retry.help) == (True, "Every variant has its result: there is nothing to retry.")  # type: ignore[attr-defined]


def test_staff_see_why_they_can_not(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None], end_job: Callable[..., str]
) -> None:
    sign_in(people.bob)
    running = popover(visit("monitor", job=factories.job(desk)), "Cancel")
    assert (running.disabled, running.help) == (True, "Your role can't cancel jobs.")  # type: ignore[attr-defined]
    ended = popover(visit("monitor", job=end_job({}, SAFETY, number=1)), "Retry")
    assert (ended.disabled, ended.help) == (True, "Your role can't retry jobs.")  # type: ignore[attr-defined]


def test_a_partial_job_tells_what_became_of_the_other_variant(
    visit: Visit, desk: Desk, provider: FakeProvider, end_job: Callable[..., str]
) -> None:
    assert "One variant is ready, the other failed. 20 credits were returned." in words(
        visit("monitor", job=end_job({}, SAFETY))
    )
