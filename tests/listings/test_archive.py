"""Does a ZIP give its photos and nothing else, whatever it claims, in little memory?"""

import functools
import io
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import errors
from core.images import validation
from core.jobs.photos import Upload
from core.listings import archive, unpacking
from core.listings.refusals import Refusal
from tests import pictures_to_send
from tests.listings.zips import AES, BZIP2, DEFLATED, ENCRYPTED, LZMA, Entry, deflated, zipped

PHOTO = pictures_to_send.photo()
JPEG_HEAD = PHOTO[:1024]
MEGABYTE = 1024 * 1024
# A ZIP64 field that puts the file at the end of what 64 bits can tell.
FAR_OFFSET = b"\1\0\x08\0" + b"\xff" * 8


def codes(entries: Sequence[Entry]) -> list[str]:
    """`taken`, or the code of the refusal, of each that is told of."""
    return [outcome(one) for one in archive.photos(zipped(entries))]


def outcome(one: Upload | Refusal) -> str:
    return one.code if isinstance(one, Refusal) else "taken"


@functools.cache
def noise(size_bytes: int) -> bytes:
    """A photo's beginning and then what can't be compressed."""
    block = b"".join(zlib.crc32(bytes([number % 256, number // 256])).to_bytes(4) for number in range(16_384))
    return (JPEG_HEAD + block * (size_bytes // len(block) + 1))[:size_bytes]


@functools.cache
def packed_noise(size_bytes: int) -> bytes:
    return deflated(noise(size_bytes), level=1)


def test_photos_come_out_in_order_with_their_very_bytes() -> None:
    packed = io.BytesIO()
    sent = {f"house/{number:02} room.jpg": pictures_to_send.photo(number) for number in range(12)}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in sent.items():
            writer.writestr(name, data)
    assert list(archive.photos(packed)) == [Upload(file_name=name, data=data) for name, data in sent.items()]


def test_a_zip_written_as_a_stream_is_read_too(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object, /) -> int:
            self.written += bytes(data)  # type: ignore[call-overload]
            return len(data)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("kitchen.jpg", PHOTO)
    path = tmp_path / "sent.zip"
    path.write_bytes(pipe.written)
    with path.open("rb") as file:
        assert list(archive.photos(file)) == [Upload(file_name="kitchen.jpg", data=PHOTO)]


@pytest.mark.parametrize("max_size", [0, 1], ids=["in memory", "on disk"])
def test_a_zip_is_read_from_where_servers_keep_uploads(max_size: int) -> None:
    with tempfile.SpooledTemporaryFile(max_size) as file:
        file.write(zipped([Entry(name=b"a.jpg", data=PHOTO), Entry(name=b"b.jpg")]).getvalue())
        assert [outcome(one) for one in archive.photos(file)] == ["taken", "photo_empty"]


def test_a_zip_behind_other_bytes_and_before_a_comment_is_read() -> None:
    file = io.BytesIO(
        b"#!/bin/sh\n" + zipped([Entry(name=b"a.jpg", data=PHOTO)], comment=b"from a camera").getvalue()
    )
    assert [outcome(one) for one in archive.photos(file)] == ["taken"]


@pytest.mark.parametrize(
    "name",
    [
        b"house/",
        b"house\\",
        b"__MACOSX/._kitchen.jpg",
        b"house/__MACOSX/kitchen.jpg",
        b".DS_Store",
        b"house/.hidden/kitchen.jpg",
        b"house/._kitchen.jpg",
        b"Thumbs.db",
        b"house\\Desktop.ini",
    ],
)
def test_folders_and_what_systems_leave_behind_are_skipped(name: bytes) -> None:
    assert codes([Entry(name=name, data=b"anything"), Entry(name=b"kitchen.jpg", data=PHOTO)]) == ["taken"]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(name=b"a.jpg", data=PHOTO, flags=ENCRYPTED), "photo_encrypted"),
        (Entry(name=b"a.jpg", data=PHOTO, flags=ENCRYPTED | 0x40), "photo_encrypted"),
        (Entry(name=b"a.jpg", data=PHOTO, method=AES), "photo_encrypted"),
        (Entry(name=b"a.jpg", data=PHOTO, method=BZIP2), "photo_packing_unknown"),
        (Entry(name=b"a.jpg", data=PHOTO, method=LZMA), "photo_packing_unknown"),
        (Entry(name=b"a.jpg", data=PHOTO, method=9), "photo_packing_unknown"),
        (Entry(name=b"a.jpg"), "photo_empty"),
        (Entry(name=b"a.jpg", method=DEFLATED), "photo_empty"),
        (Entry(name=b"a.pdf", data=b"%PDF-1.7 plan"), "photo_unsupported"),
        (Entry(name=b"a.jpg", data=b"just text " * 500), "photo_unsupported"),
        (Entry(name=b"a.zip", data=zipped([Entry(name=b"a.jpg", data=PHOTO)]).getvalue()), "archive_nested"),
        (Entry(name=b"a.jpg", data=zipped([]).getvalue()), "archive_nested"),
        (Entry(name=b"a.jpg", data=b"Rar!\x1a\x07\x01\0" + b"x" * 99), "archive_nested"),
        (
            Entry(name=b"a.tar", data=b"kitchen.jpg".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0")),
            "archive_nested",
        ),
        (Entry(name=b"a.jpg", data=PHOTO, told_crc=1), "photo_unreadable"),
        (Entry(name=b"a.jpg", data=PHOTO, method=DEFLATED, packed=b"\xff" * 99), "photo_unreadable"),
        (Entry(name=b"a.jpg", data=PHOTO, method=DEFLATED, packed=deflated(PHOTO)[:-9]), "photo_unreadable"),
        (Entry(name=b"a.jpg", data=PHOTO, told_offset=0xFFFF_FFF0), "photo_unreadable"),
        (Entry(name=b"a.jpg", data=PHOTO, told_offset=7), "photo_unreadable"),
        (Entry(name=b"a.jpg", data=PHOTO, told_offset=0xFFFF_FFFF, extra=FAR_OFFSET), "photo_unreadable"),
    ],
)
def test_each_fault_is_that_files_own_refusal_and_the_others_go_on(entry: Entry, code: str) -> None:
    good = [Entry(name=b"0.jpg", data=PHOTO), entry, Entry(name=b"z.jpg", data=PHOTO, method=DEFLATED)]
    assert codes(good) == ["taken", code, "taken"]


@pytest.mark.parametrize(
    "name",
    [
        b"../kitchen.jpg",
        b"house/../../kitchen.jpg",
        b"house\\..\\kitchen.jpg",
        b"..",
        b"/etc/kitchen.jpg",
        b"\\\\server\\kitchen.jpg",
        b"C:\\kitchen.jpg",
        b"c:kitchen.jpg",
        b"kit\nchen.jpg",
        b"kitchen.jpg\0.exe",
        b"kit\x1b[2Jchen.jpg",
        b"../__MACOSX/kitchen.jpg",
        b"",
        b" ",
        b".",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: bytes) -> None:
    outcomes = list(archive.photos(zipped([Entry(name=name, data=PHOTO), Entry(name=b"b.jpg", data=PHOTO)])))
    assert [outcome(one) for one in outcomes] == ["photo_path_refused", "taken"]
    assert isinstance(outcomes[0], Refusal)
    assert outcomes[0].shown_name.isprintable()


def test_of_two_files_of_one_name_the_first_is_taken() -> None:
    entries = [Entry(name=name, data=PHOTO) for name in (b"a/b.jpg", b"a/b.jpg", b"./a/b.jpg", b"a\\b.jpg", b"b.jpg")]
    assert codes(entries) == ["taken", *["photo_name_repeated"] * 3, "taken"]


@pytest.mark.parametrize("told_size", [10, validation.MAX_FILE_BYTES + 1, None])
@pytest.mark.parametrize("method", [0, DEFLATED])
def test_what_comes_out_decides_the_size_and_not_the_header(told_size: int | None, method: int) -> None:
    too_large = noise(validation.MAX_FILE_BYTES + 1)
    packed = packed_noise(len(too_large)) if method else too_large
    entry = Entry(name=b"a.jpg", data=too_large, packed=packed, method=method, told_size=told_size)
    small = Entry(name=b"b.jpg", data=PHOTO, method=method, told_size=told_size)
    assert codes([entry, small]) == ["photo_too_large", "taken"]


def test_exactly_as_large_as_allowed_is_taken() -> None:
    assert codes([Entry(name=b"a.jpg", data=noise(validation.MAX_FILE_BYTES))]) == ["taken"]


def test_a_bomb_is_left_before_it_went_off() -> None:
    bomb = Entry(name=b"a.jpg", data=JPEG_HEAD + bytes(40 * MEGABYTE), method=DEFLATED)
    file = zipped([bomb, Entry(name=b"b.jpg", data=PHOTO)])
    tracemalloc.start()
    found = [outcome(one) for one in archive.photos(file)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["photo_expands_too_far", "taken"]
    assert peak < 8 * MEGABYTE


def test_a_plain_drawing_without_compression_of_its_own_is_no_bomb() -> None:
    png = pictures_to_send.photo(kind="PNG")
    assert codes([Entry(name=b"a.png", data=png + bytes(900_000), method=DEFLATED)]) == ["taken"]


def test_the_sixty_first_photo_is_told_to_wait_and_no_other_file_counts() -> None:
    plans = [Entry(name=f"plan {number}.pdf".encode(), data=b"%PDF-1.7") for number in range(9)]
    entries = [Entry(name=f"{number}.jpg".encode(), data=PHOTO) for number in range(62)]
    found = codes([*plans, *entries])
    assert found == ["photo_unsupported"] * 9 + ["taken"] * 60 + ["photos_over_limit"] * 2


def test_together_they_stay_under_the_total_and_a_smaller_one_still_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UPLOADS_MAX_BYTES", 5 * MEGABYTE)
    entries = [Entry(name=f"{size}.jpg".encode(), data=noise(size * MEGABYTE)) for size in (3, 4)]
    assert codes([*entries, Entry(name=b"b.jpg", data=PHOTO)]) == ["taken", "photos_over_limit", "taken"]


def test_the_same_bytes_listed_again_and_again_are_not_unpacked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlapping files: each is refused for its own size, so only the work done ends it."""
    monkeypatch.setattr(archive, "WORK_MAX_BYTES", 20 * MEGABYTE)
    monkeypatch.setattr(validation, "MAX_FILE_BYTES", 3 * MEGABYTE)
    first = Entry(name=b"0.jpg", data=noise(4 * MEGABYTE))
    again = [
        Entry(name=f"{number}.jpg".encode(), data=first.data, packed=first.body, told_offset=0)
        for number in range(1, 99)
    ]
    found = codes([first, *again])
    assert found[0] == "photo_too_large"
    assert set(found[10:]) == {"photos_over_limit"}


def test_few_bytes_that_unpack_to_many_are_not_unpacked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "WORK_MAX_BYTES", 20 * MEGABYTE)
    monkeypatch.setattr(validation, "MAX_FILE_BYTES", 3 * MEGABYTE)
    data = noise(2_000) + bytes(60_000)
    first = Entry(name=b"0.jpg", data=data * 70, method=DEFLATED)
    again = [replace(first, name=f"{number}.jpg".encode(), told_offset=0) for number in range(1, 40)]
    found = codes([first, *again])
    assert found[0] == "photo_too_large"
    assert set(found[10:]) == {"photos_over_limit"}


def test_a_file_whose_place_holds_something_else_is_damaged() -> None:
    data = zipped([Entry(name=b"a.jpg", data=PHOTO)]).getvalue()
    assert [outcome(one) for one in archive.photos(io.BytesIO(b"XX" + data[2:]))] == ["photo_unreadable"]


def test_bytes_that_unpack_to_nothing_end_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "WORK_MAX_BYTES", 4 * MEGABYTE)
    empty_blocks = b"\0\0\0\xff\xff" * MEGABYTE
    entry = Entry(name=b"a.jpg", packed=empty_blocks + deflated(PHOTO), data=PHOTO, method=DEFLATED)
    assert codes([entry]) == ["photos_over_limit"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        PHOTO,
        zipped([Entry(name=b"a.jpg", data=PHOTO)]).getvalue()[:-30],
        zipped([Entry(name=b"a.jpg", data=PHOTO)]).getvalue()[200:],
        zipped([Entry(name=b"a.jpg", data=PHOTO, needs_version=99)]).getvalue(),
        zipped([Entry(name=b"\xff\xfe.jpg", data=PHOTO, flags=0x800)]).getvalue(),
        zipped([Entry(name=b"a.jpg", data=PHOTO, extra=b"\1\0\x50\0")]).getvalue(),
    ],
    ids=["empty", "text", "photo", "end cut off", "start cut off", "version", "name", "extra"],
)
def test_a_damaged_zip_is_one_refusal_before_the_first_photo(data: bytes) -> None:
    with pytest.raises(errors.ArchiveDamaged) as refused:
        archive.photos(io.BytesIO(data))
    assert refused.value.code == "archive_damaged"
    assert "nothing was charged" in refused.value.message


def test_a_list_of_too_many_files_is_not_read_on() -> None:
    with pytest.raises(errors.ArchiveTooManyFiles):
        archive.photos(zipped([Entry(name=str(number).encode()) for number in range(archive.FILES_MAX + 1)]))


def test_a_list_of_millions_of_files_takes_no_memory() -> None:
    file = zipped([Entry(name=b"a" * 60_000) for _ in range(100)])
    tracemalloc.start()
    with pytest.raises(errors.ArchiveDamaged):
        archive.photos(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEGABYTE


def test_one_photo_at_a_time_is_in_memory() -> None:
    entries = [Entry(name=f"{number}.jpg".encode(), data=noise(6 * MEGABYTE)) for number in range(8)]
    file = zipped(entries)
    tracemalloc.start()
    for one in archive.photos(file):
        assert outcome(one) == "taken"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE


def test_refusals_that_are_kept_do_not_keep_what_was_unpacked() -> None:
    file = zipped([Entry(name=f"{number}.jpg".encode(), data=noise(6 * MEGABYTE), told_crc=1) for number in range(8)])
    tracemalloc.start()
    kept = list(archive.photos(file))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert [outcome(one) for one in kept] == ["photo_unreadable"] * 8
    assert held < MEGABYTE


def test_no_step_unpacks_more_than_its_share() -> None:
    file = zipped([Entry(name=b"a.jpg", data=bytes(20 * MEGABYTE), method=DEFLATED)])
    (entry,) = zipfile.ZipFile(file).infolist()
    sizes = [len(piece) for piece, _ in unpacking.pieces(file, entry)]
    assert sum(sizes) == 20 * MEGABYTE
    assert max(sizes) <= unpacking.STEP_BYTES


names = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\:."), min_size=1, max_size=30)
contents = st.one_of(st.just(PHOTO), st.binary(max_size=300), st.integers(0, 5).map(pictures_to_send.photo))


@given(st.dictionaries(names.filter(str.strip), contents, max_size=8), st.sampled_from([0, DEFLATED]))
@settings(max_examples=60, deadline=None)
def test_whatever_python_packs_comes_out_as_it_went_in(files: dict[str, bytes], method: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as writer:
        for name, data in files.items():
            writer.writestr(name + ".jpg", data)
    taken = [one.data for one in archive.photos(packed) if isinstance(one, Upload)]
    assert taken == [data for data in files.values() if data.startswith(b"\xff\xd8\xff")]


WHOLE = zipped(
    [
        Entry(name=b"a.jpg", data=PHOTO, method=DEFLATED),
        Entry(name=b"k\x81che.jpg", data=PHOTO[:3000], extra=b"\1\0\0\0"),
        Entry(name=b"plan.pdf", data=b"%PDF-1.7"),
    ]
).getvalue()


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(WHOLE))
)
@settings(max_examples=300, deadline=None)
@example([], len(WHOLE))
def test_a_zip_with_any_bytes_changed_is_refused_or_gives_the_very_photos(
    changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(WHOLE)
    # The lists at the end are where a changed byte does most.
    for position, value in changes:
        data[-1 - position] = value
    try:
        found = list(archive.photos(io.BytesIO(bytes(data[:length]))))
    except (errors.ArchiveDamaged, errors.ArchiveTooManyFiles):
        return
    for one in found:
        assert isinstance(one, Refusal) or one.data in (PHOTO, PHOTO[:3000])
