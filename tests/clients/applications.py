"""The web applications: each is started with its quick start, and a person visits it.

An application has a protected page that shows the access token it holds. Proxies have an upstream
for it, which shows the headers that it got.
"""

import re
import shutil
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socket import create_connection

from tests.browser.serving import served
from tests.clients.page import ISSUER, quick_start, replaced
from tests.deploy.proxies import SEARCHED

from reticket.testing.waiting import PATIENCE, until

BUILT = Path(__file__).parents[2] / ".venv" / "clients"
"""Where `make test-clients` puts the programs that it builds."""
TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")


@dataclass(frozen=True, slots=True)
class Application:
    """One that is running.

    Args:
        home: address of the page that needs a person, and shows the access token.
        log_out: address at which it signs the person out, here and at the service.
    """

    home: str
    log_out: str

    def token(self, person):
        """The access token that the application has for this person now."""
        page = person.visit(self.home)
        found = TOKEN.search(page.text)
        assert page.status_code == 200, page.text
        assert found, page.text
        return found[0]


class Upstream(BaseHTTPRequestHandler):
    """Shows the headers that a proxy has sent."""

    def do_GET(self):
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Log nothing."""


@contextmanager
def oauth2_proxy(issuer, port, folder):
    """oauth2-proxy, which passes its tokens to the upstream and refreshes them each second, over
    plain HTTP.
    """
    with served(Upstream) as upstream:
        changes = {
            ISSUER: issuer,
            "127.0.0.1:4180": f"127.0.0.1:{port}",
            "http://127.0.0.1:3000": f"http://127.0.0.1:{upstream.server_port}",
            "--cookie-refresh=10m": "--cookie-refresh=1s",
        }
        command = replaced(quick_start("oauth2-proxy", "sh"), changes)
        observed = "--cookie-secure=false --pass-access-token=true"
        with running(["sh", "-c", f"exec {BUILT}/{command.strip()} {observed}"], port, folder):
            url = f"http://127.0.0.1:{port}"
            yield Application(url, f"{url}/oauth2/sign_out?rd={issuer}/oauth/logout")


def _go(name):
    """A program that is called with the issuer and its address."""

    @contextmanager
    def running_program(issuer, port, folder):
        address = f"127.0.0.1:{port}"
        with running([str(BUILT / name), issuer, address], port, folder):
            yield Application(f"http://{address}/", f"http://{address}/logout")

    return running_program


@contextmanager
def spring(issuer, port, folder):
    """Spring Boot; its properties are those of the page."""
    properties = replaced(quick_start("Spring Security", "properties"), {ISSUER: issuer})
    (folder / "application.properties").write_text(f"{properties}server.port={port}\n")
    where = f"--spring.config.additional-location=file:{folder}/"
    with running(["java", "-jar", str(BUILT / "spring-security"), where], port, folder):
        url = f"http://127.0.0.1:{port}"
        yield Application(f"{url}/", f"{url}/logout")


APACHE = """
ServerName 127.0.0.1
ServerRoot "{folder}"
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
Listen 127.0.0.1:{port}
{modules}
ProxyPass "/protected/callback" "!"
ProxyPass "/" "http://127.0.0.1:{upstream}/"
"""
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "proxy", "proxy_http",
           "auth_openidc")  # fmt: skip
LOADED = "LoadModule {0}_module /usr/lib/apache2/modules/mod_{0}.so"


@contextmanager
def mod_auth_openidc(issuer, port, folder):
    """Apache with mod_auth_openidc in front of the upstream."""
    with served(Upstream) as upstream:
        modules = "\n".join(map(LOADED.format, MODULES))
        server = APACHE.format(
            folder=folder, port=port, modules=modules, upstream=upstream.server_port
        )
        changes = {ISSUER: issuer, "127.0.0.1:8090": f"127.0.0.1:{port}"}
        own = replaced(quick_start("mod_auth_openidc", "apache"), changes)
        (folder / "apache.conf").write_text(server + own)
        command = ["apache2", "-DFOREGROUND", "-f", str(folder / "apache.conf")]
        with running(command, port, folder):
            url = f"http://127.0.0.1:{port}/protected"
            yield Application(f"{url}/page", f"{url}/callback?logout={url.rpartition('/')[0]}/")


@contextmanager
def running(command, port, folder):
    """A program that listens at this port.

    Raises:
        AssertionError: it is not installed, or it ended; with its log.
    """
    program = shutil.which(command[0], path=SEARCHED)
    assert program, f"{command[0]} is not installed"
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen([program, *command[1:]], stdout=output, stderr=output)
    try:
        until(lambda: _listens(process, port, log), command[0], log.read_text)
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(process, port, log):
    assert process.poll() is None, log.read_text()
    with suppress(OSError), create_connection(("127.0.0.1", port), 1):
        return True
    return False


APPLICATIONS = {
    "go-oidc": _go("go-oidc"),
    "goth": _go("goth"),
    "mod_auth_openidc": mod_auth_openidc,
    "oauth2-proxy": oauth2_proxy,
    "spring-security": spring,
}
TITLES = {"go-oidc": "go-oidc with x/oauth2", "spring-security": "Spring Security"}
"""Of the sections of the page, where they differ from the name."""
PORTS = {
    "go-oidc": 5556,
    "goth": 3000,
    "mod_auth_openidc": 8090,
    "oauth2-proxy": 4180,
    "spring-security": 8080,
}
"""Those of the page."""
REFUSALS = {
    "goth": "code is missing",
    "mod_auth_openidc": "Invalid Request",
    "spring-security": "Invalid credentials",
}
"""What it shows when the person refuses, if not "denied"."""
