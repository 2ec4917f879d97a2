"""Clients whose libraries ask for more than they need, at the service and behind proxies."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.attacks.answers import answers
from tests.attacks.target import connected, received, target_of
from tests.http.wire import ADA, PASSWORD

SIGN_IN = Path(__file__).with_name("SignIn.java")
CREDENTIALS = json.dumps({"username": ADA, "password": PASSWORD}).encode()


def sign_in_with_java(url):
    java = shutil.which("java")
    assert java, "these tests need Java 17 or newer"
    command = [java, str(SIGN_IN), url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert ended.stdout == "signed in and refreshed by HTTP_2\n", ended.stderr


def sign_in_as_dotnet(url):
    """Its client sends a body only after an interim answer, to which a proxy may add headers."""
    head = (
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: id.example.com\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(CREDENTIALS)}\r\n"
        "Expect: 100-continue\r\n\r\n"
    ).encode()
    with connected(target_of(url)) as connection:
        connection.sendall(head)
        interim = connection.recv(65_536)
        assert interim.startswith(b"HTTP/1.1 100 Continue\r\n")
        assert interim.endswith(b"\r\n\r\n")
        connection.sendall(CREDENTIALS)
        (answer,) = answers(received(connection)[0])
    assert answer.status == 200
    assert b"refreshToken" in answer.body


def test_java_signs_in_and_refreshes_even_if_it_requests_http2(service):
    sign_in_with_java(service.url)


def test_java_signs_in_and_refreshes_behind_a_proxy(proxy):
    sign_in_with_java(proxy)


def test_dotnet_gets_its_tokens_with_expect_100(service):
    sign_in_as_dotnet(service.url)


def test_dotnet_gets_its_tokens_behind_a_proxy(proxy):
    sign_in_as_dotnet(proxy)
