"""A failed start stops with one sentence that says why, and a later start works."""

import base64
import json
import os
import shutil
import socket
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

import pytest
from tests.http.wire import WIRES
from tests.operation.ran import ran
from tests.operation.warm import OURS

from reticket import __version__
from reticket.testing import running_server
from reticket.testing.server import CHEAP_SIGN_INS, without_settings
from reticket.testing.waiting import PATIENCE, until

AKINON = WIRES[0]
OTHER_KEY = base64.b64encode(bytes(range(32))).decode()
UNWRITABLE = ["a file", "below a file", *(["read only"] if os.geteuid() else [])]


class Fault(NamedTuple):
    """A start in an empty FOLDER, and how its sentence begins. Texts become files in there."""

    says: str
    toml: str = ""
    seed: str = ""
    words: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


FAULTS = {
    "unknown key": Fault(
        "FOLDER/config.toml: prot is not a setting; did you mean port?", toml="prot = 9000"
    ),
    "unknown key of a dialect": Fault(
        "dialects.akinon.zzz is not a setting; accepted are dialects.akinon.issuer, "
        "dialects.akinon.access_algorithm, dialects.akinon.person_in_tokens, "
        "dialects.akinon.require_access_token, "
        "dialects.akinon.second_factor, dialects.akinon.enabled",
        toml="[dialects.akinon]\nzzz = 1",
    ),
    "unknown variable": Fault(
        "RETICKET_PROT is not a setting; did you mean RETICKET_PORT?",
        variables=(("RETICKET_PROT", "9000"),),
    ),
    "bad value in the file": Fault(
        "FOLDER/config.toml: body_limit must be a whole number of bytes, at least 1024, is 10",
        toml="body_limit = 10",
    ),
    "bad value of a variable": Fault(
        "RETICKET_STOP_TIMEOUT must be seconds, from 0 to 3600, is 'soon'",
        variables=(("RETICKET_STOP_TIMEOUT", "soon"),),
    ),
    "bad value on the command line": Fault(
        "--port must be a whole number from 0 to 65535, is 99999", words=("--port", "99999")
    ),
    "idle end shorter than the access lifetime": Fault(
        "policies.KIBO_2026: refresh (60 s) is shorter than access (3600 s): "
        "a session would end while its access token is still valid",
        toml="[policies.KIBO_2026]\nrefresh = 60",
    ),
    "no certificate": Fault(
        "FOLDER/config.toml: tls_certificate must be the path of a file that exists, is 'no.pem'",
        toml="tls_certificate = 'no.pem'\ntls_key = 'no.pem'",
    ),
    "a certificate that is none": Fault(
        "the TLS certificate or its key cannot be used: ",
        toml="tls_certificate = 'FOLDER/config.toml'\ntls_key = 'FOLDER/config.toml'",
    ),
    "no TOML": Fault("FOLDER/config.toml is not valid TOML: ", toml="port ="),
    "no file of settings": Fault(
        "FOLDER/no.toml cannot be read: No such file or directory",
        words=("--config", "FOLDER/no.toml"),
    ),
    "no file to seed from": Fault(
        "cannot read FOLDER/no.yaml: No such file or directory", words=("--seed", "FOLDER/no.yaml")
    ),
    "seed that is not as it should be": Fault(
        "FOLDER/seed.yaml, line 4: users[0].tenants must be a mapping",
        seed="users:\n  - email: ada@example.com\n    password: hidden\n    tenants: all\n",
    ),
    "master key that is not base64": Fault(
        "RETICKET_MASTER_KEY must be base64 of 32 bytes",
        variables=(("RETICKET_MASTER_KEY", "hidden, not base64"),),
    ),
    "master key that is too short": Fault(
        "RETICKET_MASTER_KEY must be base64 of 32 bytes",
        variables=(("RETICKET_MASTER_KEY", base64.b64encode(b"hidden" * 4).decode()),),
    ),
    "master key in a file": Fault(
        "FOLDER/config.toml: master_key is accepted only as RETICKET_MASTER_KEY",
        toml="master_key = 'hidden'",
    ),
}  # fmt: skip


def start(folder, *words, **variables):
    """The output of a start in that folder, which is expected to fail."""
    words = ["serve", "--create", "--data", folder / "data", *words]
    words += [] if "--port" in words else ["--port", "0"]
    return ran(words, without_settings() | CHEAP_SIGN_INS | variables)


def sentence(stopped):
    """The one line that a failed start leaves, beside that of the start and of demo data."""
    assert (stopped.returncode, stopped.stdout) == (1, ""), stopped
    *warned, line = stopped.stderr.splitlines()
    assert {json.loads(each)["event"] for each in warned} <= {"starting", "demo"}
    said = line.removeprefix("Error: ")
    assert said != line
    assert ". " not in said
    return said


def start_with(fault, folder):
    words = [word.replace("FOLDER", str(folder)) for word in fault.words]
    for option, name, text in (
        ("--config", "config.toml", fault.toml),
        ("--seed", "seed.yaml", fault.seed),
    ):
        if text:
            (folder / name).write_text(text.replace("FOLDER", str(folder)))
            words += [option, str(folder / name)]
    return start(folder, *words, **dict(fault.variables))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The folder and the end of a start with each fault; as many at a time as there are cores."""
    folders = {name: tmp_path_factory.mktemp("stopped") for name in FAULTS}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = pool.map(start_with, FAULTS.values(), folders.values())
        return dict(zip(FAULTS, zip(folders.values(), ends, strict=True), strict=True))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_stops_the_start_with_one_sentence_and_no_secret(stopped, name):
    folder, end = stopped[name]
    said = sentence(end)
    assert said.startswith(FAULTS[name].says.replace("FOLDER", str(folder)))
    secrets = [value for key, value in FAULTS[name].variables if key == "RETICKET_MASTER_KEY"]
    assert not any(secret in said for secret in ["hidden", *secrets])


def test_a_failed_start_of_a_fresh_interpreter_has_the_same_message(stopped, tmp_path):
    folder, end = stopped["unknown key"]
    data = ["--data", str(tmp_path), "--config", str(folder / "config.toml"), "--port", "0"]
    fresh = subprocess.run(
        [*OURS, "serve", "--create", *data],
        env=without_settings() | CHEAP_SIGN_INS,
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert (fresh.returncode, fresh.stdout) == (end.returncode, end.stdout)
    assert sentence(fresh) == sentence(end)


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """Where a server ran and was stopped, after a first start that failed; and a session of it."""
    folder = tmp_path_factory.mktemp("lived_in")
    sentence(start_with(FAULTS["seed that is not as it should be"], folder))
    with running_server(folder) as running:
        token = AKINON.sign_in(running.url)
    return folder, token


@pytest.fixture
def home(lived_in, tmp_path):
    """A copy of it to damage."""
    return shutil.copytree(lived_in[0], tmp_path / "home")


@pytest.mark.parametrize("kind", UNWRITABLE)
def test_a_read_only_data_folder_stops_the_start(tmp_path, kind):
    place = tmp_path / "place"
    if kind == "below a file":
        place.touch()
    elif kind == "a file":
        place.mkdir()
        (place / "data").touch()
    else:
        (place / "data").mkdir(parents=True, mode=0o500)
    said = sentence(start(place))
    assert said.startswith(f"the data folder {place / 'data'} cannot be written: ")


def test_an_invalid_setting_that_an_option_overrides_is_still_a_fault(tmp_path):
    file = tmp_path / "reticket.toml"
    file.write_text("port = 'http'\n")
    assert sentence(start(tmp_path, "--config", file)).startswith(f"{file}: port must be ")


def test_a_data_folder_in_use_stops_the_start(server):
    token = AKINON.sign_in(server.url)
    said = sentence(start(server.data.parent))
    assert said == f"the data folder {server.data} is in use by another reticket"
    assert AKINON.is_good(AKINON.refresh(server.url, token))


def nonsense(file, table):
    file.write_bytes(b"no database " * 1000)


def a_page_of_nonsense(file, table):
    with closing(sqlite3.connect(file)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        root = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(root, (table,)).fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xa5" * size)


@pytest.mark.parametrize("damage", [nonsense, a_page_of_nonsense])
@pytest.mark.parametrize(("name", "table"), [("families", "families"), ("directory", "users")])
def test_a_damaged_database_stops_the_start(home, name, table, damage):
    file = home / "data" / f"{name}.sqlite"
    damage(file, table)
    said = sentence(start(home))
    assert f"{file} is damaged or is no database; restore it from a backup" in said


def test_a_lost_key_file_is_not_created_again(home):
    key = home / "data" / "master.key"
    key.unlink()
    assert "master key" in sentence(start(home))
    assert not key.exists()


def test_after_a_wrong_master_key_or_a_used_port_the_next_start_works(home, lived_in):
    said = sentence(start(home, RETICKET_MASTER_KEY=OTHER_KEY))
    assert said.startswith("the master key does not decrypt the stored keys")
    assert OTHER_KEY not in said
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        said = sentence(start(home, "--port", port))
    assert said.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert said.endswith("choose another with --host and --port")
    with running_server(home) as running:
        assert AKINON.is_good(AKINON.refresh(running.url, lived_in[1]))


@pytest.fixture(scope="module")
def started_log(tmp_path_factory):
    """The log of a service that was asked once and got a line for each request."""
    settings = {"RETICKET_ACCESS_LOG": "true", "RETICKET_ISSUER": "https://id.example.com"}
    with running_server(tmp_path_factory.mktemp("told"), settings=settings) as server:
        AKINON.sign_in(server.url)
        until(lambda: '"request"' in server.log.read_text(), "a line", server.log.read_text)
        text = server.log.read_text()
    return server, [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_the_log_begins_with_issuer_version_and_data_folder(started_log):
    server, (first, *_) = started_log
    assert first["event"] == "starting"
    assert first["issuer"] == "https://id.example.com"
    assert first["version"] == __version__
    assert first["data"] == str(server.data)


def test_each_request_is_logged_if_the_setting_says_so(started_log):
    _, lines = started_log
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["dialect"], line["route"], line["status"]) == ("akinon", "POST /auth/login", 200)
    assert line["milliseconds"] > 0
