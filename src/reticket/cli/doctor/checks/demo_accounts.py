"""Whether an account has a password that everybody knows."""

from __future__ import annotations

from collections.abc import Iterator

from reticket.cli.doctor.findings import Finding, fault, warning
from reticket.runtime import demo
from reticket.runtime.opened_service import OpenedService

TOPIC = "demo accounts"


def look(instance: OpenedService) -> Iterator[Finding]:
    """Accounts of the demo: a warning if only this machine reaches the demo, else a fault."""
    is_marked = demo.is_marked(instance)
    is_kept = is_marked and demo.is_kept_local(instance)
    finding = warning if is_kept else fault
    if is_marked:
        where = "this machine alone is answered" if is_kept else "every machine is answered"
        yield finding(
            f"{instance.settings.data} is a demo, and {where}: keep real people elsewhere"
        )
    for account in demo.known_accounts(instance):
        yield finding(f"everybody knows the password of {account}: change it, or disable it")
