"""TLS by certificate files; nothing of it is spoken in the clear."""

import datetime
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from http.client import BadStatusLine

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reticket.testing.server import free_port
from reticket.testing.waiting import PATIENCE


@pytest.fixture
def certificate(tmp_path):
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
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
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(pem))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    return tmp_path


def test_certificate_files_are_all_it_takes(certificate):
    port = free_port()
    (certificate / "reticket.toml").write_text(
        f'tls_certificate = "{certificate}/cert.pem"\ntls_key = "{certificate}/key.pem"\n'
        "connections.handshake_timeout = 1\n"
    )
    command = [sys.executable, "-m", "reticket", "serve", "--create", "--port", str(port)]
    command += ["--data", str(certificate / "data"), "--config", f"{certificate}/reticket.toml"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        trusted = ssl.create_default_context(cafile=certificate / "cert.pem")
        answer = _until_ready(f"https://localhost:{port}/health/ready", trusted, process)
        assert answer.status == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as silent:
            assert silent.recv(1) == b""
        for size in (100, 60_000, 120_000, 1_000_000):
            assert {_asks(port, trusted, size) for _ in range(5)} == {b"HTTP/1.1 400"}, size
        assert _speaks(port, "ECDHE-ECDSA-AES256-GCM-SHA384")
        assert not _speaks(port, "ECDHE-ECDSA-AES256-SHA384")
        with pytest.raises((OSError, BadStatusLine)):
            urllib.request.urlopen(f"http://localhost:{port}/health/ready", timeout=PATIENCE)
    finally:
        process.terminate()
        printed = process.communicate(timeout=PATIENCE)[0].decode()
    assert '"reason": "handshake"' in printed
    assert f"https://127.0.0.1:{port}" in printed


def _asks(port, trusted, size):
    """The status of a request whose body comes right behind the handshake."""
    body = b"a" * size
    head = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as connection,
        trusted.wrap_socket(connection, server_hostname="localhost") as line,
    ):
        line.sendall(head + body)
        return line.recv(12)


def _speaks(port, cipher):
    """Whether it speaks TLS 1.2 with that cipher."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        try:
            context.wrap_socket(connection).close()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


def _until_ready(url, context, process):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE, context=context) as answer:
                return answer
        except OSError:
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.05)
