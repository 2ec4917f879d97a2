"""The origins of clients: which they are, and when they are read again."""

import pytest

from reticket.directory.drafts import ClientDraft
from reticket.directory.programs.origins import PAUSE, Origins
from reticket.oauth.origins import is_origin, origins_of
from reticket.testing.waiting import until

SHOP = "https://shop.example.com"


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://shop.example.com/cb?x=1", "https://shop.example.com"),
        ("https://Shop.Example.com:443/cb", "https://shop.example.com"),
        ("http://127.0.0.1:5173/callback", "http://127.0.0.1:5173"),
        ("http://localhost:80", "http://localhost"),
        ("https://user@shop.example.com:8443/", "https://shop.example.com:8443"),
        ("http://[0:0::1]:8000/cb", "http://[::1]:8000"),
        ("com.example.app:/callback", None),
        ("https://shop.example.com:99999/cb", None),
    ],
)
def test_rfc6454_the_origin_of_a_redirect_uri(uri, origin):
    assert origins_of({"redirect_uris": [uri]}) == ({origin} if origin else set())


def test_a_client_has_more_origins_than_its_redirect_uris():
    said = {"redirect_uris": ["https://a.example/cb"], "allowed_origins": ["capacitor://localhost"]}
    assert origins_of(said) == {"https://a.example", "capacitor://localhost"}
    assert origins_of({}) == set()


@pytest.mark.parametrize(
    "text",
    ["https://shop.example.com", "http://localhost:5173", "http://[::1]:80000"[:-1],
     "capacitor://localhost", "chrome-extension://abcdef"],
)  # fmt: skip
def test_an_origin(text):
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    ["*", "null", "", "https://", "https://a/", "https://a?b", "https://a:443", "https://A",
     "https://u@a", "https://*.a", "http://a:99999", "http://[0::1]", "http://[", "a.example"],
)  # fmt: skip
def test_no_origin(text):
    assert not is_origin(text)


def register(directory, client_id, **said):
    directory.clients.add(ClientDraft(client_id, False, said), None)
    directory.catch_up_now()


def test_the_origins_follow_the_clients(directory):
    def has(origin):
        directory.catch_up_now()
        return directory.has_origin(origin)

    assert not has(SHOP)
    register(directory, "shop", redirect_uris=[f"{SHOP}/cb"])
    until(lambda: has(SHOP))
    assert not has("https://evil.example.com")
    directory.clients.disable("shop")
    until(lambda: not has(SHOP))
    directory.clients.enable("shop")
    until(lambda: has(SHOP))
    directory.clients.remove("shop")
    until(lambda: not has(SHOP))


class SlowClock:
    """Each look takes as long as `step` says."""

    def __init__(self):
        self.now, self.step = 0.0, 0.0

    def __call__(self):
        self.now += self.step
        return self.now


def test_however_many_ask_the_clients_are_rarely_read(directory):
    clock = SlowClock()
    origins = Origins(directory.database, lambda: directory.version, clock)
    clock.step = 1.0
    assert not origins.has_origin(SHOP)
    register(directory, "shop", allowed_origins=[SHOP])
    asked = 0
    while not origins.has_origin(SHOP):
        asked += 1
    assert PAUSE - 2 <= asked <= PAUSE
