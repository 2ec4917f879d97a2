"""Behind the shortest configuration there is, metrics are for the bearer of their token alone."""

from string import Template

import pytest
from tests.http.wire import call
from tests.proxies.conftest import SETTINGS, port_of
from tests.proxies.servers import running_proxy

PLAIN = Template("""\
daemon off;
pid $folder/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$port;
        location / { proxy_pass http://127.0.0.1:$service; }
    }
}
""")
"""No X-Forwarded-For: everybody comes from this machine."""


@pytest.fixture(scope="module")
def plain(service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain") / "nginx"
    with running_proxy("nginx", folder, port_of(service.url), PLAIN) as url:
        yield url


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Host": "127.0.0.1"}])
def test_behind_a_plain_proxy_metrics_are_refused(plain, headers):
    assert call(plain, "GET", "/metrics", headers=headers)[0] == 404


def test_the_metrics_token_reads_metrics(plain):
    bearer = {"Authorization": f"Bearer {SETTINGS['RETICKET_METRICS_TOKEN']}"}
    status, _, body = call(plain, "GET", "/metrics", headers=bearer)
    assert (status, b"reticket_ready 1.0" in body) == (200, True)
