"""Firebase's scrypt: the project's signer key, encrypted under the digest of the secret."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from msgspec import Struct

from reticket.core.errors import HashRefused
from reticket.crypto.hashes.algorithms.scrypt import checked_costs, computed, is_weak
from reticket.crypto.hashes.configs import config_of
from reticket.crypto.hashes.known import Configs, KnownHash
from reticket.crypto.hashes.phc import Phc, either_base64

NAMES = ("firebase",)
KEY_BYTES = 32
NONCE = bytes(16)
"""A counter that begins at zero (firebase/scrypt, `main.c`)."""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """What the console of Firebase shows as the hash parameters of a project."""

    base64_signer_key: str
    base64_salt_separator: str
    rounds: int
    mem_cost: int

    def __repr__(self) -> str:
        return "Config()"

    def check(self) -> None:
        """HashRefused unless it can be computed within bounds."""
        self.costs()
        for member in (self.base64_signer_key, self.base64_salt_separator):
            either_base64(member, "a key of the configuration")

    def costs(self) -> tuple[int, int, int]:
        """N, r and p of scrypt."""
        if not 1 <= self.mem_cost <= 30:
            raise HashRefused("mem_cost must be from 1 to 30")
        return checked_costs(1 << self.mem_cost, self.rounds, 1)


def read(text: str, configs: Configs) -> KnownHash:
    """The hash of a text: `k` is the name of a configuration."""
    parts = Phc.read(text)
    config = config_of(configs, parts.said("k", "the configuration"), Config)
    n, r, p = config.costs()
    signer = either_base64(config.base64_signer_key, "the signer key")
    salt = parts.salt + either_base64(config.base64_salt_separator, "the separator")

    def compute(secret: bytes) -> bytes:
        key = computed(secret, salt, n, r, p, KEY_BYTES)
        encryptor = Cipher(AES(key), CTR(NONCE)).encryptor()
        return encryptor.update(signer) + encryptor.finalize()

    return KnownHash(compute, parts.digest, is_weak(n, r, p))
