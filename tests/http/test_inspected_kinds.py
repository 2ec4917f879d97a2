"""A registered client inspects the tokens that the examples of each dialect give."""

import json
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from tests.dialects.every import BUILT
from tests.http.wire import call
from tests.verify.issuing import issuing

from reticket.directory.drafts import ClientDraft
from reticket.testing.waiting import until
from reticket.wire_examples import ACCESS, tokens_in

SECRET = "inspect-all"
KINDS = {
    kind.name: name for name, each in BUILT.items() for kind in each.kinds if kind.is_inspected
}
EXAMPLES = [
    pytest.param(name, example, id=f"{name}: {example.title}")
    for name, dialect in BUILT.items()
    for example in dialect.examples
]
NOBODY = "inspects-nothing"


def clients():
    """For each dialect a client that inspects all its kinds, and one that inspects all others."""
    yield NOBODY, ()
    for name in BUILT:
        yield name, tuple(kind for kind, owner in KINDS.items() if owner == name)
        yield f"not-{name}", tuple(kind for kind, owner in KINDS.items() if owner != name)


@pytest.fixture(scope="module")
def inspecting(server):
    with issuing(server) as issuer:
        instance = issuer.instance
        hashed = instance.hasher.hash(SECRET)
        for client, kinds in clients():
            draft = ClientDraft(client, disabled=False, registration={"inspects": list(kinds)})
            instance.directory.clients.add(draft, hashed)
    until(lambda: look(server, NOBODY, "x")[0] == 200, "the clients")
    return server


def look(server, client, token):
    said = b64encode(f"{client}:{SECRET}".encode()).decode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Basic {said}",
    }
    form = urlencode({"token": token})
    status, _, body = call(server.url, "POST", "/oauth/introspect", form, headers)
    return status, body


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_each_token_of_a_sign_in_is_told_to_who_is_registered_for_it(inspecting, name, example):
    method, path = example.sign_in
    headers = {"Content-Type": example.content_type}
    _, _, body = call(inspecting.url, method, path, example.body, headers)
    tokens = tokens_in(example, body.decode())
    assert tokens
    for word, token in tokens.items():
        for client in (NOBODY, f"not-{name}"):
            assert look(inspecting, client, token) == (200, b'{"active":false}')
        status, body = look(inspecting, name, token)
        said = json.loads(body)
        assert (status, said["active"]) == (200, True)
        assert said["iss"] == inspecting.url
        assert said["iat"] < said["exp"]
        assert KINDS[said["kind"]] == name if "kind" in said else name == "oauth"
        assert ("token_type" in said) is (word == ACCESS)
        assert "cv" not in said
        assert said.get("username", "ada") == "ada"
