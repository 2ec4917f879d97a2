"""TLS by certificate files; nothing is sent in plain text."""

import datetime
import os
import re
import socket
import ssl
import sys
import urllib.request
import warnings
from contextlib import ExitStack, contextmanager, suppress
from http.client import BadStatusLine
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from tests.http.connection.stream import deaf, is_forgotten

from reticket.testing import server
from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE, until


@pytest.fixture
def certificate(tmp_path):
    """A certificate for localhost that vouches for itself, and its key."""
    return _certified(tmp_path, ec.generate_private_key(ec.SECP256R1()))


def _certified(folder, key):
    """The folder, with the key and a certificate of it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    return folder


@contextmanager
def serving(folder, **connections):
    """A service with that certificate and these settings of connections: its port, and what trusts
    it, and its first answer. What it prints is in the file `printed`.
    """
    port = free_port()
    (folder / "reticket.toml").write_text(
        f'tls_certificate = "{folder}/cert.pem"\ntls_key = "{folder}/key.pem"\n'
        + "".join(f"connections.{name} = {value}\n" for name, value in connections.items())
    )
    command = [sys.executable, "-m", "reticket", "serve", "--create", "--port", str(port)]
    command += ["--data", str(folder / "data"), "--config", f"{folder}/reticket.toml"]
    process = server.start(command, folder / "printed", dict(os.environ))
    try:
        trusted = ssl.create_default_context(cafile=folder / "cert.pem")
        yield (
            port,
            trusted,
            _until_ready(f"https://localhost:{port}/health/ready", trusted, process),
        )
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_tls_needs_only_the_certificate_files(certificate):
    with serving(certificate, handshake_timeout=1) as (port, trusted, answer):
        assert answer.status == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        with socket.create_connection(("127.0.0.1", port), SOONER_THAN_BY_DEFAULT) as silent:
            assert silent.recv(1) == b""
        for size in (100, 60_000, 120_000, 1_000_000):
            assert {_asks(port, trusted, size) for _ in range(5)} == {b"HTTP/1.1 400"}, size
        assert _speaks(port, "ECDHE-ECDSA-AES256-GCM-SHA384")
        assert not _speaks(port, "ECDHE-ECDSA-AES256-SHA384")
        with pytest.raises((OSError, BadStatusLine)):
            urllib.request.urlopen(f"http://localhost:{port}/health/ready", timeout=PATIENCE)
    printed = (certificate / "printed").read_text()
    assert '"reason": "handshake"' in printed
    assert f"https://127.0.0.1:{port}" in printed


def test_no_tls_before_1_2_is_spoken(certificate):
    """The client offers old versions alone, with whatever ciphers they have."""
    with serving(certificate) as (port, _, _):
        assert not _speaks(port, "ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1_1)
        assert _speaks(port, "ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2)
        assert _speaks(port, "ALL", ssl.TLSVersion.TLSv1_3)


EVERY = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
AES_GCM = [(128, 256), (256, 384)]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("ECDSA", lambda: ec.generate_private_key(ec.SECP256R1())),
        ("RSA", lambda: rsa.generate_private_key(65537, 2048)),
    ],
    ids=["ECDSA", "RSA"],
)
def test_fapi2_5_2_2_tls_1_2_has_ecdhe_with_aes_gcm_alone(tmp_path, kind, key):
    """The client offers each suite that OpenSSL knows, one at a time."""
    known = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    known.set_ciphers(EVERY)
    suites = {each["name"] for each in known.get_ciphers() if each["protocol"] != "TLSv1.3"}
    with serving(_certified(tmp_path, key())) as (port, _, _):
        spoken = {name for name in suites if _speaks(port, f"{name}:@SECLEVEL=0")}
    assert spoken == {f"ECDHE-{kind}-AES{bits}-GCM-SHA{sha}" for bits, sha in AES_GCM}


SOONER_THAN_BY_DEFAULT = 50
"""Seconds; an event loop by itself gives a handshake 60."""


def test_stalled_handshakes_are_evicted_for_a_network_with_fewer_connections(certificate):
    with (
        serving(certificate, total=3, handshake_timeout=3600) as (port, trusted, _),
        ExitStack() as stack,
    ):
        for _ in range(9):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
        for _ in range(2):
            newcomer = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), PATIENCE, ("127.0.0.9", 0))
            )
            line = stack.enter_context(trusted.wrap_socket(newcomer, server_hostname="localhost"))
            line.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 200"
    assert '"reason": "gave_way"' in (certificate / "printed").read_text()


ASKED = b"GET /docs/assets/swagger-ui.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""145 KB of an answer."""


@pytest.mark.parametrize("asked", [1, 5, 100])
def test_a_client_that_reads_nothing_is_dropped_even_if_little_is_unread(certificate, asked):
    """The service cannot see what TLS and the system hold."""
    with (
        serving(certificate, read_timeout=1, idle_timeout=3600) as (port, trusted, _),
        trusted.wrap_socket(deaf("127.0.0.1", port), server_hostname="localhost") as line,
    ):
        line.sendall(ASKED * asked)
        until(lambda: is_forgotten(line), "an end of it")


def test_a_connection_frees_the_memory_of_a_large_body(certificate):
    """TLS never gives back what it has once needed: 600 KiB of a connection, for as long as that
    stays open, without any limit that counts them."""
    with serving(certificate) as (port, trusted, _), ExitStack() as stack:
        lines = [stack.enter_context(_line(port, trusted)) for _ in range(LINES)]
        assert {_posted(line, 100) for line in lines} == {b"HTTP/1.1 400"}
        before = _memory(certificate)
        assert {_posted(line, 250_000) for line in lines} == {b"HTTP/1.1 400"}
        assert _memory(certificate) - before < LINES * 200


LINES = 60


def _memory(folder):
    """KiB of the service that no file has."""
    number = re.search(r"Started server process \[(\d+)\]", (folder / "printed").read_text())
    said = Path(f"/proc/{number[1]}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", said)[1])


def _line(port, trusted):
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    return trusted.wrap_socket(connection, server_hostname="localhost")


def _asks(port, trusted, size):
    """The status of a request whose body comes right behind the handshake."""
    with _line(port, trusted) as line:
        return _posted(line, size)


def _posted(line, size):
    """The status of a request with such a body; the rest of its answer is read as well."""
    head = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
    line.sendall(head + b"a" * size)
    return line.recv(65_536)[:12]


def _speaks(port, cipher, newest=ssl.TLSVersion.TLSv1_2):
    """Whether it speaks TLS with that cipher, of no later version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    context.set_ciphers(cipher)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        try:
            context.wrap_socket(connection).close()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


def _until_ready(url, context, process):
    found = []

    def is_ready():
        assert process.poll() is None, "it ended by itself"
        with suppress(OSError), urllib.request.urlopen(url, context=context) as answer:
            found.append(answer)
        return found

    until(is_ready, "an answer")
    return found[0]
