"""Does a whole job live in a bucket, and does a bucket that is away for a while only delay it?"""

from collections.abc import Callable

import pytest

from core.auth.actors import Source, system
from core.jobs import audit, sync
from core.jobs.desk import Desk
from core.storage.backend import ObjectStorage
from tests import factories, pictures_to_send
from tests.factories import CREDITS
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock
from tests.storage import buckets
from tests.storage.buckets import BucketServer, use_endpoint

DATABASES = ("sqlite",)
SWEEP = system(Source.SWEEP)


@pytest.fixture
def storage(bucket: str) -> ObjectStorage:
    return ObjectStorage(f"s3://{bucket}/files")


def test_a_bucket_that_is_away_delays_a_settlement_and_loses_nothing(
    desk: Desk,
    make_desk: Callable[..., Desk],
    provider: FakeProvider,
    clock: SettableClock,
    bucket: str,
    bucket_server: BucketServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"s3://{bucket}/files"
    job_id, predictions = factories.ordered_job(desk)
    news = [provider.finish(one, data=pictures_to_send.result(number)) for number, one in enumerate(predictions)]
    with buckets.refusing() as nowhere:
        use_endpoint(monkeypatch, nowhere)
        away = make_desk(provider, storage=ObjectStorage(url))
        assert [sync.apply(away, SWEEP, one) for one in news] == [None, None]
    assert factories.states(desk.database, job_id) == ("processing", ["running", "running"])
    assert factories.balance(desk.database) == CREDITS - 40

    use_endpoint(monkeypatch, bucket_server.url)
    for one in news:
        sync.apply(desk, SWEEP, one)
    assert factories.states(desk.database, job_id) == ("completed", ["succeeded", "succeeded"])
    # Another process, with a storage of its own, finds every file whole.
    assert audit.audit(make_desk(provider, storage=ObjectStorage(url))) == []
