"""An old back end that fails is 503 with `Retry-After` in each dialect, and no refusal."""

import json

import pytest
from tests.handover.conftest import PART
from tests.handover.old_back_end import SECRET
from tests.http.wire import call

from reticket.testing import running_server

NAME, PASSWORD = "somebody@example.com", "an old password"
SIGN_INS = {
    "akinon": ("/api/v1/auth/login", "username"),
    "cloudreve": ("/api/v4/session/token", "email"),
    "kibo": ("/api/platform/adminuser/authtickets/tenants", "emailAddress"),
}
FORMS = {
    "akinon": {"apiError": ["The service is not available; try again later."]},
    "cloudreve": {"code": 50001, "msg": "Service unavailable"},
    "kibo": {"errorCode": "SERVICE_UNAVAILABLE"},
}
MOST = 12
"""Tries: more than wrong passwords may be."""


def settings_of(folder):
    """Variables for a service whose old back end is a port that nobody listens on."""
    file = folder / "secret"
    file.write_text(SECRET)
    said = {"RETICKET_FETCH__PRIVATE_HOSTS": "localhost"}
    for dialect in SIGN_INS:
        prefix = f"RETICKET_DIALECTS__{dialect.upper()}__HANDOVER__"
        said |= {f"{prefix}BY": "webhook", f"{prefix}URL": "https://localhost:1/"}
        said |= {f"{prefix}SECRET_FILE": str(file), f"{prefix}FAILURES": "3"}
    said["RETICKET_DIALECTS__AKINON__HANDOVER__PART__NAME"] = PART["akinon"]["name"]
    group = PART["cloudreve"]["group"]["name"]
    said["RETICKET_DIALECTS__CLOUDREVE__HANDOVER__PART__GROUP__NAME"] = group
    return said


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failing")
    with running_server(folder, settings=settings_of(folder)) as running:
        yield running


@pytest.mark.parametrize("dialect", SIGN_INS)
def test_no_answer_is_503_with_retry_after_in_the_dialects_form(service, dialect):
    path, member = SIGN_INS[dialect]
    body = json.dumps({member: NAME, "password": PASSWORD})
    for _ in range(MOST):
        status, headers, text = call(service.url, "POST", path, body)
        assert (status, int(headers["retry-after"]) >= 1) == (503, True)
        assert FORMS[dialect].items() <= json.loads(text).items()
    known = json.dumps({member: "ada@example.com", "password": "correct horse"})
    assert call(service.url, "POST", path, known)[0] in (200, 201)


def test_neither_log_nor_audit_stream_has_the_password(service):
    written = service.log.read_text() + (service.data / "audit.jsonl").read_text()
    assert PASSWORD not in written
    assert "handover_failed" in written
