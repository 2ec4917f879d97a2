"""Caddy, nginx and HAProxy from the system, each in front of a service, with a short configuration.

All of them share connections to the service between clients, and forbid `/metrics`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection
from string import Template

from reticket.testing.server import free_port

PATIENCE = 60.0
"""Seconds in which a proxy must listen."""

CADDY = Template("""\
{
	admin off
	auto_https off
}
http://:$port {
	bind 127.0.0.1
	respond /metrics 403
	reverse_proxy 127.0.0.1:$service
}
""")

NGINX = Template("""\
daemon off;
pid $folder/nginx.pid;
error_log stderr;
worker_processes 1;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    sendfile on;
    map $$http_upgrade $$connection_upgrade { default upgrade; '' ''; }
    upstream service { server 127.0.0.1:$service; keepalive 16; }
    server {
        listen 127.0.0.1:$port;
        location = /metrics { return 403; }
        location / {
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $$http_upgrade;
            proxy_set_header Connection $$connection_upgrade;
            proxy_set_header Host $$http_host;
            proxy_set_header X-Forwarded-For $$proxy_add_x_forwarded_for;
        }
    }
}
""")

HAPROXY = Template("""\
global
    # a second thread takes an idle connection of the first one by chance only
    nbthread 1
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
    http-reuse always
    option forwardfor
listen service
    bind 127.0.0.1:$port
    http-request deny if { path /metrics }
    server one 127.0.0.1:$service pool-purge-delay 60s
""")

CONFIGURATIONS = {"caddy": CADDY, "nginx": NGINX, "haproxy": HAPROXY}
COMMANDS = {
    "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config"],
    "nginx": ["nginx", "-c"],
    "haproxy": ["haproxy", "-db", "-f"],
}


@contextmanager
def running_proxy(
    name: str, folder: Path, service: int, configuration: Template | None = None
) -> Iterator[str]:
    """The URL of that proxy in front of a service on loopback.

    Args:
        name: caddy, nginx or haproxy.
        folder: for its configuration, its log and whatever it writes.
        service: port of the service.
        configuration: another one than the file's own; knows `port`, `service` and `folder`.

    Raises:
        RuntimeError: it is not installed, ended or did not listen in time; with its log.
    """
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise RuntimeError(f"{name} is not installed: these tests need caddy, nginx and haproxy")
    folder.mkdir()
    port = free_port()
    file, log = folder / f"{name}.conf", folder / f"{name}.log"
    template = configuration or CONFIGURATIONS[name]
    file.write_text(_as_owner(name) + template.substitute(
        port=port, service=service, folder=folder
    ))  # fmt: skip
    command = [program, *COMMANDS[name][1:], str(file)]
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=home)
    try:
        _await(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _as_owner(name: str) -> str:
    """nginx started by root gives its workers away, and they could not read the folder."""
    return "user root;\n" if name == "nginx" and os.geteuid() == 0 else ""


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(log.read_text())
