"""How does a result become ours? Downloaded, checked as a picture, hashed and stored, within its hour."""

import time
from datetime import timedelta

import sqlalchemy as sa

from core import clock, errors
from core.images import results, thumbnails
from core.jobs import attempts
from core.jobs.desk import Desk
from core.jobs.endings import StoredResult
from core.jobs.states import VariantState
from core.models import Variant
from core.provider.contract import Prediction
from core.storage import contract as storage_keys

RESULT_MAX_BYTES = 50 * 1024 * 1024
# Renewed every second while the settling goes on; what a crash cut off is taken over this soon.
_CLAIM = timedelta(seconds=5)
DOWNLOAD_MAX_SECONDS = 45.0
# Whatever holds up a settling for longer must not keep the variant from its deadline: its claim runs out.
_SETTLING_MAX_SECONDS = DOWNLOAD_MAX_SECONDS + 30.0
_RETRY_PAUSE = timedelta(seconds=2)
# While nothing can be stored, fetching a picture over and over would only cost its bytes; it is kept for an hour.
_STORAGE_AWAY_PAUSE = timedelta(seconds=10)


def claim(desk: Desk, variant_id: str, *, prediction_id: str) -> bool:
    """Reserve the settling of a running variant; False if another thread or process has it.

    Also False if the variant follows another prediction by now.
    """
    now = clock.now()
    with desk.database.write() as session:
        claimed = session.execute(
            sa.update(Variant)
            .where(
                Variant.id == variant_id,
                Variant.state == VariantState.RUNNING,
                attempts.followed_prediction_id() == prediction_id,
                sa.or_(Variant.settling_until.is_(None), Variant.settling_until < now),
            )
            .values(settling_until=now + _CLAIM)
        )
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    desk.settling[variant_id] = time.monotonic()
    return True


def is_claimed(desk: Desk, variant_id: str) -> bool:
    """Whether somebody is fetching the variant's result just now."""
    with desk.database.read() as session:
        until = session.scalar(sa.select(Variant.settling_until).where(Variant.id == variant_id))
    return until is not None and until > clock.now()


def renew_claims(desk: Desk) -> None:
    """Keep what this process is settling reserved for it; to be called every second.

    Without it, or late, somebody else may fetch the same result too: work done twice, but the same outcome.
    """
    begun_after = time.monotonic() - _SETTLING_MAX_SECONDS
    settling = [variant_id for variant_id, begun_at in tuple(desk.settling.items()) if begun_at > begun_after]
    if not settling:
        return
    still_claimed = (
        Variant.id.in_(settling),
        Variant.state == VariantState.RUNNING,
        Variant.settling_until.is_not(None),
    )
    with desk.database.write() as session:
        # Those whose rows are just changing are renewed a second later, rather than waited for.
        held = session.scalars(sa.select(Variant.id).where(*still_claimed).with_for_update(skip_locked=True)).all()
        session.execute(sa.update(Variant).where(Variant.id.in_(held)).values(settling_until=clock.now() + _CLAIM))


def give_up_claim(desk: Desk, variant_id: str, *, storage_is_away: bool = False) -> None:
    """Let the sweep try again shortly: the result could not be fetched or stored just now."""
    pause = _STORAGE_AWAY_PAUSE if storage_is_away else _RETRY_PAUSE
    desk.settling.pop(variant_id, None)
    with desk.database.write() as session:
        session.execute(
            sa.update(Variant)
            .where(Variant.id == variant_id, Variant.state == VariantState.RUNNING)
            .values(settling_until=None, next_due_at=clock.now() + pause)
        )


def why_without_picture(prediction: Prediction) -> errors.VariantFailure:
    """Why a prediction that succeeded names no picture."""
    if prediction.data_removed:
        return errors.OutputExpired()
    return errors.OutputInvalid("Replicate reports success without a picture.")


def fetch_result(
    desk: Desk, prediction: Prediction, *, account_id: int, photo_width: int, photo_height: int
) -> StoredResult:
    """Fetch, check and store a succeeded prediction's picture.

    Raises:
        OutputExpired, OutputInvalid, OutputReframed: there will be no result.
        ProviderUnavailable, StorageUnavailable: not now; trying again is safe.
    """
    if prediction.output_url is None:
        raise why_without_picture(prediction)
    picture = results.check(
        _download(desk, prediction.output_url), photo_width=photo_width, photo_height=photo_height
    )
    key = storage_keys.content_key(
        account_id=account_id, kind="results", digest=picture.sha256, extension=picture.extension
    )
    try:
        small = thumbnails.thumbnail(picture.data)
    except errors.PhotoRefused as unreadable:
        raise errors.OutputInvalid from unreadable
    small_key = storage_keys.content_key(
        account_id=account_id, kind="thumbnails", digest=storage_keys.sha256(small), extension=thumbnails.EXTENSION
    )
    desk.storage.put(key, picture.data)
    desk.storage.put(small_key, small)
    return StoredResult(
        key=key,
        thumbnail_key=small_key,
        sha256=picture.sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.data),
    )


def _download(desk: Desk, url: str) -> bytes:
    received = bytearray()
    give_up_at = time.monotonic() + DOWNLOAD_MAX_SECONDS
    with desk.provider.download(url) as chunks:
        for chunk in chunks:
            received += chunk
            if time.monotonic() > give_up_at:
                raise errors.ProviderUnavailable("Replicate's result comes too slowly; it is fetched again.")
            if len(received) > RESULT_MAX_BYTES:
                raise errors.OutputInvalid("Replicate's result is larger than 50 MB.")
    return bytes(received)
