"""`reticket user hashes`, `wrap-hashes` and `hash-config`: password hashes of other systems."""

from __future__ import annotations

from pathlib import Path

import click

from reticket.cli.context import JSON, show, with_instance
from reticket.cli.hash_config_file import keep_hash_configs, read_config_file
from reticket.core.errors import HashRefused
from reticket.core.password_hasher import HashState
from reticket.moving.hashes import Wrapping, kinds_of
from reticket.runtime.opened_service import OpenedService

WAITING = HashState.WEAK_UNTIL_SIGN_IN


@click.command()
@JSON
@with_instance
def hashes(instance: OpenedService, as_json: bool) -> None:
    """Count people by the form of their password hash.

    A hash is current, or old: the next sign-in replaces it. A weak one is quick to guess, and
    wrap-hashes can wrap it, unless only a sign-in renews it (weak until sign-in). A wrapped one was
    weak. Absent: the person has no password. Unknown: no password can match it.

    \b
    Example:
      reticket user hashes
    """
    counted = kinds_of(instance.directory.stored_hashes, instance.hasher)
    rows = [
        {"form": kind.form, "state": kind.state.value, "people": people}
        for kind, people in sorted(counted.items())
    ]
    show(rows, ("form", "state", "people"), as_json)


@click.command("wrap-hashes")
@click.option(
    "--rate", type=click.FloatRange(0.1), help="People a second at most; default no limit."
)
@with_instance
def wrap_hashes(instance: OpenedService, rate: float | None) -> None:
    """Wrap all weak password hashes in argon2id, so that a stolen copy is slow to guess.

    Those of bcrypt and argon2 cannot be wrapped; the command counts them at the end. People go on
    with their passwords, and sessions go on. Run it while the service runs. Each hash
    costs as much as a sign-in. A command that was cut off goes on when it runs again.

    \b
    Examples:
      reticket user wrap-hashes
      reticket user wrap-hashes --rate 2
    """
    directory, done = instance.directory, 0
    threads = instance.settings.hashing.threads
    work = Wrapping(directory.stored_hashes, instance.hasher, directory.renew_hash, threads, rate)
    try:
        for done in work.run():
            click.echo(f"wrapped {done}", err=True)
    except HashRefused as error:
        raise click.ClickException(f"hashes cannot be wrapped: {error}") from None
    finally:
        if done:
            instance.record_change("hashes_wrapped", people=done)
    click.echo(f"{done} weak hashes were wrapped")
    _tell_left(instance)


def _tell_left(instance: OpenedService) -> None:
    """Say how many weak hashes wait for a sign-in."""
    counted = kinds_of(instance.directory.stored_hashes, instance.hasher)
    left = {each.form: many for each, many in counted.items() if each.state is WAITING}
    many = sum(left.values())
    noun, it = ("weak hash", "it") if many == 1 else ("weak hashes", "them")
    if many:
        forms = ", ".join(sorted(left))
        click.echo(f"{many} {noun} cannot be wrapped ({forms}): only a sign-in renews {it}")


@click.command("hash-config")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@with_instance
def hash_config(instance: OpenedService, file: Path) -> None:
    """Keep what hashes of Firebase or of Devise need: the parameters of a project, or a pepper.

    FILE is JSON, or - for standard input. Its keys are the hash_format of people, as firebase or
    firebase:shop. It is kept encrypted, and never changes.

    \b
    Example:
      reticket user hash-config firebase.json
    """
    names = keep_hash_configs(instance, instance.hasher.read_configs(read_config_file(file)))
    click.echo(f"kept: {', '.join(names) or 'nothing new'}")
