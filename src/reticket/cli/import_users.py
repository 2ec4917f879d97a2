"""`reticket import users`: people from a file, or as another system exports them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click

from reticket.cli.context import PathOption, with_instance
from reticket.cli.hash_config_file import keep_hash_configs, read_config_file
from reticket.cli.import_source import RowSource, opened_people
from reticket.cli.refused_rows import DRY_RUN, REPORT, SOME_REFUSED, show_refused, tell
from reticket.core.password_hasher import PasswordHasher
from reticket.directory.arrivals.judging import Terms
from reticket.directory.arrivals.reading import ArrivalReader
from reticket.directory.arrivals.writer import Settled
from reticket.moving.people.importing import PeopleImport, Totals
from reticket.moving.people.passwords import seconds_of_hashing
from reticket.moving.readers import names
from reticket.moving.rows.progress import Progress, duration
from reticket.moving.rows.report import Report
from reticket.runtime.opened_service import OpenedService


@click.command()
@click.argument("source")
@click.option(
    "--from",
    "origin",
    type=click.Choice(names()),
    help="The system whose export or database SOURCE is: docs/moving/readers.md.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    help="The form of the file: JSON lines, or CSV with a header. By default CSV for a name that "
    "ends in .csv.",
)
@click.option(
    "--system",
    help="The name of the other system; rows with a foreign_id need it. By default that of --from.",
)
@click.option(
    "--allow-roles",
    is_flag=True,
    help="Take groups, roles and what else gives rights. Rows that have any are refused otherwise.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Change people who are known already. A password that was set here stays.",
)
@REPORT
@click.option(
    "--hash-config",
    type=PathOption(),
    help="A file with what hashes of Firebase or Devise need, as `user hash-config` takes it.",
)
@DRY_RUN
@click.pass_context
@with_instance
def users(
    instance: OpenedService,
    context: click.Context,
    source: str,
    origin: str | None,
    form: str | None,
    system: str | None,
    allow_roles: bool,
    update: bool,
    report: Path | None,
    hash_config: Path | None,
    dry_run: bool,
) -> None:
    """Import people from a file, from standard input as `-`, or as another system exports them.

    A row has the members of a person in a directory file, and password_hash beside them. People who
    are known already, by e-mail or foreign_id, stay as they are without --update; they get their
    foreign_id if they have none. An import that was cut off goes on when the command runs again. A
    row is imported whole or not at all; exit code 3 says that rows were refused,
    or that there was none.

    \b
    Examples:
      reticket import users people.jsonl --dry-run
      reticket import users people.csv --system keycloak --report refused.jsonl
      reticket import users --from keycloak shop-realm.json --allow-roles --update
    """
    hasher = _hasher(instance, hash_config, dry_run)
    system = system or origin
    if system is not None:
        instance.directory.foreign_ids.check_system(system)
    reader = ArrivalReader(instance.directory.profiles, hasher.stored_form, system)
    terms = Terms(system, allow_roles, hasher.may_replace if update else None)
    with (
        opened_people(source, origin, form, reader.members) as found,
        Report(report, source) as refused,
    ):
        many = 0 if dry_run else found.in_clear()
        if many:
            _tell_hashing(instance, many)
        hashing = _telling_once(instance, is_told=many > 0)
        totals = _run(instance, found, reader, terms, refused, hashing, writes=not dry_run)
    _tell_missing(instance, totals)
    if not totals.rows:
        tell("the file has no row")
    if totals.refused or not totals.rows:
        context.exit(SOME_REFUSED)


def _run(
    instance: OpenedService,
    found: RowSource,
    reader: ArrivalReader,
    terms: Terms,
    refused: Report,
    hashing: Callable[[], None],
    *,
    writes: bool,
) -> Totals:
    """Import the rows. Says how far it is, and in the end what has become of them."""
    progress = Progress(tell, time.monotonic, found.size)

    def settled(batch: Settled, totals: Totals) -> None:
        if writes:
            _record(instance, terms.system, batch)
        progress.at(totals.rows, found.position())

    people, hasher = instance.directory.arrivals, instance.hasher
    work = PeopleImport(people, reader, terms, hasher, refused, settled, hashing, writes)
    try:
        return work.run(found.rows)
    finally:
        _show(work.totals, refused)


def _hasher(instance: OpenedService, file: Path | None, dry_run: bool) -> PasswordHasher:
    """The hasher, with the configurations of a file, which a dry run does not keep."""
    if file is None:
        return instance.hasher
    configs = instance.hasher.read_configs(read_config_file(file))
    if dry_run:
        instance.directory.hash_configs.check(configs)
    else:
        keep_hash_configs(instance, configs)
    return instance.hasher.knowing(configs)


def _tell_hashing(instance: OpenedService, many: int) -> None:
    """Say how long hashing passwords in clear text will take."""
    each = seconds_of_hashing(instance.hasher)
    tell(
        f"{many} passwords in clear text are hashed here: {each:.2f} s each, about "
        f"{duration(many * each)} in all; a password_hash takes no time"
    )


def _telling_once(instance: OpenedService, *, is_told: bool) -> Callable[[], None]:
    """Says at the first call how long hashing takes, where nobody knows how many will come."""
    untold = iter(() if is_told else (instance.hasher,))

    def say() -> None:
        for hasher in untold:
            each = seconds_of_hashing(hasher)
            tell(
                f"passwords in clear text are hashed here: {each:.2f} s each; "
                "a password_hash takes no time"
            )

    return say


def _record(instance: OpenedService, system: str | None, batch: Settled) -> None:
    """Write what has become of a batch into the audit log, unless nothing has changed."""
    if batch.added or batch.changed or batch.linked:
        detail = {
            "added": len(batch.added),
            "changed": len(batch.changed),
            "linked": batch.linked,
            "factors_missing": sum(bool(each.row.factor_missing) for each in batch.added),
        }
        instance.record_change("users_imported", system=system, **detail)


def _tell_missing(instance: OpenedService, totals: Totals) -> None:
    """Say how many people do not sign in, if this import may have brought some of them."""
    missing = instance.directory.enrolments.missing() if totals.added or totals.changed else 0
    if missing:
        tell(
            f"{missing} people here do not sign in, since their second factor could not come: "
            "factor_missing in reticket user list"
        )


def _show(totals: Totals, refused: Report) -> None:
    show_refused(refused)
    click.echo(
        f"{totals.rows} rows: {totals.added} added, {totals.changed} changed, "
        f"{totals.known} known already, {totals.refused} refused"
    )
