"""The front page, and the settings that switch a dialect or the documents off."""

import json
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.http.wire import WIRES, call

import reticket
from reticket import __version__
from reticket.runtime.opening import Builder
from reticket.testing import running_server

AKINON, CLOUDREVE, KIBO = WIRES[0], WIRES[1], WIRES[2]


@contextmanager
def served(tmp_path_factory, name, **said):
    settings = {f"RETICKET_{key.upper()}": value for key, value in said.items()}
    seed = {"seed": None} if name == "demo" else {}
    with running_server(tmp_path_factory.mktemp(name), settings=settings, **seed) as running:
        yield running


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with served(tmp_path_factory, "demo") as running:
        yield running


@pytest.fixture(scope="module")
def without_kibo(tmp_path_factory):
    with served(tmp_path_factory, "demo", dialects__kibo__enabled="false") as running:
        yield running


@pytest.fixture(scope="module")
def without_docs(tmp_path_factory):
    with served(tmp_path_factory, "plain", docs="false") as running:
        yield running


def links(url):
    status, headers, page = call(url, "GET", "/")
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'")
    return re.findall(r'href="([^"]+)"', page.decode())


def test_every_link_of_the_front_page_works(server):
    found = [each for each in links(server.url) if not each.startswith("data:")]
    assert {"docs?dialect=kibo", "openapi/oauth.json", "health/ready"} <= set(found)
    assert ".well-known/openid-configuration" in found
    for each in found:
        assert call(server.url, "GET", f"/{each}")[0] == 200, each


def test_only_a_demo_shows_its_version(server, demo):
    assert __version__.encode() in call(demo.url, "GET", "/")[2]
    assert __version__.encode() not in call(server.url, "GET", "/")[2]


def test_all_pages_have_the_colours_of_one_file(server):
    base = Path(reticket.__file__).with_name("base.css")
    for path in ("/site.css", "/oauth/device"):
        status, _, said = call(server.url, "GET", path)
        assert status == 200
        assert base.read_text() in said.decode()
    styles = base.parent.rglob("*.css")
    assert [each for each in styles if ":root" in each.read_text()] == [base]


def bodies(url, name):
    document = json.loads(call(url, "GET", f"/docs/{name}.json")[2])
    return [
        content["example"]
        for path in document["paths"].values()
        for operation in path.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "example" in content
    ]


def test_only_a_demo_has_the_passwords_of_the_demo_in_its_examples(server, demo):
    assert {"username": "ada@example.com", "password": "correct horse"} in bodies(
        demo.url, "akinon"
    )
    for name in ("akinon", "cloudreve", "kibo", "oauth"):
        assert bodies(server.url, name) == []


def test_the_published_documents_have_no_example_of_ours(demo):
    assert b"correct horse" not in call(demo.url, "GET", "/openapi/akinon.json")[2]


def test_an_unknown_dialect_has_no_page(server):
    assert call(server.url, "GET", "/docs?dialect=other")[0] == 404


def test_a_disabled_dialect_has_no_routes(without_kibo):
    assert call(without_kibo.url, "POST", "/api/platform/applications/authtickets", "{}")[0] == 404
    assert AKINON.is_good(
        call(
            without_kibo.url,
            AKINON.method,
            AKINON.refresh_path,
            AKINON.body_of(AKINON.sign_in(without_kibo.url)),
        )
    )


def test_a_disabled_dialect_has_no_documents_and_no_examples(without_kibo):
    assert not [each for each in links(without_kibo.url) if "kibo" in each]
    assert call(without_kibo.url, "GET", "/openapi/kibo.json")[0] == 404
    assert call(without_kibo.url, "GET", "/docs?dialect=kibo")[0] == 404
    printed = without_kibo.log.read_text()
    assert "# Akinon: sign in" in printed
    assert "Kibo" not in printed


def test_without_oauth_there_is_no_admin_api(tmp_path_factory):
    with served(tmp_path_factory, "plain", dialects__oauth__enabled="false") as running:
        said = {"Authorization": "Bearer a.b.c"}
        assert call(running.url, "GET", "/admin/v1/users", None, said)[0] == 404
        assert not [each for each in links(running.url) if "admin" in each or "oauth" in each]


def test_a_session_of_a_disabled_dialect_continues_when_it_is_enabled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("off")
    with running_server(folder) as running:
        token = KIBO.sign_in(running.url)
    with running_server(folder, settings={"RETICKET_DIALECTS__KIBO__ENABLED": "false"}) as off:
        assert call(off.url, KIBO.method, KIBO.refresh_path, KIBO.body_of(token))[0] == 404
        AKINON.sign_in(off.url)
    with running_server(folder) as on:
        assert KIBO.is_good(call(on.url, KIBO.method, KIBO.refresh_path, KIBO.body_of(token)))


def test_without_documents_the_front_page_names_none(without_docs):
    for path in ("/docs", "/docs/kibo.json", "/openapi/kibo.json", "/docs/assets/swagger-ui.css"):
        assert call(without_docs.url, "GET", path)[0] == 404
    assert not [each for each in links(without_docs.url) if "docs" in each or "openapi" in each]


def test_settings_of_a_disabled_dialect_are_still_checked(monkeypatch):
    builder = Builder()
    monkeypatch.setenv("RETICKET_DIALECTS__KIBO__ENABLED", "false")
    monkeypatch.setenv("RETICKET_POLICIES__KIBO.APPLICATION__ACCESS", "1800")
    names = [each.name for each in builder.documented(builder.load(None, {}))]
    assert "kibo" not in names
    assert {"akinon", "oauth", "admin"} <= set(names)


@pytest.mark.parametrize(
    ("value", "fault"), [("maybe", "dialects.kibo.enabled must be true or false")]
)
def test_enabled_is_true_or_false(monkeypatch, value, fault):
    builder = Builder()
    monkeypatch.setenv("RETICKET_DIALECTS__KIBO__ENABLED", value)
    with pytest.raises(Exception, match=re.escape(fault)):
        builder.dialects(builder.load(None, {}))
