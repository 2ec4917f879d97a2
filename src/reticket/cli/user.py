"""`reticket user`: people and their memberships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from reticket.cli.context import JSON, renamed, rfc3339, show, with_instance
from reticket.cli.factor import factor
from reticket.cli.grants_option import Grants
from reticket.cli.group import Group
from reticket.cli.new_password import PASSWORD_STDIN, new_password
from reticket.cli.part_option import profile_option
from reticket.cli.user_hashes import hash_config, hashes, wrap_hashes
from reticket.core.realms import USUAL
from reticket.directory.drafts import UserDraft
from reticket.directory.forms import check_email
from reticket.runtime.opened_service import OpenedService

COLUMNS = (
    "id",
    "realm",
    "email",
    "first_name",
    "last_name",
    "disabled",
    "second_factor",
    "factor_locked",
    "factor_missing",
    "last_sign_in_at",
)


@click.group(cls=Group, renamed={"take": "revoke"})
def user() -> None:
    """Add, change and list people. WHO is an e-mail, an id, or REALM/NAME in a dialect's realm."""


@user.command()
@click.argument("email")
@PASSWORD_STDIN
@click.option("--realm", default=USUAL, help="The realm of a dialect; its page says which it has.")
@click.option("--user-name", help="Another name to sign in with, in the realm of a dialect.")
@click.option("--number", type=int, help="The number in that realm; the next one by default.")
@click.option("--first-name", help="The given name.")
@click.option("--last-name", help="The surname.")
@click.option(
    "--tenant",
    "tenants",
    type=Grants(),
    multiple=True,
    help="A tenant of the person, and the numbers of what the person may do there, as 1000=1,2; "
    "may be repeated.",
)
@click.option(
    "--account",
    "accounts",
    type=Grants(),
    multiple=True,
    help="The same for a developer account; may be repeated.",
)
@profile_option(
    "What a single dialect needs to know of the person, as a directory file has it: the page "
    "of the dialect names the key. May be repeated."
)
@renamed("--organization", "--profile 'organization={name: ...}'")
@renamed("--nickname", "--profile 'KEY={nickname: ...}'")
@click.option("--group", "groups", multiple=True, help="A group of the person; may be repeated.")
@click.option("--role", "roles", multiple=True, help="A role of the person; may be repeated.")
@with_instance
def add(
    instance: OpenedService,
    email: str,
    password_stdin: bool,
    realm: str,
    user_name: str | None,
    number: int | None,
    first_name: str | None,
    last_name: str | None,
    tenants: tuple[tuple[int, tuple[int, ...]], ...],
    accounts: tuple[tuple[int, tuple[int, ...]], ...],
    parts: tuple[tuple[str, object], ...],
    groups: tuple[str, ...],
    roles: tuple[str, ...],
) -> None:
    """Add a person. Asks for the password.

    \b
    Examples:
      reticket user add ada@example.com --tenant 1000=1,2,17 --tenant 1001=1
      echo "$PASSWORD" | reticket user add alan@example.com --password-stdin
      reticket user add grace@example.com --profile 'organization={name: Acme, roles: [admin]}'
    """
    check_email(email)
    draft = UserDraft(
        email=email,
        first_name=first_name,
        last_name=last_name,
        tenants=dict(tenants),
        accounts=dict(accounts),
        parts=dict(parts),
        groups=groups,
        roles=roles,
        realm=realm,
        user_name=user_name,
        number=number,
    )
    secret_hash = instance.hasher.hash(new_password(password_stdin))
    user_id = instance.directory.users.add(draft, secret_hash)
    instance.record_change("user_added", user=user_id)
    click.echo(user_id)


@user.command()
@click.argument("who")
@click.option("--first-name", help="The given name; empty removes it.")
@click.option("--last-name", help="The surname; empty removes it.")
@profile_option(
    "What a dialect knows of the person, as a whole: its key in a directory file, and the "
    "value there; null removes it. May be repeated."
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="A group of the person, instead of all former ones; may be repeated.",
)
@click.option("--no-groups", is_flag=True, help="Remove the person from all groups.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    help="A role of the person, instead of all former ones; may be repeated.",
)
@click.option("--no-roles", is_flag=True, help="Take all roles from the person.")
@with_instance
def change(
    instance: OpenedService,
    who: str,
    first_name: str | None,
    last_name: str | None,
    parts: tuple[tuple[str, object], ...],
    groups: tuple[str, ...],
    no_groups: bool,
    roles: tuple[str, ...],
    no_roles: bool,
) -> None:
    """Change a person's names, profile, groups and roles. No session ends.

    \b
    Examples:
      reticket user change ada@example.com --profile 'claims={nickname: Ada, locale: en-GB}'
      reticket user change ada@example.com --group staff --group admins --no-roles
    """
    said = {"first_name": first_name, "last_name": last_name}
    names = {name: value or None for name, value in said.items() if value is not None}
    if (groups and no_groups) or (roles and no_roles):
        raise click.UsageError("say --group or --no-groups, --role or --no-roles")
    if not (names or parts or groups or no_groups or roles or no_roles):
        raise click.UsageError("say what: a name, --profile, --group, --role or --no-...")
    person = instance.person(who)
    instance.directory.users.change(
        person.id,
        names,
        parts=dict(parts),
        groups=groups if groups or no_groups else None,
        roles=roles if roles or no_roles else None,
    )
    instance.record_change("user_changed", user=person.id)


@user.command()
@click.argument("who")
@PASSWORD_STDIN
@with_instance
def passwd(instance: OpenedService, who: str, password_stdin: bool) -> None:
    """Set a new password for a person, and end all of their sessions.

    \b
    Example:
      reticket user passwd ada@example.com
    """
    person = instance.person(who)
    secret_hash = instance.hasher.hash(new_password(password_stdin))
    instance.directory.users.set_password(person.id, secret_hash)
    instance.record_change("user_password_set", user=person.id)


@user.command()
@click.argument("who")
@click.argument("new_email")
@with_instance
def email(instance: OpenedService, who: str, new_email: str) -> None:
    """Change a person's e-mail, and end all of their sessions.

    \b
    Example:
      reticket user email ada@example.com countess@example.com
    """
    person = instance.person(who)
    instance.directory.users.set_email(person.id, new_email)
    instance.record_change("user_changed", user=person.id)


@user.command()
@click.argument("who")
@with_instance
def disable(instance: OpenedService, who: str) -> None:
    """Disable a person, and end all of their sessions.

    \b
    Example:
      reticket user disable ada@example.com
    """
    person = instance.person(who)
    instance.directory.users.disable(person.id)
    instance.record_change("user_changed", user=person.id)


@user.command()
@click.argument("who")
@with_instance
def enable(instance: OpenedService, who: str) -> None:
    """Enable a disabled person.

    \b
    Example:
      reticket user enable ada@example.com
    """
    person = instance.person(who)
    instance.directory.users.enable(person.id)
    instance.record_change("user_changed", user=person.id)


@user.command()
@click.argument("who")
@with_instance
def delete(instance: OpenedService, who: str) -> None:
    """Delete a person, and end all of their sessions.

    \b
    Example:
      reticket user delete ada@example.com
    """
    person = instance.person(who)
    instance.directory.users.delete(person.id)
    instance.record_change("user_removed", user=person.id)


@user.command()
@click.argument("who")
@click.option(
    "--tenant",
    type=Grants(),
    help="A tenant, and the numbers of what the person may do there, as 1000=1,2.",
)
@click.option("--account", type=Grants(), help="The same for a developer account.")
@with_instance
def grant(
    instance: OpenedService,
    who: str,
    tenant: tuple[int, tuple[int, ...]] | None,
    account: tuple[int, tuple[int, ...]] | None,
) -> None:
    """Add a person to a tenant or account, or replace what the person may do there.

    \b
    Example:
      reticket user grant ada@example.com --tenant 1002=1,2
    """
    if tenant is None and account is None:
        raise click.UsageError("say where: --tenant or --account")
    person = instance.person(who)
    if tenant:
        instance.directory.tenant_members.grant(person.id, *tenant)
        instance.record_change("user_changed", user=person.id, tenant=tenant[0])
    if account:
        instance.directory.account_members.grant(person.id, *account)
        instance.record_change("user_changed", user=person.id, account=account[0])


@user.command()
@click.argument("who")
@click.option("--tenant", type=int, help="A tenant's id.")
@click.option("--account", type=int, help="A developer account's id.")
@with_instance
def revoke(instance: OpenedService, who: str, tenant: int | None, account: int | None) -> None:
    """Remove a person from a tenant or account, and end their sessions there.

    \b
    Example:
      reticket user revoke ada@example.com --tenant 1001
    """
    if tenant is None and account is None:
        raise click.UsageError("say where: --tenant or --account")
    person = instance.person(who)
    if tenant is not None:
        instance.directory.tenant_members.remove(person.id if person.realm else who, tenant)
        instance.record_change("user_changed", user=person.id, tenant=tenant)
    if account is not None:
        instance.directory.account_members.remove(person.id if person.realm else who, account)
        instance.record_change("user_changed", user=person.id, account=account)


@user.command("list")
@click.option("--realm", help="Only people of this realm; empty for the usual one.")
@JSON
@with_instance
def list_(instance: OpenedService, realm: str | None, as_json: bool) -> None:
    """List people.

    \b
    Example:
      reticket user list --json
    """
    show(_rows(instance, realm), COLUMNS, as_json)


def _rows(instance: OpenedService, realm: str | None) -> Iterator[Mapping[str, Any]]:
    after = ""
    while lines := instance.directory.users.page(after, realm=realm):
        for line in lines:
            times = {"created_at": rfc3339(line.created_at)}
            yield asdict(line) | times | {"last_sign_in_at": rfc3339(line.last_sign_in_at)}
        after = lines[-1].id


for command in (factor, hashes, wrap_hashes, hash_config):
    user.add_command(command)

COMMANDS = (user,)
