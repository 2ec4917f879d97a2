"""`reticket replay`: revokes again what an audit stream has and restored data has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

import click

from reticket.audit import revocations
from reticket.cli.context import with_instance
from reticket.core.model import Family
from reticket.core.policy import SECOND, Policy
from reticket.core.ports import Event
from reticket.core.sessions import audit_events
from reticket.core.sessions.replay import replay as end_again
from reticket.crypto.key_lifecycle import KeyRefused
from reticket.runtime.every_policy import provider_of
from reticket.runtime.opened_service import OpenedService
from reticket.runtime.policies import of_session

STREAM = click.Path(path_type=Path, exists=True, readable=True)


@click.command()
@click.option(
    "--audit",
    "streams",
    type=STREAM,
    multiple=True,
    required=True,
    help="An audit file to replay revocations from; may be repeated.",
)
@with_instance
def replay(instance: OpenedService, streams: tuple[Path, ...]) -> None:
    """End again the sessions that audit streams say were ended.

    Run it after the tools of an engine have restored a copy. Give the streams of all machines.
    Sessions that went on since the copy was made are kept until
    their clients return with newer tokens. Safe to repeat.

    \b
    Example:
      reticket replay --audit one/audit.jsonl --audit other/audit.jsonl
    """
    click.echo(f"{replayed(instance, streams)} revocations replayed")


def replayed(instance: OpenedService, streams: Sequence[Path]) -> int:
    """Revoke sessions and compromise keys again as the streams say; how many those were.

    Before that, keep the sessions that newer tokens may heal.

    Args:
        instance: opened on what was restored.
        streams: audit files.
    """
    _keep_to_heal(instance)
    of_keys: list[Event] = []
    directory = instance.directory
    kept_until = {each.since: each.until for each in directory.adoptions.all()}
    events = _session_events(streams, of_keys)
    ended = end_again(instance.store, events, kept_until, directory.unadopted)
    at = instance.store.now()
    instance.audit.record([audit_events.revoked(at, family) for family in ended], durable=True)
    return len(ended) + _distrust(instance, of_keys)


def _session_events(streams: Sequence[Path], of_keys: list[Event]) -> Iterator[Event]:
    """The events of sessions; the events of keys go to the list."""
    for event in chain.from_iterable(map(revocations, streams)):
        if event.event == "key_compromised":
            of_keys.append(event)
        else:
            yield event


def _keep_to_heal(instance: OpenedService) -> None:
    """Extend sessions, since a copy does not know how long they went on after it was made.

    Otherwise a purge could delete them before their clients return with newer tokens.
    """
    now, provider = instance.store.now(), provider_of(instance.settings)
    for batch in instance.store.walk():
        known = [(family, of_session(instance, family, provider)) for family in batch]
        instance.store.absorb([_lasting(family, policy, now) for family, policy in known])


def _lasting(family: Family, policy: Policy | None, now: int) -> Family:
    lasts = now + policy.refresh * SECOND if policy else 0
    return family._replace(expires_at=max(family.expires_at, min(family.ends_at, lasts)))


def _distrust(instance: OpenedService, events: Sequence[Event]) -> int:
    """Compromise again the keys that the copy still trusts; how many those were."""
    distrusted = 0
    for event in events:
        if event.detail is not None:
            with suppress(KeyRefused):
                instance.ring.compromise(str(event.detail["key"]))
                distrusted += 1
    return distrusted


COMMANDS = (replay,)
