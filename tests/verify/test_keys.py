"""The cached key set: fetched again when necessary, at a limited rate."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from http.client import BadStatusLine, IncompleteRead
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from joserfc.jwk import ECKey, OctKey
from tests.dialects.oauth.proofs import KEYS

from reticket.verify.jose import Garbage
from reticket.verify.keys import (
    LIFETIME,
    PATIENCE,
    PAUSE,
    WAITING,
    Keys,
    KeysUnavailable,
    fetcher,
    read_keys,
)


def jwk(kid, key=None, **more):
    return {**(key or ECKey.generate_key()).as_dict(private=False), "kid": kid, **more}


class Service:
    """Tells its keys, or fails; counts how often it is asked."""

    def __init__(self, *kids):
        self.told = [jwk(kid) for kid in kids]
        self.asked, self.now, self.fault = 0, 0.0, None

    def fetch(self):
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return json.dumps({"keys": self.told}).encode()

    def keys(self):
        return Keys(self.fetch, lambda: self.now)


def test_a_cached_key_set_is_used_for_a_while():
    service = Service("one")
    keys = service.keys()
    assert keys.find("one")
    service.now = LIFETIME - 1
    assert keys.find("one")
    assert service.asked == 1
    service.now = LIFETIME
    assert keys.find("one")
    assert service.asked == 2


def test_an_unknown_key_is_fetched():
    service = Service("one")
    keys = service.keys()
    assert keys.find("one")
    service.told.append(jwk("two"))
    assert keys.find("two") is None
    service.now = PAUSE
    assert keys.find("two")
    assert service.asked == 2


def test_unknown_keys_are_fetched_at_a_limited_rate():
    service = Service("one")
    keys = service.keys()
    for number in range(1000):
        service.now = number / 100
        assert keys.find(f"made up {number}") is None
    assert service.asked == 1


def test_a_withdrawn_key_is_accepted_for_a_limited_time():
    service = Service("one", "two")
    keys = service.keys()
    assert keys.find("one")
    service.told.pop(0)
    service.now = LIFETIME
    assert keys.find("one") is None


@pytest.mark.parametrize(
    "fault", [OSError("no route"), TimeoutError(), BadStatusLine("x"), IncompleteRead(b"")]
)
def test_cached_keys_are_used_while_the_service_is_unreachable(fault):
    service = Service("one")
    keys = service.keys()
    assert keys.find("one")
    service.fault, service.now = fault, PATIENCE - 1
    assert keys.find("one")
    service.now = PATIENCE + PAUSE
    with pytest.raises(KeysUnavailable):
        keys.find("one")
    service.fault, service.now = None, PATIENCE + 2 * PAUSE
    assert keys.find("one")


def test_without_any_keys_an_error_is_raised():
    service = Service("one")
    service.fault = OSError()
    keys = service.keys()
    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            keys.find("one")
    assert service.asked == 1


def test_one_thread_fetches_and_the_others_wait():
    service, gate = Service("one"), threading.Event()
    fetch = service.fetch
    service.fetch = lambda: gate.wait(5) and fetch()
    keys = service.keys()
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(keys.find, "one") for _ in range(8)]
        gate.set()
        assert all(each.result(10) for each in found)
    assert service.asked == 1


def test_during_a_fetch_other_threads_use_the_cached_keys():
    service, keys = slow(LIFETIME)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keys.find, "one")
        assert service.begun.wait(60)
        with ThreadPoolExecutor(8) as others:
            found = [others.submit(keys.find, "one") for _ in range(8)]
            assert all(each.result(60) for each in found)
        assert not first.done()
        service.gate.set()
        assert first.result(60)
    assert service.asked == 2


@pytest.mark.parametrize(("now", "kid"), [(PATIENCE, "one"), (LIFETIME, "two")])
def test_threads_wait_if_the_cached_keys_are_too_old_or_lack_the_key(now, kid):
    service, keys = slow(now)
    service.told.append(jwk("two"))
    with ThreadPoolExecutor(9) as pool:
        found = [pool.submit(keys.find, kid) for _ in range(9)]
        assert service.begun.wait(60)
        service.gate.set()
        assert all(each.result(60) for each in found)
    assert service.asked == 2


def test_a_limited_number_of_threads_waits_for_an_unknown_key():
    """Anybody can name one, and a service that hangs must not hold every thread of a program."""
    service, keys = slow(LIFETIME)
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(WAITING + 4) as others:
        fetching = pool.submit(keys.find, "two")
        assert service.begun.wait(60)
        found = [others.submit(keys.find, "two") for _ in range(WAITING + 4)]
        refused = [each for _, each in zip(range(4), as_completed(found, 60), strict=False)]
        for each in refused:
            with pytest.raises(KeysUnavailable):
                each.result()
        assert keys.find("one")
        service.told.append(jwk("two"))
        service.gate.set()
        assert fetching.result(60)
        assert all(each.result(60) for each in found if each not in refused)


def slow(now):
    """A service that answers once more when its gate is opened, and the copy of its keys."""
    service = Service("one")
    keys = service.keys()
    assert keys.find("one")
    service.begun, service.gate, service.now = threading.Event(), threading.Event(), now

    def fetch():
        service.begun.set()
        assert service.gate.wait(60)
        return service.fetch()

    keys._fetch = fetch
    return service, keys


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": ["x"]}', b"<html>"])
def test_an_invalid_key_set_changes_nothing(text):
    with pytest.raises(Garbage):
        read_keys(text)
    service = Service("one")
    keys = service.keys()
    assert keys.find("one")
    service.fetch = keys._fetch = lambda: text
    service.now = LIFETIME
    assert keys.find("one")


def test_rfc7517_5_unknown_keys_are_ignored():
    told = [
        jwk("good"),
        jwk("other curve", ECKey.generate_key("P-384")),
        jwk("for encryption", use="enc"),
        {"kty": "new", "kid": "new kind"},
        {**OctKey.generate_key(256).as_dict(), "kid": "secret"},
        {**ECKey.generate_key().as_dict(private=True), "kid": "private"},
        jwk("wrong algorithm", alg="RS256"),
        jwk("no algorithm", alg="none"),
        jwk("two", KEYS["EdDSA"]()),
        jwk("three", KEYS["RS256"]()),
        jwk("four", KEYS["PS256"](), alg="PS256"),
        {"kty": [], "kid": []},
    ]
    found = read_keys(json.dumps({"keys": told}).encode())
    assert {kid: key.algorithm for kid, key in found.items()} == {
        "good": "ES256", "two": "EdDSA", "three": "RS256", "four": "PS256",
    }  # fmt: skip


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/keys", "id.example.com"])
def test_keys_are_fetched_over_http_only(address):
    with pytest.raises(ValueError, match="must begin with https:// or http://"):
        fetcher(address)


class Moved(BaseHTTPRequestHandler):
    """Redirects every request to `path`, and answers there."""

    def do_GET(self):
        self.send_response(200 if self.path == "/here" else 302)
        self.send_header("location", "/here" if self.path == "/moved" else "ftp://127.0.0.1:9/keys")
        self.end_headers()
        self.wfile.write(b"found" if self.path == "/here" else b"")

    def log_message(self, *said):
        """Log nothing."""


def test_a_redirect_to_another_scheme_is_not_followed():
    with HTTPServer(("127.0.0.1", 0), Moved) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        assert fetcher(f"{base}/moved")() == b"found"
        with pytest.raises(OSError, match="another scheme"):
            fetcher(f"{base}/elsewhere")()
        server.shutdown()
