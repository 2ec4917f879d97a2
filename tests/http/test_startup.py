"""A start that cannot be stops with one sentence that says why, and hinders no later one."""

import base64
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from tests.http.wire import WIRES, call

from reticket.testing import running_server
from reticket.testing.server import CHEAP_SIGN_INS

AKINON = WIRES[0]
OTHER_KEY = base64.b64encode(bytes(range(32))).decode()
UNWRITABLE = ["a file", "below a file", *(["read only"] if os.geteuid() else [])]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory):
    """A data folder in which a server ran and was stopped, and a session of it."""
    folder = tmp_path_factory.mktemp("lived_in")
    with running_server(folder) as running:
        token = AKINON.sign_in(running.url)
    return folder, token


@pytest.fixture
def home(lived_in, tmp_path):
    """A copy of it to damage."""
    shutil.copytree(lived_in[0], tmp_path / "home")
    return tmp_path / "home"


def start(folder, *words, **variables):
    """What a start in that folder says, which is not expected to last."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RETICKET_")}
    command = [sys.executable, "-m", "reticket", "serve", "--port", "0"]
    return subprocess.run(
        [*command, "--data", str(folder / "data"), *map(str, words)],
        env=clean | CHEAP_SIGN_INS | variables, capture_output=True, text=True, timeout=10,
    )  # fmt: skip


def sentence(stopped):
    """The one line that a failed start leaves."""
    assert (stopped.returncode, stopped.stdout) == (1, ""), stopped
    (line,) = stopped.stderr.splitlines()
    said = line.removeprefix("Error: ")
    assert said != line
    assert ". " not in said
    return said


def configured(folder, text):
    file = folder / "reticket.toml"
    file.write_text(text)
    return start(folder, "--config", file)


def seeded(folder, text):
    file = folder / "seed.yaml"
    file.write_text(text)
    return start(folder, "--seed", file)


def test_a_taken_port(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        said = sentence(start(tmp_path, "--port", port))
    assert said.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert said.endswith("choose another with --host and --port")


@pytest.mark.parametrize("kind", UNWRITABLE)
def test_a_data_folder_that_cannot_be_written(tmp_path, kind):
    place = tmp_path / "place"
    if kind == "read only":
        (place / "data").mkdir(parents=True)
        (place / "data").chmod(0o500)
    elif kind == "a file":
        place.mkdir()
        (place / "data").touch()
    else:
        place.touch()
    said = sentence(start(place))
    assert said.startswith(f"the data folder {place / 'data'} cannot be written: ")


def test_a_data_folder_in_use(server):
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
def test_a_damaged_database(home, name, table, damage):
    file = home / "data" / f"{name}.sqlite"
    damage(file, table)
    said = sentence(start(home))
    assert f"{file} is damaged or is no database; restore it from a backup" in said


def test_a_seed_with_a_fault_names_its_line_and_shows_no_password(tmp_path):
    text = "users:\n  - email: ada@example.com\n    password: hunter2\n    tenants: {1000: [one]}\n"
    said = sentence(seeded(tmp_path, text))
    assert said.startswith(f"{tmp_path / 'seed.yaml'}, line 4: ")
    assert "users[0].tenants" in said
    assert "hunter2" not in said


def test_a_seed_that_is_no_yaml_names_its_line(tmp_path):
    said = sentence(seeded(tmp_path, "users:\n- a\n b: c\n"))
    assert said.startswith(f"{tmp_path / 'seed.yaml'}, line 3: this is not YAML")


def test_a_seed_that_is_not_there(tmp_path):
    file = tmp_path / "nowhere.yaml"
    said = sentence(start(tmp_path, "--seed", file))
    assert said == f"Cannot read {file}: No such file or directory."


FILES = {
    "prot = 9000": "{file}: prot is not a setting; did you mean port?",
    "[dialects.akinon]\nzzz = 1": "dialects.akinon.zzz is not a setting; accepted are ",
    "body_limit = 10": "{file}: body_limit must be a whole number of bytes, at least 1024, is 10",
    "log_level = 'loud'": "{file}: log_level must be debug, info, warning or error, is 'loud'",
    "[policies.KIBO_2026]\nrefresh = 60": (
        "policies.KIBO_2026: refresh (60 s) is shorter than access (3600 s): "
        "a session would end while its access token is still good"
    ),
    "[policies.akinon.user]\naccess = 86400\nrefresh = 3600": (
        "policies.akinon.user: refresh (3600 s) is shorter than access (86400 s): "
    ),
    "tls_certificate = 'nowhere.pem'\ntls_key = 'nowhere.pem'": (
        "{file}: tls_certificate must be the path of a file that exists, is 'nowhere.pem'"
    ),
    f"master_key = '{OTHER_KEY}'": "{file}: master_key is accepted only as RETICKET_MASTER_KEY",
    "port =": "{file} is not valid TOML: ",
}
VARIABLES = {
    ("RETICKET_PROT", "9000"): "RETICKET_PROT is not a setting; did you mean RETICKET_PORT?",
    ("RETICKET_STOP_TIMEOUT", "soon"): (
        "RETICKET_STOP_TIMEOUT must be seconds, from 0 to 3600, is 'soon'"
    ),
    ("RETICKET_MASTER_KEY", "hush, not base64"): "RETICKET_MASTER_KEY must be base64 of 32 bytes",
    ("RETICKET_MASTER_KEY", OTHER_KEY[:-8]): "RETICKET_MASTER_KEY must be base64 of 32 bytes",
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """What each of these starts said, by its file's text or its variable: two at a time."""

    def said(case):
        folder = tmp_path_factory.mktemp("stopped")
        if case in FILES:
            return folder / "reticket.toml", configured(folder, case)
        return None, start(folder, **dict([case]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        cases = [*FILES, *VARIABLES]
        return dict(zip(cases, pool.map(said, cases), strict=True))


@pytest.mark.parametrize("text", FILES)
def test_a_file_of_settings_with_a_fault(stopped, text):
    file, start_failed = stopped[text]
    said = sentence(start_failed)
    assert said.startswith(FILES[text].format(file=file))
    assert OTHER_KEY not in said


@pytest.mark.parametrize("case", VARIABLES, ids=" ".join)
def test_a_variable_with_a_fault(stopped, case):
    said = sentence(stopped[case][1])
    assert said.startswith(VARIABLES[case])
    assert "MASTER_KEY" not in case[0] or case[1] not in said


def test_a_file_of_settings_that_is_not_there(tmp_path):
    file = tmp_path / "nowhere.toml"
    said = sentence(start(tmp_path, "--config", file))
    assert said == f"{file} cannot be read: No such file or directory"


def test_a_certificate_that_is_none(tmp_path):
    file = tmp_path / "cert.pem"
    file.write_text("no certificate")
    said = sentence(configured(tmp_path, f"tls_certificate = '{file}'\ntls_key = '{file}'\n"))
    assert said.startswith("the TLS certificate or its key cannot be used: ")


def test_a_master_key_that_sealed_nothing(home):
    said = sentence(start(home, RETICKET_MASTER_KEY=OTHER_KEY))
    assert said.startswith("the master key does not open the sealed keys")
    assert OTHER_KEY not in said


def test_a_key_file_that_was_lost_is_not_made_anew(home):
    key = home / "data" / "master.key"
    key.unlink()
    assert "master key" in sentence(start(home))
    assert not key.exists()


def test_failed_starts_do_not_hinder_a_good_one(home, lived_in):
    key = home / "data" / "master.key"
    sentence(seeded(home, "users: nobody\n"))
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        sentence(start(home, "--port", taken.getsockname()[1]))
    sentence(start(home, RETICKET_MASTER_KEY=OTHER_KEY))
    kept = key.read_bytes()
    with running_server(home) as running:
        answer = AKINON.refresh(running.url, lived_in[1])
    assert AKINON.is_good(answer)
    assert key.read_bytes() == kept


def test_a_first_start_that_failed_leaves_a_folder_to_start_in(tmp_path):
    sentence(seeded(tmp_path, "users:\n  - email: ada@example.com\n"))
    with running_server(tmp_path) as running:
        AKINON.sign_in(running.url)
        assert call(running.url, "GET", "/health/ready")[0] == 200
