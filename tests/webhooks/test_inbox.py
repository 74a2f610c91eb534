"""Is each webhook kept once, applied once, and harmless when it comes early, late, twice or from a stranger?"""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from core import errors
from core.jobs import cancellation, creation
from core.jobs.desk import Desk
from core.models import WebhookDelivery
from core.webhooks.inbox import BODY_MAX_BYTES, Inbox
from tests import factories
from tests.api_client import Api, problem
from tests.fake_provider import SECRET, FakeProvider
from tests.settable_clock import SettableClock
from tests.webhooks.signing import body_of, headers

NEW_SECRET = "whsec_" + "bmV3IHNlY3JldCBvZiB0aGUgcHJvdmlkZXI="


@pytest.fixture
def inbox(desk: Desk) -> Inbox:
    return Inbox(desk, configured_secrets=(SECRET,))


def send(
    inbox: Inbox,
    provider: FakeProvider,
    prediction_id: str,
    *,
    webhook_id: str = "msg_1",
    variant_id: str | None = None,
) -> bool:
    body = body_of(provider.predictions[prediction_id])
    return inbox.receive(body, headers(body, webhook_id=webhook_id), variant_id=variant_id)


def deliveries(desk: Desk) -> list[WebhookDelivery]:
    with desk.database.read() as session:
        return list(session.scalars(sa.select(WebhookDelivery).order_by(WebhookDelivery.webhook_id)))


def test_news_is_kept_once_and_applied_once(desk: Desk, provider: FakeProvider, inbox: Inbox) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for number, prediction_id in enumerate(predictions):
        provider.finish(prediction_id)
        assert send(inbox, provider, prediction_id, webhook_id=f"msg_{number}") is True
        assert send(inbox, provider, prediction_id, webhook_id=f"msg_{number}") is False
    assert desk.wake.is_set()
    # Nothing is done while Replicate waits for an answer.
    assert factories.states(desk.database, job_id)[0] == "processing"

    assert inbox.apply_waiting() == 2
    assert inbox.apply_waiting() == 0

    assert factories.states(desk.database, job_id)[0] == "completed"
    assert [one.outcome for one in deliveries(desk)] == ["applied", "applied"]
    event = factories.detail(desk.database, job_id).events[-1]
    assert (event.source, event.actor) == ("webhook", "system")


def test_the_same_webhook_at_once_is_kept_once(desk: Desk, provider: FakeProvider, inbox: Inbox) -> None:
    _, predictions = factories.ordered_job(desk)
    outcomes = factories.at_once(*[lambda: send(inbox, provider, predictions[0])] * 6)
    assert sorted(outcomes) == [False] * 5 + [True]
    assert len(deliveries(desk)) == 1


def test_old_and_repeated_news_is_no_news(desk: Desk, provider: FakeProvider, inbox: Inbox) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    provider.finish(first)
    send(inbox, provider, first, webhook_id="msg_1")
    inbox.apply_waiting()
    provider.start(first)
    send(inbox, provider, first, webhook_id="msg_2")
    inbox.apply_waiting()
    assert [one.outcome for one in deliveries(desk)] == ["applied", "no news"]
    assert factories.states(desk.database, job_id)[1] == ["succeeded", "running"]


def test_news_that_is_faster_than_the_answer_is_adopted_by_its_exact_input(
    desk: Desk, provider: FakeProvider, inbox: Inbox
) -> None:
    job_id = factories.job(desk)
    variant = factories.variants(desk.database, job_id)[0]
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant.id)
    prediction_id = provider.bought()[0]
    provider.finish(prediction_id)
    send(inbox, provider, prediction_id, variant_id=variant.id)
    assert inbox.apply_waiting() == 1
    assert factories.states(desk.database, job_id)[1][0] == "succeeded"
    assert "adopted" in [event.kind for event in factories.detail(desk.database, job_id).events]


def test_news_that_names_a_variant_but_has_another_input_is_not_adopted(
    desk: Desk, provider: FakeProvider, inbox: Inbox
) -> None:
    job_id = factories.job(desk)
    variant = factories.variants(desk.database, job_id)[0]
    provider.fail_next("create", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant.id)
    stranger = provider.create(model="m", input={"prompt": "somebody else's"})
    provider.finish(stranger.id)
    send(inbox, provider, stranger.id, variant_id=variant.id)
    inbox.apply_waiting()
    assert factories.states(desk.database, job_id)[1][0] == "submitting"


@pytest.mark.parametrize("second", ["queued", "submitting", "running", "succeeded"])
def test_late_news_of_a_prediction_that_failed_is_no_news_for_its_retry(
    desk: Desk, provider: FakeProvider, inbox: Inbox, clock: SettableClock, second: str
) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    variant_id = factories.variants(desk.database, job_id)[0].id
    provider.finish(first, status="failed", error="CUDA out of memory")
    send(inbox, provider, first, webhook_id="msg_1", variant_id=variant_id)
    assert inbox.apply_waiting() == 1
    assert factories.states(desk.database, job_id)[1][0] == "queued"
    if second == "submitting":
        provider.fail_next("create:taken", errors.ProviderAmbiguous())
    if second != "queued":
        creation.create_prediction(desk, variant_id)
    if second == "succeeded":
        again = provider.bought()[-1]
        provider.finish(again)
        send(inbox, provider, again, webhook_id="msg_2", variant_id=variant_id)
        assert inbox.apply_waiting() == 1
    before = factories.detail(desk.database, job_id)
    assert before.variants[0].state == second

    provider.finish(first)
    send(inbox, provider, first, webhook_id="msg_3", variant_id=variant_id)
    assert inbox.apply_waiting() == 1

    assert factories.detail(desk.database, job_id) == before
    assert deliveries(desk)[-1].outcome == "no news"


def test_news_that_what_a_person_canceled_has_ended_ends_the_job(
    desk: Desk, provider: FakeProvider, inbox: Inbox
) -> None:
    """The cancel was taken, but its answer was lost on the way."""
    job_id, predictions = factories.ordered_job(desk)
    provider.fail_next("cancel", errors.ProviderUnavailable())
    cancellation.cancel_job(desk, factories.manager(), job_id=job_id)
    for prediction_id in predictions:
        provider.cancel(prediction_id)
        send(inbox, provider, prediction_id, webhook_id=prediction_id)
    assert inbox.apply_waiting() == 2
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert {variant.settled_by for variant in factories.variants(desk.database, job_id)} == {"webhook"}


def test_news_of_a_stranger_waits_a_minute_for_its_owner_and_is_kept(
    desk: Desk, provider: FakeProvider, inbox: Inbox, clock: SettableClock
) -> None:
    stranger = provider.create(model="m", input={})
    provider.finish(stranger.id)
    send(inbox, provider, stranger.id)
    assert inbox.apply_waiting() == 0
    clock.forward(seconds=61)
    assert inbox.apply_waiting() == 1
    assert [one.outcome for one in deliveries(desk)] == ["unknown prediction"]


def test_strangers_do_not_hold_up_the_news_of_our_own(
    desk: Desk, provider: FakeProvider, inbox: Inbox, clock: SettableClock
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for number in range(60):
        stranger = provider.create(model="m", input={"number": number})
        send(inbox, provider, stranger.id, webhook_id=f"stranger_{number:02}")
    clock.forward(seconds=1)
    for prediction_id in predictions:
        provider.finish(prediction_id)
        send(inbox, provider, prediction_id, webhook_id=prediction_id)
    for _ in range(3):
        inbox.apply_waiting()
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_news_that_can_not_be_applied_does_not_hold_up_the_rest(
    desk: Desk, provider: FakeProvider, inbox: Inbox, clock: SettableClock
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
        send(inbox, provider, prediction_id, webhook_id=prediction_id)
        clock.forward(seconds=1)
    provider.fail_next("download", RuntimeError("unexpected"))
    assert inbox.apply_waiting() == 1
    assert factories.states(desk.database, job_id)[1] == ["running", "succeeded"]
    assert inbox.apply_waiting() == 1
    assert factories.states(desk.database, job_id)[0] == "completed"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b"{not json", b'"text"', b'{"id": 1, "status": "starting"}', b'{"id": "a"}'],
)
def test_what_is_signed_but_no_prediction_is_refused(desk: Desk, inbox: Inbox, body: bytes) -> None:
    with pytest.raises((errors.ValidationFailed, errors.WebhookRejected)):
        inbox.receive(body, headers(body), variant_id=None)
    assert deliveries(desk) == []


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "é"])
def test_odd_characters_in_the_body_are_kept_or_refused_but_never_break_us(
    desk: Desk, provider: FakeProvider, inbox: Inbox, odd: str
) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    provider.finish(first, logs=odd)
    body = json.dumps(provider.predictions[first]).encode()
    try:
        inbox.receive(body, headers(body), variant_id=None)
    except errors.ValidationFailed:
        assert odd != "é"
        return
    inbox.apply_waiting()
    assert factories.states(desk.database, job_id)[1][0] == "succeeded"


def test_a_body_over_ten_megabytes_is_refused(inbox: Inbox) -> None:
    body = b" " * (BODY_MAX_BYTES + 1)
    with pytest.raises(errors.WebhookTooLarge):
        inbox.receive(body, headers(body), variant_id=None)


# ---- secrets -------------------------------------------------------------------------------------


def test_without_a_configured_secret_the_providers_is_asked_for_once(desk: Desk, provider: FakeProvider) -> None:
    inbox = Inbox(desk, configured_secrets=())
    _, predictions = factories.ordered_job(desk)
    assert send(inbox, provider, predictions[0]) is True


def test_a_rotated_secret_is_noticed(desk: Desk, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(desk, configured_secrets=())
    _, predictions = factories.ordered_job(desk)
    body = body_of(provider.predictions[predictions[0]])
    assert inbox.receive(body, headers(body, secret=SECRET), variant_id=None) is True
    provider.secrets = (NEW_SECRET,)
    monkeypatch.setattr("core.webhooks.inbox._REFRESH_PAUSE_SECONDS", 0.0)
    assert inbox.receive(body, headers(body, secret=NEW_SECRET), variant_id=None) is False
    assert provider.calls.count("webhook_secrets") == 2


def test_forgeries_do_not_make_us_ask_the_provider_each_time(desk: Desk, provider: FakeProvider) -> None:
    inbox = Inbox(desk, configured_secrets=())
    for _ in range(5):
        with pytest.raises(errors.WebhookRejected):
            inbox.receive(b"{}", {"webhook-signature": "v1,QUJD"}, variant_id=None)
    assert provider.calls.count("webhook_secrets") == 1


def test_what_can_not_be_a_signature_makes_us_ask_nobody(desk: Desk, provider: FakeProvider) -> None:
    inbox = Inbox(desk, configured_secrets=())
    for signature in ("", "v2,QUJD", "v1,###", "QUJD"):
        with pytest.raises(errors.WebhookRejected):
            inbox.receive(b"{}", {"webhook-signature": signature}, variant_id=None)
    assert "webhook_secrets" not in provider.calls


def test_a_silent_provider_lets_nothing_in(desk: Desk, provider: FakeProvider) -> None:
    inbox = Inbox(desk, configured_secrets=())
    provider.is_silent = True
    # Not a refusal, after which nobody would send it again.
    for _ in range(3):
        with pytest.raises(errors.ProviderUnavailable):
            inbox.receive(b"{}", headers(b"{}"), variant_id=None)
    assert provider.calls.count("webhook_secrets") == 1


def test_a_secret_that_could_not_be_had_is_asked_for_again_soon(
    desk: Desk, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(desk, configured_secrets=())
    _, predictions = factories.ordered_job(desk)
    body = body_of(provider.predictions[predictions[0]])
    provider.fail_next("webhook_secrets", errors.ProviderThrottled(retry_after_seconds=1))
    with pytest.raises(errors.ProviderUnavailable):
        inbox.receive(body, headers(body), variant_id=None)
    monkeypatch.setattr("core.webhooks.inbox._FETCH_RETRY_SECONDS", 0.0)
    assert inbox.receive(body, headers(body), variant_id=None) is True


# ---- over HTTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize("configured", [(), (SECRET,)], ids=["fetched", "configured"])
def test_unsigned_webhooks_are_401_and_signed_ones_are_taken(
    api: Api, configured: tuple[str, ...], provider: FakeProvider
) -> None:
    api.runtime.inbox = Inbox(api.desk, configured_secrets=configured)
    _, predictions = factories.ordered_job(api.desk)
    body = body_of(provider.predictions[predictions[0]])
    problem(api.post(None, "/webhooks/replicate", content=body), 401, "webhook_rejected")
    problem(api.post("alice", "/webhooks/replicate", content=body), 401, "webhook_rejected")
    answers = [api.post(None, "/webhooks/replicate", content=body, headers=headers(body)) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"new": True}),
        (200, {"new": False}),
    ]


def test_a_webhook_that_is_too_large_is_413(api: Api) -> None:
    answer = api.post(None, "/webhooks/replicate", content=b" " * (BODY_MAX_BYTES + 1))
    problem(answer, 413, "webhook_too_large")


def test_a_signed_webhook_with_an_odd_variant_is_no_server_error(api: Api, make_desk: Callable[..., Desk]) -> None:
    _, predictions = factories.ordered_job(api.desk)
    body = body_of(api.provider.predictions[predictions[0]])
    path = "/webhooks/replicate?variant=%00"
    assert api.post(None, path, content=body, headers=headers(body)).status_code in (200, 422)


def test_the_first_webhooks_at_once_are_all_taken_and_the_provider_is_asked_once(
    desk: Desk, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, predictions = factories.ordered_job(desk)
    asked, answered = threading.Event(), threading.Event()
    give = provider.webhook_secrets

    def slowly() -> Sequence[str]:
        asked.set()
        assert answered.wait(10)
        return give()

    monkeypatch.setattr(provider, "webhook_secrets", slowly)
    inbox = Inbox(desk, configured_secrets=())
    body = body_of(provider.predictions[predictions[0]])
    with ThreadPoolExecutor(8) as pool:
        taken = [
            pool.submit(inbox.receive, body, headers(body, webhook_id=f"msg_{number}"), variant_id=None)
            for number in range(8)
        ]
        assert asked.wait(10)
        answered.set()
        assert [one.result(10) for one in taken] == [True] * 8
    assert provider.calls.count("webhook_secrets") == 1
