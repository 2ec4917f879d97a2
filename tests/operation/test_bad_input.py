"""A fault stops the start with one sentence: the remedy, and no password."""

import os
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest
from tests.operation.conftest import MASTER_KEY, commands_in, delete_settings
from tests.stores.valkey.servers import free_port

from reticket.testing.server import CHEAP_SIGN_INS

SECRET = "hunter2"

FORM = "must look like postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with the special characters"
PG_FORM = "it looks like postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
VALKEY_FORM = "write valkey://host:6379/0 or valkey-cluster://host:6379,host:6379"
RIGHT = "check that it runs and that host, user, password and database in its URL are right"
VALKEY_RIGHT = "check that it runs and that the address, user and password in its URL are right"


class Fault(NamedTuple):
    """A URL and the message about it, with names in braces."""

    url: str
    says: tuple[str, ...]


SESSIONS = {
    "a scheme that there is not": Fault(f"redis://u:{SECRET}@h/0", ("must be sqlite:///PATH,",)),
    "no URL": Fault(SECRET, ("must be sqlite:///PATH,",)),
    "no slashes": Fault(f"postgresql:u:{SECRET}@h/x", ("postgresql://USER",)),
    "a space in it": Fault(f"postgresql://u:{SECRET} x@h/x", ("postgresql://USER",)),
    "SQLite without a path": Fault(f"sqlite://{SECRET}", ("sqlite:///",)),
    "SQLite in no folder": Fault("sqlite:////no/such/folder/x", ("/no/such/folder/x",)),
    "PostgreSQL, half a host": Fault(f"postgresql://u:{SECRET}@[::1/x", (PG_FORM,)),
    "PostgreSQL, @ in a password": Fault(f"postgresql://u:a@{SECRET}@127.0.0.1:1/x", (PG_FORM,)),
    "PostgreSQL, / in a password": Fault(f"postgresql://u:1/{SECRET}@127.0.0.1:1/x", (PG_FORM,)),
    "PostgreSQL, no such option": Fault(f"postgresql://u:{SECRET}@h/x?a=1", (PG_FORM,)),
    "PostgreSQL, nobody there": Fault(
        f"postgresql://u:{SECRET}@127.0.0.1:{{free}}/x",
        ("cannot reach PostgreSQL at 127.0.0.1:{free}/x: ", "Connection refused", RIGHT),
    ),
    "PostgreSQL, a wrong password": Fault(
        f"postgresql://guarded:{SECRET}@{{postgresql}}/reticket",
        ('password authentication failed for user "guarded"', RIGHT),
    ),
    "PostgreSQL, no such database": Fault(
        f"postgresql://postgres:{SECRET}@{{postgresql}}/nowhere",
        ('database "nowhere" does not exist', RIGHT),
    ),
    "Valkey, no host": Fault(f"valkey://u:{SECRET}@", ("names no host", VALKEY_FORM)),
    "Valkey, no number": Fault(f"valkey://u:{SECRET}@h/x", ("is a number from 0 to",)),
    "Valkey, / in a password": Fault(f"valkey://u:a/{SECRET}@127.0.0.1:1", (VALKEY_FORM,)),
    "Valkey, ? in a password": Fault(f"valkey://u:a?{SECRET}@127.0.0.1:1", (VALKEY_FORM,)),
    "Valkey, nobody there": Fault(
        f"valkey://u:{SECRET}@127.0.0.1:{{free}}",
        ("Valkey at 127.0.0.1:{free} cannot be used: ", "Connection refused", VALKEY_RIGHT),
    ),
    "a cluster, nobody there": Fault(
        f"valkey-cluster://u:{SECRET}@127.0.0.1:{{free}}",
        ("Valkey at 127.0.0.1:{free} cannot be used: ", VALKEY_RIGHT),
    ),
    "Valkey that wants no password": Fault(
        f"valkey://u:{SECRET}@127.0.0.1:{{valkey}}", ("cannot be used", VALKEY_RIGHT)
    ),
    "one server as a cluster": Fault(
        "valkey-cluster://127.0.0.1:{valkey}", ("is no cluster: write valkey://",)
    ),
    "a node of a cluster as one server": Fault(
        "valkey://{node}", ("is a node of a cluster: write valkey-cluster://",)
    ),
}

DIRECTORY = {
    "a scheme that there is not": Fault(f"mysql://u:{SECRET}@h/x", ("must be sqlite:///PATH",)),
    "no slashes": Fault(f"postgresql:u:{SECRET}@h/x", ("must be sqlite:///PATH",)),
    "half a host": Fault(f"postgresql://u:{SECRET}@[::1/x", (FORM,)),
    "@ in a password": Fault(f"postgresql://u:a@{SECRET}@127.0.0.1:1/x", (FORM,)),
    "nobody there": Fault(
        f"postgresql://u:{SECRET}@127.0.0.1:{{free}}/x",
        ("cannot open the directory 127.0.0.1:{free}/x: ", "Connection refused", RIGHT),
    ),
    "a wrong password": Fault(
        f"postgresql://guarded:{SECRET}@{{postgresql}}/reticket",
        ('password authentication failed for user "guarded"', RIGHT),
    ),
    "no such database": Fault(
        f"postgresql://postgres:{SECRET}@{{postgresql}}/nowhere",
        ('database "nowhere" does not exist', RIGHT),
    ),
}

BY_SESSIONS = {
    "serve": ("serve", "--create", "--port", "0"),
    "doctor": ("doctor",),
    "migrate": ("migrate", "up"),
    "move from": ("move", "--from", "env:PLACE", "--to", "memory:"),
    "move to": ("move", "--from", "memory:", "--to", "env:PLACE"),
}


@pytest.fixture(scope="session")
def places(postgresql, valkey, node):
    return {
        "free": free_port(),
        "postgresql": postgresql.server.address,
        "valkey": valkey.servers[0].port,
        "node": node,
    }


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data folder after `init`, made once."""
    data = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as environment:
        delete_settings(environment)
        commands_in(data)(RETICKET_SESSIONS="memory:").run("init")
    return data


@pytest.fixture
def begun(commands, prepared, tmp_path):
    """`commands` in a copy of it."""
    shutil.copytree(prepared, tmp_path / "data", dirs_exist_ok=True)
    return commands


def hold(said, fault, places, folder):
    for part in fault.says:
        assert part.format(**places) in said
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in each for each in [said.encode(), *written])


@pytest.mark.parametrize("command", BY_SESSIONS)
@pytest.mark.parametrize("name", SESSIONS)
def test_a_bad_url_of_sessions_stops_every_command(begun, places, tmp_path, name, command):
    fault, words = SESSIONS[name], BY_SESSIONS[command]
    url = fault.url.format(**places)
    moving = "env:PLACE" in words
    opened = begun(RETICKET_SESSIONS="memory:" if moving else url, PLACE=url)
    said = opened.refused(*words)
    hold(said, fault, places, tmp_path)


@pytest.mark.parametrize("command", ["serve", "doctor", "migrate"])
@pytest.mark.parametrize("name", DIRECTORY)
def test_a_bad_url_of_the_directory_stops_every_command(commands, places, tmp_path, name, command):
    url = DIRECTORY[name].url.format(**places)
    opened = commands(RETICKET_DIRECTORY=url, RETICKET_SESSIONS="memory:")
    said = opened.refused(*BY_SESSIONS[command])
    hold(said, DIRECTORY[name], places, tmp_path)


@pytest.mark.parametrize(
    ("who", "says"),
    [("", "Authentication required"), ("u:no@", "invalid user"), (":no@", "invalid user")],
)
def test_a_valkey_that_requires_a_password_is_reported(begun, valkey, who, says):
    port = valkey.servers[0].port
    valkey.client.config_set("requirepass", "right")
    try:
        said = begun(RETICKET_SESSIONS=f"valkey://{who}127.0.0.1:{port}").refused("doctor")
    finally:
        valkey.client.config_set("requirepass", "")
    assert said.endswith(VALKEY_RIGHT)
    assert says in said


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@h/x", f"postgresql://u:a/{SECRET}@h/x", f"valkey://:{SECRET}@h",
        f"postgresql://u:a@{SECRET}@h/x", f"postgresql:u:{SECRET}@h/x",
        f"postgresql://h/x?password={SECRET}", f"postgresql://h/x?sslpassword={SECRET}",
        f"valkey-cluster://u:{SECRET}@h:1,h:2",
    ],
)  # fmt: skip
def test_move_takes_no_password_on_the_command_line(commands, option, url):
    other = "--to" if option == "--from" else "--from"
    said = commands().misused("move", option, url, other, "memory:")
    assert "env:NAME" in said
    assert "file:PATH" in said
    assert SECRET not in said


@pytest.mark.parametrize("text", ["", "a b\n", "a\nb\n", b"\xff", None])
def test_move_reports_a_fault_in_the_file_of_a_url(commands, tmp_path, text):
    file = tmp_path / "url"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = commands().misused("move", "--from", f"file:{file}", "--to", "memory:")
    assert str(file) in said
    assert "there is no variable NOWHERE" in commands().misused(
        "move", "--from", "env:NOWHERE", "--to", "memory:"
    )


WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from reticket.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("driver", "setting", "url", "words"),
    [
        ("psycopg", "SESSIONS", "postgresql://u:hunter2@h/x", BY_SESSIONS["serve"]),
        ("psycopg", "DIRECTORY", "postgresql://u:hunter2@h/x", BY_SESSIONS["serve"]),
        ("psycopg", "SESSIONS", "postgresql://u:hunter2@h/x", BY_SESSIONS["move to"]),
        ("valkey", "SESSIONS", "valkey://u:hunter2@h", BY_SESSIONS["doctor"]),
        ("valkey", "SESSIONS", "valkey-cluster://u:hunter2@h", BY_SESSIONS["migrate"]),
    ],
)
def test_a_missing_driver_names_the_extra(tmp_path, alone, driver, setting, url, words):
    data = tmp_path / "data"
    data.mkdir()
    settings = {**CHEAP_SIGN_INS, "RETICKET_MASTER_KEY": MASTER_KEY, f"RETICKET_{setting}": url}
    settings["PLACE"] = url
    command = [sys.executable, "-c", WITHOUT, driver, *words, "--data", str(data)]
    ended = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    extra = {"psycopg": "postgresql", "valkey": "valkey"}[driver]
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert driver in line
    assert f"pip install 'reticket[{extra}]'" in line
    assert SECRET not in line
