"""The folder of a report: written beside its place, swapped in whole, never over others' files."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..faults import Collector, Fault, Faults
from .record import LOG, recorded, written

# What desktops and office programs leave in any folder they show.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
_LITTER_STARTS = ("~$", ".~lock.")

_REASONS = {
    errno.ENOSPC: "đĩa đã đầy",
    errno.EROFS: "ổ đĩa chỉ cho đọc",
    errno.EACCES: "không có quyền ghi, hoặc tệp đang mở trong chương trình khác",
    errno.EPERM: "không có quyền ghi, hoặc tệp đang mở trong chương trình khác",
    errno.ENOENT: "không có đường dẫn này",
    errno.ENAMETOOLONG: "đường dẫn quá dài",
    errno.ENOTDIR: "một phần của đường dẫn là tệp, không phải thư mục",
}


def check_target(target: Path, faults: Collector) -> None:
    """Note why a folder must not, or cannot, be replaced by a new report.

    Parameters
    ----------
    target : Path
        Where the report shall stand. It may be absent, empty, or hold an earlier report as that
        run left it; what a person has put or changed there is never deleted.
    faults : Collector
        Where faults are noted.
    """
    own = Collector(str(target))
    if target.exists() and not target.is_dir():
        own.add("", "đây là tệp, không phải thư mục", "thư mục để ghi báo cáo")
    elif target.is_dir() and (record := recorded(target)) is not None:
        _check_kept(target, {item.path: item.sha256 for item in record}, own)
    elif target.is_dir() and any(target.iterdir()):
        expected = "thư mục trống, thư mục mới, hoặc thư mục của một báo cáo trước"
        own.add("", "thư mục có tệp không do dxmethod ghi", expected)
    faults.extend(own.faults)


def _check_kept(target: Path, known: Mapping[str, str], faults: Collector) -> None:
    """Note what was added to or changed in an earlier report, and what is open elsewhere."""
    for item in written(target):
        if item.path not in known:
            found = "tệp này không thuộc báo cáo trước"
        elif item.sha256 != known[item.path]:
            found = "tệp này đã được sửa sau khi lập báo cáo trước"
        else:
            continue
        if not _is_litter(item.path):
            faults.add(item.path, found, "chuyển tệp sang nơi khác để không bị mất, rồi chạy lại")
    for path in sorted(path for path in target.rglob("*") if path.is_file()):
        try:
            path.open("r+b").close()
        except OSError:  # on Windows, a document that Word holds open
            found = "tệp đang mở trong chương trình khác, hoặc không có quyền ghi"
            faults.add(path.relative_to(target).as_posix(), found, "đóng tệp rồi chạy lại")


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Give a new folder beside the target; when the block ends well, it takes the target's place.

    Parameters
    ----------
    target : Path
        Checked before by `check_target`.

    Yields
    ------
    Path
        Empty folder, gone after the block whatever happens.

    Raises
    ------
    Faults
        If the disk refuses, now or at the end; an earlier report then stands as it was.
    """
    folder = target.parent / f".{target.name}.{secrets.token_hex(4)}.tam"
    with disk_faults(target):
        # Not tempfile: its folders are closed to everybody else, and this one becomes the report.
        folder.mkdir(parents=True)
    try:
        yield folder
        with disk_faults(target):
            _swap(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(folder: Path, target: Path) -> None:
    old = folder.with_name(folder.name + ".cu")
    if target.exists():
        _rename(target, old)
    try:
        _rename(folder, target)
    except OSError:
        if old.exists():
            _rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _rename(old: Path, new: Path) -> None:
    """Rename; on Windows a virus scanner may hold files that were written a moment ago."""
    for pause in (0.2, 1.0, 3.0) if os.name == "nt" else ():
        try:
            old.rename(new)
            return
        except PermissionError:
            time.sleep(pause)
    old.rename(new)


@contextmanager
def disk_faults(place: Path) -> Iterator[None]:
    """Turn what the file system refuses into a fault that says so in Vietnamese.

    Parameters
    ----------
    place : Path
        Folder to name when the error itself names none.
    """
    try:
        yield
    except OSError as error:
        said = f"hệ thống báo lỗi ({error.strerror or error})"
        found = _REASONS.get(error.errno or 0, said)
        raise Faults([Fault(str(error.filename or place), "", found, "nơi ghi được")]) from error


def failure_folder(target: Path) -> Path:
    """Name the folder in which a failed run leaves its notebook and its log."""
    return target.with_name(target.name + ".loi")


def clear_failure(target: Path) -> Path:
    """Delete what the last failed run left; return the folder's path."""
    folder = failure_folder(target)
    for path in (*folder.glob("*.ipynb"), folder / LOG):
        path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return folder


def _is_litter(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _LITTER or name.startswith(_LITTER_STARTS)
