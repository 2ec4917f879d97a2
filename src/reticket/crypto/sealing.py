"""The master key, and encryption under it: AES-256-GCM with a derived key for each purpose."""

from __future__ import annotations

import hmac
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reticket.core.errors import ReticketError, StartupError
from reticket.core.ports import Entropy
from reticket.folder import sync

KEY_BYTES = 32
NONCE_BYTES = 12
DIGEST_BYTES = 16


class SealBroken(ReticketError):
    """Bytes that this master key did not seal for this purpose."""


class Sealer:
    """Encrypts and decrypts under a master key.

    Args:
        key: returns its 32 bytes, called when something is sealed or opened.
        entropy: makes the nonces.
    """

    __slots__ = ("_entropy", "_key")

    def __init__(self, key: Callable[[], bytes], entropy: Entropy) -> None:
        self._key = key
        self._entropy = entropy

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """Nonce and ciphertext; opens only with the same purpose."""
        nonce = self._entropy(NONCE_BYTES)
        return nonce + self._cipher(purpose).encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """The plain bytes. SealBroken for anything that `seal` did not make."""
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher(purpose).decrypt(nonce, ciphertext, purpose)
        except (InvalidTag, ValueError):
            raise SealBroken("not sealed by this master key") from None

    def digest(self, text: bytes, purpose: bytes) -> bytes:
        """A keyed digest of 16 bytes; without the master key it reveals nothing about the text (RFC
        2104).
        """
        key = derive(self._key(), b"digest/" + purpose)
        return hmac.digest(key, text, "sha256")[:DIGEST_BYTES]

    def _cipher(self, purpose: bytes) -> AESGCM:
        return AESGCM(derive(self._key(), b"seal/" + purpose))


def derive(secret: bytes, label: bytes) -> bytes:
    """32 bytes for one label (RFC 5869, no salt: the secret is uniform already)."""
    return HKDF(SHA256(), KEY_BYTES, None, label).derive(secret)


def master_key(
    given: bytes | None, file: Path, has_sealed: Callable[[], bool], entropy: Entropy
) -> bytes:
    """The given key, else the file's. The file is created when nothing has been sealed yet.

    Args:
        given: 32 bytes from the environment, or None.
        file: private to its owner (mode 0600).
        has_sealed: whether sealed keys exist already, which a new master key could not open.
        entropy: makes a new key.

    Raises:
        StartupError: the file is missing though keys are sealed, is unreadable, is open to
            others, or has the wrong length.
    """
    if given is not None:
        return given
    try:
        if not file.exists():
            if has_sealed():
                raise StartupError(
                    f"the keys in the directory are encrypted by a master key that is missing: "
                    f"set RETICKET_MASTER_KEY to it, or put its file back at {file}"
                )
            _make(file, entropy)
        return _read(file)
    except OSError as error:
        raise StartupError(f"the master key {file} cannot be used: {error.strerror}") from None


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        mode = os.fstat(opened.fileno()).st_mode
        key = opened.read(KEY_BYTES + 1)
    if stat.S_IMODE(mode) & 0o077:
        raise StartupError(
            f"the master key {file} is open to other users; make it private: chmod 600 {file}"
        )
    if len(key) != KEY_BYTES:
        raise StartupError(f"{file} is not a master key: it must hold exactly {KEY_BYTES} bytes")
    return key


def _make(file: Path, entropy: Entropy) -> None:
    """Create the file atomically. Of two processes the first to link its file wins; no reader sees
    half a key.
    """
    temporary = file.with_name(f"{file.name}.{entropy(8).hex()}")
    try:
        _write(temporary, entropy(KEY_BYTES))
        with suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
    sync(file.parent)


def _write(file: Path, key: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(key)
        written.flush()
        os.fsync(written.fileno())
