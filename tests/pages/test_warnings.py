"""Do people see when nothing is ordered, and when webhooks have gone quiet?"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core import errors
from core.auth.actors import Source, system
from core.jobs import pause, sync
from core.jobs.desk import Desk
from core.runtime import Runtime
from core.webhooks.inbox import Inbox
from tests import factories
from tests.factories import People
from tests.fake_provider import SECRET, FakeProvider
from tests.pages.conftest import Visit, forget_all
from tests.pages.reading import FIGURES, drawings, figures, refreshes, words
from tests.settable_clock import SettableClock
from tests.webhooks import signing

DATABASES = ("sqlite",)
PAGES = ("stage", "monitor", "refunds", "credits", "analytics")


@pytest.fixture
def with_webhooks(runtime: Runtime) -> Desk:
    """The desk of the pages, at an address that Replicate can reach."""
    runtime.desk = replace(runtime.desk, webhook_base_url="https://desk.example")
    return runtime.desk


def settle(desk: Desk, provider: FakeProvider, *, by: Source, jobs: int) -> None:
    for number in range(jobs):
        _, predictions = factories.ordered_job(desk, number=number)
        for prediction_id in predictions:
            sync.apply(desk, system(by), provider.finish(prediction_id))


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("page", PAGES)
def test_a_stopped_queue_is_told_on_every_page(visit: Visit, desk: Desk, page: str, clock: SettableClock) -> None:
    factories.job(desk)
    assert not visit(page).error
    forget_all()
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderPaymentRequired())
    (banner,) = visit(page).error
    for part in (
        "Nothing has been ordered since",
        "out of funds",
        "2 variants wait; nothing is lost",
        "tried again in",
    ):
        assert part in banner.value
    assert "read at 12:00:00" in banner.value


@pytest.mark.usefixtures("runtime")
def test_a_stopped_queue_in_which_nothing_waits_says_so(visit: Visit, desk: Desk) -> None:
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderPaymentRequired())
    (banner,) = visit("refunds").error
    assert "No variant waits. The next order tries again." in banner.value


@pytest.mark.usefixtures("runtime")
def test_the_monitor_goes_on_looking_while_the_queue_is_stopped_and_the_banner_goes_with_its_cause(
    visit: Visit, desk: Desk
) -> None:
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderUnauthorized())
    app = visit("monitor")
    assert (len(app.error), refreshes(app)) == (1, 1)
    assert "quiet while" not in drawings(app, FIGURES)[0]["note"]
    with desk.database.write() as session:
        pause.end(session)
    forget_all()
    app.run()
    assert (len(app.error), refreshes(app)) == (0, 0)


@pytest.mark.usefixtures("runtime")
def test_without_a_public_address_it_says_that_the_desk_asks(visit: Visit) -> None:
    (webhooks,) = [one for one in figures(visit("monitor")) if one["label"] == "Webhooks"]
    assert (webhooks["value"], webhooks["detail"]) == ("Off", "we ask instead")


def test_the_share_of_webhooks_and_the_last_one_are_shown(
    visit: Visit, with_webhooks: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    settle(with_webhooks, provider, by=Source.WEBHOOK, jobs=3)
    settle(with_webhooks, provider, by=Source.SWEEP, jobs=1)
    inbox = Inbox(with_webhooks, configured_secrets=(SECRET,))
    body = signing.body_of(provider.predictions[provider.bought()[0]])
    inbox.receive(body, signing.headers(body), variant_id=None)
    clock.forward(seconds=12)
    (webhooks,) = [one for one in figures(visit("monitor")) if one["label"] == "Webhooks"]
    assert (webhooks["value"], webhooks["detail"]) == ("12 s ago", "brought 75.0\u202f%")
    assert "6 variants of 8 settled in 24 hours by a webhook" in webhooks["hover"]


def test_webhooks_that_stopped_coming_are_told(
    visit: Visit, with_webhooks: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    settle(with_webhooks, provider, by=Source.SWEEP, jobs=1)
    assert not visit("monitor").warning
    forget_all()
    settle(with_webhooks, provider, by=Source.SWEEP, jobs=1)
    (warning,) = visit("monitor").warning
    assert "Webhooks have gone quiet: none was received so far" in warning.value


def test_webhooks_of_unknown_predictions_are_listed(
    visit: Visit, with_webhooks: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    inbox = Inbox(with_webhooks, configured_secrets=(SECRET,))
    stranger = provider.create(model="black-forest-labs/flux-kontext-pro", input={"prompt": "another program's"})
    body = signing.body_of(provider.predictions[stranger.id])
    inbox.receive(body, signing.headers(body), variant_id=None)
    clock.forward(minutes=2)
    assert inbox.apply_waiting() == 1
    app = visit("monitor")
    assert "1 webhook about unknown predictions in 24 h" in [one.label for one in app.expander]
    assert stranger.id in words(app)


def test_staff_do_not_see_how_webhooks_do(
    visit: Visit, with_webhooks: Desk, people: People, sign_in: Callable[..., None]
) -> None:
    sign_in(people.bob)
    assert "ebhook" not in words(visit("monitor"))
