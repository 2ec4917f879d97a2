"""Texts from callers are escaped on a terminal."""

import json
from contextlib import closing

import pytest

from reticket.cli.context import show
from reticket.runtime.opening import Builder
from reticket.testing.store_contract import family_of

BAD = "curl\x1b[31m\x9b\u202e\u200b\n2"
ESCAPED = "curl\\u001b[31m\\u009b\\u202e\\u200b\\u000a2"


@pytest.fixture
def family(shell):
    """The id of a session whose device has such a name."""
    builder = Builder()
    with closing(builder.open(builder.load(None, {"data": shell.data}))) as instance:
        row = family_of(7, device=BAD)
        instance.store.create([row])
    return row.id.hex()


def test_a_table_has_no_character_that_acts_on_a_terminal(capsys):
    show([{"name": BAD, "names": [BAD, "x"]}], ("name", "names"), as_json=False)
    said = capsys.readouterr().out
    assert said.splitlines()[1].split() == [ESCAPED, f"{ESCAPED},x"]
    assert said.replace("\n", "").isprintable()


def test_json_output_is_escaped_too_and_has_the_same_content(capsys):
    show([{"name": BAD}], ("name",), as_json=True)
    said = capsys.readouterr().out
    assert said.replace("\n", "").isprintable()
    assert json.loads(said) == [{"name": BAD}]


def test_a_session_s_device_is_escaped_when_shown_and_kept_as_it_was(shell, family):
    assert ESCAPED in shell.run("session", "show", family)
    said = shell.run("session", "show", family, "--json")
    assert said.replace("\n", "").isprintable()
    assert json.loads(said)[0]["device"] == BAD


def test_a_client_s_name_is_escaped_when_shown_and_kept_as_it_was(shell):
    name = "Orders\u202e\u200b"
    shell.run("client", "add", "bidi", "--name", name)
    said = shell.run("client", "show", "bidi")
    assert said.replace("\n", "").isprintable()
    assert "Orders\\u202e\\u200b" in said
    shown = json.loads(shell.run("client", "show", "bidi", "--json"))
    assert name in json.dumps(shown, ensure_ascii=False)


def test_an_error_that_repeats_a_name_is_escaped(shell):
    assert "\x1b" not in shell.run("client", "show", "a\x1b[31mb", ok=False)
