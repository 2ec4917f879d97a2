"""A second factor belongs to the person: no dialect signs in past it, unless a setting says so."""

import json
import time

import pytest
from tests.http.wire import WIRES, call, events

from reticket.testing import running_server

CAREFUL, PASSWORD = "careful@example.com", "correct horse"
AKINON, CLOUDREVE, _, DEVELOPER, ADMIN = WIRES
CAUSE = "factor_required"
CANNOT_ASK = [AKINON, DEVELOPER, ADMIN]
SEED = """
developer_accounts: [{id: 77, name: Acme}]
tenants: [{id: 1000, name: US}]
users:
  - email: careful@example.com
    password: correct horse
    tenants: {1000: [1]}
    developer_accounts: {77: [1]}
    organization: {name: Acme}
    cloudreve: {nickname: Careful, group: {name: User}, totp_secret: JBSWY3DPEHPK3PXP}
"""


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    file = tmp_path_factory.mktemp("seed") / "seed.yaml"
    file.write_text(SEED)
    return file


@pytest.fixture(scope="module")
def server(tmp_path_factory, seed):
    with running_server(tmp_path_factory.mktemp("careful"), seed=seed) as running:
        yield running


def wait_until(holds, told):
    """The audit log hears after the answer."""
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


def sign_in(server, wire, password=PASSWORD):
    body = {**wire.sign_in_body, "password": password}
    name = next(iter(body.keys() - {"password"}))
    body[name] = CAREFUL
    status, headers, text = call(server.url, "POST", wire.sign_in_path, json.dumps(body))
    varying = ("x-correlation-id", "x-vol-correlation", "date")
    return status, {k: v for k, v in headers.items() if k not in varying}, text


@pytest.mark.parametrize("wire", CANNOT_ASK, ids=lambda wire: wire.name)
def test_a_dialect_that_cannot_ask_answers_as_it_answers_a_wrong_password(server, wire):
    right, wrong = sign_in(server, wire), sign_in(server, wire, "wrong")
    assert right == wrong
    assert right[0] == 401


def test_the_audit_log_knows_a_right_password_without_its_factor_from_a_wrong_one(server):
    def told():
        return {each["resource"] for each in events(server) if each.get("cause") == CAUSE}

    for wire in CANNOT_ASK:
        sign_in(server, wire)
    wait_until(lambda: told() == {"akinon.user", "kibo.developer", "kibo.adminuser"}, told)


def test_a_dialect_that_can_ask_does(server):
    assert json.loads(sign_in(server, CLOUDREVE)[2])["code"] == 203


@pytest.fixture(scope="module")
def lenient(tmp_path_factory, seed):
    settings = {
        "RETICKET_DIALECTS__KIBO__SECOND_FACTOR": "ignore",
        "RETICKET_DIALECTS__AKINON__SECOND_FACTOR": "ignore",
    }
    folder = tmp_path_factory.mktemp("lenient")
    with running_server(folder, seed=seed, settings=settings) as running:
        yield running


@pytest.mark.parametrize("wire", CANNOT_ASK, ids=lambda wire: wire.name)
def test_one_setting_of_a_dialect_lets_the_password_alone_pass(lenient, wire):
    status, _, text = sign_in(lenient, wire)
    assert status in (200, 201)
    assert wire.is_good(wire.refresh(lenient.url, wire.token_of(text)))
    assert json.loads(sign_in(lenient, CLOUDREVE)[2])["code"] == 203
