"""The page on the directory file has the keys that its readers take; its example can be loaded."""

from __future__ import annotations

import ast
import os
import re
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.docs.tables import page, tables, words

from reticket.core.people import Client
from reticket.core.policy import PRESETS, by_any_name
from reticket.directory import seed
from reticket.directory.directory import open_directory
from reticket.directory.seed import load_seed
from reticket.directory.seed.fields import Fields
from reticket.oauth.provider import Provider
from reticket.oauth.registration import registration_of

PAGE = page("directory.md")
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL).group(1)
WRITTEN_ELSEWHERE = {"oauth_clients.jwks"}
"""Forms of an RFC."""

WITH_ALL_FORMS = f"""{EXAMPLE}
applications: [{{application_id: a, shared_secret: b}}]
developer_accounts: [{{id: 1}}]
"""
ONE_TENANT = "tenants: [{id: 7}]"
NOW = 1_700_000_000_000


class Hasher:
    def hash(self, secret):
        return f"hash of {secret}"


class Forms:
    """What the readers ask of a file, by the path of each form."""

    def __init__(self, monkeypatch):
        self.known, self.needed, self.defaults, self.read_at = {}, {}, {}, set()
        self._watch(monkeypatch)

    def _watch(self, monkeypatch):
        begin, required, optional = Fields.__init__, Fields.required, Fields.optional

        def begun(fields, value, known):
            caller = sys._getframe(1)
            self.read_at.add((Path(caller.f_code.co_filename).name, caller.f_lineno))
            fields.path = re.sub(r"\[\d+\]", "", value._path)
            self.known[fields.path] = set(known)
            begin(fields, value, known)

        def requiring(fields, key, read):
            self.needed.setdefault(fields.path, set()).add(key)
            return required(fields, key, read)

        def asking(fields, key, read, default):
            self.defaults[fields.path, key] = default
            return optional(fields, key, read, default)

        monkeypatch.setattr(Fields, "__init__", begun)
        monkeypatch.setattr(Fields, "required", requiring)
        monkeypatch.setattr(Fields, "optional", asking)


@pytest.fixture
def directory(tmp_path):
    url = f"sqlite:///{tmp_path / 'directory.sqlite'}"
    with closing(open_directory(url, None, lambda: NOW, os.urandom)) as opened:
        yield opened


def load(directory, file, text):
    file.write_text(text)
    created = len(load_seed(file, directory, Hasher()))
    directory.catch_up_now()
    return created


@pytest.fixture
def forms(monkeypatch, directory, tmp_path):
    found = Forms(monkeypatch)
    load(directory, tmp_path / "directory.yaml", WITH_ALL_FORMS)
    load(directory, tmp_path / "tenant.yaml", ONE_TENANT)
    return found


def documented():
    """The rows of each form, by its path; the whole file has none."""
    found = {}
    for heading, rows in tables(PAGE).items():
        for path in re.findall(r"`([a-z_.]+)`", heading):
            found[path] = rows
        if heading == "The file":
            found[""] = rows
    return found


def test_every_form_is_tested(forms):
    written = set()
    for file in Path(seed.__file__).parent.glob("*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef) and function.name != "checked_registration":
                written |= {
                    (file.name, node.lineno)
                    for node in ast.walk(function)
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "Fields"
                }
    assert forms.read_at == written


def test_each_form_lists_exactly_its_keys(forms):
    known = {path: sorted(keys) for path, keys in forms.known.items()}
    for path in WRITTEN_ELSEWHERE:
        del known[path]
    assert {path: sorted(words(rows)) for path, rows in documented().items()} == known


def test_required_keys_and_defaults_are_correct(forms):
    assert documented()
    for path, rows in documented().items():
        for key, _, default, _ in rows:
            key = key.strip("`")
            assert (default == "needed") == (key in forms.needed.get(path, ())), (path, key)
            said = forms.defaults.get((path, key))
            if said not in (None, (), {}):
                assert default == f"`{str(said).lower() if isinstance(said, bool) else said}`"
            elif default.startswith("`") and path != "oauth_clients":
                pytest.fail(f"{path}.{key} has no default")


def test_defaults_of_a_client_are_those_of_its_registration():
    rows = {key.strip("`"): default for key, _, default, _ in documented()["oauth_clients"]}
    site = Provider("https://id.example.com", by_any_name(PRESETS))
    found = registration_of(Client("some", False, False, {}, created_at=0), site)
    assert found.policy.name.startswith(rows["policy"].strip("`"))
    assert (found.name, rows["name"]) == ("some", "the `client_id`")
    assert (found.admin, rows["admin"]) == (False, "`false`")
    none = [found.redirect_uris, found.scopes, found.resources, found.jwks]
    assert not any(none)
    assert {rows[key] for key in ("redirect_uris", "scopes", "resources", "jwks")} == {"none"}


def test_the_example_can_be_loaded(directory, tmp_path):
    file = tmp_path / "directory.yaml"
    assert load(directory, file, EXAMPLE) == 5
    assert load(directory, file, EXAMPLE) == 0
    assert directory.client("shop").public
    assert not directory.client("reports").public
    assert directory.client("till").registration["policy"] == {"preset": "BROWSER", "window": 5}


def test_existing_records_are_not_altered_and_deleted_ones_are_created_again(directory, tmp_path):
    file = tmp_path / "directory.yaml"
    load(directory, file, EXAMPLE)
    assert load(directory, file, EXAMPLE.replace("first_name: Ada", "first_name: Eve")) == 0
    assert directory.user_by_email("ada@example.com").first_name == "Ada"
    directory.users.delete("ada@example.com")
    assert load(directory, file, EXAMPLE) == 1
