"""Whether a proxy makes all of its clients one address."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, warning
from reticket.cli.house import House
from reticket.unnamed import Unnamed

TOPIC = "proxies"


def look(house: House) -> Iterator[Finding]:
    """Peers that have forwarded and are not named by now."""
    settings = house.settings
    yield from map(warning, Unnamed(settings.data).warnings(settings.trusted_proxies))
