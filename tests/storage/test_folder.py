"""Does a folder keep what it was given through power cuts, full disks and disks that refuse to be written?"""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from core import errors
from core.storage.backend import ObjectStorage
from core.storage.contract import content_key, sha256

KEY = content_key(account_id=7, kind="results", digest=sha256(b"room"), extension="png")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def storage(files: Path) -> ObjectStorage:
    return ObjectStorage(files.as_uri())


def everything(files: Path) -> set[str]:
    return {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}


def test_a_folder_with_spaces_is_a_folder(tmp_path: Path) -> None:
    storage = ObjectStorage((tmp_path / "my files ü").as_uri())
    storage.put(KEY, b"room")
    assert (tmp_path / "my files ü" / KEY).read_bytes() == b"room"


def test_the_disk_has_the_bytes_before_they_have_their_name_and_the_name_before_put_returns(
    storage: ObjectStorage, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a power cut could leave an empty file in the place of a result that the database calls succeeded."""
    flushed: list[tuple[Path, bool]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{descriptor}").readlink(), (files / KEY).exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    storage.put(KEY, b"room")
    (staged, was_named), *folders = flushed
    assert staged.parent == files / "unfinished"
    assert was_named is False
    assert folders == [(files / part, True) for part in ("accounts/7/results", "accounts/7", "accounts", "")]
    assert everything(files) == {KEY}


def test_a_disk_that_can_not_keep_the_bytes_leaves_the_old_ones(
    storage: ObjectStorage, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.put(KEY, b"room")

    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(errors.StorageUnavailable):
        storage.put(KEY, b"another room")
    assert storage.get(KEY) == b"room"
    assert everything(files) == {KEY}


def test_a_file_in_the_way_is_a_storage_that_is_unavailable(storage: ObjectStorage, files: Path) -> None:
    (files / "accounts").write_text("in the way")
    with pytest.raises(errors.StorageUnavailable):
        storage.put(KEY, b"room")
    assert everything(files) == {"accounts"}


def test_a_folder_that_is_not_mounted_has_lost_no_file(storage: ObjectStorage, files: Path) -> None:
    storage.put(KEY, b"room")
    files.rename(files.with_name("elsewhere"))
    with pytest.raises(errors.StorageUnavailable):
        storage.get(KEY)
    assert storage.is_reachable() is False
    files.with_name("elsewhere").rename(files)
    assert storage.get(KEY) == b"room"


def test_what_a_killed_process_left_unfinished_is_removed_after_a_day(storage: ObjectStorage, files: Path) -> None:
    storage.put(KEY, b"room")
    ages_hours = {"just now": 0.0, "this morning": 23.0, "long ago": 25.0}
    for name, hours in ages_hours.items():
        left = files / "unfinished" / name
        left.write_bytes(b"ro")
        os.utime(left, (time.time() - hours * 3600,) * 2)
    assert ObjectStorage(files.as_uri()).get(KEY) == b"room"
    assert everything(files) == {KEY, "unfinished/just now", "unfinished/this morning"}


# Runs with its folder on a disk that was made to refuse, and prints what a large file came to.
ON_A_DISK_THAT_REFUSES = """
import sys
from collections.abc import Sequence
from pathlib import Path
from core import errors, logs
from core.storage.backend import ObjectStorage

logs.configure(as_json=True)
folder, writable = Path(sys.argv[1]), sys.argv[2] == "full"
storage = ObjectStorage(folder.as_uri())
if writable:
    storage.put("small", b"room")
try:
    storage.put("large", bytes(4_000_000))
except errors.StorageUnavailable as refused:
    print("left", *sorted(path.name for path in folder.rglob("*") if path.is_file()))
    print("reachable", storage.is_reachable(), str(refused.__cause__).splitlines()[0])
"""
# A file system of 1 MB, mounted where nobody else sees it.
IN_A_MOUNT_OF_ITS_OWN = ["unshare", "--user", "--map-root-user", "--mount"]
SMALL_DISK = "mount -t tmpfs -o size=1m none {folder}"


def on_a_disk_that_refuses(folder: Path, disk: str, *, first: str, within: Sequence[str] = ()) -> list[str]:
    command = [sys.executable, "-c", ON_A_DISK_THAT_REFUSES, str(folder), disk]
    done = subprocess.run(
        [*within, "sh", "-c", f'{first} && exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def may_mount() -> bool:
    return subprocess.run([*IN_A_MOUNT_OF_ITS_OWN, "true"], capture_output=True, timeout=30).returncode == 0


@pytest.mark.parametrize(
    ("disk", "first", "left", "reachable", "reason"),
    [
        ("full", SMALL_DISK, "left small", "reachable True", "No space left on device"),
        ("read-only", f"{SMALL_DISK} && mount -o remount,ro {{folder}}", "left", "reachable False", "Read-only file"),
        # The kernel's limit on a file's size ends a write in its middle too, and needs no permission.
        ("full", "ulimit -f 1024", "left small", "reachable True", "File too large"),
    ],
)
def test_a_disk_that_refuses_is_a_storage_that_is_unavailable_and_keeps_no_half_file(
    tmp_path: Path, disk: str, first: str, left: str, reachable: str, reason: str
) -> None:
    mounting = first.startswith("mount")
    if mounting and not may_mount():
        # Containers often forbid mounts; the limit then stands in for the disk, smaller for one that takes nothing.
        first, mounting, reachable, reason = (
            f"ulimit -f {1024 * (disk == 'full')}",
            False,
            "reachable",
            "File too large",
        )
    found = on_a_disk_that_refuses(
        tmp_path, disk, first=first.format(folder=tmp_path), within=IN_A_MOUNT_OF_ITS_OWN if mounting else ()
    )
    assert found[0] == left
    assert found[1].startswith(reachable)
    assert reason in found[1]


def test_a_removed_file_is_a_file_that_is_not_found(storage: ObjectStorage, files: Path) -> None:
    storage.put(KEY, b"room")
    shutil.rmtree(files / "accounts")
    with pytest.raises(errors.FileNotFound):
        storage.get(KEY)


@pytest.mark.parametrize(
    "url",
    [
        "file:///",
        "file:",
        "file://data/files",
        "data/files",
        "/data/files",
        "gs://bucket/files",
        "memory://",
        "https://bucket.s3.amazonaws.com/files",
        "s3://",
        "s3:///files",
        "s3://key:password@bucket/files",
        "s3://bucket:9000/files",
        "s3://[bucket/files",
        "file:///proc/files",
        "",
    ],
)
def test_a_url_that_names_no_folder_or_bucket_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="STAGING_STORAGE_URL") as refused:
        ObjectStorage(url)
    assert "password@" not in refused.value.message
