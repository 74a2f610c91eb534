"""Where do the tests of storage keep files? The contract's in a folder and in a bucket, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
import pytest

from core.storage.backend import ObjectStorage
from tests.storage.buckets import BucketServer, use_endpoint


@dataclass(frozen=True)
class Site:
    """A storage, and the larger one that it is a part of: what lies there beside it is not its own."""

    storage: ObjectStorage
    around: ObjectStorage
    prefix: str

    def names(self) -> set[str]:
        """Of everything that is kept, inside and outside."""
        store: Any = self.around._place.store
        return {found["path"] for page in obstore.list(store) for found in page}


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[BucketServer]:
    server = BucketServer()
    yield server
    server.stop()


@pytest.fixture
def bucket(bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a fresh bucket, with the AWS variables set for its server."""
    use_endpoint(monkeypatch, bucket_server.url)
    return bucket_server.new()


@pytest.fixture(params=["folder", "bucket"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    in_folder = request.param == "folder"
    around = tmp_path.as_uri() if in_folder else f"s3://{request.getfixturevalue('bucket')}"
    return Site(storage=ObjectStorage(f"{around}/files"), around=ObjectStorage(around), prefix="files/")


@pytest.fixture
def storage(site: Site) -> ObjectStorage:
    return site.storage
