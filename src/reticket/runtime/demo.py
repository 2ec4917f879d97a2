"""The demo's people and programs, whose passwords are public: kept on this machine, and
reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog

from reticket.core.addresses import is_loopback
from reticket.core.errors import StartupError
from reticket.core.people import Credentials
from reticket.core.realms import SignInName
from reticket.directory.directory import Directory
from reticket.directory.marks import DEMO
from reticket.directory.seed import DEMO as FILE
from reticket.directory.seed import people_of_realms, read_seed
from reticket.runtime.opened_service import OpenedService
from reticket.settings import Settings

_log = structlog.get_logger("reticket.demo")

FOLDER = Path("data-demo")
"""The folder of the demo unless another one is named."""


def begin(instance: OpenedService) -> None:
    """Mark a directory as the demo's. StartupError when it has people of its own."""
    marks = instance.directory.marks
    if not marks.has(DEMO) and instance.directory.users.page("", 1):
        raise StartupError(
            f"{instance.settings.data} has people of its own, and the demo's passwords are known "
            "to everybody: leave --data out with --demo, or name an empty folder"
        )
    marks.put(DEMO)


def checked_local(instance: OpenedService) -> bool:
    """Whether only this machine is answered. StartupError when the demo's accounts could be reached
    from another machine.
    """
    settings, is_local = instance.settings, is_kept_local(instance)
    if is_local and not is_loopback(settings.host):
        raise StartupError(
            f"{settings.data} has demo accounts, whose passwords everybody knows, so it is served "
            f"on 127.0.0.1 alone, and not on the address {settings.host} of --host. Either "
            f"{_remedy(instance)}, or say --demo-public"
        )
    return is_local


def _remedy(instance: OpenedService) -> str:
    if is_marked(instance):
        return "make a folder for real people with reticket init"
    return "change their passwords or disable them (reticket doctor names them)"


def is_kept_local(instance: OpenedService) -> bool:
    """Whether only this machine may be answered: in a demo, and whenever an account has a password
    of the demo. Older versions without the mark kept the demo in `./data`.
    """
    if instance.settings.demo_public:
        return False
    return is_marked(instance) or next(known_accounts(instance), None) is not None


class Reach:
    """Whether only this machine is answered while the service runs.

    Args:
        instance: another process may mark its directory as a demo at any time.
        is_local: decided at the start, once for all workers, because it costs hashes.

    Attributes:
        is_local: the result of the last check.
    """

    def __init__(self, instance: OpenedService, is_local: bool) -> None:
        self._instance = instance
        self.is_local = is_local

    def check(self) -> None:
        """Check whether the directory is marked now. Unavailable."""
        if not self.is_local and not self._instance.settings.demo_public:
            self.is_local = is_marked(self._instance)
            if self.is_local:
                _log.warning("demo", warning=_marked(self._instance))


def is_marked(instance: OpenedService) -> bool:
    """Whether the folder was made for the demo."""
    return instance.directory.marks.has(DEMO)


def warnings(instance: OpenedService) -> Iterator[str]:
    """Sentences for the log at a start."""
    if is_marked(instance):
        yield _marked(instance)
        return
    for account in known_accounts(instance):
        yield f"everybody knows the password of the demo's {account}: change it, or disable it"


def _marked(instance: OpenedService) -> str:
    return f"everybody knows the passwords of the demo data in {instance.settings.data}"


def known_accounts(instance: OpenedService) -> Iterator[str]:
    """Accounts that have the password or secret of the shipped demo directory, as texts for people.
    Changed secrets and disabled accounts do not count.
    """
    for account, found, secret in _accounts(instance.directory):
        if secret and _fits(instance, found, secret):
            yield account


def _accounts(directory: Directory) -> Iterator[tuple[str, Credentials | None, str | None]]:
    """Every account of the demo: a text for people, what the directory has of it, its secret."""
    seed = read_seed(FILE)
    for user in (*seed.users, *people_of_realms(directory.profiles)):
        name = SignInName(user.record.realm, user.record.email)
        yield f"user {name.for_operators}", directory.user_credentials(name), user.secret
    programs = (
        ("application", seed.applications, directory.application_credentials),
        ("client", seed.clients, directory.client_credentials),
    )
    for noun, entries, lookup in programs:
        for entry in entries:
            yield f"{noun} {entry.key}", lookup(str(entry.key)), entry.secret


def _fits(instance: OpenedService, found: Credentials | None, secret: str) -> bool:
    if found is None or found.disabled:
        return False
    return instance.hasher.verify(found.secret_hash, secret)


def data_folder(settings: Settings) -> Path | None:
    """The folder of a demo, where no setting names one."""
    return None if "data" in settings.model_fields_set else FOLDER
