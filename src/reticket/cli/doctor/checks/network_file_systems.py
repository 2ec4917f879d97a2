"""Whether SQLite's files are on a file system where its locks work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reticket.cli.doctor.findings import Finding, fault
from reticket.runtime.opened_service import OpenedService
from reticket.settings.loading import sqlite_path

TOPIC = "file systems"
MOUNTS = Path("/proc/mounts")
NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "virtiofs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.ceph", "fuse.cephfs"}
)
"""SQLite's locks and shared memory do not work between machines there (https://sqlite.org/wal.html)."""


def look(instance: OpenedService) -> Iterator[Finding]:
    """A database on a network file system."""
    for url in dict.fromkeys((instance.settings.sessions, instance.settings.directory)):
        file = sqlite_path(url)
        kind = file and kind_of(file, _mounts())
        if kind in NETWORKED:
            yield fault(f"{file} is on {kind}, where it will be damaged: move it to a local disk")


def kind_of(file: Path, mounts: str) -> str | None:
    """The type of the file system of a file, by the text of /proc/mounts: device, place and type
    on each line. The deepest place is the file's, and of equal ones the last.
    """
    types = {}
    for line in mounts.splitlines():
        _, place, kind, *_ = [*line.split(" "), "", ""]
        types[_spelled(place)] = kind
    above = (str(each) for each in (file.resolve(), *file.resolve().parents))
    return next((types[place] for place in above if place in types), None)


def _mounts() -> str:
    try:
        return MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""


def _spelled(place: str) -> str:
    """The path, in which a space is written as \\040."""
    return place.encode("latin-1", "replace").decode("unicode_escape")
