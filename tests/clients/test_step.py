"""`step oauth` gets tokens for a person."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.clients.applications import TOKEN
from tests.clients.person import JOAN
from tests.clients.step import beside_a_service, come_back, said_before

from reticket.testing.server import free_port

AT_ONCE = 8


@pytest.fixture(scope="module")
def step(tmp_path_factory):
    with beside_a_service(tmp_path_factory.mktemp("step")) as step:
        yield step


def listening():
    return "--listen", f"127.0.0.1:{free_port()}"


def test_eight_people_sign_in_at_once(step):
    def token(_):
        with step.started(*listening()) as process, step.browser() as browser:
            come_back(browser.allow(said_before(process, "/oauth/authorize?")))
            return process.stdout.read().strip()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(token, range(AT_ONCE)))
    assert all(map(TOKEN.fullmatch, found)), found
    assert len(set(found)) == AT_ONCE


def test_a_person_at_another_device_types_the_code(step):
    with step.started("--console") as process, step.browser() as browser:
        page = said_before(process, "/oauth/device")
        browser.connect(page, said_before(process, "-"))
        assert TOKEN.fullmatch(process.stdout.read().strip())


def test_a_refusal_is_shown_readably(step):
    with step.started(*listening()) as process, step.browser(JOAN) as browser:
        come_back(browser.deny(said_before(process, "/oauth/authorize?")))
        process.wait()
        assert "access_denied" in process.stdout.read() + process.stderr.read()
