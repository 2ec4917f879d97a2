"""The provider that is judged: `reticket serve` of this checkout, with the suite's clients."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.addresses import Addresses, port_of
from tests.conformance.clients import SCOPES

from reticket.testing.server import CHEAP_SIGN_INS, start, without_settings
from reticket.testing.waiting import PATIENCE, until

RETICKET = (sys.executable, "-m", "reticket")


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate for `localhost` and its key, in PEM. The suite serves with the same."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider.

    Args:
        data: its data folder.
        settings: the variables that it was started with.
        fetch: the body of one of its pages, by path.
    """

    data: Path
    settings: Mapping[str, str]
    fetch: Callable[[str], bytes]

    def rotate_keys(self) -> None:
        """Rotate its signing key, and return once its key set has the new one."""
        before = self._key_ids()
        command = [*RETICKET, "key", "rotate", "--data", str(self.data)]
        subprocess.run(command, env=self.settings, check=True, stdout=subprocess.DEVNULL)
        until(lambda: self._key_ids() != before, "a new key in the key set")

    def _key_ids(self) -> set[str]:
        metadata = json.loads(self.fetch("/.well-known/openid-configuration"))
        path = "/" + metadata["jwks_uri"].split("/", 3)[3]
        return {key["kid"] for key in json.loads(self.fetch(path))["keys"]}


@contextmanager
def running_provider(
    folder: Path, addresses: Addresses, tls: Tls, directory: str
) -> Iterator[Provider]:
    """Start a provider with that directory file, and stop it afterwards."""
    seed = folder / "seed.yaml"
    seed.write_text(directory, "utf-8")
    data = folder / "data"
    settings = _settings(addresses, tls)
    command = [*RETICKET, "serve", "--data", str(data), "--seed", str(seed)]
    process = start(command, folder / "provider.log", settings)
    fetch = _fetcher(addresses.provider, tls)
    try:
        until(lambda: process.poll() is not None or _is_ready(fetch), "the provider")
        if process.poll() is not None:
            raise RuntimeError((folder / "provider.log").read_text())
        yield Provider(data, settings, fetch)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _settings(addresses: Addresses, tls: Tls) -> dict[str, str]:
    return {
        **without_settings(),
        **CHEAP_SIGN_INS,
        "RETICKET_PORT": str(port_of(addresses.provider)),
        "RETICKET_ISSUER": addresses.provider,
        "RETICKET_TLS_CERTIFICATE": str(tls.certificate),
        "RETICKET_TLS_KEY": str(tls.key),
        **_fetches(tls),
        **_REGISTRATION,
    }


def _fetches(tls: Tls) -> dict[str, str]:
    """The suite's documents are on loopback, behind the certificate that it shares with us."""
    return {
        "RETICKET_FETCH__PRIVATE_HOSTS": "localhost",
        "RETICKET_FETCH__CA_FILE": str(tls.certificate),
    }


_REGISTRATION = {
    "RETICKET_DIALECTS__OAUTH__REGISTRATION": "open",
    "RETICKET_DIALECTS__OAUTH__REGISTRATION_SCOPES": ",".join(SCOPES),
    "RETICKET_DIALECTS__OAUTH__REGISTRATIONS_PER_ADDRESS": "1000",
}
"""A plan registers some sixty clients from one address."""


def _fetcher(url: str, tls: Tls) -> Callable[[str], bytes]:
    trusted = ssl.create_default_context(cafile=tls.certificate)

    def fetch(path: str) -> bytes:
        with urllib.request.urlopen(url + path, timeout=5, context=trusted) as answer:
            body: bytes = answer.read()
        return body

    return fetch


def _is_ready(fetch: Callable[[str], bytes]) -> bool:
    try:
        fetch("/health/ready")
    except OSError:
        return False
    return True
