"""Whether a proxy hides the addresses of its clients."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.http.untrusted_proxies import UntrustedProxies
from reticket.runtime.opened_service import OpenedService

TOPIC = "proxies"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Peers that have forwarded requests and are not in `trusted_proxies`."""
    settings = instance.settings
    yield from map(warning, UntrustedProxies(settings.data).warnings(settings.trusted_proxies))
