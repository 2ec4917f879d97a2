"""`reticket key adopt`: another system's key verifies its refresh tokens, whose sessions go on."""

from __future__ import annotations

from pathlib import Path

import click

from reticket.adoption.systems import systems
from reticket.cli.adoption_options import CLIENT, NAME, UNTIL, pairs, secret_of, secret_options
from reticket.cli.context import JSON, rfc3339, show, with_instance
from reticket.core.adoption.model import Adoption
from reticket.moving.sessions.adopting import AdoptionRequest, adoption_of, keep
from reticket.runtime.opened_service import OpenedService

COLUMNS = ("name", "system", "kind", "client", "reader", "algorithm", "until", "mode", "state")


@click.command()
@click.option("--system", required=True, help="The other system; its claims are known here.")
@click.option("--kind", required=True, help="The kind of tokens that its sessions get here.")
@UNTIL
@secret_options("key", "the secret, or the public key as PEM or JWK")
@click.option("--algorithm", help="Of its refresh tokens. Default: the only one that it has.")
@click.option("--issuer", help="Their claim `iss`.")
@secret_options("salt", "the further secret of a system that has one")
@click.option("--option", "options", multiple=True, help="NAME=VALUE, by the system.")
@CLIENT
@NAME
@click.option(
    "--accept-unrevoked",
    is_flag=True,
    help="Accept tokens now, though no ended sessions are imported. What was ended there may go on "
    "here.",
)
@with_instance
def adopt(
    instance: OpenedService,
    system: str,
    kind: str,
    until: int,
    key_file: Path | None,
    key_env: str | None,
    algorithm: str | None,
    issuer: str | None,
    salt_file: Path | None,
    salt_env: str | None,
    options: tuple[str, ...],
    client: str | None,
    name: str | None,
    accept_unrevoked: bool,
) -> None:
    """Let sessions of another system go on, whose refresh tokens are JWTs.

    Its key verifies refresh tokens alone, until a time. It never signs. It cannot be adopted again,
    since sessions that have ended here could then begin anew.

    At first only sessions that are imported are accepted. `reticket import sessions --all-ended`
    says that all ended ones were imported; from then on all others are living.

    \b
    Examples:
      reticket key adopt --system keycloak --kind oauth.user --algorithm HS512
        --issuer https://sso.example.com/realms/shop --key-file realm-key --until 2027-01-31
      reticket key adopt --system simplejwt --kind oauth.user --client spa --algorithm HS256
        --key-env DJANGO_SECRET_KEY --until 2027-01-31 --accept-unrevoked
    """
    request = AdoptionRequest(
        system=system,
        kind=kind,
        until=until,
        name=name or "",
        client=client,
        algorithm=algorithm,
        issuer=issuer,
        options=pairs(options),
        key=secret_of("key", key_file, key_env),
        salts=_salts(system, secret_of("salt", salt_file, salt_env)),
        is_unrevoked=accept_unrevoked,
    )
    adoption = adoption_of(instance, request)
    keep(instance, adoption)
    click.echo(f"{adoption.name} is adopted until {rfc3339(adoption.until)}")
    if not accept_unrevoked:
        click.echo("import its sessions now: nothing else is accepted", err=True)


@click.command()
@JSON
@with_instance
def adopted(instance: OpenedService, as_json: bool) -> None:
    """List the systems whose sessions go on here. Keys are never shown.

    \b
    Example:
      reticket key adopted
    """
    now = instance.store.now()
    show([_row(each, now) for each in instance.directory.adoptions.all()], COLUMNS, as_json)


@click.command()
@click.argument("name")
@with_instance
def unadopt(instance: OpenedService, name: str) -> None:
    """Accept the tokens of another system no more. Sessions that were adopted go on.

    It is for good: the key cannot be adopted again.

    \b
    Example:
      reticket key unadopt keycloak
    """
    instance.directory.adoptions.remove(name)
    instance.record_change("key_unadopted", adoption=name)
    click.echo(f"tokens of {name} are accepted no more")


def _salts(system: str, salt: str) -> dict[str, str]:
    """The further secret by the name that the system has for it."""
    known = systems()[system].salts if system in systems() else ()
    return {known[0] if known else "salt": salt} if salt else {}


def _row(adoption: Adoption, now: int) -> dict[str, object]:
    state = "removed" if adoption.removed_at else "active" if adoption.is_active(now) else "ended"
    return {
        "name": adoption.name,
        "system": adoption.system,
        "kind": adoption.kind,
        "client": adoption.client,
        "reader": adoption.reader,
        "algorithm": adoption.algorithm,
        "issuer": adoption.issuer,
        "since": rfc3339(adoption.since),
        "until": rfc3339(adoption.until),
        "mode": adoption.mode.value,
        "state": state,
    }
