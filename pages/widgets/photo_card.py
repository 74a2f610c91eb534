"""Which photo is to be staged? Drop one or take a sample room; what is wrong with it is said at once."""

import io
from dataclasses import dataclass

import streamlit as st

from core import errors
from core.images import preparation, validation
from core.provider.simulator import stager
from core.storage.contract import sha256
from pages.widgets import formatting

_SAMPLES = {"Living room": 1, "Bedroom": 2, "Loft": 3}
_SAMPLE_QUALITY = 92
_PREVIEWS_KEPT = 16
_MEGABYTE = 1024 * 1024
# In pixels: the photo is large, and the button beside it stays in view.
_PREVIEW_WIDTH, _PREVIEW_HEIGHT = 640, 440


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPhoto:
    """A photo that passed validation, with its fingerprint."""

    file_name: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Preview:
    jpeg: bytes
    width: int
    height: int
    refusal: str


def draw() -> ChosenPhoto | None:
    """Draw the card; the chosen photo, or None while there is none that can be staged."""
    with st.container(border=True, height="stretch"):
        st.subheader("Photo", anchor=False)
        upload = st.file_uploader(
            "Drop a photo of the empty room",
            type=["jpg", "jpeg", "png", "webp", "heic", "heif"],
            key="photo",
            max_upload_size=validation.MAX_FILE_BYTES // _MEGABYTE,
            help="JPEG, PNG, WebP or HEIC, at least 512 pixels on the short side, at most 50 MB.",
        )
        sample = st.pills("Or use a sample room", list(_SAMPLES), key="sample", disabled=upload is not None)
        if upload is not None:
            return _show(upload.name, upload.getvalue())
        if sample is not None:
            return _show(f"sample-{sample.lower().replace(' ', '-')}.jpg", _sample(_SAMPLES[sample]))
        st.caption("The photo appears here before anything is charged.")
        return None


def _show(file_name: str, data: bytes) -> ChosenPhoto | None:
    try:
        preview = _preview(data, file_name)
    except errors.PicturesBusy as busy:
        # Not kept with the answers: in a moment it is another.
        st.warning(formatting.refusal(busy), icon=":material/hourglass:")
        return None
    if preview.refusal:
        st.error(preview.refusal, icon=":material/image_not_supported:")
        return None
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.image(
            preview.jpeg,
            width=min(_PREVIEW_WIDTH, int(_PREVIEW_HEIGHT * preview.width / preview.height)),
            alt=f"The chosen photo, {validation.safe_file_name(file_name)}",
        )
    name = formatting.plain(validation.safe_file_name(file_name))
    size = f"{preview.width} × {preview.height} · {formatting.file_size(len(data))}"
    st.caption(f":material/check_circle: {name} · {size}")
    return ChosenPhoto(file_name=file_name, data=data, sha256=sha256(data))


@st.cache_data(max_entries=_PREVIEWS_KEPT, show_spinner="Looking at the photo …")
def _preview(data: bytes, file_name: str) -> _Preview:
    try:
        header = validation.inspect(data, file_name=file_name)
        prepared = preparation.prepare(data, header=header)
    except errors.PhotoRefused as refused:
        return _Preview(jpeg=b"", width=0, height=0, refusal=formatting.refusal(refused))
    return _Preview(jpeg=prepared.jpeg, width=header.width, height=header.height, refusal="")


@st.cache_data(max_entries=len(_SAMPLES), show_spinner="Drawing a sample room …")
def _sample(seed: int) -> bytes:
    buffer = io.BytesIO()
    stager.sample_room(seed).save(buffer, "JPEG", quality=_SAMPLE_QUALITY)
    return buffer.getvalue()
