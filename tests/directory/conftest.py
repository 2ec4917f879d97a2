from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reticket.directory.directory import Directory, open_directory

NOW = 1_700_000_000_000


class FakeHasher:
    """Hashes in no time, and counts."""

    def __init__(self) -> None:
        self.hashed: list[str] = []

    def hash(self, secret: str) -> str:
        self.hashed.append(secret)
        return f"fake${secret[::-1]}"

    def verify(self, secret_hash: str, secret: str) -> bool:
        return secret_hash == f"fake${secret[::-1]}"

    def is_old(self, secret_hash: str) -> bool:
        return False

    def absent(self) -> str:
        return "fake$"


class FakeSealer:
    """Opens only for the purpose that something was sealed for."""

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        return purpose + b"|" + bytes(byte ^ 0x5A for byte in plain)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        written_for, _, masked = sealed.partition(b"|")
        if written_for != purpose:
            raise ValueError("sealed for something else")
        return bytes(byte ^ 0x5A for byte in masked)


@pytest.fixture
def hasher() -> FakeHasher:
    return FakeHasher()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/directory.sqlite"


@pytest.fixture
def opened() -> Iterator[Callable[[str], Directory]]:
    """Opens directories and closes them at the end."""
    directories = []

    def open_one(url: str) -> Directory:
        entropy = random.Random(len(directories)).randbytes
        directory = open_directory(url, FakeSealer(), lambda: NOW, entropy)
        directories.append(directory)
        return directory

    yield open_one
    for directory in directories:
        directory.close()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as the migrations leave it: running them for every test would take long."""
    file = tmp_path_factory.mktemp("empty") / "directory.sqlite"
    open_directory(
        f"sqlite:///{file}", FakeSealer(), lambda: NOW, random.Random(0).randbytes
    ).close()
    return file


@pytest.fixture(scope="session")
def untouched(empty: Path) -> Iterator[Directory]:
    """For tests in which nothing is ever changed."""
    directory = open_directory(
        f"sqlite:///{empty}", FakeSealer(), lambda: NOW, random.Random(0).randbytes
    )
    yield directory
    directory.close()


@pytest.fixture
def directory(
    tmp_path: Path, url: str, empty: Path, opened: Callable[[str], Directory]
) -> Directory:
    shutil.copy(empty, tmp_path / "directory.sqlite")
    return opened(url)


@pytest.fixture
def other(url: str, directory: Directory, opened: Callable[[str], Directory]) -> Directory:
    """The same file as another process has it."""
    return opened(url)


@pytest.fixture
def seed_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "people.yaml"
        file.write_text(text)
        return file

    return write
