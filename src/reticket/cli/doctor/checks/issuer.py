"""Whether clients can reach and trust the issuer of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from reticket.cli.doctor.findings import Finding, fault, warning
from reticket.core.addresses import is_loopback
from reticket.runtime.opened_service import OpenedService
from reticket.settings.catalogue import variable
from reticket.settings.loading import issuer_of, issuer_warnings, served_address

TOPIC = "issuer"


def look(instance: OpenedService) -> Iterator[Finding]:
    """No issuer, an issuer that cannot be reached, and one without TLS for other machines."""
    settings, url = instance.settings, issuer_of(instance.settings)
    name = variable("issuer")
    nowhere = issuer_warnings(settings, url)
    yield from map(warning, nowhere)
    if not settings.issuer and not nowhere:
        served = "was served last" if served_address(settings) else "would be served"
        yield warning(f"is not set, so tokens name {url}, where it {served}: set {name}")
    parts = urlsplit(url)
    if parts.scheme == "http" and not nowhere and not is_loopback(parts.hostname or ""):
        yield fault(f"{url} is without TLS, so tokens can be read on the way: set {name} to https")
