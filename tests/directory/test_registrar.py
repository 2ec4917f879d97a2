"""Clients that registered themselves, as the directory keeps them."""

import pytest

from reticket.core.errors import Unavailable
from reticket.core.policy import DAY, PRESETS, SECOND, by_any_name
from reticket.core.registrations import remove_unused
from reticket.directory.errors import AlreadyExists, Invalid
from reticket.directory.programs.registrar import Registrar

NOW = 1_790_000_000_000
WEEK = 7 * DAY * SECOND
SAID = {
    "registered_by": "self",
    "token_endpoint_auth_method": "client_secret_basic",
    "redirect_uris": ["https://app.example.com/cb"],
    "grants": ["authorization_code"],
    "logo_uri": "https://app.example.com/logo",
}


@pytest.fixture
def registrar(directory):
    presets = by_any_name(PRESETS)
    parts = directory.database, directory.clients, presets, lambda: NOW
    return Registrar(*parts, list, directory.catch_up_now)


def found(directory, client):
    directory.catch_up_now()
    return directory.client(client)


def test_the_keys_of_a_registration_are_made_before_it_is_stored(directory):
    made = []

    def require(algorithms):
        assert found(directory, "notes") is None or made
        made.append(tuple(algorithms))

    presets = by_any_name(PRESETS)
    parts = directory.database, directory.clients, presets, lambda: NOW
    registrar = Registrar(*parts, require, directory.catch_up_now)
    said = SAID | {"id_token_signed_response_alg": "RS256"}
    registrar.add("notes", said, "hash", "d" * 64, 10)
    registrar.change("notes", said | {"userinfo_signed_response_alg": "EdDSA"})
    assert made == [("RS256",), ("RS256", "EdDSA")]


def test_a_client_is_registered_with_the_digest_of_its_token(directory, registrar):
    registrar.add("notes", SAID, "hash", "d" * 64, 10)
    client = found(directory, "notes")
    assert (client.public, dict(client.registration)) == (False, SAID)
    assert registrar.token_digest("notes") == "d" * 64
    assert registrar.token_digest("backend") is None


def test_there_may_be_so_many(directory, registrar):
    registrar.add("one", SAID, "hash", "d", 1)
    with pytest.raises(Unavailable):
        registrar.add("two", SAID, "hash", "d", 1)
    assert found(directory, "two") is None
    registrar.remove("one")
    registrar.add("two", SAID, "hash", "d", 1)


def test_a_registration_that_cannot_be_registers_nothing(directory, registrar):
    with pytest.raises(Invalid):
        registrar.add("bad", SAID | {"logo_uri": "http://a"}, "hash", "d", 9)
    assert registrar.token_digest("bad") is None
    registrar.add("good", SAID, "hash", "d", 9)
    with pytest.raises(Invalid):
        registrar.change("good", SAID | {"redirect_uris": ["x"]})
    registrar.change("good", SAID | {"name": "Good"})
    assert found(directory, "good").registration["name"] == "Good"


def test_its_use_is_noted_once_a_day_and_drops_no_record(directory, registrar):
    registrar.add("notes", SAID, "hash", "d", 9)
    client = found(directory, "notes")
    registrar.note_use("notes", NOW + WEEK)
    assert registrar.unused(NOW + WEEK, 9) == []
    registrar.note_use("notes", NOW + WEEK + 1)
    assert registrar.unused(NOW + WEEK + 1, 9) == ["notes"]
    assert found(directory, "notes") is client


class Upkeep:
    def __init__(self):
        self.ended = []

    def revoke(self, selection, cause):
        self.ended.append((selection.client, cause))


def test_unused_clients_are_removed_with_their_sessions(directory, registrar):
    upkeep = Upkeep()
    for client in ("used", "unused"):
        registrar.add(client, SAID, "hash", "d", 9)
    registrar.note_use("used", NOW + WEEK)
    assert list(remove_unused(registrar, upkeep, NOW + 1)) == ["unused"]
    assert upkeep.ended == [("unused", "client_removed")]
    assert found(directory, "unused") is None
    assert registrar.token_digest("unused") is None
    assert found(directory, "used") is not None
    assert list(remove_unused(registrar, upkeep, NOW + 1)) == []


DESCRIBED = SAID | {"registered_by": "document", "token_endpoint_auth_method": "none"}
URL = "https://app.example.com/client.json"


def test_clients_of_documents_are_counted_apart(directory, registrar):
    registrar.add("one", SAID, "hash", "d", 1)
    registrar.add(URL, DESCRIBED, None, "", 1)
    assert dict(found(directory, URL).registration) == DESCRIBED
    for client, token in (("two", "d"), (f"{URL}?", "")):
        with pytest.raises(Unavailable):
            registrar.add(client, DESCRIBED, None, token, 1)


def test_a_client_of_a_document_is_registered_once(directory, registrar):
    registrar.add(URL, DESCRIBED, None, "", 9)
    with pytest.raises(AlreadyExists):
        registrar.add(URL, DESCRIBED, None, "", 9)


def test_a_client_may_begin_as_idle_until_it_is_used(directory, registrar):
    for client in (URL, f"{URL}?"):
        registrar.add(client, DESCRIBED, None, "", 9, 29 * DAY)
    registrar.note_use(URL, NOW + 1)
    assert registrar.unused(NOW - 29 * DAY * SECOND + 1, 9) == [f"{URL}?"]
    assert registrar.unused(NOW - 29 * DAY * SECOND, 9) == []


def test_a_blocked_client_of_a_document_stays_blocked(directory, registrar):
    registrar.add(URL, DESCRIBED, None, "", 9)
    registrar.add("notes", SAID, "hash", "d", 9)
    for client in (URL, "notes"):
        registrar.block(client)
    assert registrar.unused(NOW + 1, 9) == ["notes"]
    directory.clients.enable(URL)
    assert sorted(registrar.unused(NOW + 1, 9)) == [URL, "notes"]


def test_a_change_is_read_at_once(directory, registrar):
    registrar.add(URL, DESCRIBED, None, "", 9)
    assert found(directory, URL) is directory.client(URL)
    registrar.change(URL, DESCRIBED | {"name": "Notes"})
    assert directory.client(URL).registration["name"] == "Notes"


@pytest.fixture
def aging(directory):
    """A registrar and a directory with one clock, which the test moves; and that clock."""
    moment = [NOW]
    directory.clients._clock = lambda: moment[0]
    parts = directory.database, directory.clients, by_any_name(PRESETS), lambda: moment[0]
    return Registrar(*parts, list, directory.catch_up_now), moment


def test_the_oldest_client_of_a_document_that_never_got_tokens_gives_way(directory, aging):
    registrar, moment = aging
    urls = [f"{URL}?{number}" for number in range(5)]
    registrar.add("own", SAID, "hash", "d", 9)
    for url in urls:
        registrar.add(url, DESCRIBED, None, "", 9, 29 * DAY)
        moment[0] += 1
    registrar.note_use(urls[0], moment[0])
    registrar.block(urls[1])
    assert registrar.giving_way(6, 9) == ()
    assert registrar.giving_way(5, 9) == [urls[2]]
    assert registrar.giving_way(1, 9) == urls[2:]
    assert registrar.giving_way(1, 2) == urls[2:4]
