"""`reticket key`: the keys that sign and verify tokens."""

from __future__ import annotations

from dataclasses import asdict

import click

from reticket.cli.adopting import adopt, adopted, unadopt
from reticket.cli.client import found
from reticket.cli.context import JSON, rfc3339, show, with_instance
from reticket.cli.group import Group
from reticket.crypto.ring import EVERY_USE, OVERLAP
from reticket.crypto.snapshot import MAC
from reticket.oauth.shared_keys import WARNING, shared, shared_in, sharing_fault, unshared
from reticket.runtime.opened_service import OpenedService

COLUMNS = ("id", "use", "algorithm", "state", "created_at", "activates_at", "retiring_at")


@click.group(cls=Group)
def key() -> None:
    """List, rotate and retire keys. Private parts are never shown."""


@key.command("list")
@JSON
@with_instance
def list_(instance: OpenedService, as_json: bool) -> None:
    """List keys and their states: next, active, retiring, retired, compromised.

    \b
    Example:
      reticket key list
    """
    rows = []
    for facts in instance.ring.listing():
        times = ("created_at", "activates_at", "retiring_at")
        rows.append(asdict(facts) | {name: rfc3339(getattr(facts, name)) for name in times})
    show(rows, COLUMNS, as_json)


@key.command()
@click.option("--use", "uses", type=click.Choice(EVERY_USE), multiple=True, help="Default: all.")
@with_instance
def rotate(instance: OpenedService, uses: tuple[str, ...]) -> None:
    """Start signing with the published next key in a few seconds, and publish another one.

    Nobody is signed out: tokens of the old key stay valid until they end.

    \b
    Examples:
      reticket key rotate
      reticket key rotate --use sign
    """
    for use in instance.ring.rotate(uses):
        instance.record_change("key_rotated", key=use)
    click.echo(f"the next key signs in {OVERLAP} seconds")


@key.command()
@click.argument("key_id")
@click.option(
    "--compromised",
    is_flag=True,
    help="For a stolen key, in any state. When it signs, the next key takes its place at once.",
)
@with_instance
def retire(instance: OpenedService, key_id: str, compromised: bool) -> None:
    """Make the tokens of a key invalid.

    Without --compromised only a key that a rotation has replaced can be retired.

    \b
    Examples:
      reticket key retire 1a2b3c4d
      reticket key retire 1a2b3c4d --compromised
    """
    verb = instance.ring.compromise if compromised else instance.ring.retire
    verb(key_id)
    instance.record_change("key_compromised" if compromised else "key_retired", key=key_id)
    click.echo(f"tokens of the key {key_id} are invalid now")


@key.command()
@click.option(
    "--kind", required=True, help="The kind of tokens, as `reticket session list` has it."
)
@click.option("--client", "client_id", required=True, help="The client that may fetch the key.")
@with_instance
def share(instance: OpenedService, kind: str, client_id: str) -> None:
    """Let a client fetch the key that signs the access tokens of a kind (HS256).

    For a service that can check nothing else. It never gets the key of refresh tokens, nor that of
    another kind. It fetches the key at /oauth/shared_keys with its own credentials.

    \b
    Example:
      reticket key share --kind shop.user --client files
    """
    client = found(instance, client_id)
    if fault := sharing_fault(client, kind, instance.kinds().values()):
        raise click.ClickException(fault)
    instance.directory.clients.register(client_id, shared(client, kind))
    instance.record_change("key_shared", client=client_id, kind=kind)
    click.echo(f"{client_id} may fetch the access key of {kind}")
    click.echo(f"Warning: {WARNING}", err=True)


@key.command()
@click.option("--kind", required=True, help="The kind of tokens.")
@click.option("--client", "client_id", required=True, help="The client that may fetch it no more.")
@with_instance
def unshare(instance: OpenedService, kind: str, client_id: str) -> None:
    """Take a shared key away, and rotate it, since the client still knows it.

    Nobody is signed out. What the client forges with the old key is refused once the access tokens
    that the old key has signed have ended.

    \b
    Example:
      reticket key unshare --kind shop.user --client files
    """
    client = found(instance, client_id)
    if kind not in shared_in(client.registration):
        raise click.ClickException(f"the key of {kind} is not shared with {client_id}")
    instance.directory.clients.register(client_id, unshared(client, kind))
    instance.record_change("key_unshared", client=client_id, kind=kind)
    for use in instance.ring.rotate((MAC,)):
        instance.record_change("key_rotated", key=use)
    click.echo(f"{client_id} may not fetch the access key of {kind}; the next key signs now")


key.add_command(adopt)
key.add_command(adopted)
key.add_command(unadopt)

COMMANDS = (key,)
