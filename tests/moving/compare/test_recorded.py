"""Recordings: nobody's secret, name or e-mail address is sent."""

import io
import json

import pytest

from reticket import dialects
from reticket.core.errors import StartupError
from reticket.moving.compare import recorded
from reticket.moving.compare.masking import MADE_JWT, MADE_TOKEN, MADE_WORD, NOBODY
from reticket.moving.compare.recorded import belongs, read_recording
from reticket.moving.streams.lines import LONGEST

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6cTcifQ.c2lnbmF0dXJlLXpxNw"
TOKEN = "Zq7-0123456789-abcdefgh-IJKL"
SIGN_IN = {"method": "POST", "path": "/api/v4/session/token"}


def is_cloudreve(path):
    return belongs(path, [dialects.modules()["cloudreve"].build()])


@pytest.fixture
def read():
    def read(*lines, text=None):
        said = "\n".join(map(json.dumps, lines)) if text is None else text
        return read_recording(io.BytesIO(said.encode()), "sample", is_cloudreve)

    return read


def one(recording):
    (call,) = recording.calls
    return call


def test_a_recorded_sign_in_is_one_of_nobody(read):
    body = {"email": "ada@example.com", "password": "Zq7", "remember": True}
    call = one(read({**SIGN_IN, "body": body}))
    assert json.loads(call.body) == {"email": NOBODY, "password": MADE_WORD, "remember": True}
    assert call.headers == {"content-type": "application/json"}
    assert call.name == "POST /api/v4/session/token (recorded)"


@pytest.mark.parametrize(
    ("body", "kind", "sent"),
    [
        (f'{{"refresh_token":"{JWT}"}}', "application/json", f'{{"refresh_token": "{MADE_JWT}"}}'),
        ("login=ada&password=Zq7", "application/x-www-form-urlencoded",
         "login=nobody%40example.invalid&password=a+wrong+word"),
        ('[{"otp":"123456"}]', "application/json", '[{"otp": "000000"}]'),
        ('{"otp":123456}', "application/json", '{"otp": 0}'),
        (f'{{"x":["{TOKEN}"]}}', "application/json", f'{{"x": ["{MADE_TOKEN}"]}}'),
        ('{"login":"ada"}', "application/json", '{"login": "ada"}'),
    ],
)  # fmt: skip
def test_secrets_of_a_body_are_replaced_by_wrong_ones_of_the_same_form(read, body, kind, sent):
    call = one(read({**SIGN_IN, "headers": {"Content-Type": kind}, "body": body}))
    assert call.body == sent


def test_secrets_of_headers_and_paths_are_replaced_and_cookies_left_out(read):
    headers = {
        "Authorization": f"Bearer {JWT}", "Cookie": "Zq7", "X-Api-Key": "Zq7", "Host": "old",
        "Accept": "application/json", "X-Forwarded-For": "192.0.2.1",
    }  # fmt: skip
    path = f"/api/v4/user/info/{TOKEN}?email=ada%40example.com&token=Zq7"
    call = one(read({"method": "get", "path": path, "headers": headers}))
    assert call.headers == {
        "authorization": f"Bearer {MADE_JWT}", "x-api-key": MADE_WORD, "accept": "application/json",
    }  # fmt: skip
    assert "Zq7" not in call.path + call.name
    assert call.path.startswith(f"/api/v4/user/info/{MADE_TOKEN}?email=nobody%40example.invalid")


def test_a_har_file_is_read_and_each_request_sent_once(read):
    request = {
        "method": "POST",
        "url": "https://old.example.com/api/v4/session/token?a=b",
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "postData": {"mimeType": "application/json", "text": '{"email":"ada@example.com"}'},
    }
    form = {**SIGN_IN, "url": "/api/v4/session/token", "headers": [
        {"name": "content-type", "value": "application/x-www-form-urlencoded"}],
        "postData": {"params": [{"name": "a", "value": "b"}]}}  # fmt: skip
    elsewhere = {**request, "url": "https://old.example.com/api/v4/x.png", "method": "GET"}
    other = {**elsewhere, "url": "https://old.example.com/assets/x.png"}
    entries = [{"request": each} for each in (request, request, form, other)]
    recording = read(text=json.dumps({"log": {"entries": entries}}))
    assert [(call.path, call.body) for call in recording.calls] == [
        ("/api/v4/session/token?a=b", '{"email": "nobody@example.invalid"}'),
        ("/api/v4/session/token", "a=b"),
    ]
    assert recording.elsewhere == 1


def test_a_body_in_which_secrets_cannot_be_found_is_not_sent(read):
    recording = read({**SIGN_IN, "headers": {"content-type": "text/xml"}, "body": "<Zq7/>"})
    assert (recording.calls, recording.unreadable) == ([], ["sample, line 1"])


def test_a_recording_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(recorded, "LONGEST_FILE", 10)
    with pytest.raises(StartupError, match="sample is larger than 10 bytes"):
        read(text=" " * 11)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "sample, line 1: the row is not JSON"),
        ('{"method":"GET","path":"/"}\n[]', "sample, line 2: the row is no JSON object"),
        ('{"path":"/Zq7"}', "sample, line 1: method must be"),
        ('{"method":"GET"}', "sample, line 1: path must begin"),
        ('{"method":"GET","path":"http://[Zq7"}', "sample, line 1: path must begin"),
        ('{"method":"GET","path":"/","headers":[]}', "sample, line 1: headers must be"),
        ('"' + "x" * LONGEST + '"', f"sample, line 1: the line has more than {LONGEST} bytes"),
        ('{"log":{}}', "sample: log.entries is missing"),
        ('{"log":{"entries":[{"Zq7":1}]}}', r"sample, log.entries\[0\]: no request"),
    ],
)
def test_a_bad_recording_is_refused_with_its_place(read, text, reason):
    with pytest.raises(StartupError, match=reason) as refused:
        read(text=text)
    assert "Zq7" not in str(refused.value)
