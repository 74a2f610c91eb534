"""Where does the browser find a picture? Signed links, and the copies that people may download."""

import functools
import html
import mimetypes

import streamlit as st

from core import clock, errors
from core import runtime as core_runtime
from core.delivery import filenames, labels
from core.jobs.details import JobDetail, VariantDetail
from core.storage import links
from pages.widgets import formatting, session

_COPIES_KEPT = 64
_LINKS_KEPT = 4_096


def url(key: str) -> str:
    """A link to a stored picture that opens in this browser for some hours."""
    return _signed(key, core_runtime.current().settings.signing_secret, links.period(clock.now()))


def draw_thumbnail(key: str, *, alt: str) -> None:
    """Draw a small picture at the width there is, cut to 3:2 so that rows of them stand level."""
    _draw(key, alt=alt, aspect="3 / 2")


def draw_whole(key: str, *, alt: str, width: int, height: int) -> None:
    """Draw a picture of so many pixels at the width there is, with nothing cut off; its place is kept meanwhile."""
    _draw(key, alt=alt, aspect=f"{width} / {height}")


def _draw(key: str, *, alt: str, aspect: str) -> None:
    style = f"width: 100%; aspect-ratio: {aspect}; object-fit: cover; border-radius: 8px; display: block"
    st.html(f'<img src="{html.escape(url(key))}" alt="{html.escape(alt)}" loading="lazy" style="{style}">')


def listing_zip_url(listing_id: str, *, favorites_only: bool = False) -> str:
    """A link to a listing's results, or its favorites, in one ZIP, that opens in this browser for some hours."""
    secret = core_runtime.current().settings.signing_secret
    return links.signed_listing_zip_path(listing_id, secret=secret, favorites_only=favorites_only)


@functools.lru_cache(maxsize=_LINKS_KEPT)
def _signed(key: str, secret: str, _period: int) -> str:
    # Lists that refresh every two seconds would sign the same fifty links again each time.
    return links.signed_path(key, secret=secret)


@st.cache_data(max_entries=_COPIES_KEPT, show_spinner=False)
def _copies(result_key: str) -> tuple[bytes, bytes]:
    clean = session.runtime().storage.get(result_key)
    return labels.label(clean).data, clean


def draw_downloads(job: JobDetail, variant: VariantDetail) -> None:
    """Draw the two downloads of a finished variant: the copy to use, which is labeled, and the clean one, by name.

    If the label can't be put on, neither is offered: an unlabeled picture must not take its place unnoticed.
    """
    if variant.result_key is None:
        return
    try:
        labeled, clean = _copies(variant.result_key)
    except errors.StagingError as error:
        st.error(formatting.refusal(error), icon=":material/error:")
        return

    extension = variant.result_key.rpartition(".")[2]

    def name(*, labeled_copy: bool) -> str:
        return filenames.download_name(
            job.photo.file_name,
            room_type=job.room_type,
            style=job.style,
            variant_index=variant.index,
            labeled=labeled_copy,
            extension=extension,
        )

    with st.container(horizontal=True):
        st.download_button(
            "Download",
            labeled,
            file_name=name(labeled_copy=True),
            mime="image/jpeg",
            icon=":material/download:",
            key=f"labeled-{variant.id}",
            on_click="ignore",
            type="primary",
            help="The copy to use: it carries a small \u201cVirtually staged\u201d label.",
        )
        st.download_button(
            "Clean copy, no label",
            clean,
            file_name=name(labeled_copy=False),
            mime=mimetypes.types_map.get(f".{extension}", "application/octet-stream"),
            key=f"clean-{variant.id}",
            on_click="ignore",
            help="Only for places where the law or the listing service wants the disclosure outside the picture.",
        )
