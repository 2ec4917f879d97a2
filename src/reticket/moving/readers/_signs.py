"""How the exports of other systems begin."""

from __future__ import annotations

import re

_SCALARS = rb'(?:"[^"\\]*"\s*:\s*(?:"(?:[^"\\]|\\.)*+"|[-+.\w]+)\s*,\s*)*'


def first_object(member: bytes) -> re.Pattern[bytes]:
    """Matches a file whose first object has this member behind others that are no objects.

    Args:
        member: a pattern.
    """
    return re.compile(rb"\s*\[?\s*\{\s*" + _SCALARS + member)
