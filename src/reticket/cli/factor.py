"""`reticket user factor`: second factors of people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

import click

from reticket.cli.context import JSON, show, with_instance
from reticket.cli.group import Group, sentence_of
from reticket.core.people import User
from reticket.crypto.otp import base32, decode_secret, otpauth_uri, step_of
from reticket.directory.errors import Invalid
from reticket.runtime.opened_service import OpenedService
from reticket.settings.loading import issuer_of

TRIES = 3


@click.group(cls=Group)
def factor() -> None:
    """Set, show, unlock and remove second factors. WHO is an e-mail or an id.

    A factor is asked for at the next sign-in; live sessions go on.
    """


@factor.command("set")
@click.argument("who")
@click.option("--key-stdin", is_flag=True, help="Take a key from standard input, in base32.")
@with_instance
def set_(instance: OpenedService, who: str, key_stdin: bool) -> None:
    """Give a person a second factor.

    Prints a key for the authenticator app, asks for the code that the app shows, and prints
    recovery codes. None of it is ever shown again. A key from standard input is one that the person
    has already, and no code is asked for.

    \b
    Examples:
      reticket user factor set ada@example.com
      echo "$KEY" | reticket user factor set ada@example.com --key-stdin
    """
    person = instance.person(who)
    codes = _taken(instance, person) if key_stdin else _enrolled(instance, person)
    instance.record_change("factor_set", user=person.id)
    _print_codes(codes)


@factor.command("show")
@click.argument("who")
@JSON
@with_instance
def show_(instance: OpenedService, who: str, as_json: bool) -> None:
    """Show the state of a second factor, and how many recovery codes are left.

    \b
    Example:
      reticket user factor show ada@example.com
    """
    said = instance.directory.enrolments.standing(instance.person(who).id)
    row = {
        "active": said.active,
        "pending": said.pending,
        "locked": said.locked,
        "failures": said.failures,
        "recovery_codes": said.recovery_codes,
        "missing": said.missing,
    }
    show([row], tuple(row), as_json)


@factor.command("recovery-codes")
@click.argument("who")
@with_instance
def recovery_codes(instance: OpenedService, who: str) -> None:
    """Make ten new recovery codes for a person; the old ones become void.

    \b
    Example:
      reticket user factor recovery-codes ada@example.com
    """
    person = instance.person(who)
    codes = instance.directory.enrolments.renew_codes(person.id)
    instance.record_change("recovery_codes_renewed", user=person.id)
    _print_codes(codes)


@factor.command()
@click.argument("who")
@with_instance
def unlock(instance: OpenedService, who: str) -> None:
    """Unlock a second factor that a hundred wrong codes in a row have locked.

    \b
    Example:
      reticket user factor unlock ada@example.com
    """
    person = instance.person(who)
    instance.directory.enrolments.unlock(person.id)
    instance.record_change("factor_unlocked", user=person.id)


@factor.command()
@click.argument("who")
@with_instance
def remove(instance: OpenedService, who: str) -> None:
    """Delete a second factor and its recovery codes.

    The password alone is enough again, also where a factor of another system is missing.

    \b
    Example:
      reticket user factor remove ada@example.com
    """
    person = instance.person(who)
    instance.directory.enrolments.remove(person.id)
    instance.record_change("factor_removed", user=person.id)


def _taken(instance: OpenedService, person: User) -> Sequence[str]:
    try:
        secret = decode_secret(sys.stdin.buffer.readline().decode())
    except ValueError:
        raise click.ClickException("the key on standard input is not base32") from None
    return instance.directory.enrolments.set(person.id, secret)


def _enrolled(instance: OpenedService, person: User) -> Sequence[str]:
    secret = instance.directory.enrolments.begin(person.id)
    instance.record_change("factor_begun", user=person.id)
    click.echo("The key for an authenticator app, which is shown only now:")
    click.echo(f"key  {base32(secret)}")
    click.echo(f"uri  {otpauth_uri(issuer_of(instance.settings), person.email, secret)}")
    for left in reversed(range(TRIES)):
        typed: str = click.prompt("Code that the app shows")
        fits = partial(step_of, typed, instance.clock())
        try:
            return instance.directory.enrolments.confirm(person.id, fits)
        except Invalid as error:
            if not left:
                raise
            click.echo(sentence_of(error))
    return ()


def _print_codes(codes: Sequence[str]) -> None:
    click.echo("Recovery codes, each for one sign-in, which are shown only now:")
    for code in codes:
        click.echo(code)
