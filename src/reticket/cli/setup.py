"""`reticket init`, `seed`, `purge`: a data folder's beginning and upkeep."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from reticket.cli.application import SECRET_BYTES
from reticket.cli.frame import CONFIG, DATA, Frame, Place, with_house
from reticket.core.people import Client
from reticket.directory.drafts import ClientDraft
from reticket.directory.programs.clients import every_client
from reticket.directory.seed import checked_registration
from reticket.oauth.registration import flagged
from reticket.runtime.demo import known_accounts
from reticket.runtime.house import House
from reticket.settings import loading as config

ADMIN_CLIENT = "admin"


@click.command()
@DATA
@CONFIG
@click.pass_obj
def init(frame: Frame, data: Path | None, config: Path | None) -> None:
    """Make a data folder: databases, the first keys, the master key's file, and the first client
    of the admin API, whose secret is printed once.

    Safe to repeat: what is there stays as it is.

    \b
    Example:
      reticket init --data /var/lib/reticket
    """
    with frame.opened(frame.builder.load(config, {"data": data})) as house:
        click.echo(f"{house.settings.data} is ready")
        if house.master_key_file is not None:
            click.echo(f"{house.master_key_file} opens its keys: keep a copy of it somewhere else")
        if (admin := _first_admin(house)) is not None:
            click.echo(f"the client {admin.id} of the admin API is there already{_renewing(admin)}")
        elif house.directory.client(ADMIN_CLIENT) is not None:
            click.echo(f"the client {ADMIN_CLIENT} is there, but may not use the admin API")
        else:
            _make_admin(house)
        for name in known_accounts(house):
            click.echo(f"everybody knows the password of a demo account: {name}")


def _first_admin(house: House) -> Client | None:
    everyone = every_client(house.directory.clients)
    return next((each for each in everyone if each.registration.get("admin")), None)


def _renewing(admin: Client) -> str:
    """How it gets another secret, unless it proves itself by a key of its own."""
    has_keys = admin.public or "jwks" in admin.registration
    return "" if has_keys else f"; a new secret: reticket client rotate-secret {admin.id}"


def _make_admin(house: House) -> None:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    said = flagged({"name": "First admin", "policy": "SERVICE", "admin": True})
    presets = config.presets(house.settings)
    registration = checked_registration(said, public=False, presets=presets)
    draft = ClientDraft(ADMIN_CLIENT, False, registration)
    house.directory.clients.add(draft, house.hasher.hash(secret))
    house.record_change("client_added", client=ADMIN_CLIENT)
    click.echo("The client of the admin API, and its secret, which is shown only now:")
    click.echo(f"client_id      {ADMIN_CLIENT}")
    click.echo(f"client_secret  {secret}")


@click.command()
@click.argument("file", type=Place())
@with_house
def seed(house: House, file: Path) -> None:
    """Load a directory file: it creates what is absent and never alters what exists.

    \b
    Example:
      reticket seed directory.yaml --data ./data
    """
    house.seed(file)
    click.echo(f"{file} is loaded")


@click.command()
@with_house
def purge(house: House) -> None:
    """Delete families whose last token has died. The service does it by itself every hour.

    \b
    Example:
      reticket purge --data ./data
    """
    click.echo(f"{house.purge()} families deleted")


COMMANDS = (init, seed, purge)
