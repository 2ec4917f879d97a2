"""`reticket key adopt`: another system's key verifies its refresh tokens, whose sessions go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reticket.adoption.jwts import EMAIL_CLAIM
from reticket.adoption.systems import systems
from reticket.cli.adoption_options import CLIENT, NAME, UNTIL, pairs, secret_of, secret_options
from reticket.cli.context import JSON, rfc3339, show, with_instance
from reticket.cli.refused_rows import tell
from reticket.core.adoption.model import Adoption, Mode
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
def adopt(instance: OpenedService, /, **said: Any) -> None:
    """Let sessions of another system go on, whose refresh tokens are JWTs.

    Its key verifies refresh tokens alone, until a time. It signs nothing, unless the setting
    `old_refresh_tokens` of a dialect is on. It cannot be adopted again, since sessions that have
    ended here could then begin anew.

    At first only sessions that are imported are accepted. `reticket import sessions --all-ended`
    says that all ended ones were imported; from then on all others are living.

    \b
    Examples:
      reticket key adopt --system keycloak --kind oauth.user --algorithm HS512
        --issuer https://sso.example.com/realms/shop --key-file realm-key --until 2027-01-31
      reticket key adopt --system simplejwt --kind oauth.user --client spa --algorithm HS256
        --key-env DJANGO_SECRET_KEY --until 2027-01-31 --accept-unrevoked
    """
    adoption = adoption_of(instance, _request(**said))
    keep(instance, adoption)
    click.echo(f"{adoption.name} is adopted until {rfc3339(adoption.until)}")
    _tell_people(instance, adoption)
    if adoption.mode is Mode.LIVING:
        tell("import its sessions now: nothing else is accepted")


def _request(
    *,
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
) -> AdoptionRequest:
    return AdoptionRequest(
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


def _tell_people(instance: OpenedService, adoption: Adoption) -> None:
    """Say how many people its tokens can be of. Nobody is told of a wrong name otherwise."""
    many = instance.directory.foreign_ids.count(adoption.system)
    click.echo(f"{many} people have an id of {adoption.system} here")
    if not many and EMAIL_CLAIM not in adoption.options:
        tell(
            f"Warning: no token will be accepted. Import the people with --system "
            f"{adoption.system}, or say --option {EMAIL_CLAIM}=NAME"
        )


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
