"""Does the inbox stay small, and lose nothing that is still of use?"""

from core.jobs.desk import Desk
from core.webhooks.inbox import Inbox
from tests import factories
from tests.fake_provider import SECRET, FakeProvider
from tests.settable_clock import SettableClock
from tests.webhooks import signing


def test_what_was_applied_is_forgotten_after_a_week_and_what_waits_is_kept(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    inbox = Inbox(desk, configured_secrets=(SECRET,))
    _, (ours, _) = factories.ordered_job(desk)
    stranger = provider.create(model="m", input={"prompt": "another program's"})
    for number, prediction_id in enumerate((ours, stranger.id)):
        body = signing.body_of(provider.predictions[prediction_id])
        inbox.receive(body, signing.headers(body, webhook_id=f"msg_{number}"), variant_id=None)
    assert inbox.apply_waiting() == 1
    clock.forward(minutes=7 * 24 * 60 - 1)
    assert inbox.forget_applied() == 0
    clock.forward(minutes=2)
    assert inbox.forget_applied() == 1
    assert inbox.apply_waiting() == 1, "the stranger's news was still there"
