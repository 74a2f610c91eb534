"""How do we talk to Replicate? The one importer of its client; its errors never leave this file.

The client places orders (its transport never repeats a POST) and handles files. Reading is done over plain HTTP:
the client refuses the status `aborted`, and its transport sleeps through a 429 for up to a minute, in which the
sweep would see nothing else. No proxy of the environment is used: the client ignores them, and what places an
order and what looks whether it was placed must reach the same server.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pydantic.v1
from replicate.client import Client
from replicate.exceptions import ReplicateException

from core import errors
from core.provider import answers
from core.provider.contract import Prediction, UploadedFile, parse_prediction, parse_time
from core.provider.downloads import ResultDownloads

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 20.0
WRITE_TIMEOUT_SECONDS = 5.0
LIST_PAGES_MAX = 50
_WEBHOOK_EVENTS = ["start", "completed"]
# These end before a request is on its way; any other failure of transport leaves open what was received.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class ReplicateProvider:
    """Replicate, or the simulator that speaks its API. Implements `Provider`; safe for use by many threads."""

    def __init__(self, *, token: str, base_url: str, cancel_after_seconds: int) -> None:
        self._base_url = base_url
        # Connecting (TCP, then TLS), sending and waiting together stay below what the sweep waits for a create.
        timeout = httpx.Timeout(READ_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS, write=WRITE_TIMEOUT_SECONDS)

        def limit(request: httpx.Request) -> None:
            # The client switches time-outs off for creates and uploads, and would wait for a hung server for ever.
            request.extensions["timeout"] = timeout.as_dict()

        hooks = {"response": [_raise_for_status]}
        tls = httpx.create_ssl_context()
        # Cancel-After is of no consequence to the other calls; the client knows no other way to send it.
        self._client = Client(
            api_token=token,
            base_url=base_url,
            timeout=timeout,
            headers={"Cancel-After": f"{cancel_after_seconds}s"},
            event_hooks={**hooks, "request": [limit]},
            transport=httpx.HTTPTransport(verify=tls),
        )
        self._reader = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            headers={"Authorization": f"Bearer {token}"},
            event_hooks=hooks,
            transport=httpx.HTTPTransport(verify=tls),
        )
        self._downloads = ResultDownloads(base_url=base_url, token=token, tls=tls)

    def upload(self, data: bytes, *, file_name: str, content_type: str) -> UploadedFile:
        """Hand over an input file; it is kept for about a day.

        Raises:
            ProviderError: if it could not be handed over; trying again is safe.
        """
        with _translated(ambiguous=False):
            file = self._client.files.create(io.BytesIO(data), filename=file_name, content_type=content_type)
        return UploadedFile(url=file.urls["get"], expires_at=parse_time(file.expires_at))

    def create(self, *, model: str, input: Mapping[str, Any], webhook_url: str | None = None) -> Prediction:
        """Buy one prediction by model name.

        Raises:
            ProviderThrottled, ProviderUnavailable: nothing was bought.
            ProviderAmbiguous: something may have been bought.
            ProviderRefused, ProviderUnauthorized, ProviderPaymentRequired: nothing was bought, nor will be.
        """
        webhook = {"webhook": webhook_url, "webhook_events_filter": _WEBHOOK_EVENTS} if webhook_url else {}
        with _translated(ambiguous=True):
            created = self._client.models.predictions.create(model=model, input=dict(input), **webhook)  # type: ignore[arg-type]
        try:
            return parse_prediction(created.dict())
        except errors.ProviderError as unreadable:
            raise errors.ProviderAmbiguous(unreadable.message) from unreadable

    def get(self, prediction_id: str) -> Prediction:
        """The prediction as it is now.

        Raises:
            PredictionNotFound: if there is none of that id.
            ProviderError: if Replicate can't be asked.
        """
        with _translated(ambiguous=False):
            answer = self._reader.get(f"/v1/predictions/{prediction_id}")
            return parse_prediction(answer.json())

    def list_pages(self, *, created_after: datetime) -> Iterator[Sequence[Prediction]]:
        """Pages of 100 predictions created at or after that time, newest first.

        Raises:
            ProviderError: if Replicate can't be asked, or the list does not end: a cut list must not pass for whole.
        """
        url: object = "/v1/predictions?" + urlencode({"created_after": created_after.isoformat()})
        for _ in range(LIST_PAGES_MAX):
            if url is None:
                return
            with _translated(ambiguous=False):
                body = self._reader.get(self._own(url)).json()
                page = [parse_prediction(item) for item in body["results"]]
                url = body.get("next")
            yield page
        if url is not None:
            raise errors.ProviderError(f"Replicate's list has more than {LIST_PAGES_MAX} pages; it was not read on.")

    def cancel(self, prediction_id: str) -> Prediction:
        """Ask for the prediction to end; a finished one is answered as it is.

        Raises:
            PredictionNotFound: if there is none of that id.
            ProviderError: if Replicate can't be asked.
        """
        with _translated(ambiguous=False):
            answer = self._reader.post(f"/v1/predictions/{prediction_id}/cancel")
            return parse_prediction(answer.json())

    def download(self, url: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a result, in chunks, from the places results may come from and no others.

        Raises, on entry or while reading:
            OutputInvalid: if the address is not one that results come from, or leads elsewhere.
            OutputExpired: if the file is gone.
            ProviderUnavailable: if it can't be fetched, or not to its end, just now.
        """
        return self._downloads.open(url)

    def webhook_secrets(self) -> Sequence[str]:
        """The account's webhook signing secret, as Replicate has it now.

        Raises:
            ProviderError: if Replicate can't be asked.
        """
        with _translated(ambiguous=False):
            return (str(self._reader.get("/v1/webhooks/default/secret").json()["key"]),)

    def is_reachable(self) -> bool:
        """Whether Replicate answers our token."""
        try:
            with _translated(ambiguous=False):
                self._reader.get("/v1/account", timeout=CONNECT_TIMEOUT_SECONDS)
        except errors.ProviderError:
            return False
        return True

    def _own(self, url: object) -> str:
        # A page's "next" is absolute. Our token goes to our own origin only.
        if not isinstance(url, str):
            raise errors.ProviderError("Replicate's list continues at no address; it was not followed.")
        parts = urlsplit(url)
        if parts.netloc and not self._is_own_origin(url):
            raise errors.ProviderError("Replicate's list continues at another address; it was not followed.")
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _is_own_origin(self, url: str) -> bool:
        mine, theirs = urlsplit(self._base_url), urlsplit(url)
        return (mine.scheme, mine.netloc) == (theirs.scheme, theirs.netloc)


def _raise_for_status(answer: httpx.Response) -> None:
    # A hook, because the client's own errors leave out the headers, and with them how long to wait.
    if answer.status_code < 400:
        return
    answer.read()
    try:
        body = answer.json()
    except ValueError:
        body = None
    is_create = answer.request.method == "POST" and answer.request.url.path.endswith("/predictions")
    raise answers.error_for(answer.status_code, answer.headers, body, is_create=is_create)


@contextmanager
def _translated(*, ambiguous: bool) -> Iterator[None]:
    after_sending = errors.ProviderAmbiguous if ambiguous else errors.ProviderUnavailable
    try:
        yield
    except _NEVER_SENT as exception:
        raise errors.ProviderUnavailable(f"Replicate can't be reached: {exception}") from exception
    except httpx.HTTPError as exception:
        raise after_sending(f"Replicate did not answer: {type(exception).__name__}.") from exception
    except (
        ValueError,
        KeyError,
        TypeError,
        pydantic.v1.ValidationError,
        ReplicateException,
    ) as exc:
        raise after_sending(f"Replicate's answer can't be read: {type(exc).__name__}.") from exc
