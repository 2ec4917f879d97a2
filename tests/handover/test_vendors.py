"""The vendors' own sign-in routes: what is asked, and what their answers mean."""

import http.client
import json
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from tests.dialects.every import BUILT

from reticket.core.errors import Cause
from reticket.core.fetching.model import Fetched, FetchFault, Unfetched
from reticket.core.handover import Confirmed, Denied, NoAnswer, OldServer
from reticket.handover.vendor import VendorSignIn
from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE

ADA, PASSWORD = "ada@example.com", "correct horse"
BASES = {"akinon": "/api/v1", "cloudreve": "/api/v4", "kibo": ""}
SECRETS = {"kibo": "ns.app.1.0.0.Release:s3cret"}


class Vendor:
    """The port: answers in turn, and remembers the requests."""

    def __init__(self, *answers):
        self.answers, self.requests = iter(answers), []

    def __call__(self, request):
        self.requests.append(request)
        return next(self.answers)


def said(status, body):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Fetched(status, "application/json", text)


def asked(dialect, *answers, secret=None):
    vendor = Vendor(*answers)
    server = OldServer("https://old.example.com/api", secret)
    way = VendorSignIn(BUILT[dialect].old_sign_in, server, vendor)
    return way(ADA, PASSWORD), vendor.requests


TOKENS = said(200, {"accessToken": "an.access.token", "refreshToken": "r"})
PROFILE = said(
    200,
    {
        "user": {"id": "0" * 24, "email": ADA, "firstName": "Ada", "lastName": None},
        "organization": {"id": "1" * 24, "name": "Acme"},
        "roles": ["admin"],
        "userType": "admin",
    },
)
TICKET = said(200, {"accessToken": "an.app.token", "refreshToken": "r"})
ADMIN = said(201, {"user": {"emailAddress": ADA, "firstName": "Ada", "lastName": "Lovelace"}})


def test_akinon_logs_in_and_reads_the_profile_by_the_token():
    answer, (login, profile) = asked("akinon", TOKENS, PROFILE)
    assert answer == Confirmed(ADA, "Ada")
    assert login.url == "https://old.example.com/api/auth/login"
    assert json.loads(login.body) == {"username": ADA, "password": PASSWORD}
    assert (profile.url, profile.body) == ("https://old.example.com/api/profile/me", None)
    assert profile.headers == (("authorization", "Bearer an.access.token"),)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([said(401, {"apiError": ["no"]})], Denied(Cause.WRONG_SECRET)),
        ([said(400, {"validationError": {"password": ["short"]}})], Denied(Cause.WRONG_SECRET)),
        ([said(401, {"error": "a proxy"})], NoAnswer("bad_answer")),
        ([Unfetched(FetchFault.BAD_STATUS, 500)], NoAnswer("bad_status", True)),
        ([TOKENS, Unfetched(FetchFault.TIMED_OUT)], NoAnswer("timed_out", True)),
    ],
)
def test_what_akinon_may_answer(answers, expected):
    assert asked("akinon", *answers)[0] == expected


def envelope(code, data=None):
    return said(200, {"code": code, "data": data, "msg": ""})


USER = {"user": {"id": "x", "email": ADA, "nickname": "Ada", "group": {"name": "Admin"}}}


def test_cloudreve_signs_in_by_its_envelope():
    answer, (request,) = asked("cloudreve", envelope(0, USER))
    assert answer == Confirmed(ADA, nickname="Ada")
    assert request.url == "https://old.example.com/api/session/token"
    assert json.loads(request.body) == {"email": ADA, "password": PASSWORD}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (203, Denied(Cause.FACTOR_REQUIRED)),
        (40001, Denied(Cause.WRONG_SECRET)),
        (40017, Denied(Cause.DISABLED)),
        (40018, Denied(Cause.INACTIVE)),
        (40080, Denied(Cause.WRONG_SECRET)),
        (40026, NoAnswer("code_40026")),
        (50001, NoAnswer("code_50001")),
    ],
)
def test_what_cloudreve_may_answer(code, expected):
    assert asked("cloudreve", envelope(code, "a text"))[0] == expected


def test_kibo_authenticates_the_application_first():
    answer, (application, person) = asked("kibo", TICKET, ADMIN, secret="an.app:s:e:c")
    assert answer == Confirmed(ADA, "Ada", "Lovelace")
    assert json.loads(application.body) == {"applicationId": "an.app", "sharedSecret": "s:e:c"}
    assert person.headers == (("x-vol-app-claims", "an.app.token"),)
    assert json.loads(person.body) == {
        "emailAddress": ADA,
        "userName": ADA,
        "password": PASSWORD,
    }


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([TICKET, said(401, {"errorCode": "INVALID_CREDENTIALS"})], Denied(Cause.WRONG_SECRET)),
        ([TICKET, said(401, {"errorCode": "INVALID_ACCESS_TOKEN"})], NoAnswer("bad_answer")),
        ([Unfetched(FetchFault.BAD_STATUS, 401)], NoAnswer("bad_status")),
    ],
)
def test_what_kibo_may_answer(answers, expected):
    assert asked("kibo", *answers, secret="an.app:wrong")[0] == expected


@pytest.mark.parametrize("dialect", [name for name in BUILT if BUILT[name].old_sign_in])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"code": "0"}', b"\xff"], ids=str)
def test_what_cannot_be_read_raises_and_shows_no_password(dialect, body):
    with pytest.raises(Exception, match=r"JSON|Expected|Object|UTF-8|utf-8|truncated") as broke:
        asked(dialect, said(200, body), secret="a:b")
    assert PASSWORD not in repr(broke.value)


def test_a_vendor_that_is_asked_for_ever_gives_no_answer():
    def endless(server, name, password):
        while True:
            yield f"{server.url}/again"

    declared = BUILT["akinon"].old_sign_in
    way = VendorSignIn(
        type(declared)(endless, declared.url, 2), OldServer("x"), Vendor(*[TOKENS] * 9)
    )
    assert way(ADA, PASSWORD) == NoAnswer("bad_answer")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """This service, as the vendors' servers."""
    with running_server(tmp_path_factory.mktemp("vendors")) as server:
        yield server


def sending(request):
    """The port over plain HTTP on loopback: what the fetcher does for https alone."""
    place = urlsplit(request.url)
    headers = {**dict(request.headers), "Content-Type": request.body_type}
    with closing(http.client.HTTPConnection(place.netloc, timeout=PATIENCE)) as connection:
        method = "GET" if request.body is None else "POST"
        connection.request(method, place.path, request.body, headers)
        with connection.getresponse() as response:
            if response.status >= 300 and response.status not in request.expected:
                return Unfetched(FetchFault.BAD_STATUS, response.status)
            return Fetched(response.status, "application/json", response.read())


def real_way(real, dialect):
    server = OldServer(real.url + BASES[dialect], SECRETS.get(dialect))
    return VendorSignIn(BUILT[dialect].old_sign_in, server, sending)


@pytest.mark.parametrize("dialect", BASES)
def test_this_service_can_be_the_old_back_end(real, dialect):
    way = real_way(real, dialect)
    answer = way("ADA@example.com", PASSWORD)
    assert isinstance(answer, Confirmed), answer
    assert answer.email == ADA
    assert way(ADA, "wrong password") == Denied(Cause.WRONG_SECRET)
    assert way("nobody@example.com", PASSWORD) == Denied(Cause.WRONG_SECRET)
