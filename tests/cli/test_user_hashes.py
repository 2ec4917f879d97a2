"""Hashes of other systems at the shell: counted, wrapped, and their configurations."""

import json

import bcrypt
import pytest
import yaml
from tests.cli.test_commands import ADA

from reticket.core.people import NO_PASSWORD
from reticket.core.realms import usual

PHPASS = "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"
SECRET = "test12345"
FIREBASE = {
    "base64_signer_key": "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKb"
    "m0QsEmYUSDzZvpjeJ9WmXA==",
    "base64_salt_separator": "Bw==",
    "rounds": 8,
    "mem_cost": 14,
}
PEPPER = "a word of the kitchen"


def seed(shell, tmp_path, ok=True, **people):
    file = tmp_path / "people.yaml"
    users = [{"email": f"{name}@example.com", **said} for name, said in people.items()]
    file.write_text(yaml.safe_dump({"users": users}))
    return shell.run("seed", str(file), ok=ok)


def keep(shell, said, ok=True):
    return shell.run("user", "hash-config", "-", said=json.dumps(said), ok=ok)


def stored(shell, name):
    instance = shell.instance()
    found = instance.directory.user_credentials(usual(f"{name}@example.com"))
    answer = found.secret_hash, instance.hasher.verify(found.secret_hash, SECRET)
    instance.close()
    return answer


@pytest.fixture
def moved(shell, tmp_path):
    seed(
        shell,
        tmp_path,
        weak={"password_hash": PHPASS},
        weaker={"password_hash": "md5:" + "0" * 32 + ":salt", "hash_format": "cloudreve"},
        old={"password_hash": bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(10)).decode()},
        none={},
    )
    return shell


def counts(shell):
    return {(row["form"], row["state"]): row["people"] for row in shell.rows("user", "hashes")}


BEFORE = {
    ("argon2id", "current"): 1,
    ("bcrypt", "old"): 1,
    ("none", "absent"): 1,
    ("phpass", "weak"): 1,
    ("salted-md5", "weak"): 1,
}


def test_people_are_counted_by_the_form_of_their_hash_and_no_hash_is_shown(moved):
    assert counts(moved) == BEFORE
    shown = moved.run("user", "hashes")
    assert shown.splitlines()[0].split() == ["FORM", "STATE", "PEOPLE"]
    assert "$" not in shown
    assert ADA not in shown


def test_weak_hashes_are_wrapped_and_nobody_else_is_touched(moved):
    before = stored(moved, "old"), stored(moved, "none")
    assert stored(moved, "weak")[1]
    assert moved.run("user", "wrap-hashes").splitlines()[-1] == "2 weak hashes were wrapped"
    text, fits = stored(moved, "weak")
    assert fits
    assert text.startswith("$wrapped$phpass$c=11$")
    assert counts(moved) == {
        ("argon2id", "current"): 1,
        ("bcrypt", "old"): 1,
        ("none", "absent"): 1,
        ("phpass", "wrapped"): 1,
        ("salted-md5", "wrapped"): 1,
    }
    assert (stored(moved, "old"), stored(moved, "none")) == before
    assert before[1] == (NO_PASSWORD, False)


def test_a_weak_hash_that_cannot_be_wrapped_waits_for_a_sign_in(moved, tmp_path):
    cheap = bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode()
    seed(moved, tmp_path, cheap={"password_hash": cheap})
    assert counts(moved) == {**BEFORE, ("bcrypt", "weak until sign-in"): 1}
    said = moved.run("user", "wrap-hashes").splitlines()
    assert said[-2:] == [
        "2 weak hashes were wrapped",
        "1 weak hash cannot be wrapped (bcrypt): only a sign-in renews it",
    ]
    assert stored(moved, "cheap") == (cheap, True)


def test_wrapping_again_finds_nothing(moved):
    moved.run("user", "wrap-hashes", "--rate", "1000")
    before = stored(moved, "weak")
    assert moved.run("user", "wrap-hashes").splitlines() == ["0 weak hashes were wrapped"]
    assert stored(moved, "weak") == before


def test_costs_above_the_bounds_wrap_nothing(moved, monkeypatch):
    """What is stored must be possible to check."""
    monkeypatch.setattr("reticket.crypto.hashes.algorithms.argon2.MOST_ARGON2_WORK", 4096)
    said = moved.run("user", "wrap-hashes", ok=False)
    assert "hashes cannot be wrapped: the passes of argon2 at that memory" in said
    assert counts(moved) == BEFORE


def test_a_person_of_firebase_needs_the_parameters_of_the_project(shell, tmp_path):
    hashed = {
        "salt": "42xEC+ixf3L2lw==",
        "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo781"
        "98JAdRuid5lQ==",
    }
    person = {"password_hash": hashed, "hash_format": "firebase:shop"}
    assert "no hash configuration with the name shop" in seed(shell, tmp_path, False, fire=person)
    assert keep(shell, {"firebase:shop": FIREBASE}) == "kept: shop\n"
    seed(shell, tmp_path, fire=person)
    instance = shell.instance()
    found = instance.directory.user_credentials(usual("fire@example.com"))
    assert instance.hasher.verify(found.secret_hash, "user1password")
    assert not instance.hasher.verify(found.secret_hash, "user2password")
    instance.close()


def test_a_configuration_is_kept_sealed_and_never_changes(shell):
    assert keep(shell, {"devise": {"pepper": PEPPER}}) == "kept: devise\n"
    assert keep(shell, {"devise": {"pepper": PEPPER}}) == "kept: nothing new\n"
    other = {"firebase": FIREBASE, "devise": {"pepper": "another"}}
    assert "another hash configuration named 'devise'" in keep(shell, other, ok=False)
    instance = shell.instance()
    assert instance.directory.hash_configs.names() == ["devise"]
    instance.close()
    files = [file.read_bytes() for file in shell.data.iterdir() if file.is_file()]
    assert not any(PEPPER.encode() in each for each in files)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([], "must be a JSON object"),
        ({"bcrypt": {}}, "must be one of devise, firebase"),
        ({"devise": {}}, "missing required field `pepper`"),
        ({"devise": {"pepper": ""}}, "the pepper must not be empty"),
        ({"devise:Shop 1": {"pepper": PEPPER}}, "a name of 1 to 32 small letters"),
        ({"firebase": {**FIREBASE, "mem_cost": 25}}, "N · r · p of scrypt must be from 1 to"),
        ({"firebase": {**FIREBASE, "rounds": 2**62}}, "N · r · p of scrypt must be from 1 to"),
        ({"firebase": {**FIREBASE, "mem_cost": 2**40}}, "mem_cost must be from 1 to 30"),
        ({"firebase": {**FIREBASE, "base64_signer_key": "é"}}, "must be base64"),
        ({"firebase": {**FIREBASE, "pepper": PEPPER}}, "unknown field `pepper`"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_and_not_shown(shell, said, reason):
    shown = keep(shell, said, ok=False)
    assert reason in shown
    assert PEPPER not in shown
    assert FIREBASE["base64_signer_key"] not in shown


def test_a_file_that_cannot_be_read_is_named(shell):
    assert "cannot read nowhere.json" in shell.run("user", "hash-config", "nowhere.json", ok=False)
