"""No secret shows in a repr, an error or a format of anything of this package."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from reticket.core.errors import ReticketError
from reticket.crypto import signing
from reticket.crypto.passwords import Argon2Hasher
from reticket.crypto.sealing import Sealer, master_key
from reticket.crypto.snapshot import Snapshot
from reticket.crypto.verified import VerifiedSecrets

MASTER = b"M" * 32
LABEL = "kibo.adminuser/opaque/refresh"


def spellings(secret: bytes) -> set[str]:
    return {secret.hex(), repr(secret)[2:-1], str(list(secret))[1:-1]}


def forms(thing: object) -> str:
    return f"{thing!r} {thing!s} {thing} {[thing]} {{1: {thing!r}}}"


@pytest.mark.parametrize("algorithm", signing.ALGORITHMS)
def test_objects_show_no_secret(keys, algorithm: str) -> None:
    ring = keys.ring(algorithm)
    sealer = Sealer(lambda: MASTER, os.urandom)
    rows = keys.rows()
    snapshot = Snapshot(rows, sealer)
    mac = snapshot.macs[LABEL].at(0)
    private, _ = signing.generate(algorithm)
    pair = signing.load("0a0b0c0d", algorithm, private)
    verified = VerifiedSecrets(lambda size: b"P" * size)
    shown = "".join(
        forms(thing)
        for thing in (
            ring,
            sealer,
            snapshot,
            mac,
            snapshot.macs[LABEL].likeliest_first,
            snapshot.macs,
            snapshot._signers,
            pair,
            ring.snapshot.signer_at(0),
            rows,
            ring.listing(),
            verified,
            Argon2Hasher(1, 8, 1),
        )
    )
    opened = [sealer.open(row.sealed, f"ring/{row.use}/{row.id}".encode()) for row in rows]
    secrets = [MASTER, mac.secret, private, b"P" * 32, *opened, *(row.sealed for row in rows)]
    assert [form for secret in secrets for form in spellings(secret) if form in shown] == []


def test_the_search_finds_a_planted_secret() -> None:
    for secret in (MASTER, os.urandom(32)):
        for form in (f"{secret!r}", secret.hex(), f"{list(secret)}"):
            assert any(spelling in form for spelling in spellings(secret))


def test_errors_and_their_traces_show_no_secret(keys, tmp_path: Path) -> None:
    keys.ring()
    file = tmp_path / "master.key"
    file.write_bytes(MASTER + b"\n")
    file.chmod(0o600)
    failures = [
        lambda: keys.ring(master=b"W" * 32),
        lambda: master_key(None, file, lambda: False, os.urandom),
        lambda: Sealer(lambda: MASTER, os.urandom).open(b"x" * 40, b"purpose"),
    ]
    for fail in failures:
        with pytest.raises(ReticketError) as failed:
            fail()
        text = "".join(traceback.format_exception(failed.value))
        assert [
            form for key in (MASTER, b"W" * 32) for form in spellings(key) if form in text
        ] == []
        assert failed.value.__cause__ is None
        assert failed.value.__context__ is None or failed.value.__suppress_context__
