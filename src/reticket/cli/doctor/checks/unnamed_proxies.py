"""Whether a proxy makes all of its clients one address."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.http.unnamed import Unnamed
from reticket.runtime.house import House

TOPIC = "proxies"


def look(house: House) -> Iterator[Finding]:
    """Peers that have forwarded and are not named by now."""
    settings = house.settings
    yield from map(warning, Unnamed(settings.data).warnings(settings.trusted_proxies))
