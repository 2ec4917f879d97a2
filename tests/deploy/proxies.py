"""nginx, Caddy and Apache from the system's packages, each with the file that `deploy/` has for it.

Only ports, the address of the service, the names of files and, for Caddy, who issues the
certificate are other ones than in the file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "id.example.com"
SEARCHED = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"


class Certificate:
    """A certificate that vouches for itself, where the file of `deploy/` expects one."""

    def __init__(self, folder: Path) -> None:
        self.chain, self.key = folder / "fullchain.pem", folder / "privkey.pem"
        self.renew()

    def renew(self) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self.key, "-out", self.chain, "-days", "2",
             "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
            check=True, capture_output=True,
        )  # fmt: skip


@dataclass
class Proxy:
    """A proxy that listens on loopback."""

    name: str
    folder: Path
    certificate: Certificate
    command: Sequence[str] = ()
    pid: int = 0
    port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    @property
    def acme(self) -> Path:
        return self.folder / "acme"

    def reload(self) -> None:
        """Reload the proxy as certbot's hook does, and wait for the end of its old workers.

        Until they end, they accept connections beside the new ones, with the old certificate.
        """
        old = self._workers()
        reload = {"nginx": ["-s", "reload"], "apache": ["-k", "graceful"]}[self.name]
        command = [each for each in self.command if each != "-DFOREGROUND"]
        subprocess.run([*command, *reload], check=True, capture_output=True)
        until(lambda: not old & self._workers(), "the end of the old workers")

    def _workers(self) -> set[str]:
        return set(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())


def changed(text: str, changes: Mapping[str, str]) -> str:
    """The text of a file with other ports and names; each of them must stand in it."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _files(proxy: Proxy) -> dict[str, str]:
    return {
        f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(proxy.certificate.chain),
        f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(proxy.certificate.key),
        "/var/www/html": str(proxy.acme),
    }


def nginx_of(folder: Path, text: str) -> Sequence[str]:
    """The command of an nginx with that text in its `http`, and all its files in the folder."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "http {\naccess_log off;\n"
        + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
        + text
        + "}\n"
    )
    return "nginx", "-c", str(main)


def _nginx(proxy: Proxy, service: str) -> Sequence[str]:
    folder = proxy.folder
    shutil.copy(DEPLOY / "nginx" / "reticket_proxy.conf", folder)
    listeners = {
        "listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{proxy.port} ssl http2;",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "127.0.0.1:8088": service,
        "/etc/nginx/reticket_proxy.conf": f"{folder}/reticket_proxy.conf",
        "allow 127.0.0.0/8;": "allow 127.0.0.1;",
    }
    text = (DEPLOY / "nginx" / "reticket.conf").read_text()
    return nginx_of(folder, changed(text, listeners | _files(proxy)))


def _apache(proxy: Proxy, service: str) -> Sequence[str]:
    folder = proxy.folder
    modules = ("mpm_event", "authz_core", "authz_host", "alias", "headers", "http2", "proxy",
               "proxy_http", "socache_shmcb", "ssl")  # fmt: skip
    listeners = {
        "<VirtualHost *:80>": f"<VirtualHost 127.0.0.1:{proxy.plain_port}>",
        "<VirtualHost *:443>": f"<VirtualHost 127.0.0.1:{proxy.port}>",
        "127.0.0.1:8088": service,
        "127.0.0.0/8": "127.0.0.1",
    }
    text = (DEPLOY / "apache" / "reticket.conf").read_text()
    main = folder / "apache.conf"
    main.write_text(
        f"ServerRoot /etc/apache2\nDefaultRuntimeDir {folder}\nPidFile {folder}/apache.pid\n"
        f"ServerName {NAME}\nErrorLog /dev/stderr\nUser www-data\nGroup www-data\n"
        + "".join(f"Include /etc/apache2/mods-available/{each}.load\n" for each in modules)
        + f"Listen 127.0.0.1:{proxy.plain_port}\nListen 127.0.0.1:{proxy.port}\n"
        + changed(text, listeners | _files(proxy))
    )
    return "apache2", "-DFOREGROUND", "-f", str(main)


def _caddy(proxy: Proxy, service: str) -> Sequence[str]:
    own = f"\n\tbind 127.0.0.1\n\ttls {proxy.certificate.chain} {proxy.certificate.key}\n"
    changes = {
        f"\n{NAME} {{": f"\nhttps://{NAME}:{proxy.port} {{{own}",
        "127.0.0.1:8088": service,
        "127.0.0.0/8": "127.0.0.1",
        "\temail hostmaster@example.com\n": "\tadmin off\n\tauto_https off\n",
    }
    main = proxy.folder / "Caddyfile"
    main.write_text(changed((DEPLOY / "caddy" / "Caddyfile").read_text(), changes))
    return "caddy", "run", "--adapter", "caddyfile", "--config", str(main)


PROXIES = {"nginx": _nginx, "apache": _apache, "caddy": _caddy}


@contextmanager
def running(name: str, folder: Path, service: str, certificate: Certificate) -> Iterator[Proxy]:
    """A proxy in front of the service, ended afterwards.

    Raises:
        AssertionError: it is not installed, or it ended; with its log.
    """
    proxy = Proxy(name, folder, certificate)
    proxy.acme.mkdir()
    program, *words = PROXIES[name](proxy, urlsplit(service).netloc)
    found = shutil.which(program, path=SEARCHED)
    assert found, f"{program} is not installed: these tests need nginx, Caddy and Apache"
    proxy.command = (found, *words)
    log = folder / "log"
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with log.open("ab") as output:
        process = subprocess.Popen(proxy.command, stdout=output, stderr=output, env=home)
    proxy.pid = process.pid
    try:
        until(lambda: _listens(proxy, process), name, log.read_text)
        yield proxy
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(proxy: Proxy, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (proxy.folder / "log").read_text()
    with suppress(OSError), create_connection(("127.0.0.1", proxy.port), 1):
        return True
    return False
