"""What the demo says of second factors: who has one, and the setting that ignores it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reticket.settings.catalogue import variable
from reticket.wire import Dialect

_ALAN = '{"username": "alan@example.com", "password": "enigma-1912"}'


def factor_lines(url: str, dialects: Sequence[Dialect]) -> Iterator[str]:
    """A line that is refused, and how the service must be started to let it pass; none where not
    both dialects are spoken.
    """
    if not {"akinon", "kibo"} <= {each.name for each in dialects}:
        return
    yield "\n# Alan has a second factor. Akinon and Kibo cannot ask for it, and refuse him."
    yield f"# {setting('akinon')}=ignore lets him in at Akinon,"
    yield f"# {setting('kibo')}=ignore at Kibo (docs/second-factor.md)."
    yield (
        f"curl -sS -X POST '{url}/api/v1/auth/login' -H 'Content-Type: application/json' "
        f"-d '{_ALAN}'"
    )


def setting(dialect: str) -> str:
    """The variable that says what a second factor is worth there."""
    return variable(f"dialects.{dialect}.second_factor")
