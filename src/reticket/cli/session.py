"""`reticket session`: starts, lists, shows and revokes sessions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from shlex import quote
from typing import Any

import click
import msgspec

from reticket.cli.context import (
    JSON,
    CommandContext,
    renamed,
    rfc3339,
    show,
    show_json,
    with_instance,
)
from reticket.cli.group import Group
from reticket.core.errors import Refusal
from reticket.core.identifiers import read_family_id
from reticket.core.model import Family, Selection
from reticket.core.people import Client
from reticket.core.policy import SECOND
from reticket.core.realms import name_of
from reticket.core.texts import escaped
from reticket.directory.names import unknown_names
from reticket.directory.programs.clients import no_client
from reticket.oauth.direct_session import SessionOptions, start_session
from reticket.oauth.provider import USER
from reticket.runtime.every_policy import provider_of
from reticket.runtime.opened_service import OpenedService

PAGE = 500
OF_CLIENT = ("scope", "resource")
"""Options of `start` whose values the client's registration limits."""
_NOUNS = {"context": "tenant or account"}
COLUMNS = ("id", "kind", "subject", "context", "generation", "rotated_at", "expires_at", "end")


@click.group(cls=Group)
def session() -> None:
    """Start, list, show and revoke sessions: a session is one sign-in with all its tokens."""


def selecting(command: Any) -> Any:
    """Options that choose sessions."""
    for option in (
        click.option("--subject", help="A user's e-mail, REALM/NAME or id; an application's id."),
        click.option("--kind", help="A kind of token, such as oauth.user."),
        renamed("--resource", "--kind"),
        click.option("--client", help="An OAuth client's id."),
        click.option(
            "--context",
            help="The id of a tenant or account: sessions whose newest tokens are for it.",
        ),
    ):
        command = option(command)
    return command


@session.command("list")
@selecting
@click.option("--all", "with_ended", is_flag=True, help="Ended sessions too.")
@click.option("--ended", "only_ended", is_flag=True, help="Only sessions that were ended.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@JSON
@with_instance
def list_(
    instance: OpenedService,
    subject: str | None,
    kind: str | None,
    client: str | None,
    context: str | None,
    with_ended: bool,
    only_ended: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List sessions, the oldest first.

    \b
    Examples:
      reticket session list --subject ada@example.com
      reticket session list --kind oauth.user --all --json
    """
    live_at = None if with_ended or only_ended else instance.store.now()
    chosen = Selection(
        subject=_subject(instance, subject),
        resource=_kind(instance, kind),
        client=client,
        context=context,
        live_at=live_at,
    )
    _check_names(instance, chosen)
    found = _families(instance, chosen)
    rows = (facts(each) for each in found if each.revoked_at is not None or not only_ended)
    show(islice(rows, limit), COLUMNS, as_json)


@session.command("show")
@click.argument("session_id")
@JSON
@with_instance
def show_one(instance: OpenedService, session_id: str, as_json: bool) -> None:
    """Show one session.

    \b
    Example:
      reticket session show 0198c0de00007000800000000000abcd
    """
    found = instance.store.find(_id(session_id))
    if found is None:
        raise click.ClickException(f"there is no session {session_id}")
    row = facts(found)
    if as_json:
        show([row], COLUMNS, as_json)
        return
    for name, value in row.items():
        click.echo(escaped(f"{name:18} {'-' if value is None else value}"))


@session.command()
@click.argument("session_id", required=False)
@selecting
@click.option("--all", "everything", is_flag=True, help="All sessions; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@with_instance
def revoke(
    instance: OpenedService,
    session_id: str | None,
    subject: str | None,
    kind: str | None,
    client: str | None,
    context: str | None,
    everything: bool,
    yes: bool,
) -> None:
    """End the sessions that match all of the options. Their tokens become invalid.

    --all stands alone and ends every session. It signs everybody out, so it asks first; in a script
    it needs --yes.

    \b
    Examples:
      reticket session revoke 0198c0de00007000800000000000abcd
      reticket session revoke --subject ada@example.com
      reticket session revoke --subject ada@example.com --context 1000
      reticket session revoke --client spa
      reticket session revoke --context 1000
      reticket session revoke --all --yes
    """
    narrowed = bool(session_id or subject or kind or client or context)
    if narrowed and everything:
        raise click.UsageError("--all ends every session: leave out the id and the other options")
    if not narrowed and not everything:
        raise click.UsageError(
            "say which sessions: an id, --subject, --kind, --client or --context; or --all"
        )
    if everything and not yes:
        _ask_about_everybody()
    chosen = Selection(
        family=_id(session_id) if session_id else None,
        subject=_subject(instance, subject),
        resource=_kind(instance, kind),
        client=client,
        context=context,
    )
    _check_names(instance, chosen)
    click.echo(f"{len(instance.upkeep.revoke(chosen, 'operator'))} revoked")


@session.command()
@click.option("--client", "client_id", required=True, help="The OAuth client that gets the tokens.")
@click.option("--user", "who", required=True, help="An e-mail or a user's id.")
@click.option("--scope", help="Space-separated; default: all that the client may be granted.")
@click.option("--resource", "resources", multiple=True, help="An audience; may be repeated.")
@click.option(
    "--amr", multiple=True, help="How the person signed in, as pwd or otp; may be repeated."
)
@click.option("--tenant", type=int, help="The first tenant of the session.")
@click.option("--dpop-jkt", help="Thumbprint of the key that its tokens are bound to.")
@JSON
@click.pass_obj
@with_instance
def start(
    instance: OpenedService,
    frame: CommandContext,
    client_id: str,
    who: str,
    scope: str | None,
    resources: tuple[str, ...],
    amr: tuple[str, ...],
    tenant: int | None,
    dpop_jkt: str | None,
    as_json: bool,
) -> None:
    """Start a session for a person whom you have authenticated. Prints its tokens, once.

    Works while the service runs. The issuer of its tokens is the setting `issuer`; without it, the
    address that the service serves or served last.

    \b
    Example:
      reticket session start --client spa --user ada@example.com --scope "openid profile" --json
    """
    _expect_oauth(instance)
    now = instance.clock() // SECOND
    wish = SessionOptions(now, scope, resources, amr, tenant, dpop_jkt)
    holder, person = _client(instance, client_id), instance.person(who)
    beginning = start_session(provider_of(instance.settings), holder, person, wish, now)
    try:
        answer = frame.builder.perform(instance, beginning).answer
    except Refusal as refusal:
        raise click.ClickException(_sentence(refusal, client_id)) from None
    if as_json:
        show_json(answer)
        return
    for name, value in msgspec.to_builtins(answer).items():
        click.echo(escaped(f"{name:14} {value}"))


def _expect_oauth(instance: OpenedService) -> None:
    if USER not in instance.kinds():
        raise click.ClickException("the dialect oauth is switched off: no session can start")


def _client(instance: OpenedService, client_id: str) -> Client:
    found = instance.directory.client(client_id)
    if found is None:
        raise no_client(client_id)
    return found


def _sentence(refusal: Refusal, client_id: str) -> str:
    if refusal.parameter is None:
        return f"the user cannot sign in: {refusal.code.value}"
    advice = f": see reticket client show {quote(client_id)}"
    hint = advice if refusal.parameter in OF_CLIENT else ""
    option = refusal.parameter.removesuffix("_id").replace("_", "-")
    return f"--{option} {refusal.detail}{hint}"


def facts(found: Family) -> dict[str, Any]:
    """The members of a session for tables and JSON."""
    return {
        "id": found.id.hex(),
        "kind": found.resource,
        "subject": found.subject,
        "client": found.client,
        "scope": found.scope,
        "context": found.context,
        "policy": found.policy,
        "generation": found.generation,
        "created_at": rfc3339(found.created_at),
        "rotated_at": rfc3339(found.rotated_at),
        "expires_at": rfc3339(found.expires_at),
        "ends_at": rfc3339(found.ends_at),
        "device": found.device,
        "end": found.revoked_cause,
        "revoked_at": rfc3339(found.revoked_at),
    }


def _families(instance: OpenedService, chosen: Selection) -> Iterator[Family]:
    """All that match, read as they are taken."""
    cursor: bytes | None = None
    while True:
        page = instance.store.page(chosen, PAGE, cursor)
        yield from page.families
        cursor = page.cursor
        if cursor is None:
            return


def _subject(instance: OpenedService, said: str | None) -> str | None:
    if said is None:
        return None
    found = instance.directory.user_by_name(name_of(said, instance.directory.profiles.realms))
    if found is None and "@" in said:
        raise click.ClickException(f"there is nobody with the e-mail {said}")
    return found.id if found else said


def _kind(instance: OpenedService, said: str | None) -> str | None:
    known = sorted(kind.name for kind in instance.directory.profiles.kinds)
    if said is not None and said not in known:
        raise click.UsageError(f"there is no kind of token {said}; there are {', '.join(known)}")
    return said


def _ask_about_everybody() -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("--all signs everybody out: a script must say --yes, too")
    click.confirm("Sign everybody out?", abort=True)


def _check_names(instance: OpenedService, chosen: Selection) -> None:
    """Refuse unknown names: a misspelt name would select nothing, and nobody would notice."""
    if chosen.family is not None and instance.store.find(chosen.family) is None:
        raise click.ClickException(f"there is no session {chosen.family.hex()}")
    for member in unknown_names(instance.directory, chosen):
        name = getattr(chosen, member)
        if not instance.store.page(Selection(**{member: name}), 1, None).families:
            raise click.ClickException(f"there is no {_NOUNS.get(member, member)} {name!r}")


def _id(text: str) -> bytes:
    try:
        return read_family_id(text)
    except ValueError:
        raise click.UsageError("a session's id is 32 hex digits") from None


COMMANDS = (session,)
