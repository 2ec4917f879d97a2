"""Real proxies in front of the service: `make test-proxies`. `make test` needs none of them; where
these are wanted and a program is missing, they fail.
"""

import os
from urllib.parse import urlsplit

import pytest
from tests.proxies.servers import CONFIGURATIONS, running_proxy

from reticket.testing import running_server

if not os.environ.get("RETICKET_PROXIES"):
    collect_ignore_glob = ["test_*.py"]

SETTINGS = {
    "RETICKET_TRUSTED_PROXIES": "127.0.0.1",
    "RETICKET_METRICS_TOKEN": "scrape-0123456789-0123456789-0123456789",
    "RETICKET_SIGN_IN__ADDRESS_FAILURES": "100000",
    "RETICKET_HASHING__TIME_COST": "2",
    "RETICKET_HASHING__MEMORY": "65536",
}
"""Hashing as slow as in use: answers that come late are what an attack hopes for. Everybody comes
from one address, so failures of many attacks must not shut it.
"""


def port_of(url):
    return urlsplit(url).port


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("service"), settings=SETTINGS) as running:
        yield running


@pytest.fixture(scope="session", params=sorted(CONFIGURATIONS))
def proxy(request, service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy") / request.param
    with running_proxy(request.param, folder, port_of(service.url)) as url:
        yield url
