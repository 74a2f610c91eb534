"""Is a bucket that is gone, slow, broken or wrongly configured told from a file that is missing, and soon?"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler

import pytest
from obstore.store import S3Store

from core import errors, logs
from core.storage import bucket as bucket_module
from core.storage.backend import ObjectStorage
from core.storage.contract import content_key, sha256
from tests.storage import buckets
from tests.storage.buckets import ACCESS_KEY, SECRET_KEY, BucketServer, use_endpoint

KEY = content_key(account_id=7, kind="results", digest=sha256(b"room"), extension="png")
# Longer than one part, so that it is sent in several.
LARGE = bytes(12_000_000)


def every_call(storage: ObjectStorage) -> dict[str, Callable[[], object]]:
    return {
        "get": lambda: storage.get(KEY),
        "put": lambda: storage.put(KEY, b"room"),
        "put in parts": lambda: storage.put(KEY, LARGE),
    }


def always(status: int, body: bytes = b"") -> AbstractContextManager[str]:
    return buckets.answering(lambda _: (status, body))


FAULTS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "refusing": buckets.refusing,
    "silent": buckets.silent,
    "unreachable": buckets.unreachable,
    "500": lambda: always(500),
    "503": lambda: always(503, b"<Error><Code>SlowDown</Code></Error>"),
    "403": lambda: always(403, b"<Error><Code>AccessDenied</Code></Error>"),
    "301": lambda: always(301, b"<Error><Code>PermanentRedirect</Code></Error>"),
    "not S3": lambda: always(404, b"<html>Not here</html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bucket_that_fails_is_unavailable_and_soon(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(bucket_module, "CONNECT_TIMEOUT_SECONDS", 0.2)
    # Long where a connection is what does not come, so that it is the other limit that ends the wait.
    monkeypatch.setattr(bucket_module, "SILENCE_TIMEOUT_SECONDS", 0.3 if fault == "silent" else 3)
    monkeypatch.setattr(bucket_module, "RETRIES_MAX", 1)
    with FAULTS[fault]() as url:
        use_endpoint(monkeypatch, url)
        storage = ObjectStorage("s3://bucket/files")
        for name, call in every_call(storage).items():
            begun = time.monotonic()
            with pytest.raises(errors.StorageUnavailable):
                call()
            assert time.monotonic() - begun < 2, name
        assert storage.is_reachable() is False


def test_the_longest_wait_is_ten_seconds() -> None:
    longest_try_seconds = bucket_module.CONNECT_TIMEOUT_SECONDS + bucket_module.SILENCE_TIMEOUT_SECONDS
    assert bucket_module.RETRY_SECONDS + longest_try_seconds <= 10


def test_a_bucket_that_is_gone_has_lost_no_file(bucket: str, bucket_server: BucketServer) -> None:
    storage = ObjectStorage(f"s3://{bucket}/files")
    with pytest.raises(errors.FileNotFound):
        storage.get(KEY)
    assert storage.is_reachable() is True
    bucket_server.remove(bucket)
    for call in every_call(storage).values():
        with pytest.raises(errors.StorageUnavailable):
            call()
    assert storage.is_reachable() is False


@pytest.mark.parametrize("data", [b"x" * 1_000_000, LARGE], ids=["in one piece", "in parts"])
def test_an_upload_that_breaks_off_shows_no_file(
    bucket: str, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    whole = ObjectStorage(f"s3://{bucket}")
    with buckets.cutting(bucket_server.url, up_bytes=len(data) // 4) as url:
        use_endpoint(monkeypatch, url)
        with pytest.raises(errors.StorageUnavailable):
            ObjectStorage(f"s3://{bucket}").put(KEY, data)
    with pytest.raises(errors.FileNotFound):
        whole.get(KEY)
    whole.put(KEY, data)
    assert whole.get(KEY) == data


def test_a_reading_that_breaks_off_is_not_a_shorter_file(
    bucket: str, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ObjectStorage(f"s3://{bucket}").put(KEY, LARGE)
    with buckets.cutting(bucket_server.url, down_bytes=100_000) as url:
        use_endpoint(monkeypatch, url)
        with pytest.raises(errors.StorageUnavailable):
            ObjectStorage(f"s3://{bucket}").get(KEY)


# ---- configuration -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://s3.example.com",
        "http://10.0.0.5:9000",
        "http://localhost.example.com",
        "http://169.254.169.254",
        "ftp://127.0.0.1",
        "127.0.0.1:9000",
        "https://",
        "https://name:the-password@s3.example.com",
    ],
)
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_that_is_not_safe_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, variable: str, endpoint: str
) -> None:
    use_endpoint(monkeypatch, None)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv(variable, endpoint)
    with pytest.raises(errors.ConfigurationError) as refused:
        ObjectStorage("s3://bucket/files")
    assert "the-password" not in refused.value.message


@pytest.mark.parametrize("endpoint", ["https://s3.example.com", "http://localhost:9000", "http://[::1]:9000", None])
def test_https_and_this_machine_are_taken(monkeypatch: pytest.MonkeyPatch, endpoint: str | None) -> None:
    use_endpoint(monkeypatch, endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    store = ObjectStorage("s3://bucket/files")._place.store
    assert isinstance(store, S3Store)
    # Where https is spoken, no other variable can make it less.
    assert (store.client_options or {})["allow_http"] == str((endpoint or "").startswith("http://")).lower()


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_credentials_and_region_are_those_of_the_usual_variables(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    signed: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        signed.append(request.headers["authorization"])
        return 200, b""

    with buckets.answering(answer) as url:
        use_endpoint(monkeypatch, url)
        monkeypatch.delenv("AWS_REGION")
        monkeypatch.setenv(variable, "ap-south-1")
        ObjectStorage("s3://bucket/files").is_reachable()
    assert f"Credential={ACCESS_KEY}/" in signed[0]
    assert "/ap-south-1/s3/aws4_request" in signed[0]


def test_no_credential_is_logged_whatever_the_server_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """S3 repeats what was signed when a signature does not match; a broken proxy may repeat anything."""

    def telling(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        return 403, f"{request.headers['authorization']} {SECRET_KEY} the-session-token".encode()

    with buckets.answering(telling) as url:
        use_endpoint(monkeypatch, url)
        monkeypatch.setenv("AWS_SESSION_TOKEN", "the-session-token")
        storage = ObjectStorage("s3://bucket/files")
        with pytest.raises(errors.StorageUnavailable) as raised:
            storage.get(KEY)
    assert "storage failed" in caplog.text
    assert "Debug source" not in caplog.text
    for secret in (ACCESS_KEY, SECRET_KEY, "the-session-token"):
        assert secret not in caplog.text
        assert secret not in raised.value.message
        assert secret not in logs.redact(str(raised.value.__cause__))
