"""How much a client may have kept: per client where it authenticates, else per address as well."""

import httpx
import pytest
from tests.pages.instance import running_service
from tests.pages.people import asking

from reticket.testing.waiting import PATIENCE

PER_ADDRESS, PER_CLIENT = 3, 5
LIMITS = {
    "RETICKET_DIALECTS__OAUTH__ASKED_PER_ADDRESS": str(PER_ADDRESS),
    "RETICKET_DIALECTS__OAUTH__ASKED_PER_CLIENT": str(PER_CLIENT),
}
STRICT = {"client_id": "strict", "client_secret": "strict-secret"}
TELEVISION = [{"client_id": "set-top", "policy": "DEVICE", "client_secret": "box-secret"}]
BOX = {"client_id": "set-top", "client_secret": "box-secret"}
NATIVE = asking(client_id="native", redirect_uri="com.example.app:/callback")
TV = {"client_id": "tv"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limited")
    with running_service(folder, TELEVISION, settings=LIMITS) as running:
        yield running


def statuses(server, address, path, form, times):
    way = httpx.HTTPTransport(local_address=address)
    with httpx.Client(base_url=server.url, timeout=PATIENCE, transport=way) as http:
        return [http.post(path, data=form).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("path", "form", "other", "good"),
    [
        (
            "/oauth/par",
            asking(),
            NATIVE,
            201,
        ),
        ("/oauth/device", TV, None, 200),
    ],
    ids=["par", "device"],
)
def test_a_public_client_is_limited_by_address_and_no_stranger_shuts_it(
    server, path, form, other, good
):
    asked = statuses(server, "127.0.0.2", path, form, PER_ADDRESS + 2)
    assert asked == [good] * PER_ADDRESS + [429] * 2
    assert statuses(server, "127.0.0.3", path, form, 1) == [good]
    if other:
        assert statuses(server, "127.0.0.2", path, other, 1) == [good]


@pytest.mark.parametrize(
    ("path", "form", "good"),
    [("/oauth/par", asking(**STRICT), 201), ("/oauth/device", BOX, 200)],
    ids=["par", "device"],
)
def test_a_client_that_authenticates_is_limited_over_all_its_addresses(server, path, form, good):
    asked = statuses(server, "127.0.0.4", path, form, PER_CLIENT - 1)
    asked += statuses(server, "127.0.0.5", path, form, 2)
    assert asked == [good] * PER_CLIENT + [429]
    wrong = {**form, "client_secret": "wrong"}
    assert statuses(server, "127.0.0.6", path, wrong, 1) == [401]


def test_an_invalid_request_is_not_counted(server):
    wrong = asking(code_challenge_method="plain")
    assert statuses(server, "127.0.0.7", "/oauth/par", wrong, PER_ADDRESS + 1) == [400] * 4
    assert statuses(server, "127.0.0.7", "/oauth/par", asking(), 1) == [201]
