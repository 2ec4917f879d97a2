"""`reticket doctor`: what an operator should know about a data folder and its settings."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reticket.cli import policies
from reticket.cli.frame import with_house
from reticket.cli.house import House
from reticket.config import issuer_of, issuer_warnings
from reticket.core.errors import StartupError, Unavailable
from reticket.http.proxies import Unnamed


@click.command()
@with_house
def doctor(house: House) -> None:
    """Check stores, keys, settings and policies. Exits with 1 when something is broken.

    \b
    Example:
      reticket doctor --data ./data --config reticket.toml
    """
    broken = list(_faults(house))
    for sentence in broken:
        click.echo(f"broken   {sentence}")
    for sentence in _warnings(house):
        click.echo(f"warning  {sentence}")
    if broken:
        raise click.exceptions.Exit(1)
    click.echo("ok       the stores answer, the keys open")


def _faults(house: House) -> Iterator[str]:
    try:
        house.ready()
        house.store.check()
    except Unavailable as failure:
        yield f"a store does not answer: {failure}"
    except StartupError as damage:
        yield str(damage)
    yield from policies.faults(house)
    states = {(key.use, key.state) for key in house.ring.listing()}
    for use in ("mac", "sign"):
        if (use, "active") not in states:
            yield f"the ring has no active {use} key"


def _warnings(house: House) -> Iterator[str]:
    yield from policies.warnings(house)
    yield from issuer_warnings(house.settings, issuer_of(house.settings))
    for dialect in house.dialects:
        for resource in dialect.resources:
            for advice in resource.advice:
                if advice.fits(house.policies[resource.name]):
                    yield f"policies.{resource.name}.{advice.member}: {advice.sentence}"
    yield from Unnamed(house.settings.data).warnings(house.settings.trusted_proxies)
    if waiting := len(house.directory.intents()):
        yield f"{waiting} changes of the directory wait to end families"
    if house.settings.debug:
        yield "debug is on: answers tell more about errors than callers should know"


COMMANDS = (doctor,)
