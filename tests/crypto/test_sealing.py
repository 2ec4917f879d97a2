"""Sealed bytes, and the sources of the master key."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reticket.core.errors import StartupError
from reticket.crypto import sealing
from reticket.crypto.sealing import SealBroken, Sealer, derive, master_key

KEY = bytes(range(32))


def unmissed() -> bool:
    """Whether sealed keys exist: there are none yet."""
    return False


PURPOSE = b"ring/mac/00000000"


@given(plain=st.binary(max_size=300), purpose=st.binary(max_size=40))
def test_sealed_bytes_open_for_their_purpose(plain: bytes, purpose: bytes) -> None:
    sealer = Sealer(lambda: KEY, os.urandom)
    assert sealer.open(sealer.seal(plain, purpose), purpose) == plain


@given(plain=st.binary(max_size=60), purpose=st.binary(max_size=20), other=st.binary(max_size=20))
def test_sealed_bytes_open_for_no_other_purpose(plain: bytes, purpose: bytes, other: bytes) -> None:
    sealer = Sealer(lambda: KEY, os.urandom)
    if purpose != other:
        with pytest.raises(SealBroken):
            sealer.open(sealer.seal(plain, purpose), other)


def test_a_digest_is_of_its_text_purpose_and_master_key() -> None:
    """The database alone must not allow guesses."""
    sealer, other = Sealer(lambda: KEY, os.urandom), Sealer(lambda: KEY[::-1], os.urandom)
    known = sealer.digest(b"12345", b"recovery:ada")
    assert known == sealer.digest(b"12345", b"recovery:ada")
    assert len(known) == 16
    assert known not in (
        sealer.digest(b"12346", b"recovery:ada"),
        sealer.digest(b"12345", b"recovery:joan"),
        other.digest(b"12345", b"recovery:ada"),
    )


def test_sealed_bytes_with_a_flipped_bit_or_a_cut_do_not_open() -> None:
    sealer = Sealer(lambda: KEY, os.urandom)
    sealed = sealer.seal(b"private", PURPOSE)
    flipped = [
        sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
        for at in range(len(sealed))
        for bit in range(8)
    ]
    for damaged in [*flipped, *(sealed[:end] for end in range(len(sealed))), sealed + b"\0"]:
        with pytest.raises(SealBroken):
            sealer.open(damaged, PURPOSE)


def test_sealed_bytes_do_not_open_with_another_master_key() -> None:
    with pytest.raises(SealBroken):
        Sealer(lambda: KEY[::-1], os.urandom).open(
            Sealer(lambda: KEY, os.urandom).seal(b"x", PURPOSE), PURPOSE
        )


def test_equal_texts_have_different_sealed_bytes() -> None:
    sealer = Sealer(lambda: KEY, os.urandom)
    assert len({sealer.seal(b"same", PURPOSE) for _ in range(50)}) == 50


def test_a_seal_is_nonce_ciphertext_and_tag() -> None:
    sealed = Sealer(lambda: KEY, lambda size: b"N" * size).seal(b"four", PURPOSE)
    assert sealed.startswith(b"N" * 12)
    assert len(sealed) == 12 + 4 + 16


def test_derivation_is_hkdf_of_rfc_5869() -> None:
    """Appendix A.3: no salt, no info; the first 32 of its 42 bytes."""
    known = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert derive(b"\x0b" * 22, b"").hex() == known


def test_a_given_master_key_is_used_and_no_file_is_created(tmp_path: Path) -> None:
    assert master_key(KEY, tmp_path / "master.key", unmissed, os.urandom) == KEY
    assert list(tmp_path.iterdir()) == []


def test_the_first_start_makes_a_private_file_and_the_second_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    key = master_key(None, file, unmissed, Random(1).randbytes)
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert master_key(None, file, unmissed, Random(2).randbytes) == key
    assert [found.name for found in tmp_path.iterdir()] == ["master.key"]


def test_a_permissive_umask_makes_no_permissive_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        master_key(None, tmp_path / "master.key", unmissed, os.urandom)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600


def test_parallel_first_starts_agree_on_one_master_key(tmp_path: Path, together) -> None:
    found: list[bytes] = []
    file = tmp_path / "master.key"
    together([lambda: found.append(master_key(None, file, unmissed, os.urandom))] * 16)
    assert len(found) == 16
    assert len(set(found)) == 1
    assert [left.name for left in tmp_path.iterdir()] == ["master.key"]


def test_the_loser_of_a_race_reads_the_winners_master_key(tmp_path: Path) -> None:
    """The winner's file appears while the loser is between looking and linking."""
    file = tmp_path / "master.key"

    def slow(size: int) -> bytes:
        if not file.exists():
            master_key(KEY, file, unmissed, os.urandom)
            file.touch(0o600)
            file.write_bytes(KEY)
        return b"L" * size

    assert master_key(None, file, unmissed, slow) == KEY
    assert [left.name for left in tmp_path.iterdir()] == ["master.key"]


def test_file_and_folder_reach_the_disk_before_the_key_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(sealing.os, "fsync", fsync)
    master_key(None, tmp_path / "master.key", unmissed, os.urandom)
    assert synced == [False, True]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealing.os, "fsync", fsync)
    with pytest.raises(StartupError, match="cannot be used: No space left on device"):
        master_key(None, tmp_path / "master.key", unmissed, os.urandom)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o666])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(KEY)
    file.chmod(mode)
    with pytest.raises(StartupError) as refused:
        master_key(None, file, unmissed, os.urandom)
    assert f"make it private: chmod 600 {file}" in str(refused.value)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_key_file_is_read(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(KEY)
    file.chmod(mode)
    assert master_key(None, file, unmissed, os.urandom) == KEY


@pytest.mark.parametrize("held", [b"", KEY[:31], KEY + b"\n", KEY * 1000])
def test_a_key_file_of_another_length_is_refused(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "master.key"
    file.write_bytes(held)
    file.chmod(0o600)
    with pytest.raises(StartupError, match="must hold exactly 32 bytes") as refused:
        master_key(None, file, unmissed, os.urandom)
    assert repr(held[:8])[2:-1] not in str(refused.value) or not held
    assert file.read_bytes() == held


def test_a_missing_key_file_is_not_created_when_sealed_data_exist(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    with pytest.raises(StartupError, match=f"set RETICKET_MASTER_KEY to it, .* back at {file}"):
        master_key(None, file, lambda: True, os.urandom)
    assert list(tmp_path.iterdir()) == []
    assert master_key(KEY, file, lambda: True, os.urandom) == KEY


def test_an_unreadable_master_key_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(0o700)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "master.key")
    for name in ("folder", "dangling", "missing/master.key"):
        with pytest.raises(StartupError, match=r"^the master key .* cannot be used: [\w ]+$"):
            master_key(None, tmp_path / name, unmissed, os.urandom)
