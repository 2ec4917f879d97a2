"""`reticket init`, `seed`, `purge`: make and maintain a data folder."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from reticket.cli.application import SECRET_BYTES
from reticket.cli.context import CONFIG, DATA, CommandContext, PathOption, with_instance
from reticket.core.people import Client
from reticket.directory.drafts import ClientDraft
from reticket.directory.programs.clients import every_client
from reticket.directory.seed import checked_registration
from reticket.oauth.registration import authenticates_by_keys, with_admin_scope
from reticket.runtime.demo import known_accounts
from reticket.runtime.opened_service import OpenedService
from reticket.settings import loading

ADMIN_CLIENT = "admin"


@click.command()
@DATA
@CONFIG
@click.pass_obj
def init(frame: CommandContext, data: Path | None, config: Path | None) -> None:
    """Make a data folder: databases, the first keys, the master key's file, and the first client
    of the admin API, whose secret is printed once.

    Safe to repeat: existing files stay as they are.

    \b
    Example:
      reticket init --data /var/lib/reticket
    """
    with frame.opened(frame.builder.load(config, {"data": data})) as instance:
        click.echo(f"{instance.settings.data} is ready")
        if instance.master_key_file is not None:
            click.echo(
                f"{instance.master_key_file} is the master key, and without it every token becomes "
                "invalid: keep a copy of it apart from all backups"
            )
        if (admin := _first_admin(instance)) is not None:
            click.echo(f"the client {admin.id} of the admin API is there already{_renewing(admin)}")
        elif instance.directory.client(ADMIN_CLIENT) is not None:
            click.echo(f"the client {ADMIN_CLIENT} is there, but may not use the admin API")
        else:
            _make_admin(instance)
        for name in known_accounts(instance):
            click.echo(f"everybody knows the password of a demo account: {name}")


def _first_admin(instance: OpenedService) -> Client | None:
    everyone = every_client(instance.directory.clients)
    return next((each for each in everyone if each.registration.get("admin")), None)


def _renewing(admin: Client) -> str:
    """How to get a new secret; empty for a client that authenticates by its own key."""
    is_secretless = admin.public or authenticates_by_keys(admin.registration)
    return "" if is_secretless else f"; a new secret: reticket client rotate-secret {admin.id}"


def _make_admin(instance: OpenedService) -> None:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    said = with_admin_scope({"name": "First admin", "policy": "SERVICE", "admin": True})
    presets = loading.presets(instance.settings)
    registration = checked_registration(said, public=False, presets=presets)
    draft = ClientDraft(ADMIN_CLIENT, False, registration)
    instance.directory.clients.add(draft, instance.hasher.hash(secret))
    instance.record_change("client_added", client=ADMIN_CLIENT)
    click.echo("The client of the admin API, and its secret, which is shown only now:")
    click.echo(f"client_id      {ADMIN_CLIENT}")
    click.echo(f"client_secret  {secret}")


@click.command()
@click.argument("file", type=PathOption())
@with_instance
def seed(instance: OpenedService, file: Path) -> None:
    """Load a directory file: it creates what is absent and never alters what exists.

    \b
    Example:
      reticket seed directory.yaml --data ./data
    """
    instance.seed(file)
    click.echo(f"{file} is loaded")


@click.command()
@with_instance
def purge(instance: OpenedService) -> None:
    """Delete sessions whose last token has ended.

    The service does it by itself every `purge_interval`, by default each hour.

    \b
    Example:
      reticket purge --data ./data
    """
    click.echo(f"{instance.purge()} sessions deleted")


COMMANDS = (init, seed, purge)
