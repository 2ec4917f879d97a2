"""A running server sees the changes of commands in other processes."""

import base64
import hmac
import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from tests.http.wire import PASSWORD, WIRES, call, events
from tests.operation.commands import Commands
from tests.operation.ran import ran

from reticket.testing import running_server
from reticket.testing.waiting import until

TOTP_SECRET = "JBSWY3DPEHPK3PXP"
TENANTS = "/api/platform/adminuser/authtickets/tenants"
AKINON, CLOUDREVE, APPLICATION, DEVELOPER, ADMIN = WIRES
PEOPLE = ["blocked", "renamed", "changer", "forgotten", "member", "guest", "seen", "keeper",
          "saved", "ended", "banned"]  # fmt: skip
SEED = """
applications:
  - {{application_id: ns.app.1.0.0.Release, shared_secret: s3cret}}
developer_accounts: [{{id: 77, name: Acme}}]
tenants: [{{id: 1000, name: US}}, {{id: 1001, name: EU}}, {{id: 1002, name: Asia}}]
users:
"""
PERSON = """
  - email: {name}@example.com
    password: {password}
    tenants: {{1000: [1], 1001: [1]}}
    developer_accounts: {{77: [1]}}
    organization: {{name: Acme}}
    cloudreve: {{nickname: {name}, group: {{name: User}}{more}}}
"""


def seed_file(folder, people, more=""):
    file = folder / "seed.yaml"
    written = [PERSON.format(name=name, password=PASSWORD, more=more) for name in people]
    file.write_text(SEED.format() + "".join(written))
    return file


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changes")
    with running_server(folder, seed=seed_file(folder, PEOPLE)) as running:
        yield running


def command(data, *words, said=""):
    """Run a command beside the service; what it printed."""
    return Commands(data).run(*words, said=said)


def rows(data, *words):
    return json.loads(command(data, *words, "--json"))


def seen(holds):
    """Whether it comes true, on a machine with much else to do."""
    until(holds)
    return True


def sign_in(server, wire, name, password=PASSWORD):
    """The answer to a person's sign-in."""
    member = next(iter(wire.sign_in_body))
    body = json.dumps({member: f"{name}@example.com", "password": password})
    return call(server.url, "POST", wire.sign_in_path, body)


def token_of(server, wire, name):
    return wire.token_of(sign_in(server, wire, name)[2])


def sessions_of(server, name):
    """A session of that person in every dialect that has persons."""
    return [(wire, token_of(server, wire, name)) for wire in WIRES if wire is not APPLICATION]


def all_refused(server, sessions):
    return all(wire.is_refused(wire.refresh(server.url, token)) for wire, token in sessions)


def refreshed(server, sessions):
    """The same sessions with their next tokens. Every refresh must succeed."""
    answers = [(wire, wire.refresh(server.url, token)) for wire, token in sessions]
    assert [(wire.name, answer) for wire, answer in answers if not wire.is_good(answer)] == []
    return [(wire, wire.token_of(body)) for wire, (_, _, body) in answers]


def test_a_disabled_person_is_refused_at_once_and_can_be_enabled_again(server):
    sessions, others = sessions_of(server, "blocked"), sessions_of(server, "keeper")
    ended = [(wire, token) for wire, token in sessions if wire is not CLOUDREVE]
    command(server.data, "user", "disable", "blocked@example.com")
    assert all_refused(server, ended)
    assert seen(lambda: not AKINON.is_good(sign_in(server, AKINON, "blocked")))
    assert b'"code":40017' in sign_in(server, CLOUDREVE, "blocked")[2]
    refreshed(server, others)
    command(server.data, "user", "enable", "blocked@example.com")
    assert seen(lambda: AKINON.is_good(sign_in(server, AKINON, "blocked")))
    assert all_refused(server, ended)


def test_a_new_password_ends_the_sessions_of_the_old_one(server):
    sessions = sessions_of(server, "renamed")
    words = ("user", "passwd", "renamed@example.com", "--password-stdin")
    command(server.data, *words, said="another one\n")
    assert all_refused(server, sessions)
    assert seen(lambda: AKINON.is_good(sign_in(server, AKINON, "renamed", "another one")))
    for wire, _ in sessions:
        assert not wire.is_good(sign_in(server, wire, "renamed"))
        assert wire.is_good(sign_in(server, wire, "renamed", "another one"))


PROFILES = {
    "akinon": "/api/v1/profile/me",
    "cloudreve": "/api/v4/user/me",
    "kibo.developer": "/api/platform/tenants/1000",
    "kibo.adminuser": "/api/platform/tenants/1000",
    "kibo.application": "/api/platform/tenants/1000",
}
"""What an access token opens, by the name of the wire."""


def access_of(answer):
    said = json.loads(answer[2])
    for inner in ("data", "token"):
        said = said.get(inner, said)
    return said.get("accessToken") or said["access_token"]


def opens(server, wire, token):
    """Whether the service's own endpoint accepts the access token."""
    bearer = {"Authorization": f"Bearer {token}"}
    status, _, body = call(server.url, "GET", PROFILES[wire.name], headers=bearer)
    return status == 200 and json.loads(body).get("code", 0) == 0


def opened_by(server, name):
    """The access tokens of a person who has just signed in everywhere."""
    people = [wire for wire in WIRES if wire is not APPLICATION]
    return [(wire, access_of(sign_in(server, wire, name))) for wire in people]


def test_a_new_password_ends_the_access_tokens_of_the_old_one(server):
    tokens, others = opened_by(server, "changer"), opened_by(server, "keeper")
    assert all(opens(server, *each) for each in tokens)
    words = ("user", "passwd", "changer@example.com", "--password-stdin")
    command(server.data, *words, said="another one\n")
    assert seen(lambda: not any(opens(server, *each) for each in tokens))
    assert all(opens(server, *each) for each in others)
    again = sign_in(server, AKINON, "changer", "another one")
    assert opens(server, AKINON, access_of(again))


APP = "ns.second.1.0.0.Release"


def ticket_of(server, secret):
    """The access token of an application that has just signed in; None while it is refused."""
    body = json.dumps({"applicationId": APP, "sharedSecret": secret})
    answer = call(server.url, "POST", APPLICATION.sign_in_path, body)
    return access_of(answer) if answer[0] == 200 else None


def test_another_secret_or_registration_ends_the_access_tokens_of_an_application(server):
    secret = command(server.data, "application", "add", APP).strip()
    assert seen(lambda: ticket_of(server, secret))
    for verb in ("rotate-secret", "remove"):
        token = ticket_of(server, secret)
        assert opens(server, APPLICATION, token)
        secret = command(server.data, "application", verb, APP).strip()
        assert seen(lambda last=token: not opens(server, APPLICATION, last))
        assert seen(lambda now=secret: bool(ticket_of(server, now)) is bool(now))
    secret = command(server.data, "application", "add", APP).strip()
    assert seen(lambda: ticket_of(server, secret))
    assert not opens(server, APPLICATION, token)


@pytest.mark.parametrize("outlives", ["true", "false"])
def test_by_a_setting_cloudreve_access_tokens_outlive_a_password(tmp_path, outlives):
    """Like the access tokens of the real server."""
    setting = {"RETICKET_DIALECTS__CLOUDREVE__ACCESS_OUTLIVES_PASSWORD": outlives}
    seed = seed_file(tmp_path, ["changer"])
    with running_server(tmp_path, seed=seed, settings=setting) as server:
        tokens = opened_by(server, "changer")
        words = ("user", "passwd", "changer@example.com", "--password-stdin")
        command(server.data, *words, said="another one\n")
        left = {"cloudreve"} if outlives == "true" else set()
        assert seen(lambda: {each[0].name for each in tokens if opens(server, *each)} == left)


def test_a_deleted_person_has_no_session_and_gets_none(server):
    sessions = sessions_of(server, "forgotten")
    ticket = json.loads(sign_in(server, CLOUDREVE, "forgotten")[2])["data"]["token"]
    command(server.data, "user", "delete", "forgotten@example.com")
    assert all_refused(server, sessions)
    assert seen(lambda: not AKINON.is_good(sign_in(server, AKINON, "forgotten")))
    assert json.loads(me(server, ticket)[2])["code"] == 404


def test_a_session_that_outlives_a_block_is_refused_until_the_person_is_let_in(server):
    """As at the real Cloudreve: its refresh tokens are looked at when they are used."""
    ticket = json.loads(sign_in(server, CLOUDREVE, "banned")[2])["data"]["token"]
    other = token_of(server, AKINON, "banned")
    command(server.data, "user", "disable", "banned@example.com")
    again = partial(CLOUDREVE.refresh, server.url, ticket["refresh_token"])
    assert seen(lambda: not CLOUDREVE.is_good(again()))
    assert json.loads(me(server, ticket)[2])["code"] == 50001
    command(server.data, "user", "enable", "banned@example.com")
    assert seen(lambda: CLOUDREVE.is_good(again()))
    assert not AKINON.is_good(AKINON.refresh(server.url, other))


def me(server, ticket):
    bearer = {"Authorization": f"Bearer {ticket['access_token']}"}
    return call(server.url, "GET", "/api/v4/user/me", headers=bearer)


def test_a_new_person_signs_in_everywhere(server):
    assert not AKINON.is_good(sign_in(server, AKINON, "newcomer"))
    command(
        server.data, "user", "add", "newcomer@example.com", "--password-stdin",
        "--profile", "organization={name: Acme}", "--tenant", "1000=1,2", "--account", "77=3",
        "--profile", "cloudreve={nickname: New, group: {name: User}}",
        said=f"{PASSWORD}\n",
    )  # fmt: skip
    assert seen(lambda: AKINON.is_good(sign_in(server, AKINON, "newcomer")))
    refreshed(server, sessions_of(server, "newcomer"))


def admin_in(server, name, tenant):
    """An admin user's ticket for a tenant."""
    body = json.dumps({"emailAddress": f"{name}@example.com", "password": PASSWORD})
    status, _, text = call(server.url, "POST", f"{TENANTS}?tenantId={tenant}", body)
    return status, json.loads(text)


def tenants_left(server, ticket):
    """Which tenants a refresh names; it must be good. The ticket becomes the next one."""
    answer = ADMIN.refresh(server.url, ticket["refreshToken"])
    assert ADMIN.is_good(answer)
    ticket.update(json.loads(answer[2]))
    return [tenant["id"] for tenant in ticket["availableTenants"]]


def test_a_removed_membership_ends_its_own_sessions_only(server):
    here, there = (admin_in(server, "member", tenant)[1] for tenant in (1000, 1001))
    other = token_of(server, AKINON, "member")
    command(server.data, "user", "revoke", "member@example.com", "--tenant", "1000")
    assert ADMIN.is_refused(ADMIN.refresh(server.url, here["refreshToken"]))
    assert seen(lambda: tenants_left(server, there) == [1001])
    refreshed(server, [(AKINON, other)])
    assert admin_in(server, "member", 1000)[0] == 403


def test_a_new_membership_can_be_switched_to(server):
    ticket = admin_in(server, "guest", 1000)[1]
    body = ADMIN.body_of(ticket["refreshToken"])

    def switched():
        return call(server.url, "PUT", f"{TENANTS}?tenantId=1002", body)

    assert switched()[0] == 403
    command(server.data, "user", "grant", "guest@example.com", "--tenant", "1002=5,6")
    assert seen(lambda: switched()[0] == 200)
    said = json.loads(switched()[2])
    assert (said["tenant"]["id"], said["grantedBehaviors"]) == (1002, [5, 6])


def test_sessions_are_listed_shown_and_revoked(server):
    kept = token_of(server, CLOUDREVE, "seen")
    ((_, token),) = refreshed(server, [(AKINON, token_of(server, AKINON, "seen"))])
    listed = rows(server.data, "session", "list", "--subject", "seen@example.com")
    by_kind = {row["kind"]: row for row in listed}
    assert by_kind.keys() == {"akinon.user", "cloudreve.user"}
    session = by_kind["akinon.user"]
    assert (session["generation"], session["end"]) == (2, None)
    assert command(server.data, "session", "revoke", session["id"]) == "1 revoked\n"
    assert AKINON.is_refused(AKINON.refresh(server.url, token))
    refreshed(server, [(CLOUDREVE, kept)])
    (shown,) = rows(server.data, "session", "show", session["id"])
    ended = {"end": "operator", "revoked_at": shown["revoked_at"]}
    assert shown == session | ended


class Traffic:
    """Refreshes sessions one after the other, always with the newest token, until it is stopped."""

    def __init__(self, server, sessions):
        self.sessions = sessions
        self._server = server
        self._enough = threading.Event()

    def run(self):
        self.sessions = refreshed(self._server, self.sessions)
        while not self._enough.is_set():
            self.sessions = refreshed(self._server, self.sessions)

    def stop(self):
        self._enough.set()


@contextmanager
def traffic(server, sessions):
    """Clients that refresh meanwhile. None of their requests may be refused."""
    clients = Traffic(server, sessions)
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(clients.run)
        try:
            yield clients
        finally:
            clients.stop()
    work.result()


def test_a_rotation_refuses_no_token_and_a_retired_key_verifies_none(server):
    left, spared, busy = (everywhere(server, "keeper") for _ in range(3))
    ticket = json.loads(sign_in(server, CLOUDREVE, "keeper")[2])["data"]["token"]
    signed = admin_in(server, "keeper", 1000)[1]["accessToken"]
    old = active_keys(server)
    with traffic(server, busy) as clients:
        command(server.data, "key", "rotate")
        assert seen(lambda: not set(old) & set(active_keys(server)))
    assert json.loads(me(server, ticket)[2])["code"] == 0
    assert tenant(server, signed)[0] == 200
    with traffic(server, refreshed(server, spared + clients.sessions)):
        with ThreadPoolExecutor() as pool:
            retired = list(pool.map(lambda key: retire(server, key), old))
        assert not any(each.returncode for each in retired)
        assert seen(lambda: all_refused(server, left))
        assert seen(lambda: json.loads(me(server, ticket)[2])["code"] == 401)
        assert seen(lambda: tenant(server, signed)[0] == 401)


def retire(server, key):
    return ran(["key", "retire", key, "--data", server.data], dict(os.environ))


def everywhere(server, name):
    return [*sessions_of(server, name), (APPLICATION, APPLICATION.sign_in(server.url))]


def tenant(server, access_token):
    bearer = {"Authorization": f"Bearer {access_token}"}
    return call(server.url, "GET", "/api/platform/tenants/1000", headers=bearer)


def active_keys(server):
    return [row["id"] for row in rows(server.data, "key", "list") if row["state"] == "active"]


def one_time_code(secret, steps=0):
    """RFC 6238, as an authenticator has it."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def second_step(server, session, code):
    body = json.dumps({"otp": code, "session_id": session})
    return json.loads(call(server.url, "POST", "/api/v4/session/token/2fa", body)[2])


def first_step(server):
    said = json.loads(sign_in(server, CLOUDREVE, "careful")[2])
    assert (said["code"], said["msg"]) == (203, "")
    return said["data"]


def test_a_second_factor_from_a_seed_is_required(server, tmp_path):
    seed = seed_file(tmp_path, ["careful"], f", totp_secret: {TOTP_SECRET}")
    command(server.data, "seed", seed)
    assert seen(lambda: json.loads(sign_in(server, CLOUDREVE, "careful")[2])["code"] == 203)
    session, code = first_step(server), one_time_code(TOTP_SECRET)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert second_step(server, session, wrong)["code"] == 40022
    said = second_step(server, session, code)
    assert said["code"] == 0
    assert said["data"]["user"]["email"] == "careful@example.com"
    token = said["data"]["token"]["refresh_token"]
    refreshed(server, [(CLOUDREVE, token)])
    assert second_step(server, session, code)["code"] == 404
    assert second_step(server, first_step(server), code)["code"] == 40022


def test_a_backup_made_under_load_is_restored_with_later_revocations(server, tmp_path):
    left = sessions_of(server, "saved")
    signed_out, ended = token_of(server, CLOUDREVE, "saved"), sessions_of(server, "ended")
    with traffic(server, everywhere(server, "saved")) as clients:
        command(server.data, "backup", tmp_path / "backup")
    body = CLOUDREVE.body_of(signed_out)
    assert call(server.url, "DELETE", "/api/v4/session/token", body)[0] == 200
    command(server.data, "session", "revoke", "--subject", "ended@example.com")
    newest = refreshed(server, clients.sessions)
    assert not (tmp_path / "backup" / "master.key").exists()
    restored = tmp_path / "restored"
    (restored / "data").mkdir(parents=True)
    shutil.copy(server.data / "master.key", restored / "data")
    command(
        restored / "data", "restore", tmp_path / "backup", "--audit", server.data / "audit.jsonl"
    )
    with running_server(restored, seed=seed_file(tmp_path, PEOPLE)) as again:
        refreshed(again, left + newest)
        assert all_refused(again, [(CLOUDREVE, signed_out), *ended])
        healed = [event["session"] for event in events(again) if event["event"] == "healed"]
    assert len(set(healed)) == len(newest)
