"""`reticket import sessions`: sessions of another system from a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from reticket.adoption.digests import DIGESTS
from reticket.cli.adoption_options import CLIENT, Time, secret_of, secret_options
from reticket.cli.context import with_instance
from reticket.cli.import_source import opened_rows
from reticket.cli.input_file import STANDARD_INPUT
from reticket.cli.refused_rows import DRY_RUN, REPORT, SOME_REFUSED, show_refused, tell
from reticket.cli.session_adoption import found_or_made
from reticket.core.adoption.model import Adoption
from reticket.moving.rows.progress import Progress
from reticket.moving.rows.report import Report
from reticket.moving.sessions.adopting import AdoptionRequest
from reticket.moving.sessions.importing import SessionImport, Totals
from reticket.moving.sessions.rows import SessionRow, read_ended_row, read_row
from reticket.runtime.opened_service import OpenedService


@click.command()
@click.argument("file")
@click.option(
    "--adoption",
    "name",
    required=True,
    help="The adoption that they belong to, made by `reticket key adopt` or by --digest.",
)
@click.option(
    "--digest",
    type=click.Choice(list(DIGESTS)),
    help="For opaque tokens: what the other system stores of them. Makes the adoption, unless it "
    "was made before.",
)
@click.option("--system", help="With --digest: the name of the other system, as people have it.")
@click.option("--kind", help="With --digest: the kind of tokens that the sessions get here.")
@CLIENT
@click.option("--until", type=Time(), help="With --digest: no token is accepted from then on.")
@secret_options("key", "the system secrets of Hydra, one in each line, with --digest signature")
@click.option(
    "--accept-unverified",
    is_flag=True,
    help="With --digest signature: accept tokens although no secret verifies them. Whoever has a "
    "copy of the old database can use its sessions here.",
)
@click.option(
    "--all-ended",
    is_flag=True,
    help="The file has all ended sessions, and no other: from now on every other one is living.",
)
@click.option(
    "--none-ended",
    is_flag=True,
    help="With --all-ended: the file may be empty, since no session was ended.",
)
@REPORT
@DRY_RUN
@click.pass_context
@with_instance
def sessions(
    instance: OpenedService,
    /,
    context: click.Context,
    file: str,
    all_ended: bool,
    none_ended: bool,
    report: Path | None,
    dry_run: bool,
    **said: Any,
) -> None:
    """Import sessions of another system from JSON lines, or from standard input as `-`.

    A row has the digest of an opaque token, or the id that a JWT names. It has one of user, email
    and foreign_id, and maybe client, scope, context, expires_at and revoked. No token is stored.
    A session that is known already is left alone, so an import that was cut off goes on when the
    command runs again. Exit code 3 says that rows were refused.

    \b
    Examples:
      reticket import sessions tokens.jsonl --adoption hydra --digest signature --system hydra
        --kind oauth.user --until 2027-01-31 --key-file hydra-secrets
      reticket import sessions ended.jsonl --adoption keycloak --all-ended
    """
    adoption = found_or_made(instance, _request(file, **said), dry_run)
    _check(adoption, all_ended, none_ended)
    with Report(report, file) as refused:
        work = SessionImport(instance, adoption, refused, writes=not dry_run)
        totals = _imported(file, work, read_ended_row if all_ended else read_row)
    if not dry_run:
        _record(instance, adoption, totals)
    show_refused(refused)
    _show(totals)
    if all_ended and _has_all_ended(totals, none_ended) and not dry_run:
        _complete(instance, adoption, totals)
    if totals.refused:
        context.exit(SOME_REFUSED)


def _request(
    file: str,
    *,
    name: str,
    digest: str | None,
    system: str | None,
    kind: str | None,
    client: str | None,
    until: int | None,
    key_file: Path | None,
    key_env: str | None,
    accept_unverified: bool,
) -> AdoptionRequest:
    if file == STANDARD_INPUT == str(key_file):
        raise click.UsageError("the rows and the secret: only one of them can be standard input")
    key = secret_of("key", key_file, key_env)
    if key and accept_unverified:
        raise click.UsageError("say either --key-file or --accept-unverified")
    return AdoptionRequest(
        system=system or name,
        kind=kind or "",
        until=until or 0,
        name=name,
        client=client,
        reader=digest or "",
        key=key,
        is_unverified=accept_unverified,
    )


def _check(adoption: Adoption, all_ended: bool, none_ended: bool) -> None:
    if all_ended and adoption.algorithm is None:
        raise click.UsageError("--all-ended is for JWTs: opaque tokens always need their row")
    if none_ended and not all_ended:
        raise click.UsageError("--none-ended goes with --all-ended")


def _imported(file: str, work: SessionImport, read: Callable[[bytes], SessionRow]) -> Totals:
    """Import the rows of a file, and say how far it is."""
    with opened_rows(file) as found:
        progress = Progress(tell, time.monotonic, found.size)
        return work.run(found.rows, read, lambda t: progress.at(t.rows, found.position()))


def _record(instance: OpenedService, adoption: Adoption, totals: Totals) -> None:
    instance.record_change(
        "sessions_imported",
        adoption=adoption.name,
        living=totals.living,
        ended=totals.ended,
        refused=totals.refused,
    )


def _show(totals: Totals) -> None:
    click.echo(
        f"{totals.rows} rows: {totals.living} living, {totals.ended} ended, "
        f"{totals.known} known already, {totals.refused} refused"
    )


def _has_all_ended(totals: Totals, none_ended: bool) -> bool:
    """Whether the file may have had all ended sessions. An empty file seldom does."""
    if totals.refused:
        tell("--all-ended is not done: rows were refused. Mend them, and run the command again")
        return False
    if not totals.rows and not none_ended:
        raise click.ClickException(
            "the file has no ended session, so --all-ended is not done. If none was ended, say "
            "--none-ended as well"
        )
    return True


def _complete(instance: OpenedService, adoption: Adoption, totals: Totals) -> None:
    """From now on a session without a row is living. All rows were ended ones."""
    instance.directory.adoptions.complete(adoption.name)
    instance.record_change("key_adoption_completed", adoption=adoption.name)
    click.echo(f"{totals.rows} ended; every other session is living")
