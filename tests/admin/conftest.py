"""A running service, and the admin's own token for it."""

from __future__ import annotations

import json
import os
import time
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.http.wire import call
from tests.operation.ran import ran
from tests.pages.people import one_time_password

from reticket.core.commands import IssueAccess
from reticket.directory.drafts import ClientDraft
from reticket.oauth.provider import CLIENT
from reticket.oauth.registration import with_admin_scope
from reticket.runtime.opening import Builder
from reticket.testing import running_server
from reticket.testing.waiting import until

BASE = "/admin/v1"
ADA = "ada@example.com"


def at_the_shell(server, work):
    """The result of `work` with the opened service and its builder, while the service runs."""
    builder = Builder()
    said = {"data": server.data, "issuer": server.url}
    with closing(builder.open(builder.load(None, said))) as instance:
        return work(builder, instance)


def token_for(server, client_id, scope="admin", **asked):
    """An access token that a client got for itself."""

    def operation(holder):
        return (yield IssueAccess(CLIENT, holder, scope, asked=tuple(asked.items())))

    def work(builder, instance):
        issued = builder.perform(instance, operation(instance.directory.client(client_id)))
        return issued.access_token

    return at_the_shell(server, work)


def add_client(server, client_id, **said):
    draft = ClientDraft(client_id, disabled=False, registration=with_admin_scope(said))
    at_the_shell(server, lambda _, instance: instance.directory.clients.add(draft, "hash"))


@dataclass(frozen=True)
class AdminClient:
    """A client of the admin API."""

    url: str
    data: Path
    token: str | None

    def ask(self, method, path, body=None, **headers):
        """Status, headers and decoded body."""
        said = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = None if body is None else json.dumps(body)
        status, found, answer = call(self.url, method, BASE + path, text, said)
        return status, found, json.loads(answer) if answer else None

    def good(self, method, path, body=None, **headers):
        status, _, said = self.ask(method, path, body, **headers)
        assert status in (200, 201, 204), said
        return said

    def events(self):
        text = (self.data / "audit.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]


def begun(api, who):
    """A new key of a person's, in base32."""
    return api.good("POST", f"/users/{who}/factor")["secret"]


def first_code(secret):
    """The body that confirms a key."""
    return {"code": one_time_password(secret, int(time.time()))}


def enrolled(api, who):
    """Give a person a second factor; the recovery codes of it."""
    path = f"/users/{who}/factor/confirm"
    return api.good("POST", path, first_code(begun(api, who)))["recovery_codes"]


def get_token(url, client_id, secret, **more):
    """The response of the token endpoint to client credentials, once it has the time for one."""
    basic = b64encode(f"{client_id}:{secret}".encode()).decode()
    said = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    form = urlencode({"grant_type": "client_credentials", **more})
    answers = []

    def answered():
        answers.append(call(url, "POST", "/oauth/token", form, said))
        return answers[-1][0] != 503

    until(answered, "a token", lambda: str(answers[-1][0]))
    status, _, answer = answers[-1]
    return status, json.loads(answer)


def init(data):
    """The lines that `reticket init` prints."""
    return reticket(data, "init").splitlines()


def reticket(data, *words):
    """The output of the command, which must succeed."""
    ended = ran([*words, "--data", data], dict(os.environ))
    assert ended.returncode == 0, ended
    return ended.stdout


@pytest.fixture(scope="session")
def first_admin(tmp_path_factory):
    """A data folder, and the secret that `init` has printed for it."""
    folder = tmp_path_factory.mktemp("admin")
    lines = init(folder / "data")
    return folder, lines[-1].split()[1]


@pytest.fixture(scope="session")
def server(first_admin):
    with running_server(first_admin[0]) as running:
        yield running


@pytest.fixture(scope="session")
def api(server, first_admin):
    status, answer = get_token(server.url, "admin", first_admin[1], scope="admin")
    assert status == 200, answer
    return AdminClient(server.url, server.data, answer["access_token"])
