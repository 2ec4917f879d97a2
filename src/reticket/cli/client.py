"""`reticket client`: OAuth clients. Secrets are made here and printed once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import click

from reticket.cli.application import SECRET_BYTES
from reticket.cli.context import JSON, rfc3339, show, show_json, with_instance
from reticket.cli.group import Group
from reticket.cli.registering import CLEARABLE, registering, registering_anew
from reticket.core.logouts import CLIENT_REMOVED
from reticket.core.model import Selection
from reticket.core.people import Client
from reticket.core.texts import escaped
from reticket.directory.drafts import ClientDraft
from reticket.directory.programs.clients import every_client, no_client
from reticket.directory.seed import (
    check_kinds,
    edited_registration,
    new_registration,
    policy_faults,
)
from reticket.oauth.registration import (
    authenticates_by_keys,
    has_keys,
    is_confidential,
    with_admin_scope,
)
from reticket.oauth.signing import algorithms_wanted
from reticket.runtime.every_policy import provider_of
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.policies import warnings_of
from reticket.settings import loading

COLUMNS = ("client_id", "public", "disabled", "created_at")


@click.group(cls=Group)
def client() -> None:
    """Add, change and list OAuth clients. Secrets are made here and printed once."""


@client.command()
@click.argument("client_id")
@click.option("--public", is_flag=True, help="It cannot keep a secret: a browser, an app.")
@JSON
@with_instance
@registering_anew
def add(
    instance: OpenedService, client_id: str, public: bool, as_json: bool, said: Mapping[str, Any]
) -> None:
    """Add a client and print its secret, once. A client with --public or --jwks has no secret.

    \b
    Examples:
      reticket client add backend --policy SERVICE --scope orders.read
      reticket client add spa --public --redirect-uri https://shop.example.com/callback
      reticket client add console --admin --json
    """
    is_secretless = public or authenticates_by_keys(said)
    secret = None if is_secretless else secrets.token_urlsafe(SECRET_BYTES)
    if public and has_keys(said):
        raise click.UsageError("a client with --jwks can authenticate: leave out --public")
    presets = loading.presets(instance.settings)
    registration = new_registration(with_admin_scope(said), public=secret is None, presets=presets)
    check_kinds(registration, instance.directory.profiles.inspected)
    instance.ring.require(algorithms_wanted(registration))
    draft = ClientDraft(client_id, disabled=False, registration=registration)
    instance.directory.clients.add(draft, secret and instance.hasher.hash(secret))
    instance.record_change("client_added", client=client_id)
    _warn(instance, client_id)
    if as_json:
        show_json(_row(found(instance, client_id)) | ({"client_secret": secret} if secret else {}))
    else:
        click.echo(secret or f"{client_id} is added; it has no secret")


@client.command("list")
@JSON
@with_instance
def list_(instance: OpenedService, as_json: bool) -> None:
    """List OAuth clients.

    \b
    Example:
      reticket client list --json
    """
    show(map(_row, every_client(instance.directory.clients)), COLUMNS, as_json)


@client.command("show")
@click.argument("client_id")
@JSON
@with_instance
def show_one(instance: OpenedService, client_id: str, as_json: bool) -> None:
    """Show one client.

    \b
    Example:
      reticket client show spa
    """
    row = _row(found(instance, client_id))
    if as_json:
        show_json(row)
        return
    members = {**row, **row["registration"]}
    del members["registration"]
    for name, value in members.items():
        text = value if isinstance(value, str) else json.dumps(value)
        click.echo(escaped(f"{name:18} {text}"))


@client.command()
@click.argument("client_id")
@click.option(
    "--clear",
    type=click.Choice(tuple(CLEARABLE)),
    multiple=True,
    help="Give this member its default; may be repeated.",
)
@with_instance
@registering
def edit(
    instance: OpenedService, client_id: str, clear: Sequence[str], said: Mapping[str, Any]
) -> None:
    """Change the registration of a client: each given option replaces its old value.

    A member without an option stays as it is. --clear gives it the default of a new client.

    \b
    Examples:
      reticket client edit spa --clear scope --clear resource
      reticket client edit spa --policy BROWSER,window=5
      reticket client edit spa --redirect-uri https://a.example.com/cb --redirect-uri com.app:/cb
    """
    cleared = {CLEARABLE[name]: None for name in clear}
    if not said and not cleared:
        raise click.UsageError("say what to change")
    if said.keys() & cleared.keys():
        raise click.UsageError("a member that is given cannot be cleared as well")
    before = found(instance, client_id)
    presets = loading.presets(instance.settings)
    registration = edited_registration(before, {**said, **cleared}, presets)
    check_kinds(said, instance.directory.profiles.inspected)
    instance.ring.require(algorithms_wanted(registration))
    instance.directory.clients.register(client_id, with_admin_scope(registration))
    instance.record_change("client_changed", client=client_id)
    _warn(instance, client_id)


@client.command("rotate-secret")
@click.argument("client_id")
@JSON
@with_instance
def rotate_secret(instance: OpenedService, client_id: str, as_json: bool) -> None:
    """Give a client a new secret and print it, once. Its sessions go on.

    \b
    Example:
      reticket client rotate-secret backend
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    instance.directory.clients.rotate_secret(client_id, instance.hasher.hash(secret))
    instance.record_change("client_secret_rotated", client=client_id)
    if as_json:
        show_json({"client_id": client_id, "client_secret": secret})
    else:
        click.echo(secret)


@client.command()
@click.argument("client_id")
@with_instance
def disable(instance: OpenedService, client_id: str) -> None:
    """Disable a client: its requests are refused, and its sessions get no new tokens.

    \b
    Example:
      reticket client disable spa
    """
    instance.directory.clients.disable(client_id)
    instance.record_change("client_disabled", client=client_id)


@client.command()
@click.argument("client_id")
@with_instance
def enable(instance: OpenedService, client_id: str) -> None:
    """Enable a disabled client.

    \b
    Example:
      reticket client enable spa
    """
    for fault in policy_faults(
        found(instance, client_id).registration, loading.presets(instance.settings)
    ):
        raise click.ClickException(f"policy cannot be: {fault}")
    instance.directory.clients.enable(client_id)
    instance.record_change("client_enabled", client=client_id)


@client.command()
@click.argument("client_id")
@with_instance
def delete(instance: OpenedService, client_id: str) -> None:
    """Delete a client, and end its sessions.

    \b
    Example:
      reticket client delete spa
    """
    instance.directory.clients.disable(client_id)
    instance.record_change("client_disabled", client=client_id)
    instance.upkeep.revoke(Selection(client=client_id), CLIENT_REMOVED)
    instance.directory.clients.remove(client_id)
    instance.record_change("client_removed", client=client_id)


def _warn(instance: OpenedService, client_id: str) -> None:
    for warning in warnings_of(found(instance, client_id), provider_of(instance.settings)):
        click.echo(f"Warning: {warning}", err=True)


def found(instance: OpenedService, client_id: str) -> Client:
    """The client, as any process has written it. NotFound."""
    instance.directory.catch_up_now()
    client = instance.directory.client(client_id)
    if client is None:
        raise no_client(client_id)
    return client


def _row(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "public": not is_confidential(client),
        "disabled": client.disabled,
        "registration": client.registration,
        "created_at": rfc3339(client.created_at),
    }


COMMANDS = (client,)
